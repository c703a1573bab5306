//! Service accounts.

use serde_json::{Value, json};

use super::*;

const ALL: &str = "gcpiam/v1/projects/acme/serviceAccounts";

fn at(email: &str) -> String {
    format!("gcpiam/v1/projects/-/serviceAccounts/{email}")
}

fn create(stage: &Stage, id: &str, more: &Value) -> Said {
    let body = json!({ "accountId": id, "serviceAccount": more });
    stage.call(&format!("POST {ALL}"), &body)
}

fn post(stage: &Stage, name: &str, verb: &str) -> Said {
    stage.call(&format!("POST {}:{verb}", at(name)), &json!({}))
}

#[test]
fn an_account_is_made_changed_and_deleted() {
    let stage = Stage::new();
    let made = create(
        &stage,
        "billing",
        &json!({ "displayName": "d", "description": "x" }),
    );
    assert_eq!(made.status, 200, "{made:?}");
    let email = "billing@acme.iam.gserviceaccount.com";
    assert_eq!(made.body["email"], email);
    let unique = made.body["uniqueId"].as_str().unwrap();
    for name in [email, unique] {
        assert_eq!(stage.get(&at(name)).body, made.body, "{name}");
    }
    assert_eq!(
        stage
            .get("gcpiam/v1/projects/other/serviceAccounts/billing@acme.iam.gserviceaccount.com")
            .status,
        404
    );
    let patch = json!({ "serviceAccount": { "description": "y" }, "updateMask": "description" });
    let said = stage.call(&format!("PATCH {}", at(email)), &patch);
    assert_eq!((said.status, &said.body["description"]), (200, &json!("y")));
    assert_eq!(said.body["displayName"], "d");
    for wrong in [
        json!({ "serviceAccount": {} }),
        json!({ "serviceAccount": {}, "updateMask": "email" }),
    ] {
        assert_eq!(
            stage
                .call(&format!("PATCH {}", at(email)), &wrong)
                .outcome(),
            (400, "INVALID_ARGUMENT")
        );
    }
    assert_eq!(
        stage
            .call(&format!("DELETE {}", at(email)), &Value::Null)
            .status,
        200
    );
    assert_eq!(stage.get(&at(email)).outcome(), (404, "NOT_FOUND"));
}

#[test]
fn ids_and_lengths_are_checked() {
    let stage = Stage::new();
    for id in [
        "short",
        "",
        "1abcdef",
        "Abcdef",
        "abcdef-",
        "abc_def",
        &"a".repeat(31),
    ] {
        assert_eq!(
            create(&stage, id, &json!({})).outcome(),
            (400, "INVALID_ARGUMENT"),
            "{id}"
        );
    }
    assert_eq!(
        create(&stage, "backup", &json!({})).outcome(),
        (409, "ALREADY_EXISTS")
    );
    for (field, most) in [("displayName", 100), ("description", 256)] {
        let said = create(&stage, "billing", &json!({ field: "x".repeat(most + 1) }));
        assert_eq!(said.outcome(), (400, "INVALID_ARGUMENT"), "{field}");
    }
}

#[test]
fn a_deleted_account_comes_back_by_its_number() {
    let stage = Stage::new();
    let unique = stage.get(&at(EMAIL)).body["uniqueId"]
        .as_str()
        .unwrap()
        .to_owned();
    let member = format!("serviceAccount:{EMAIL}");
    let bindings = json!([{ "role": "roles/storage.objectViewer", "members": [member] }]);
    assert_eq!(stage.bind(BUCKET, &bindings).status, 200);
    assert_eq!(
        stage
            .call(&format!("DELETE {}", at(EMAIL)), &Value::Null)
            .status,
        200
    );
    let left = format!("deleted:{member}?uid={unique}");
    assert_eq!(
        stage.policy(BUCKET)["bindings"][0]["members"],
        json!([left])
    );
    // A new one of the same name is another, whatever policies said of the old one.
    assert_eq!(create(&stage, "backup", &json!({})).status, 200);
    let other = stage.get(&at(EMAIL)).body["uniqueId"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_ne!(unique, other);
    assert_eq!(
        stage.policy(BUCKET)["bindings"][0]["members"],
        json!([left])
    );
    assert_eq!(
        post(&stage, &unique, "undelete").outcome(),
        (400, "FAILED_PRECONDITION")
    );
    assert_eq!(
        stage
            .call(&format!("DELETE {}", at(EMAIL)), &Value::Null)
            .status,
        200
    );
    let said = post(&stage, &unique, "undelete");
    assert_eq!(
        (said.status, &said.body["restoredAccount"]["email"]),
        (200, &json!(EMAIL))
    );
    assert_eq!(
        stage.policy(BUCKET)["bindings"][0]["members"],
        json!([member])
    );
    for gone in [unique.as_str(), "1"] {
        assert_eq!(
            post(&stage, gone, "undelete").outcome(),
            (404, "NOT_FOUND"),
            "{gone}"
        );
    }
}

#[test]
fn an_account_is_switched_off_and_on() {
    let stage = Stage::new();
    assert_eq!(post(&stage, EMAIL, "disable").status, 200);
    assert_eq!(stage.get(&at(EMAIL)).body["disabled"], true);
    assert_eq!(post(&stage, EMAIL, "enable").status, 200);
    assert_eq!(stage.get(&at(EMAIL)).body.get("disabled"), None);
    assert_eq!(
        post(&stage, "nobody@acme.iam.gserviceaccount.com", "enable").status,
        404
    );
}

#[test]
fn accounts_are_listed_by_pages() {
    let stage = Stage::new();
    for n in 0..6 {
        assert_eq!(
            create(&stage, &format!("account-{n}"), &json!({})).status,
            200
        );
    }
    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        let said = stage.get(&format!("{ALL}?pageSize=3&pageToken={token}"));
        let page = said.body["accounts"].as_array().unwrap().clone();
        assert!(page.len() <= 3);
        seen.extend(
            page.iter()
                .map(|it| it["email"].as_str().unwrap().to_owned()),
        );
        match said.body["nextPageToken"].as_str() {
            None => break,
            Some(next) => next.clone_into(&mut token),
        }
    }
    assert_eq!(seen.len(), 7);
    assert_eq!(stage.get(&format!("{ALL}?pageSize=x")).status, 400);
    let nowhere = stage.get("gcpiam/v1/projects/nothing/serviceAccounts");
    assert_eq!(nowhere.outcome(), (403, "PERMISSION_DENIED"));
}
