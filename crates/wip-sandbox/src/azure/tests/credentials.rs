//! Federated credentials of managed identities.

use std::time::Duration;

use serde_json::json;

use super::*;

const ISSUER: &str = "https://westeurope.oic.prod-aks.azure.com/t/u/";

fn subject(n: usize) -> String {
    format!("system:serviceaccount:mxp-{n}-system:mxp-controller")
}

#[test]
fn a_credential_is_made_changed_and_deleted() {
    let stage = Stage::new();
    stage.make_identity("backup");
    let path = credential("backup", "One");
    let made = stage.put(&path, &fic(ISSUER, &subject(1)));
    assert_eq!(made.status, 201);
    assert_eq!(
        made.body["properties"],
        fic(ISSUER, &subject(1))["properties"]
    );
    let again = stage.put(&credential("backup", "one"), &fic(ISSUER, &subject(2)));
    assert_eq!((again.status, &again.body["name"]), (200, &"One".into()));
    assert_eq!(stage.get(&path).body["properties"]["subject"], subject(2));
    // Kept as it is, and nothing but itself.
    assert_eq!(
        stage
            .put(&credential("backup", "star"), &fic(ISSUER, "system:*"))
            .status,
        201
    );
    let all = stage.get(&format!(
        "{}/federatedIdentityCredentials",
        identity("backup")
    ));
    assert_eq!(all.body["value"].as_array().unwrap().len(), 2);
    assert_eq!(stage.delete(&path).status, 200);
    assert_eq!(stage.delete(&path).status, 204);
    assert_eq!(stage.get(&path).outcome(), (404, "ResourceNotFound"));
}

#[test]
fn what_a_credential_may_not_be() {
    let stage = Stage::new();
    stage.make_identity("backup");
    stage.put(&credential("backup", "there"), &fic(ISSUER, &subject(1)));
    let audiences = |audiences: Value| json!({ "properties": { "issuer": ISSUER, "subject": "s", "audiences": audiences } });
    let long = "x".repeat(601);
    let table = [
        (
            "ab",
            fic(ISSUER, "s"),
            400,
            "BadRequest",
            "name 'ab' is invalid",
        ),
        ("-abc", fic(ISSUER, "s"), 400, "BadRequest", "is invalid"),
        ("a.bc", fic(ISSUER, "s"), 400, "BadRequest", "is invalid"),
        (
            &"x".repeat(121),
            fic(ISSUER, "s"),
            400,
            "BadRequest",
            "is invalid",
        ),
        ("new", json!({}), 400, "BadRequest", "must specify"),
        ("new", fic("", "s"), 400, "BadRequest", "must specify"),
        ("new", fic(ISSUER, ""), 400, "BadRequest", "must specify"),
        (
            "new",
            audiences(Value::Null),
            400,
            "BadRequest",
            "must specify",
        ),
        (
            "new",
            audiences(json!([])),
            400,
            "BadRequest",
            "exactly one audience",
        ),
        (
            "new",
            audiences(json!(["a", "b"])),
            400,
            "BadRequest",
            "exactly one audience",
        ),
        ("new", fic(&long, "s"), 400, "BadRequest", "at most 600"),
        ("new", fic(ISSUER, &long), 400, "BadRequest", "at most 600"),
        (
            "new",
            fic(ISSUER, &subject(1)),
            409,
            "Conflict",
            "combination already exists",
        ),
    ];
    for (name, body, status, code, words) in table {
        let said = stage.put(&credential("backup", name), &body);
        assert_eq!(said.outcome(), (status, code), "{name} {body}");
        assert!(said.message().contains(words), "{}", said.message());
    }
    for what in ["GET", "PUT"] {
        let said = stage.arm(
            &format!("{what} {}", credential("none", "new")),
            &fic(ISSUER, "s"),
        );
        assert_eq!(said.outcome(), (404, "ParentResourceNotFound"), "{what}");
    }
    assert_eq!(stage.delete(&credential("none", "new")).status, 204);
    // The same pair on another identity is another matter.
    stage.make_identity("billing");
    assert_eq!(
        stage
            .put(&credential("billing", "there"), &fic(ISSUER, &subject(1)))
            .status,
        201
    );
}

#[test]
fn an_identity_has_twenty() {
    let stage = Stage::new();
    stage.make_identity("backup");
    for n in 0..20 {
        let said = stage.put(
            &credential("backup", &format!("fic-{n}")),
            &fic(ISSUER, &subject(n)),
        );
        assert_eq!(said.status, 201, "{n}");
    }
    let one_more = stage.put(&credential("backup", "fic-20"), &fic(ISSUER, &subject(20)));
    assert_eq!(one_more.outcome(), (400, "BadRequest"));
    assert!(
        one_more
            .message()
            .starts_with("Too many Federated Identity Credentials")
    );
    assert_eq!(
        stage
            .put(&credential("backup", "fic-0"), &fic(ISSUER, &subject(20)))
            .status,
        200
    );
    stage.delete(&credential("backup", "fic-1"));
    assert_eq!(
        stage
            .put(&credential("backup", "fic-20"), &fic(ISSUER, &subject(1)))
            .status,
        201
    );
}

#[test]
fn some_regions_have_none() {
    let stage = Stage::new();
    stage.put(&identity("far"), &json!({ "location": "malaysiasouth" }));
    let said = stage.put(&credential("far", "one"), &fic(ISSUER, "s"));
    assert_eq!(said.outcome(), (405, "MethodNotAllowed"));
}

#[tokio::test(start_paused = true)]
async fn one_write_at_a_time() {
    let stage = Stage::new();
    for name in ["backup", "billing"] {
        stage.make_identity(name);
    }
    stage.switch(&json!({ "writeMillis": 20 }));
    let put = |identity: &str, n: usize| {
        stage.put(
            &credential(identity, &format!("fic-{n}")),
            &fic(ISSUER, &subject(n)),
        )
    };
    let first = put("backup", 1);
    assert_eq!(
        (first.status, first.answer.takes),
        (201, Duration::from_millis(20))
    );
    let code = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity";
    assert_eq!(put("backup", 2).outcome(), (409, code));
    assert_eq!(
        stage.delete(&credential("backup", "fic-1")).outcome(),
        (409, code)
    );
    assert_eq!(
        stage.get(&credential("backup", "fic-1")).status,
        200,
        "reads may"
    );
    assert_eq!(put("billing", 1).status, 201, "another identity may");
    tokio::time::sleep(first.answer.takes).await;
    assert_eq!(put("backup", 2).status, 201);
}

#[tokio::test(start_paused = true)]
async fn rates_are_kept_where_they_are_switched_on() {
    let stage = Stage::new();
    stage.make_identity("backup");
    stage.switch(&json!({ "throttle": true }));
    let put = |n: usize| {
        stage.put(
            &credential("backup", &format!("fic-{n}")),
            &fic(ISSUER, &subject(n)),
        )
    };
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(put(1).status, 201);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let said = put(2);
    assert_eq!(said.outcome(), (429, "TooManyRequests"));
    assert_eq!(said.answer.header("retry-after"), Some("4"));
    tokio::time::sleep(Duration::from_millis(3500)).await;
    assert_eq!(put(2).status, 201);
}
