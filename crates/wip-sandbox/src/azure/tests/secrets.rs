//! The secrets of vaults: who may read them, by roles or by access policies.

use serde_json::{Value, json};

use super::*;

const USER: &str = "4633458b-17de-408a-b874-0445c86b69e6";
const READER: &str = "21090545-7ca7-4776-b22c-e363652d74d2";

fn vault(name: &str) -> String {
    in_group(&format!("Microsoft.KeyVault/vaults/{name}"))
}

fn ask(stage: &Stage, token: &str, rest: &str) -> Said {
    let bearer = format!("Bearer {token}");
    stage.ask(
        &format!("GET /_azure/vault/{rest}?api-version=7.4"),
        &[("authorization", &bearer)],
        b"",
    )
}

fn inner(said: &Said) -> (u16, &str) {
    (
        said.status,
        said.body["error"]["innererror"]["code"]
            .as_str()
            .unwrap_or_default(),
    )
}

fn policy(object: &Value, secrets: &[&str]) -> Value {
    json!({ "properties": { "accessPolicies": [{ "tenantId": TENANT, "objectId": object, "permissions": { "secrets": secrets } }] } })
}

#[test]
fn roles_decide_where_the_vault_says_so() {
    let stage = Stage::new();
    let (made, token) = stage.workload("secrets", "https://vault.azure.net");
    let refused = ask(&stage, &token, "acme-kv/secrets/db");
    assert_eq!(inner(&refused), (403, "ForbiddenByRbac"));
    assert!(
        refused
            .message()
            .contains("Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'")
    );
    // Access policies do not count.
    let add = stage.put(
        &format!("{}/accessPolicies/add", vault("acme-kv")),
        &policy(&made["principalId"], &["get", "list"]),
    );
    assert_eq!(add.status, 200);
    assert_eq!(
        inner(&ask(&stage, &token, "acme-kv/secrets")),
        (403, "ForbiddenByRbac")
    );
    stage.assign(1, &vault("acme-kv"), READER, &made["principalId"]);
    let listed = ask(&stage, &token, "acme-kv/secrets");
    let ids: Vec<&str> = listed.body["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        [
            "https://acme-kv.vault.azure.net/secrets/db",
            "https://acme-kv.vault.azure.net/secrets/web"
        ]
    );
    assert_eq!(
        inner(&ask(&stage, &token, "acme-kv/secrets/db")),
        (403, "ForbiddenByRbac"),
        "metadata only"
    );
    stage.assign(
        2,
        &format!("{}/secrets/db", vault("acme-kv")),
        USER,
        &made["principalId"],
    );
    assert_eq!(
        ask(&stage, &token, "acme-kv/secrets/db").body["value"],
        "s3cret"
    );
    assert_eq!(
        inner(&ask(&stage, &token, "acme-kv/secrets/web")),
        (403, "ForbiddenByRbac"),
        "another secret"
    );
}

#[test]
fn policies_decide_elsewhere() {
    let stage = Stage::new();
    let (made, token) = stage.workload("secrets", "https://vault.azure.net");
    // Roles do not count.
    stage.assign(1, &vault("old-kv"), USER, &made["principalId"]);
    let refused = ask(&stage, &token, "old-kv/secrets/db");
    assert_eq!(inner(&refused), (403, "ForbiddenByPolicy"));
    assert!(refused.message().contains(
        "does not have secrets get permission on key vault 'old-kv;location=westeurope'"
    ));
    let put = |kind: &str, secrets: &[&str]| {
        let path = format!("{}/accessPolicies/{kind}", vault("old-kv"));
        assert_eq!(
            stage
                .put(&path, &policy(&made["principalId"], secrets))
                .status,
            200
        );
    };
    put("add", &["Get"]);
    assert_eq!(
        ask(&stage, &token, "old-kv/secrets/db").body["value"],
        "s3cret"
    );
    assert_eq!(
        inner(&ask(&stage, &token, "old-kv/secrets")),
        (403, "ForbiddenByPolicy")
    );
    put("add", &["list"]);
    assert_eq!(ask(&stage, &token, "old-kv/secrets").status, 200);
    put("remove", &["get", "list"]);
    assert_eq!(
        inner(&ask(&stage, &token, "old-kv/secrets/db")),
        (403, "ForbiddenByPolicy")
    );
}

#[test]
fn requests_are_checked() {
    let stage = Stage::new();
    let (made, token) = stage.workload("secrets", "https://vault.azure.net");
    let (_, for_storage) = stage.workload("secrets", "https://storage.azure.com");
    stage.assign(1, &vault("acme-kv"), USER, &made["principalId"]);
    let nobody = stage.ask(
        "GET /_azure/vault/acme-kv/secrets?api-version=7.4",
        &[],
        b"",
    );
    assert_eq!(nobody.outcome(), (401, "Unauthorized"));
    let challenge = format!(
        r#"Bearer authorization="https://login.windows.net/{TENANT}", resource="https://vault.azure.net""#
    );
    assert_eq!(nobody.answer.header("www-authenticate"), Some(&*challenge));
    assert!(
        ask(&stage, &for_storage, "acme-kv/secrets")
            .message()
            .starts_with("AKV10022")
    );
    assert!(
        ask(&stage, &operator(OTHER_TENANT), "acme-kv/secrets")
            .message()
            .starts_with("AKV10032")
    );
    let found = ask(&stage, &token, "acme-kv/secrets/db");
    let version = found.body["id"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap();
    assert_eq!(
        ask(&stage, &token, &format!("acme-kv/secrets/db/{version}")).status,
        200
    );
    assert_eq!(
        ask(&stage, &token, "acme-kv/secrets/db/0").outcome(),
        (404, "SecretNotFound")
    );
    assert_eq!(
        ask(&stage, &token, "acme-kv/secrets/none").outcome(),
        (404, "SecretNotFound")
    );
    assert_eq!(
        ask(&stage, &token, "none/secrets/db").outcome(),
        (404, "NotFound")
    );
    assert_eq!(
        ask(&stage, &token, "acme-kv/keys").outcome(),
        (404, "NotFound")
    );
    let bearer = [("authorization", &*format!("Bearer {token}"))];
    for query in ["", "?api-version=1.0"] {
        let said = stage.ask(
            &format!("GET /_azure/vault/acme-kv/secrets{query}"),
            &bearer,
            b"",
        );
        assert_eq!(said.outcome(), (400, "BadParameter"), "{query}");
    }
}

#[test]
fn whoever_reads_secrets_sets_none() {
    const OFFICER: &str = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";
    let stage = Stage::new();
    let (made, token) = stage.workload("secrets", "https://vault.azure.net");
    let set = |body: &Value| {
        let bearer = format!("Bearer {token}");
        stage.ask(
            "PUT /_azure/vault/acme-kv/secrets/new?api-version=7.4",
            &[("authorization", &bearer)],
            body.to_string().as_bytes(),
        )
    };
    stage.assign(1, &vault("acme-kv"), USER, &made["principalId"]);
    let refused = set(&json!({ "value": "x" }));
    assert_eq!(inner(&refused), (403, "ForbiddenByRbac"));
    assert!(
        refused
            .message()
            .contains("Action: 'Microsoft.KeyVault/vaults/secrets/setSecret/action'")
    );
    stage.assign(2, &vault("acme-kv"), OFFICER, &made["principalId"]);
    assert_eq!(set(&json!({})).outcome(), (400, "BadParameter"));
    assert_eq!(set(&json!({ "value": "x" })).body["value"], "x");
    assert_eq!(
        ask(&stage, &token, "acme-kv/secrets/new").body["value"],
        "x"
    );
}
