//! Runs that died between a write and its journal: what they wrote is known as ours.

use std::collections::BTreeMap;

use serde_json::Value;
use wip_plan::{Action, Mode, Owned};
use wip_sandbox::{Fault, FaultClass};

use super::stage::{BACKUP, Stage, parse, principal, text};

const ROLE: &str = "roles/storage.objectUser";

/// A run whose write takes effect and whose answer is lost for ever; the state says what is in doubt.
async fn dies(stage: &Stage, space: &wip_space::Space) {
    stage.sandbox.set_faults(vec![Fault {
        service: Some("storage".to_owned()),
        operation: Some("buckets.setIamPolicy".to_owned()),
        nth: 1,
        times: 1,
        class: FaultClass::Hang,
    }]);
    let plan = stage.plan(space).await;
    let run = stage.apply(space, &plan);
    let killed = tokio::time::timeout(std::time::Duration::from_secs(10), run).await;
    assert!(killed.is_err(), "it goes on for ever");
    stage.sandbox.set_faults(Vec::new());
}

async fn owned(stage: &Stage) -> Owned {
    let mut all: BTreeMap<_, _> = stage.state().await.resources;
    all.pop_first().expect("it is known").1
}

#[tokio::test(start_paused = true)]
async fn what_an_update_added_is_ours_even_when_the_file_has_forgotten_it() {
    let stage = Stage::new();
    stage.bring(&parse(&text(0..1, &[BACKUP]))).await;
    let two = parse(&text(0..2, &[BACKUP]));
    dies(&stage, &two).await;
    let state = owned(&stage).await;
    assert!(state.doubtful && state.begun.len() == 1, "{state:?}");
    // The file drops the second control plane again: its member, which the state never had, goes.
    let three = parse(&text(0..1, &[BACKUP]));
    let plan = stage.plan(&three).await;
    assert_eq!(plan.revokes.len(), 1);
    // Dies again, on the way to something else.
    dies(&stage, &parse(&text(2..3, &[BACKUP]))).await;
    assert_eq!(owned(&stage).await.begun.len(), 2);
    stage.bring(&three).await;
    let members = Stage::members(&stage.bucket_policy("acme-backups"), ROLE);
    assert_eq!(members, [principal("ns000", "mxp-controller")].into());
    let state = owned(&stage).await;
    assert!(!state.doubtful && state.begun.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_a_create_added_is_ours() {
    let stage = Stage::new();
    let space = parse(&text(0..2, &[BACKUP]));
    dies(&stage, &space).await;
    let plan = stage.plan(&space).await;
    assert!(
        plan.steps.iter().all(|step| step.action == Action::Adopt),
        "{:?}",
        plan.steps
    );
    stage
        .bring_to(&space, Mode::Destroy { adopted: false })
        .await;
    let members = Stage::members(&stage.bucket_policy("acme-backups"), ROLE);
    assert!(members.is_empty(), "{members:?}");
    assert!(stage.state().await.resources.is_empty());
}

/// Somebody gives the same in between: it is his.
#[tokio::test(start_paused = true)]
async fn what_somebody_gave_between_plan_and_apply_is_not_taken_for_ours() {
    let stage = Stage::new();
    let space = parse(&text(0..1, &[BACKUP]));
    let plan = stage.plan(&space).await;
    let mut policy = stage.bucket_policy("acme-backups");
    policy["bindings"] =
        serde_json::json!([{ "role": ROLE, "members": [principal("ns000", "mxp-controller")] }]);
    let _: Value = stage.somebody("PUT storage/storage/v1/b/acme-backups/iam", &policy);
    let outcome = stage.apply(&space, &plan).await;
    assert_eq!(outcome.failures.len(), 1);
    assert!(outcome.state.resources.is_empty());
    stage.bring(&space).await;
    stage
        .bring_to(&space, Mode::Destroy { adopted: false })
        .await;
    let members = Stage::members(&stage.bucket_policy("acme-backups"), ROLE);
    assert_eq!(members.len(), 1);
}
