//! Faults, the log and what is not visible yet.

use serde_json::json;

use super::*;
use crate::{Fault, FaultClass};

fn next(operation: &str, class: FaultClass) -> Vec<Fault> {
    vec![Fault {
        service: Some("arm".to_owned()),
        operation: Some(operation.to_owned()),
        nth: 1,
        times: 1,
        class,
    }]
}

fn put(name: &str) -> Request {
    let token = format!("Bearer {}", operator(TENANT));
    let what = versioned(&format!("PUT {}", identity(name)));
    request(
        &what,
        &[("authorization", &token)],
        br#"{"location":"westeurope"}"#,
    )
}

#[test]
fn faults_without_effect_leave_nothing_behind() {
    let refuse = FaultClass::Refuse {
        status: 409,
        code: "Conflict".to_owned(),
        message: "busy".to_owned(),
    };
    for (class, status, code) in [
        (FaultClass::Throttle, 429, "TooManyRequests"),
        (FaultClass::InternalError, 500, "InternalServerError"),
        (FaultClass::Unavailable, 503, "ServiceUnavailable"),
        (FaultClass::AccessDenied, 403, "AuthorizationFailed"),
        (refuse, 409, "Conflict"),
    ] {
        let stage = Stage::new();
        stage
            .sandbox
            .set_faults(next("UserAssignedIdentities_CreateOrUpdate", class));
        let said = Said::of(stage.answer(&put("one")));
        assert_eq!(said.outcome(), (status, code));
        assert_eq!(said.answer.header("retry-after").is_some(), status == 429);
        let names_action = said
            .message()
            .contains("'Microsoft.ManagedIdentity/userAssignedIdentities/write'");
        assert_eq!(names_action, status == 403);
        assert_eq!(stage.get(&identity("one")).status, 404, "{code}");
        assert_eq!(
            Said::of(stage.answer(&put("one"))).status,
            201,
            "{code}: only the next call is hit"
        );
    }
    for (class, reply) in [
        (FaultClass::LostRequest, Reply::Closed),
        (FaultClass::HangBefore, Reply::Hangs),
    ] {
        let stage = Stage::new();
        stage
            .sandbox
            .set_faults(next("UserAssignedIdentities_CreateOrUpdate", class));
        assert_eq!(stage.sandbox.handle(&put("one")), reply);
        assert_eq!(stage.get(&identity("one")).status, 404);
    }
}

#[test]
fn faults_with_effect_keep_it() {
    for class in [
        FaultClass::LostAnswer,
        FaultClass::Hang,
        FaultClass::MalformedBody,
        FaultClass::TruncatedBody,
    ] {
        let stage = Stage::new();
        stage
            .sandbox
            .set_faults(next("UserAssignedIdentities_CreateOrUpdate", class.clone()));
        let reply = stage.sandbox.handle(&put("one"));
        let fits = matches!(
            (&class, &reply),
            (FaultClass::LostAnswer, Reply::Closed)
                | (FaultClass::Hang, Reply::Hangs)
                | (FaultClass::MalformedBody, Reply::Answer(_))
                | (FaultClass::TruncatedBody, Reply::Truncated(_))
        );
        assert!(fits, "{class:?}: {reply:?}");
        assert_eq!(stage.get(&identity("one")).status, 200, "{class:?}");
    }
}

#[test]
fn what_was_made_may_be_missed_for_a_while() {
    let stage = Stage::new();
    let class = FaultClass::NotVisible { observations: 2 };
    stage
        .sandbox
        .set_faults(next("UserAssignedIdentities_CreateOrUpdate", class));
    let made = Said::of(stage.answer(&put("one")));
    assert_eq!(made.status, 201);
    assert_eq!(stage.get(&identity("one")).status, 404);
    assert_eq!(
        stage
            .put(&credential("one", "fic"), &fic("i", "s"))
            .outcome(),
        (404, "ParentResourceNotFound")
    );
    assert_eq!(stage.get(&identity("one")).body, made.body);
}

#[test]
fn the_log_names_operations_as_the_specifications_do() {
    let stage = Stage::new();
    stage.sandbox.clear_log();
    stage.make_identity("one");
    stage.get(&identity("two"));
    stage.ask("GET /_azure/arm/subscriptions", &[], b"");
    let log: Vec<Value> = stage
        .sandbox
        .log()
        .iter()
        .map(|entry| serde_json::to_value(entry).unwrap())
        .collect();
    let wanted = json!([
        { "n": 1, "service": "arm", "operation": "UserAssignedIdentities_CreateOrUpdate", "account": TENANT, "region": "", "resource": "one", "status": 201 },
        { "n": 2, "service": "arm", "operation": "UserAssignedIdentities_Get", "account": TENANT, "region": "", "resource": "two", "status": 404, "code": "ResourceNotFound" },
        { "n": 3, "service": "arm", "operation": "Subscriptions_List", "account": "", "region": "", "status": 401, "code": "AuthenticationFailed" },
    ]);
    assert_eq!(Value::from(log), wanted);
}

#[test]
fn what_was_taken_away_may_still_be_seen_by_the_token_endpoint() {
    let stage = Stage::new();
    let (made, _) = stage.workload("backup", "https://storage.azure.com");
    let client = made["clientId"].as_str().unwrap();
    let token = stage.kubernetes_token(&Value::Null);
    let class = FaultClass::NotVisible { observations: 1 };
    stage
        .sandbox
        .set_faults(next("FederatedIdentityCredentials_Delete", class));
    assert_eq!(stage.delete(&credential("backup", "one")).status, 200);
    let exchange = || {
        stage
            .exchange(client, &token, "https://storage.azure.com")
            .status
    };
    assert_eq!([exchange(), exchange()], [200, 401]);
}

#[test]
fn each_service_words_its_failures() {
    let calls = [
        ("graph", "GET /_azure/graph/v1.0/applications"),
        ("login", "POST /_azure/login/x/oauth2/v2.0/token"),
        ("blob", "GET /_azure/blob/acmebackups/backups/a"),
        ("vault", "GET /_azure/vault/acme-kv/secrets?api-version=7.4"),
    ];
    let wanted = [
        [
            (429, "TooManyRequests"),
            (500, "Service_InternalServerError"),
            (503, "Service_ServiceUnavailable"),
            (403, "Authorization_RequestDenied"),
        ],
        [
            (429, "temporarily_unavailable"),
            (500, "server_error"),
            (503, "temporarily_unavailable"),
            (401, "unauthorized_client"),
        ],
        [
            (503, "ServerBusy"),
            (500, "InternalError"),
            (503, "ServerBusy"),
            (403, "AuthorizationPermissionMismatch"),
        ],
        [
            (429, "Throttled"),
            (500, "InternalServerError"),
            (503, "ServiceUnavailable"),
            (403, "Forbidden"),
        ],
    ];
    let classes = [
        FaultClass::Throttle,
        FaultClass::InternalError,
        FaultClass::Unavailable,
        FaultClass::AccessDenied,
    ];
    let stage = Stage::new();
    let token = format!("Bearer {}", operator(TENANT));
    for ((service, what), wanted) in calls.into_iter().zip(wanted) {
        for (class, (status, code)) in classes.iter().zip(wanted) {
            let fault = Fault {
                service: Some(service.to_owned()),
                operation: None,
                nth: 1,
                times: 1,
                class: class.clone(),
            };
            stage.sandbox.set_faults(vec![fault]);
            let said = stage.ask(what, &[("authorization", &token)], b"");
            let said_code = said.answer.header("x-ms-error-code").unwrap_or(&said.code);
            assert_eq!(
                (said.status, said_code),
                (status, code),
                "{service} {class:?}"
            );
            assert_eq!(
                said.answer.header("retry-after").is_some(),
                *class == FaultClass::Throttle,
                "{service}"
            );
        }
    }
}
