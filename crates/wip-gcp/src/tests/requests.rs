//! What a plan costs.

use super::stage::{Stage, parse, text};

/// Three components, a hundred control planes, three resources.
#[tokio::test(start_paused = true)]
async fn a_look_at_what_is_as_it_should_be_costs_ten_requests_at_most() {
    let stage = Stage::new();
    let direct =
        "billing: { method: gkePrincipal, access: [{ gcsBucket: { bucket: acme-billing } }] }";
    let space = parse(&text(
        0..100,
        &[super::stage::BACKUP, direct, super::stage::SECRETS],
    ));
    stage.bring(&space).await;
    stage.sandbox.clear_log();
    assert!(stage.plan(&space).await.is_empty());
    let calls = stage.sandbox.log().len();
    assert_eq!(calls, 7, "{:?}", stage.sandbox.log());
}

/// All members of one resource go in one write.
#[tokio::test(start_paused = true)]
async fn a_hundred_control_planes_are_one_write_of_each_policy() {
    let stage = Stage::new();
    let space = super::stage::file(0..100);
    stage.bring(&space).await;
    let log = stage.sandbox.log();
    let writes = log
        .iter()
        .filter(|call| call.operation.ends_with(".setIamPolicy"));
    assert_eq!(writes.count(), 4);
}
