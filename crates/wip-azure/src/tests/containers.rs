//! Containers that the file lets wip make: private, marked, and deleted only where they are known to be empty.

use serde_json::{Value, json};
use wip_plan::{Action, Relation};

use super::stage::{LINEAGE, READER, SUBSCRIPTION, Stage, file, making, parse, text};

const ADDRESS: &str = "azure/blob-container:prod-we/acmeusage/usage";

/// A stage whose storage account has not the container yet.
fn without() -> Stage {
    Stage::with(&|azure| azure["storage_accounts"][1]["containers"] = json!([]))
}

fn path() -> String {
    format!(
        "/_azure/arm/subscriptions/{SUBSCRIPTION}/resourceGroups/data/providers/Microsoft.Storage/storageAccounts/acmeusage/blobServices/default/containers/usage?api-version=2024-01-01"
    )
}

/// The record of the container, as the sandbox has it.
fn record(stage: &Stage) -> Option<Value> {
    let dump: Value = serde_json::from_str(&stage.sandbox.dump()).expect("records");
    dump.get("azure/container/acmeusage/usage").cloned()
}

/// The Space without anything about the container.
fn without_usage() -> wip_space::Space {
    let all = text(0..2, "platform", false);
    let lines = all.lines().filter(|line| !line.contains("billing:"));
    parse(&lines.collect::<Vec<_>>().join("\n"))
}

async fn only_blocked(stage: &Stage, space: &wip_space::Space) -> String {
    let plan = stage.plan(space).await;
    let [blocked] = plan.blocked.as_slice() else {
        panic!("{:?}", plan.blocked);
    };
    assert_eq!(blocked.address.to_string(), ADDRESS);
    blocked.reason.clone()
}

#[tokio::test(start_paused = true)]
async fn one_that_is_missing_is_made_private_before_anybody_gets_a_role_there() {
    let stage = without();
    let space = making("", false);
    let plan = stage.plan(&space).await;
    let role = "azure/role-assignment:prod-we/billing/acmeusage/usage";
    let mut steps = plan.steps.iter();
    let role = steps.find(|step| step.address.to_string() == role);
    let needs = &role.expect("a role at the container").needs;
    let first: Vec<String> = needs
        .iter()
        .map(|index| plan.steps[*index].address.to_string())
        .collect();
    assert!(first.contains(&ADDRESS.to_owned()), "{first:?}");
    stage.bring(&space).await;
    let made = record(&stage).expect("a container");
    assert_eq!(made["public_access"], "None");
    let mark = json!({ "wip_space": "prod-we", "wip_lineage": LINEAGE, "wip_address": ADDRESS });
    assert_eq!(made["metadata"], mark);
    let log = stage.sandbox.log();
    let asked = log.iter().any(|call| call.operation == "ListBlobs");
    assert!(!asked, "nobody asks what is in it");
}

#[tokio::test(start_paused = true)]
async fn what_was_there_before_is_used_and_stays_as_it_is() {
    let stage = Stage::new();
    let before = record(&stage);
    let space = making(", onDestroy: delete", false);
    stage.bring(&space).await;
    let address = ADDRESS.parse().expect("an address");
    let relation = stage.state().await.resources[&address].relation;
    assert_eq!(relation, Relation::Shared);
    stage.bring(&file(0..2, "platform", false)).await;
    assert_eq!(record(&stage), before);
    assert!(!stage.state().await.resources.contains_key(&address));
}

#[tokio::test(start_paused = true)]
async fn one_that_somebody_opened_is_closed_again_and_theirs_is_left_alone() {
    let open = json!({ "properties": { "publicAccess": "Blob" } });
    let opened = |containers: Value| {
        Stage::with(&move |azure| {
            azure["storage_accounts"][1]["containers"] = containers.clone();
            azure["storage_accounts"][1]["public_access"] = true.into();
        })
    };
    let space = making("", false);
    let ours = opened(json!([]));
    ours.bring(&space).await;
    ours.somebody("PATCH", &path(), &open);
    let plan = ours.plan(&space).await;
    let [step] = plan.steps.as_slice() else {
        panic!("{:?}", plan.steps);
    };
    assert_eq!(
        (step.address.to_string().as_str(), step.action),
        (ADDRESS, Action::Update)
    );
    ours.bring(&space).await;
    assert_eq!(record(&ours).expect("a container")["public_access"], "None");
    let theirs = opened(json!(["usage"]));
    theirs.somebody("PATCH", &path(), &open);
    theirs.bring(&space).await;
    assert_eq!(
        record(&theirs).expect("a container")["public_access"],
        "Blob"
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_word_one_that_wip_made_stays_and_bears_no_mark() {
    let stage = without();
    stage.bring(&making("", false)).await;
    let theirs = json!({ "properties": { "metadata": {
        "team": "usage",
        "wip_space": "prod-we",
        "wip_lineage": LINEAGE,
        "wip_address": ADDRESS,
    } } });
    stage.somebody("PATCH", &path(), &theirs);
    let plan = stage.plan(&file(0..2, "platform", false)).await;
    let step = plan
        .steps
        .iter()
        .find(|step| step.address.to_string() == ADDRESS);
    assert_eq!(step.map(|step| step.action), Some(Action::Forget));
    stage.bring(&file(0..2, "platform", false)).await;
    let left = record(&stage).expect("it stays");
    assert_eq!(left["metadata"], json!({ "team": "usage" }));
}

#[tokio::test(start_paused = true)]
async fn one_is_deleted_only_where_blob_storage_says_that_it_is_empty() {
    let stage = without();
    stage.bring(&making(", onDestroy: delete", false)).await;
    let gone = without_usage();
    let why = only_blocked(&stage, &gone).await;
    assert!(why.contains("nobody says that it is empty"), "{why}");
    assert!(why.contains("Storage Blob Data Reader"), "{why}");
    // Whoever may read it sees what is in it.
    stage.may("acmeusage", READER);
    let blob = "/_azure/blob/acmeusage/usage/one";
    stage.put_blob(blob);
    let why = only_blocked(&stage, &gone).await;
    assert!(why.contains("is not empty"), "{why}");
    assert!(why.contains("`onDestroy: keep`"), "{why}");
    assert!(record(&stage).is_some());
    stage.delete_blob(blob);
    stage.bring(&gone).await;
    assert!(record(&stage).is_none());
}

#[tokio::test(start_paused = true)]
async fn what_comes_between_plan_and_delete_is_seen() {
    let stage = without();
    stage.bring(&making(", onDestroy: delete", false)).await;
    stage.may("acmeusage", READER);
    let gone = without_usage();
    let plan = stage.plan(&gone).await;
    assert!(plan.blocked.is_empty(), "{:?}", plan.blocked);
    stage.put_blob("/_azure/blob/acmeusage/usage/one");
    let outcome = stage.apply(&gone, &plan).await;
    assert_eq!(outcome.failures.len(), 1, "{:?}", outcome.failures);
    assert!(record(&stage).is_some());
}

#[tokio::test(start_paused = true)]
async fn without_its_storage_account_it_is_blocked() {
    let stage = Stage::with(&|azure| {
        azure["storage_accounts"]
            .as_array_mut()
            .expect("accounts")
            .pop();
    });
    let plan = stage.plan(&making("", false)).await;
    let said: Vec<String> = plan.blocked.iter().map(|it| it.reason.clone()).collect();
    let words = "there is no storage account acmeusage in the resource group data of subscription";
    assert_eq!(said.len(), 2, "the container, and the role there: {said:?}");
    assert!(said.iter().all(|why| why.contains(words)), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wide_look_finds_one_that_nobody_asks_for() {
    let stage = without();
    stage.bring(&making("", false)).await;
    let other = json!({ "properties": { "metadata": {
        "wip_space": "prod-we",
        "wip_lineage": LINEAGE,
        "wip_address": "azure/blob-container:prod-we/acmeusage/older",
    } } });
    stage.somebody("PUT", &path().replace("/usage?", "/older?"), &other);
    let space = making("", false);
    let marked = wip_engine::marked(&stage.clouds(&space), &space).await;
    let found: Vec<String> = marked.expect("marks").lineages[LINEAGE]
        .iter()
        .filter(|address| address.kind() == "azure/blob-container")
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        found,
        ["azure/blob-container:prod-we/acmeusage/older", ADDRESS]
    );
}

#[tokio::test(start_paused = true)]
async fn however_a_call_breaks_the_next_run_ends_the_same() {
    let classes = ["throttle", "lost_request", "lost_answer", "malformed_body"];
    let operations = [
        ("arm", "BlobContainers_Create"),
        ("arm", "BlobContainers_Get"),
        ("arm", "StorageAccounts_GetProperties"),
        ("blob", "ListBlobs"),
        ("arm", "BlobContainers_Delete"),
    ];
    for (service, operation) in operations {
        for class in classes {
            let stage = without();
            stage.may("acmeusage", READER);
            let fault = json!([{ "service": service, "operation": operation, "class": class }]);
            stage.somebody("POST", "/_sandbox/faults", &fault);
            for space in [making(", onDestroy: delete", false), without_usage()] {
                let plan = stage.plan(&space).await;
                stage.apply(&space, &plan).await;
                stage.bring(&space).await;
                let is_made = space.containers.len() == 1;
                assert_eq!(record(&stage).is_some(), is_made, "{operation} {class}");
            }
            let log = stage.sandbox.log();
            let mut met = log.iter().filter(|call| call.operation == operation);
            assert!(met.next().is_some(), "{operation} is called");
        }
    }
}
