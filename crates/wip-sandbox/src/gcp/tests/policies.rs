//! Policies: versions, etags, conditions, limits, and what is kept.

use serde_json::{Value, json};

use super::*;

const ALL: [Policied; 3] = [BUCKET, SECRET, ACCOUNT];

fn role(of: Policied) -> &'static str {
    match of.set {
        set if set == BUCKET.set => "roles/storage.objectViewer",
        set if set == SECRET.set => "roles/secretmanager.secretAccessor",
        _ => "roles/iam.workloadIdentityUser",
    }
}

fn within(title: &str, expression: &str) -> Value {
    json!({ "title": title, "expression": expression })
}

/// A condition that holds everywhere.
fn always() -> Value {
    within(
        "always",
        "resource.type == \"storage.googleapis.com/Bucket\" || resource.type == \"x\"",
    )
}

#[test]
fn one_writer_of_two_is_refused() {
    let stage = Stage::new();
    for of in ALL {
        let bindings = json!([{ "role": role(of), "members": ["user:a@example.com"] }]);
        let old = stage.policy(of);
        let first = json!({ "version": 3, "etag": old["etag"], "bindings": bindings });
        let said = stage.set(of, &first);
        assert_eq!(said.status, 200, "{said:?}");
        assert_eq!(stage.policy(of)["etag"], said.body["etag"]);
        assert_ne!(said.body["etag"], old["etag"]);
        let expected = match of.is_wrapped {
            true => (409, "ABORTED"),
            false => (412, "conditionNotMet"),
        };
        assert_eq!(stage.set(of, &first).outcome(), expected);
        // Whoever gives no etag overwrites what is there.
        assert_eq!(stage.bind(of, &json!([])).status, 200);
        assert_eq!(stage.policy(of)["bindings"], Value::Null);
    }
}

#[test]
fn conditions_need_version_3() {
    let stage = Stage::new();
    for of in ALL {
        let plain = json!({ "role": role(of), "members": ["user:a@example.com"] });
        let mut conditional = plain.clone();
        conditional["condition"] = always();
        let bindings = json!([plain, conditional]);
        for version in [Value::Null, 0.into(), 1.into()] {
            let said = stage.set(of, &json!({ "version": version, "bindings": bindings }));
            assert_eq!(said.status, 400, "{version}: {said:?}");
        }
        assert_eq!(
            stage
                .set(of, &json!({ "version": 2, "bindings": [] }))
                .status,
            400
        );
        assert_eq!(stage.bind(of, &bindings).status, 200);
        assert_eq!(stage.policy(of)["version"], 3);
        // Whoever asks for another version sees that there is a condition, and not which.
        let said = stage.call(&format!("{}1", of.get), &Value::Null);
        assert_eq!(said.body["version"], 1);
        let shown = said.body["bindings"][1].clone();
        let name = shown["role"].as_str().unwrap();
        assert!(
            name.starts_with(&format!("{}_withcond_", role(of))),
            "{name}"
        );
        assert_eq!(shown.get("condition"), None);
        // What was read so cannot be written back.
        let back = json!({ "version": 1, "etag": said.body["etag"], "bindings": [plain] });
        assert_eq!(stage.set(of, &back).status, 400);
        let back = stage.set(of, &said.body);
        assert_eq!(back.status, 400, "{back:?}");
        assert_eq!(
            stage.call(&format!("{}2", of.get), &Value::Null).status,
            400
        );
    }
}

#[test]
fn a_condition_is_checked() {
    let stage = Stage::new();
    let bind = |role: &str, condition: Value| {
        let binding =
            json!({ "role": role, "members": ["user:a@example.com"], "condition": condition });
        stage.bind(BUCKET, &json!([binding])).status
    };
    let viewer = "roles/storage.objectViewer";
    let fine = "resource.name.startsWith(\"projects/_/buckets/acme-backups/objects/a/\")";
    assert_eq!(bind(viewer, within("t", fine)), 200);
    for (title, expression) in [
        ("", fine),
        (&*"t".repeat(101), fine),
        ("t", ""),
        ("t", "resource.name.startsWith("),
        ("t", "resource.nme == 'x'"),
    ] {
        assert_eq!(
            bind(viewer, within(title, expression)),
            400,
            "{title} {expression}"
        );
    }
    let binding = json!([{ "role": "roles/viewer", "members": ["user:a@example.com"], "condition": within("t", fine) }]);
    assert_eq!(stage.bind(ACCOUNT, &binding).status, 400);
}

#[test]
fn a_policy_has_its_limits() {
    let stage = Stage::new();
    let members = |count: usize| -> Vec<String> {
        (0..count)
            .map(|n| format!("user:u{n}@example.com"))
            .collect()
    };
    let bind = |members: &[String]| {
        let bindings = json!([{ "role": "roles/storage.objectViewer", "members": members }]);
        stage.bind(BUCKET, &bindings)
    };
    assert_eq!(bind(&members(1_500)).status, 200);
    assert_eq!(bind(&members(1_501)).outcome(), (400, "invalid"));
    let conditional = |count: usize| -> Value {
        let all = (0..count).map(|n| {
            let expression = format!("resource.name.startsWith(\"projects/_/buckets/acme-backups/objects/{n}\")");
            json!({ "role": "roles/storage.objectViewer", "members": ["user:a@example.com"], "condition": within("t", &expression) })
        });
        all.collect()
    };
    assert_eq!(stage.bind(BUCKET, &conditional(20)).status, 200);
    assert_eq!(
        stage.bind(BUCKET, &conditional(21)).outcome(),
        (400, "invalid")
    );
}

#[test]
fn what_nobody_knows_is_kept() {
    let stage = Stage::new();
    let policy = json!({
        "version": 3,
        "bindings": [
            { "role": "roles/secretmanager.secretAccessor", "members": ["user:a@example.com"], "bindingId": "7" },
            { "role": "roles/secretmanager.viewer", "members": [] },
        ],
        "auditConfigs": [{ "service": "allServices", "auditLogConfigs": [{ "logType": "DATA_READ" }] }],
    });
    assert_eq!(stage.set(SECRET, &policy).status, 200);
    let there = stage.policy(SECRET);
    assert_eq!(there["bindings"], json!([policy["bindings"][0]]));
    assert_eq!(there["auditConfigs"], policy["auditConfigs"]);
}

#[test]
fn a_project_is_written_in_its_bindings_alone() {
    let stage = Stage::new();
    let at = |verb: &str| format!("POST cloudresourcemanager/v3/projects/acme:{verb}IamPolicy");
    let read = || {
        stage.call(
            &at("get"),
            &json!({ "options": { "requestedPolicyVersion": 3 } }),
        )
    };
    let bindings = json!([{ "role": "roles/browser", "members": ["user:a@example.com"] }]);
    let policy = json!({ "version": 3, "bindings": bindings, "auditConfigs": [{ "service": "allServices" }] });
    let said = stage.call(&at("set"), &json!({ "policy": policy }));
    assert_eq!(said.status, 200, "{said:?}");
    assert_eq!(read().body["bindings"], bindings);
    assert_eq!(read().body["auditConfigs"], Value::Null);
    assert_eq!(stage.call(&at("set"), &json!({})).status, 400);
    let wrong = stage.call(
        &at("get"),
        &json!({ "options": { "requestedPolicyVersion": 2 } }),
    );
    assert_eq!(wrong.outcome(), (400, "INVALID_ARGUMENT"));
}

#[test]
fn roles_are_checked() {
    let stage = Stage::new();
    for name in [
        "",
        "roles/nothing",
        "storage.objectViewer",
        "roles/secretmanager.secretAccessor",
    ] {
        let said = stage.bind(BUCKET, &json!([{ "role": name, "members": [] }]));
        assert_eq!(said.outcome(), (400, "invalid"), "{name}");
    }
    for members in [json!("user:a@example.com"), json!([7])] {
        let said = stage.bind(
            BUCKET,
            &json!([{ "role": "roles/storage.objectViewer", "members": members }]),
        );
        assert_eq!(said.outcome(), (400, "invalid"));
    }
}
