//! The 20 credentials of an identity, and one write after another.

use serde_json::json;
use tokio::time::Instant;
use wip_plan::Action;

use super::stage::{Stage, file, identity};

#[tokio::test(start_paused = true)]
async fn twenty_fit_and_the_twenty_first_is_blocked_before_anything_is_written() {
    let stage = Stage::new();
    stage.bring(&file(0..20, "platform", true)).await;
    stage.sandbox.clear_log();
    let plan = stage.plan(&file(0..21, "platform", true)).await;
    let blocked: Vec<String> = plan
        .blocked
        .iter()
        .map(|it| it.address.to_string())
        .collect();
    assert_eq!(
        blocked,
        ["external-secrets-controller", "mxp-controller", "vector"]
            .map(|account| format!("azure/federated-credential:prod-we/aks-1/ns20/{account}"))
    );
    let reason = &plan.blocked[0].reason;
    assert!(
        reason.contains("room for 20") && reason.contains("21 are wanted"),
        "{reason}"
    );
    assert!(reason.contains("another Space"), "{reason}");
    let writes = stage.sandbox.log();
    let writes = writes
        .iter()
        .filter(|call| call.operation.contains("Create"));
    assert_eq!(writes.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_else_may_sign_in_is_told_and_left_alone() {
    let stage = Stage::new();
    let space = file(0..1, "platform", false);
    stage.bring(&space).await;
    assert_eq!(stage.plan(&space).await.notes, []);
    let theirs = format!("{}/federatedIdentityCredentials/theirs", identity("backup"));
    let body = json!({ "properties": {
        "issuer": "https://issuer.example.com/",
        "subject": "system:serviceaccount:evil:x",
        "audiences": ["api://AzureADTokenExchange"],
    } });
    let path = format!("/_azure/arm{theirs}?api-version=2023-01-31");
    stage.somebody("PUT", &path, &body);
    let plan = stage.plan(&space).await;
    assert!(plan.is_empty());
    let [note] = plan.notes.as_slice() else {
        panic!("{:?}", plan.notes);
    };
    let address = note.address.as_ref().map(ToString::to_string);
    assert_eq!(address.as_deref(), Some("azure/identity:prod-we/backup"));
    for part in [
        "system:serviceaccount:evil:x",
        "https://issuer.example.com/",
        "theirs",
    ] {
        assert!(note.text.contains(part), "{}", note.text);
    }
}

#[tokio::test(start_paused = true)]
async fn at_twenty_one_goes_before_another_comes() {
    let stage = Stage::new();
    stage.bring(&file(0..20, "platform", false)).await;
    let other = file(1..21, "platform", false);
    let plan = stage.plan(&other).await;
    assert!(plan.blocked.is_empty(), "{:?}", plan.blocked);
    for (at, step) in plan.steps.iter().enumerate() {
        if step.action == Action::Create {
            let waits = step
                .needs
                .iter()
                .any(|need| *need < at && plan.steps[*need].action == Action::Delete);
            assert!(waits, "{}", step.address);
        }
    }
    // The sandbox refuses a twenty-first.
    stage.bring(&other).await;
}

#[tokio::test(start_paused = true)]
async fn sixty_are_written_one_after_another_on_each_identity_however_slowly_azure_takes_them() {
    let stage = Stage::new();
    stage.somebody(
        "POST",
        "/_sandbox/azure/switches",
        &json!({ "throttle": true, "writeMillis": 200 }),
    );
    let space = file(0..20, "platform", true);
    let plan = stage.plan(&space).await;
    let started = Instant::now();
    let outcome = stage.apply(&space, &plan).await;
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    // One each 4 s to an identity would be 80 s, and three times that one identity after another.
    let took = started.elapsed();
    assert!(took.as_secs() < 160, "{took:?}");
    let log = stage.sandbox.log();
    let concurrent = log.iter().filter(|call| {
        call.code
            .as_deref()
            .is_some_and(|code| code.starts_with("Concurrent"))
    });
    assert_eq!(concurrent.count(), 0);
    let made = log.iter().filter(|call| {
        call.operation == "FederatedIdentityCredentials_CreateOrUpdate" && call.status == 201
    });
    assert_eq!(made.count(), 60);
    assert!(stage.plan(&space).await.is_empty());
}
