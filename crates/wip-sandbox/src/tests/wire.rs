//! The sandbox behind a real socket.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{create, get, next};
use crate::aws::asking::world;
use crate::http::Request;
use crate::{FaultClass, Sandbox, Server};

/// Sends a request on a new connection, and reads until the connection closes.
pub(crate) async fn send(address: std::net::SocketAddr, request: &Request) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let target = if request.query.is_empty() {
        request.path.clone()
    } else {
        format!("{}?{}", request.path, request.query)
    };
    let mut head = format!(
        "{} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n",
        request.method,
        request.body.len()
    );
    for (name, value) in &request.headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream
        .write_all(format!("{head}\r\n").as_bytes())
        .await
        .unwrap();
    stream.write_all(&request.body).await.unwrap();
    let mut answer = Vec::new();
    // A cut connection may end in a reset; what came before it counts.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// Runs a client against a served world.
async fn served<F: Future<Output = ()>>(
    client: impl FnOnce(Arc<Sandbox>, std::net::SocketAddr) -> F,
) {
    let sandbox = Arc::new(world());
    let server = Server::bind(Arc::clone(&sandbox), ([127, 0, 0, 1], 0).into())
        .await
        .unwrap();
    let address = server.address().unwrap();
    tokio::select! {
        result = server.serve() => panic!("the server ended: {result:?}"),
        () = client(sandbox, address) => {}
    }
}

#[tokio::test]
async fn nothing_but_loopback_is_bound() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let error = Server::bind(Arc::new(world()), address.parse().unwrap())
            .await
            .err()
            .unwrap();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{address}");
    }
}

#[tokio::test]
async fn requests_are_answered_over_the_wire() {
    served(async |_, address| {
        let made = send(address, &create("r")).await;
        assert!(made.starts_with("HTTP/1.1 200 OK\r\n"), "{made}");
        assert!(made.contains("content-type: text/xml\r\n"));
        assert!(made.contains("x-amzn-requestid: 00000000-0000-4000-8000-000000000001\r\n"));
        assert!(made.contains("<RoleName>r</RoleName>"));
        assert!(
            send(address, &get("none"))
                .await
                .starts_with("HTTP/1.1 404 Not Found\r\n")
        );
    })
    .await;
}

#[tokio::test]
async fn faults_reach_the_connection() {
    served(async |sandbox, address| {
        sandbox.set_faults(next("CreateRole", FaultClass::LostAnswer));
        assert_eq!(
            send(address, &create("lost")).await,
            "",
            "closed without a byte"
        );
        assert!(
            send(address, &get("lost"))
                .await
                .starts_with("HTTP/1.1 200")
        );
        sandbox.set_faults(next("CreateRole", FaultClass::LostRequest));
        assert_eq!(send(address, &create("never")).await, "");
        assert!(
            send(address, &get("never"))
                .await
                .starts_with("HTTP/1.1 404")
        );
        sandbox.set_faults(next("GetRole", FaultClass::TruncatedBody));
        let cut = send(address, &get("lost")).await;
        assert!(!cut.contains("</GetRoleResponse>"), "{cut}");
        sandbox.set_faults(next("GetRole", FaultClass::Hang));
        let hangs = timeout(Duration::from_millis(50), send(address, &get("lost"))).await;
        assert!(hangs.is_err(), "{hangs:?}");
        assert!(
            send(address, &get("lost"))
                .await
                .starts_with("HTTP/1.1 200"),
            "others are answered meanwhile"
        );
    })
    .await;
}

#[tokio::test]
async fn a_held_call_is_answered_once_the_faults_are_set_anew() {
    served(async |sandbox, address| {
        sandbox.set_faults(next("CreateRole", FaultClass::Held));
        let request = create("r");
        let mut held = Box::pin(send(address, &request));
        let early = timeout(Duration::from_millis(50), &mut held).await;
        assert!(early.is_err(), "{early:?}");
        assert!(
            send(address, &get("r")).await.starts_with("HTTP/1.1 200"),
            "it has its effect at once"
        );
        sandbox.set_faults(Vec::new());
        let answer = held.await;
        assert!(answer.contains("<RoleName>r</RoleName>"), "{answer}");
    })
    .await;
}

#[tokio::test]
async fn a_body_without_end_is_refused() {
    served(async |_, address| {
        let mut request = create("r");
        request.body = vec![b'a'; 9 * 1024 * 1024];
        let answer = send(address, &request).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 413"),
            "{answer}"
        );
        assert!(send(address, &get("r")).await.starts_with("HTTP/1.1 404"));
    })
    .await;
}
