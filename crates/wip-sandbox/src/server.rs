//! The sandbox behind a socket of the loopback interface.
//!
//! Not here: what is answered (`Sandbox::handle`), and who starts a server (`process.rs`).

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, State};
use axum::http::{Request as HttpRequest, StatusCode};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use futures_util::stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::Sandbox;
use crate::http::{Answer, Reply, Request};

/// The largest body of a request, in bytes.
const LARGEST_BODY: usize = 8 * 1024 * 1024;
/// How long the body of a request may take.
const BODY_TIME: Duration = Duration::from_secs(30);
/// How long a write that must not overlap with another is under way.
const WRITE_TIME: Duration = Duration::from_millis(20);

/// A bound socket, not yet served.
pub struct Server {
    listener: TcpListener,
    sandbox: Arc<Sandbox>,
    served: Arc<AtomicU64>,
}

impl Server {
    /// Binds an address of the loopback interface; port 0 takes a free one.
    ///
    /// Fails for any other address: the sandbox has no secrets to keep and asks nobody who they are.
    pub async fn bind(sandbox: Arc<Sandbox>, address: SocketAddr) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            let message = format!("the sandbox serves on loopback only, not on {address}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let listener = TcpListener::bind(address).await?;
        sandbox.hold_writes(WRITE_TIME);
        Ok(Self {
            listener,
            sandbox,
            served: Arc::default(),
        })
    }

    /// The address that is bound.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the future is dropped.
    pub async fn serve(self) -> io::Result<()> {
        let shared = Shared {
            sandbox: self.sandbox,
            served: self.served,
        };
        let router = Router::new().fallback(answer).with_state(shared);
        let service = router.into_make_service_with_connect_info::<Cut>();
        axum::serve(Connections(self.listener), service).await
    }

    /// Serves until no request has come for as long as `idle`.
    pub async fn serve_until_idle(self, idle: Duration) -> io::Result<()> {
        let served = Arc::clone(&self.served);
        let idle_for_long = async move {
            loop {
                let before = served.load(Ordering::Relaxed);
                tokio::time::sleep(idle).await;
                if served.load(Ordering::Relaxed) == before {
                    break;
                }
            }
        };
        tokio::select! {
            result = self.serve() => result,
            () = idle_for_long => Ok(()),
        }
    }
}

#[derive(Clone)]
struct Shared {
    sandbox: Arc<Sandbox>,
    served: Arc<AtomicU64>,
}

async fn answer(
    State(shared): State<Shared>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: HttpRequest<Body>,
) -> Response {
    shared.served.fetch_add(1, Ordering::Relaxed);
    let request = match tokio::time::timeout(BODY_TIME, whole(request)).await {
        Ok(Ok(request)) => request,
        Ok(Err(status)) => return plain(status),
        Err(_) => return plain(StatusCode::REQUEST_TIMEOUT),
    };
    match shared.sandbox.handle(&request) {
        Reply::Answer(answer) => {
            if !answer.takes.is_zero() {
                tokio::time::sleep(answer.takes).await;
            }
            whole_response(&answer)
        }
        Reply::Held(answer, settings) => {
            shared.sandbox.faults_set_after(settings).await;
            whole_response(&answer)
        }
        Reply::Truncated(answer) => {
            let half = answer.body[..answer.body.len() / 2].to_vec();
            let broken = io::Error::from(io::ErrorKind::ConnectionReset);
            let length = answer.body.len().to_string();
            let body = Body::from_stream(stream::iter([Ok(half), Err(broken)]));
            response(&answer.with_header("content-length", length), body)
        }
        Reply::Closed => {
            cut.0.store(true, Ordering::Relaxed);
            plain(StatusCode::OK)
        }
        Reply::Hangs => std::future::pending().await,
    }
}

async fn whole(request: HttpRequest<Body>) -> Result<Request, StatusCode> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, LARGEST_BODY)
        .await
        .map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
    Ok(HttpRequest::from_parts(head, body.to_vec()).into())
}

fn plain(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn whole_response(answer: &Answer) -> Response {
    response(answer, Body::from(answer.body.clone()))
}

fn response(answer: &Answer, body: Body) -> Response {
    let mut builder = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        builder = builder.header(name, value);
    }
    builder
        .body(body)
        .unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR))
}

/// Accepts connections that an answer can cut.
struct Connections(TcpListener);

impl Listener for Connections {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // An answer that waits for more bytes to come costs 40 ms; whether this works is no matter.
        let _ = stream.set_nodelay(true);
        (
            Connection {
                stream,
                cut: Cut::default(),
            },
            address,
        )
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Whether a connection is to be cut instead of written to.
#[derive(Clone, Default)]
struct Cut(Arc<AtomicBool>);

impl Connected<IncomingStream<'_, Connections>> for Cut {
    fn connect_info(stream: IncomingStream<'_, Connections>) -> Self {
        stream.io().cut.clone()
    }
}

struct Connection {
    stream: TcpStream,
    cut: Cut,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.cut.0.load(Ordering::Relaxed) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
