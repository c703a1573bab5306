//! Faults, and what is not visible yet.

use serde_json::{Value, json};

use super::*;
use crate::{Fault, FaultClass};

fn next(stage: &Stage, service: &str, operation: &str, class: FaultClass) {
    stage.sandbox.set_faults(vec![Fault {
        service: Some(service.to_owned()),
        operation: Some(operation.to_owned()),
        nth: 1,
        times: 1,
        class,
    }]);
}

#[test]
fn each_service_words_failures_its_own_way() {
    let stage = Stage::new();
    let refuse = FaultClass::Refuse {
        status: 418,
        code: "TEAPOT".to_owned(),
        message: "short and stout".to_owned(),
    };
    for (class, status, code, reason) in [
        (
            FaultClass::Throttle,
            429,
            "RESOURCE_EXHAUSTED",
            "rateLimitExceeded",
        ),
        (FaultClass::Unavailable, 503, "UNAVAILABLE", "backendError"),
        (FaultClass::InternalError, 500, "INTERNAL", "internalError"),
        (
            FaultClass::AccessDenied,
            403,
            "PERMISSION_DENIED",
            "forbidden",
        ),
        (refuse, 418, "TEAPOT", "TEAPOT"),
    ] {
        for (service, operation, path, code) in [
            (
                "secretmanager",
                "secrets.get",
                "secretmanager/v1/projects/acme/secrets/db",
                code,
            ),
            (
                "storage",
                "buckets.get",
                "storage/storage/v1/b/acme-backups",
                reason,
            ),
        ] {
            next(&stage, service, operation, class.clone());
            assert_eq!(stage.get(path).outcome(), (status, code));
            assert_eq!(stage.get(path).status, 200, "only the next call is hit");
        }
        next(&stage, "gcpsts", "token", class);
        let said = stage.exchange("x", &[]);
        assert_eq!(
            (said.status, said.body["error"].is_string()),
            (status, true)
        );
    }
}

#[test]
fn what_was_written_may_not_be_seen_at_once() {
    let stage = Stage::new();
    let class = FaultClass::NotVisible { observations: 1 };
    next(&stage, "gcpiam", "serviceAccounts.create", class);
    let all = "gcpiam/v1/projects/acme/serviceAccounts";
    let create = || stage.call(&format!("POST {all}"), &json!({ "accountId": "billing" }));
    assert_eq!(create().status, 200);
    let it = format!("{all}/billing@acme.iam.gserviceaccount.com");
    assert_eq!(stage.get(&it).status, 404);
    assert_eq!(stage.get(&it).status, 200);
    assert_eq!(create().outcome(), (409, "ALREADY_EXISTS"));
}

#[test]
fn a_refused_call_changes_nothing() {
    let stage = Stage::new();
    let before = stage.policy(BUCKET);
    next(
        &stage,
        "storage",
        "buckets.setIamPolicy",
        FaultClass::InternalError,
    );
    let bindings =
        json!([{ "role": "roles/storage.objectViewer", "members": ["user:a@example.com"] }]);
    assert_eq!(stage.bind(BUCKET, &bindings).status, 500);
    assert_eq!(stage.policy(BUCKET), before);
    assert_eq!(stage.call("POST nothing/v1", &Value::Null).status, 404);
}
