//! Buckets and objects.

use serde_json::{Value, json};

use super::*;

const ALL: &str = "storage/storage/v1/b";

fn insert(stage: &Stage, body: &Value) -> Said {
    stage.call(&format!("POST {ALL}?project=acme"), body)
}

#[test]
fn a_bucket_is_made_changed_and_deleted() {
    let stage = Stage::new();
    let wish = json!({
        "name": "acme-new", "location": "europe-west1", "labels": { "wip-space": "s" },
        "iamConfiguration": { "uniformBucketLevelAccess": { "enabled": true }, "publicAccessPrevention": "enforced" },
    });
    let made = insert(&stage, &wish);
    assert_eq!(made.status, 200, "{made:?}");
    assert_eq!(stage.get(&format!("{ALL}/acme-new")).body, made.body);
    assert_eq!(
        (&made.body["location"], &made.body["projectNumber"]),
        (&json!("EUROPE-WEST1"), &json!(NUMBER.to_string()))
    );
    assert_eq!(made.body["iamConfiguration"], wish["iamConfiguration"]);
    let patch = json!({ "labels": { "wip-space": null, "other": "x" } });
    let said = stage.call(&format!("PATCH {ALL}/acme-new"), &patch);
    assert_eq!(said.body["labels"], json!({ "other": "x" }));
    let again = insert(&stage, &wish);
    assert_eq!(again.outcome(), (409, "conflict"));
    assert!(again.message().contains("you already own it"), "{again:?}");
    let theirs = stage.call(&format!("POST {ALL}?project=other"), &wish);
    assert!(theirs.message().contains("not available"), "{theirs:?}");
    assert_eq!(
        stage
            .call(&format!("DELETE {ALL}/acme-new"), &Value::Null)
            .status,
        204
    );
    assert_eq!(
        stage.get(&format!("{ALL}/acme-new")).outcome(),
        (404, "notFound")
    );
    let full = stage.call(&format!("DELETE {ALL}/acme-backups"), &Value::Null);
    assert_eq!(full.outcome(), (409, "conflict"));
}

#[test]
fn names_and_labels_are_checked() {
    let stage = Stage::new();
    for name in [
        "",
        "ab",
        "Acme",
        "-acme",
        "acme-",
        "acme backups",
        "goog-x",
        "my-google-x",
        "10.1.2.3",
        &"a".repeat(64),
    ] {
        assert_eq!(
            insert(&stage, &json!({ "name": name })).outcome(),
            (400, "invalid"),
            "{name}"
        );
    }
    for labels in [
        json!([]),
        json!({ "A": "x" }),
        json!({ "1a": "x" }),
        json!({ "a": "X" }),
        json!({ "a": "x".repeat(64) }),
        json!({ "a": 7 }),
    ] {
        let said = insert(&stage, &json!({ "name": "acme-new", "labels": labels }));
        assert_eq!(said.outcome(), (400, "invalid"), "{labels}");
    }
    let said = stage.call(&format!("POST {ALL}"), &json!({ "name": "acme-new" }));
    assert_eq!(said.outcome(), (400, "required"));
    assert_eq!(
        stage
            .call(
                &format!("POST {ALL}?project=no"),
                &json!({ "name": "acme-new" })
            )
            .outcome(),
        (403, "forbidden")
    );
}

#[test]
fn buckets_are_listed_by_pages() {
    let stage = Stage::new();
    let first = stage.get(&format!("{ALL}?project=acme&maxResults=1"));
    assert_eq!(first.body["items"][0]["name"], "acme-backups");
    let token = first.body["nextPageToken"].as_str().unwrap();
    let second = stage.get(&format!(
        "{ALL}?project=acme&maxResults=1&pageToken={token}"
    ));
    assert_eq!(second.body["items"][0]["name"], "acme-old");
    assert_eq!(second.body.get("nextPageToken"), None);
    assert_eq!(
        stage.get(&format!("{ALL}?project=other")).body.get("items"),
        None
    );
    assert_eq!(
        stage.get(&format!("{ALL}?project=acme&pageToken=x")).status,
        400
    );
}

#[test]
fn a_new_bucket_is_its_projects() {
    let stage = Stage::new();
    assert_eq!(insert(&stage, &json!({ "name": "acme-new" })).status, 200);
    let said = stage.get(&format!("{ALL}/acme-new/iam"));
    let roles: Vec<&str> = said.body["bindings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["role"].as_str().unwrap())
        .collect();
    assert_eq!(
        roles,
        [
            "roles/storage.legacyBucketOwner",
            "roles/storage.legacyBucketReader"
        ]
    );
}

#[test]
fn settings_bound_the_policy() {
    let stage = Stage::new();
    let condition = json!({ "title": "t", "expression": "resource.type == \"x\"" });
    let conditional = json!({ "version": 3, "bindings": [{ "role": "roles/storage.objectViewer", "members": ["user:a@example.com"], "condition": condition }] });
    let said = stage.call(&format!("PUT {ALL}/acme-old/iam"), &conditional);
    assert_eq!(said.outcome(), (412, "conditionNotMet"));
    let public = json!([{ "role": "roles/storage.objectViewer", "members": ["allUsers"] }]);
    assert_eq!(stage.bind(BUCKET, &public).status, 200);
    assert_eq!(stage.bind(BUCKET, &json!([])).status, 200);
    let enforce = json!({ "iamConfiguration": { "publicAccessPrevention": "enforced" } });
    assert_eq!(
        stage
            .call(&format!("PATCH {ALL}/acme-backups"), &enforce)
            .status,
        200
    );
    assert_eq!(
        stage.bind(BUCKET, &public).outcome(),
        (412, "conditionNotMet")
    );
    let wrong = json!({ "iamConfiguration": { "publicAccessPrevention": "on" } });
    assert_eq!(
        stage
            .call(&format!("PATCH {ALL}/acme-backups"), &wrong)
            .status,
        400
    );
}

#[test]
fn objects_are_put_read_listed_and_deleted() {
    let stage = Stage::new();
    let upload = "POST storage/upload/storage/v1/b/acme-backups/o?uploadType=media&name=a%2F3";
    assert_eq!(stage.call(upload, &json!("three")).status, 200);
    let read = stage.get(&format!("{ALL}/acme-backups/o/a%2F3?alt=media"));
    assert_eq!(read.answer.body, b"three");
    assert_eq!(
        stage.get(&format!("{ALL}/acme-backups/o/a%2F3")).body["name"],
        "a/3"
    );
    let listed = stage.get(&format!("{ALL}/acme-backups/o?prefix=a/"));
    assert_eq!(listed.body["items"].as_array().unwrap().len(), 2);
    let gone = format!("{ALL}/acme-backups/o/a%2F3");
    assert_eq!(
        stage.call(&format!("DELETE {gone}"), &Value::Null).status,
        204
    );
    assert_eq!(stage.get(&gone).outcome(), (404, "notFound"));
    assert_eq!(
        stage
            .call(&format!("DELETE {gone}"), &Value::Null)
            .outcome(),
        (404, "notFound")
    );
    let upload = "POST storage/upload/storage/v1/b/acme-backups/o?uploadType=multipart";
    let body = "--b\r\ncontent-type: application/json\r\n\r\n{\"name\":\"c\"}\r\n--b\r\ncontent-type: text/plain\r\n\r\nfour\r\n--b--\r\n";
    let bearer = (
        "authorization",
        "Bearer sandbox:operator@sandbox.example.com",
    );
    let kind = |kind| [bearer, ("content-type", kind)];
    let related = "multipart/related; boundary=\"b\"";
    let said = stage.ask(upload, &kind(related), body.as_bytes());
    assert_eq!((said.status, &said.body["name"]), (200, &"c".into()));
    let read = stage.get("storage/download/storage/v1/b/acme-backups/o/c?alt=media");
    assert_eq!(read.answer.body, b"four");
    for (kind, body) in [
        (kind("multipart/related"), body),
        (kind("multipart/related; boundary="), body),
        (kind(related), "--b\r\n\r\n{}\r\n--b"),
        (kind(related), "--b\r\n\r\n{\r\n--b\r\n\r\nx\r\n--b--"),
    ] {
        let said = stage.ask(upload, &kind, body.as_bytes());
        assert_eq!(said.outcome(), (400, "invalid"), "{body}");
    }
    for wrong in ["uploadType=resumable&name=x", "uploadType=media"] {
        let said = stage.call(
            &format!("POST storage/upload/storage/v1/b/acme-backups/o?{wrong}"),
            &json!("x"),
        );
        assert_eq!(said.status, 400, "{wrong}");
    }
}
