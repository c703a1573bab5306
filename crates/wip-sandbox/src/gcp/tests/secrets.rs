//! Secrets.

use serde_json::Value;

use super::*;

#[test]
fn a_secret_is_read() {
    let stage = Stage::new();
    let named = "secretmanager/v1/projects/acme/secrets/db";
    let numbered = format!("projects/{NUMBER}/secrets/db");
    assert_eq!(stage.get(named).body["name"], numbered);
    for version in ["latest", "1"] {
        let said = stage.get(&format!("{named}/versions/{version}:access"));
        assert_eq!(said.body["payload"]["data"], "czNjcmV0");
        assert_eq!(said.body["name"], format!("{numbered}/versions/1"));
    }
    assert_eq!(
        stage.get(&format!("{named}/versions/2:access")).outcome(),
        (404, "NOT_FOUND")
    );
}

#[test]
fn one_that_is_not_there_is_refused() {
    let stage = Stage::new();
    let nothing = "secretmanager/v1/projects/acme/secrets/nothing";
    for path in [
        nothing.to_owned(),
        format!("{nothing}:getIamPolicy"),
        format!("{nothing}/versions/latest:access"),
    ] {
        assert_eq!(stage.get(&path).outcome(), (404, "NOT_FOUND"), "{path}");
    }
    assert_eq!(
        stage
            .call(&format!("POST {nothing}:setIamPolicy"), &Value::Null)
            .outcome(),
        (404, "NOT_FOUND")
    );
    let nowhere = stage.get("secretmanager/v1/projects/nothing/secrets/db");
    assert_eq!(nowhere.outcome(), (403, "PERMISSION_DENIED"));
    assert_eq!(
        stage.get("secretmanager/v1/projects/acme").outcome(),
        (404, "NOT_FOUND")
    );
}
