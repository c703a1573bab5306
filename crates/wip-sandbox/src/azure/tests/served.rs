//! Azure behind a socket, and in a folder.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::Server;
use crate::tests::wire::send;

fn put(identity_name: &str, n: usize) -> Request {
    let token = format!("Bearer {}", operator(TENANT));
    let what = versioned(&format!(
        "PUT {}",
        credential(identity_name, &format!("fic-{n}"))
    ));
    let body = bytes(&fic("https://i/", &format!("s{n}")));
    request(&what, &[("authorization", &token)], &body)
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap()
}

#[tokio::test]
async fn writes_that_overlap_are_seen_and_writes_in_turn_are_not() {
    let stage = Stage::new();
    for name in ["backup", "billing"] {
        stage.make_identity(name);
    }
    stage.switch(&json!({ "writeMillis": 300 }));
    let sandbox = Arc::new(stage.sandbox);
    let server = Server::bind(Arc::clone(&sandbox), ([127, 0, 0, 1], 0).into())
        .await
        .unwrap();
    let address = server.address().unwrap();
    let client = async {
        let calls = [put("backup", 1), put("backup", 2), put("billing", 1)];
        let (one, other, elsewhere) = tokio::join!(
            send(address, &calls[0]),
            send(address, &calls[1]),
            send(address, &calls[2]),
        );
        let mut two = [status(&one), status(&other)];
        two.sort_unstable();
        assert_eq!((two, status(&elsewhere)), (["201", "409"], "201"));
        for n in 3..5 {
            assert_eq!(
                status(&send(address, &put("backup", n)).await),
                "201",
                "{n}"
            );
        }
    };
    tokio::select! {
        result = server.serve() => panic!("the server ended: {result:?}"),
        () = client => {}
    }
}

#[test]
fn what_was_answered_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Stage::of(Sandbox::open(dir.path(), Options::default()).unwrap());
    let stage = open();
    let (made, token) = stage.workload("backup", "https://vault.azure.net");
    stage.delete(&identity("backup"));
    let again = stage.make_identity("backup");
    let dump = stage.sandbox.dump();
    // Not dropped: a killed process flushes nothing.
    std::mem::forget(stage);
    let stage = open();
    assert_eq!(stage.sandbox.dump(), dump);
    // What is not in the dump is kept too: keys of issuers, and how often something was made.
    let vault = "GET /_azure/vault/acme-kv/secrets?api-version=7.4";
    let said = stage.ask(vault, &[("authorization", &format!("Bearer {token}"))], b"");
    assert_eq!(said.outcome(), (403, "Forbidden"));
    stage.delete(&identity("backup"));
    let third = stage.make_identity("backup");
    assert!(
        third["principalId"] != made["principalId"] && third["principalId"] != again["principalId"]
    );
}

#[test]
fn the_same_calls_give_the_same_dump() {
    let dumps = [(), ()].map(|()| {
        let stage = Stage::new();
        let (made, token) = stage.workload("backup", "https://storage.azure.com");
        let scope = in_group("Microsoft.Storage/storageAccounts/acmebackups");
        stage.assign(
            1,
            &scope,
            "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
            &made["principalId"],
        );
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("x-ms-version", "2023-11-03"),
            ("x-ms-blob-type", "BlockBlob"),
        ];
        assert_eq!(
            stage
                .ask("PUT /_azure/blob/acmebackups/backups/a", &headers, b"x")
                .status,
            201
        );
        let graph = [("authorization", &*format!("Bearer {}", operator(TENANT)))];
        let body = br#"{"displayName":"x"}"#;
        assert_eq!(
            stage
                .ask("POST /_azure/graph/v1.0/applications", &graph, body)
                .status,
            201
        );
        stage.sandbox.dump()
    });
    assert_eq!(dumps[0], dumps[1]);
    let dump: Value = serde_json::from_str(&dumps[0]).unwrap();
    assert!(
        dump.as_object()
            .unwrap()
            .keys()
            .any(|key| key.starts_with("azure/blob/"))
    );
}
