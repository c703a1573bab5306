//! Storage accounts, containers, vaults and access policies.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;

fn container(name: &str) -> String {
    in_group(&format!(
        "Microsoft.Storage/storageAccounts/acmebackups/blobServices/default/containers/{name}"
    ))
}

fn vault(name: &str) -> String {
    in_group(&format!("Microsoft.KeyVault/vaults/{name}"))
}

#[test]
fn accounts_and_containers() {
    let stage = Stage::new();
    let account = stage.get(&in_group("Microsoft.Storage/storageAccounts/acmebackups"));
    assert_eq!(
        (account.status, &account.body["kind"]),
        (200, &"StorageV2".into())
    );
    assert_eq!(stage.get(&container("backups")).status, 200);
    let made = stage.put(
        &container("new-one"),
        &json!({ "properties": { "metadata": { "wip": "x" } } }),
    );
    assert_eq!(
        (made.status, &made.body["properties"]["metadata"]["wip"]),
        (201, &"x".into())
    );
    assert_eq!(stage.put(&container("new-one"), &json!({})).status, 200);
    let all = stage.get(&in_group(
        "Microsoft.Storage/storageAccounts/acmebackups/blobServices/default/containers",
    ));
    assert_eq!(all.body["value"].as_array().unwrap().len(), 3);
    assert_eq!(stage.delete(&container("new-one")).status, 200);
    assert_eq!(stage.delete(&container("new-one")).status, 204);
}

#[test]
fn containers_are_changed_by_what_the_body_names() {
    let stage = Stage::new();
    let patch = |body: &Value| stage.arm(&format!("PATCH {}", container("backups")), body);
    let said = patch(&json!({ "properties": { "metadata": { "team": "x" } } }));
    assert_eq!(
        (said.status, &said.body["properties"]["metadata"]),
        (200, &json!({ "team": "x" }))
    );
    let said = patch(&json!({ "properties": { "publicAccess": "None" } }));
    assert_eq!(said.body["properties"]["metadata"], json!({ "team": "x" }));
    let said = patch(&json!({ "properties": { "metadata": { "other": "y" } } }));
    assert_eq!(said.body["properties"]["metadata"], json!({ "other": "y" }));
    // A PUT of one that is there changes nothing.
    let again = json!({ "properties": { "metadata": { "mine": "z" } } });
    let said = stage.put(&container("backups"), &again);
    assert_eq!(
        (said.status, &said.body["properties"]["metadata"]),
        (200, &json!({ "other": "y" }))
    );
    let all = stage.get(&in_group(
        "Microsoft.Storage/storageAccounts/acmebackups/blobServices/default/containers",
    ));
    assert!(all.body["value"][0]["properties"].get("metadata").is_none());
    let none = stage.arm(&format!("PATCH {}", container("none")), &again);
    assert_eq!(none.outcome(), (404, "ContainerNotFound"));
}

#[test]
fn what_no_container_may_have() {
    let stage = Stage::new();
    let metadata = |key: &str, value: &str| json!({ "properties": { "metadata": { key: value } } });
    let twice = json!({ "properties": { "metadata": { "Wip": "x", "wip": "y" } } });
    let open = |how: &str| json!({ "properties": { "publicAccess": how } });
    for (body, status, code) in [
        (metadata("wip-space", "x"), 400, "InvalidMetadata"),
        (metadata("1st", "x"), 400, "InvalidMetadata"),
        (metadata("wip", "n\u{fc}r"), 400, "InvalidMetadata"),
        (metadata("wip", "a\nb"), 400, "InvalidMetadata"),
        (metadata("", "x"), 400, "EmptyMetadataKey"),
        (metadata("wip", &"x".repeat(8_192)), 400, "MetadataTooLarge"),
        (twice, 400, "InvalidMetadata"),
        (open("Blob"), 409, "PublicAccessNotPermitted"),
        (open("Container"), 409, "PublicAccessNotPermitted"),
        (open("Everybody"), 400, "InvalidRequestContent"),
        (open(""), 400, "InvalidRequestContent"),
    ] {
        for what in ["PUT", "PATCH"] {
            let said = stage.arm(&format!("{what} {}", container("backups")), &body);
            assert_eq!(said.outcome(), (status, code), "{what} {body}");
        }
    }
}

#[test]
fn what_is_no_account_and_no_container() {
    let stage = Stage::new();
    let none = in_group("Microsoft.Storage/storageAccounts/none");
    let elsewhere = format!(
        "/subscriptions/{SUB}/resourceGroups/other/providers/Microsoft.Storage/storageAccounts/acmebackups"
    );
    let table = [
        ("GET", none.clone(), 404, "ResourceNotFound"),
        ("GET", elsewhere, 404, "ResourceGroupNotFound"),
        (
            "GET",
            format!("{none}/blobServices/default/containers/x"),
            404,
            "ResourceNotFound",
        ),
        (
            "PUT",
            format!("{none}/blobServices/default/containers/xyz"),
            404,
            "ResourceNotFound",
        ),
        ("GET", container("none"), 404, "ContainerNotFound"),
        ("PUT", container("ab"), 400, "InvalidResourceName"),
        ("PUT", container("Upper"), 400, "InvalidResourceName"),
        ("PUT", container("a--b"), 400, "InvalidResourceName"),
        ("PUT", container("-ab"), 400, "InvalidResourceName"),
        (
            "PUT",
            container(&"x".repeat(64)),
            400,
            "InvalidResourceName",
        ),
        ("GET", vault("none"), 404, "ResourceNotFound"),
    ];
    for (method, path, status, code) in table {
        let said = stage.arm(&format!("{method} {path}"), &Value::Null);
        assert_eq!(said.outcome(), (status, code), "{method} {path}");
    }
}

const OBJECT: &str = "eeeeeeee-0000-4000-8000-000000000001";

fn policy(object: &str, secrets: &[&str]) -> Value {
    json!({ "properties": { "accessPolicies": [{ "tenantId": TENANT, "objectId": object, "permissions": { "secrets": secrets } }] } })
}

#[test]
fn access_policies_are_added_to_and_taken_from() {
    let stage = Stage::new();
    let put = |kind: &str, body: &Value| {
        stage.put(&format!("{}/accessPolicies/{kind}", vault("old-kv")), body)
    };
    let secrets = || {
        stage.get(&vault("old-kv")).body["properties"]["accessPolicies"][0]["permissions"]["secrets"].clone()
    };
    assert_eq!(put("add", &policy(OBJECT, &["get"])).status, 200);
    assert_eq!(put("add", &policy(OBJECT, &["List", "get"])).status, 200);
    assert_eq!(secrets(), json!(["get", "List"]));
    assert_eq!(
        put("replace", &policy(OBJECT, &["get", "list", "set"])).status,
        200
    );
    assert_eq!(put("remove", &policy(OBJECT, &["set"])).status, 200);
    assert_eq!(secrets(), json!(["get", "list"]));
    assert_eq!(put("remove", &policy(OBJECT, &["get", "list"])).status, 200);
    assert_eq!(
        stage.get(&vault("old-kv")).body["properties"]["accessPolicies"],
        json!([])
    );
    assert_eq!(put("remove", &policy(OBJECT, &["get"])).status, 200);
}

#[test]
fn what_an_access_policy_may_not_be() {
    let stage = Stage::new();
    let foreign = json!({ "properties": { "accessPolicies": [{ "tenantId": OTHER_TENANT, "objectId": OBJECT, "permissions": {} }] } });
    for (kind, body) in [
        ("add", policy("nobody", &["get"])),
        ("add", policy(OBJECT, &["read"])),
        ("add", json!({})),
        ("add", json!({ "properties": { "accessPolicies": [{}] } })),
        ("add", foreign),
        ("change", policy(OBJECT, &["get"])),
    ] {
        let said = stage.put(&format!("{}/accessPolicies/{kind}", vault("old-kv")), &body);
        assert_eq!(said.outcome(), (400, "BadRequest"), "{kind} {body}");
    }
    let said = stage.put(
        &format!("{}/accessPolicies/add", vault("none")),
        &policy(OBJECT, &["get"]),
    );
    assert_eq!(said.outcome(), (404, "ResourceNotFound"));
}

#[tokio::test(start_paused = true)]
async fn two_writes_of_a_vault_do_not_go_together() {
    let stage = Stage::new();
    stage.switch(&json!({ "writeMillis": 20 }));
    let add = |object: &str| {
        stage.put(
            &format!("{}/accessPolicies/add", vault("old-kv")),
            &policy(object, &["get"]),
        )
    };
    assert_eq!(add(OBJECT).status, 200);
    assert_eq!(add(TENANT).outcome(), (409, "ConflictError"));
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(add(TENANT).status, 200);
}

#[test]
fn a_vault_that_is_put_loses_what_the_body_does_not_say() {
    let stage = Stage::new();
    stage.put(
        &format!("{}/accessPolicies/add", vault("old-kv")),
        &policy(OBJECT, &["get"]),
    );
    let body = json!({ "location": "westeurope", "properties": { "tenantId": TENANT, "sku": { "family": "A", "name": "standard" } } });
    let said = stage.put(&vault("old-kv"), &body);
    assert_eq!(
        (said.status, &said.body["properties"]["accessPolicies"]),
        (200, &json!([]))
    );
    assert_eq!(stage.put(&vault("new-kv"), &body).status, 201);
    let log = stage.sandbox.log();
    assert_eq!(log.last().unwrap().operation, "Vaults_CreateOrUpdate");
    let table = [
        (
            json!({ "properties": body["properties"] }),
            "LocationRequired",
        ),
        (json!({ "location": "westeurope" }), "BadRequest"),
        (
            json!({ "location": "westeurope", "properties": { "tenantId": OTHER_TENANT, "sku": { "name": "standard" } } }),
            "BadRequest",
        ),
    ];
    for (body, code) in table {
        assert_eq!(
            stage.put(&vault("old-kv"), &body).outcome(),
            (400, code),
            "{body}"
        );
    }
    let other_group = vault("old-kv").replace("/rg/", "/RG2/");
    let seed = json!({ "azure": { "resource_groups": [{ "subscription": SUB, "name": "RG2" }] } });
    stage.control("seed", &seed);
    assert_eq!(
        stage.put(&other_group, &body).outcome(),
        (409, "VaultAlreadyExists")
    );
}
