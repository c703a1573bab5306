//! What operators may do, where it is not everything.

use serde_json::{Value, json};

use super::*;

fn allow(stage: &Stage, allow: &Value) {
    let answer = stage.control("gcp/rights", &json!({ "project": "acme", "allow": allow }));
    assert_eq!(answer.status, 204);
}

#[test]
fn an_operator_may_what_is_allowed() {
    let stage = Stage::new();
    let secret = "secretmanager/v1/projects/acme/secrets/db";
    allow(&stage, &json!(["secretmanager.secrets.get"]));
    assert_eq!(stage.get(secret).status, 200);
    let said = stage.get(&format!("{secret}:getIamPolicy"));
    assert_eq!(said.outcome(), (403, "PERMISSION_DENIED"));
    assert!(
        said.message()
            .contains("secretmanager.secrets.getIamPolicy"),
        "{said:?}"
    );
    let said = stage.get("storage/storage/v1/b/acme-backups");
    assert_eq!(said.outcome(), (403, "forbidden"));
    allow(&stage, &json!(["storage.*"]));
    assert_eq!(stage.get("storage/storage/v1/b/acme-backups").status, 200);
    assert_eq!(stage.get("storage/storage/v1/b?project=other").status, 200);
    // Who may not look is not told whether there is one.
    for id in ["backup", "nobody"] {
        let account =
            format!("gcpiam/v1/projects/-/serviceAccounts/{id}@acme.iam.gserviceaccount.com");
        assert_eq!(
            stage.get(&account).outcome(),
            (403, "PERMISSION_DENIED"),
            "{id}"
        );
    }
    allow(&stage, &Value::Null);
    assert_eq!(stage.get(secret).status, 200);
}

#[test]
fn one_that_may_write_some_roles_may_write_no_others() {
    let stage = Stage::new();
    let condition = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/storage.objectViewer'])";
    allow(
        &stage,
        &json!([{ "permissions": ["storage.buckets.getIamPolicy", "storage.buckets.setIamPolicy"], "condition": condition }]),
    );
    let bind = |role: &str| {
        let bindings = json!([{ "role": role, "members": ["user:a@example.com"] }]);
        stage.bind(BUCKET, &bindings).outcome().0
    };
    assert_eq!(bind("roles/storage.objectAdmin"), 403);
    assert_eq!(bind("roles/storage.objectViewer"), 200);
    // To take one away is to modify it as well.
    allow(&stage, &Value::Null);
    assert_eq!(bind("roles/storage.objectAdmin"), 200);
    allow(
        &stage,
        &json!([{ "permissions": ["storage.buckets.setIamPolicy"], "condition": condition }]),
    );
    assert_eq!(stage.bind(BUCKET, &json!([])).status, 403);
}

#[test]
fn rights_that_are_not_understood_are_refused() {
    let stage = Stage::new();
    let body =
        json!({ "project": "acme", "allow": [{ "permissions": ["x"], "condition": "what(" }] });
    assert_eq!(stage.control("gcp/rights", &body).status, 400);
}
