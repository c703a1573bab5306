//! Service accounts: deleted by somebody, switched off, and taken over.

use serde_json::{Value, json};
use wip_plan::{Action, AdoptWhat, Mode, Relation};

use super::stage::{BILLING, Stage, parse, text};

const PATH: &str =
    "gcpiam/v1/projects/acme-prod/serviceAccounts/acme-billing@acme-prod.iam.gserviceaccount.com";
const MEMBER: &str = "serviceAccount:acme-billing@acme-prod.iam.gserviceaccount.com";

fn space() -> wip_space::Space {
    parse(&text(0..1, &[BILLING]))
}

const ADDRESS: &str = "gcp/service-account:prod-no/billing";

/// Why the account is blocked.
fn reason(plan: &wip_plan::Plan) -> &str {
    let mut blocked = plan.blocked.iter();
    let it = blocked.find(|it| it.address.to_string() == ADDRESS);
    &it.expect("it is blocked").reason
}

/// The account alone is taken over.
fn adopting() -> Mode {
    Mode::Adopt(AdoptWhat::These(
        [ADDRESS.parse().expect("an address")].into(),
    ))
}

fn read(stage: &Stage) -> Value {
    stage.somebody(&format!("GET {PATH}"), &Value::Null)
}

#[tokio::test(start_paused = true)]
async fn one_that_somebody_deleted_is_had_back() {
    let stage = Stage::new();
    stage.bring(&space()).await;
    let before = read(&stage);
    stage.somebody(&format!("DELETE {PATH}"), &Value::Null);
    let plan = stage.plan(&space()).await;
    let all: Vec<(String, Action)> = plan
        .steps
        .iter()
        .map(|step| (step.address.to_string(), step.action))
        .collect();
    let create = |address: &str| (address.to_owned(), Action::Create);
    // Its own policy goes with it, and in the others it is `deleted:` now.
    assert_eq!(
        all,
        [
            create("gcp/service-account:prod-no/billing"),
            create("gcp/bucket-members:prod-no/billing/acme-billing"),
            create("gcp/service-account-members:prod-no/billing"),
        ]
    );
    // Once it is back, what names it is there again, and is ours as it was.
    let outcome = stage.apply(&space(), &plan).await;
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    assert!(stage.plan(&space()).await.is_empty());
    assert_eq!(read(&stage)["uniqueId"], before["uniqueId"]);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_gone_for_good_is_made_anew_and_named_again() {
    let stage = Stage::new();
    stage.bring(&space()).await;
    let before = read(&stage);
    stage.somebody(&format!("DELETE {PATH}"), &Value::Null);
    // Somebody made another one under its name, and deleted that as well: the first cannot be had back meanwhile.
    let again = json!({ "accountId": "acme-billing" });
    stage.somebody("POST gcpiam/v1/projects/acme-prod/serviceAccounts", &again);
    let plan = stage.plan(&space()).await;
    let blocked = reason(&plan);
    assert!(
        blocked.contains("was deleted and made again outside wip"),
        "{blocked}"
    );
    stage.bring_to(&space(), adopting()).await;
    stage.bring(&space()).await;
    assert_ne!(read(&stage)["uniqueId"], before["uniqueId"]);
    let role = "roles/storage.objectCreator";
    let members = Stage::members(&stage.bucket_policy("acme-billing"), role);
    assert!(members.contains(MEMBER), "{members:?}");
    // What was left of the first is gone with it.
    assert!(
        members.iter().all(|it| !it.starts_with("deleted:")),
        "{members:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn one_that_is_switched_off_is_switched_on() {
    let stage = Stage::new();
    stage.bring(&space()).await;
    stage.somebody(&format!("POST {PATH}:disable"), &json!({}));
    let plan = stage.plan(&space()).await;
    let [step] = plan.steps.as_slice() else {
        panic!("{:?}", plan.steps);
    };
    assert_eq!(step.edits[0].path, ["enabled"]);
    stage.bring(&space()).await;
    assert_eq!(read(&stage).get("disabled"), None);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_there_is_asked_for_and_stays_when_it_was_adopted() {
    let stage = Stage::with(&|google| {
        google["accounts"] =
            json!([{ "project": "acme-prod", "id": "acme-billing", "description": "by hand" }]);
    });
    let plan = stage.plan(&space()).await;
    let reason = reason(&plan);
    assert!(
        reason.contains("exists and is not ours; wip adopt gcp/service-account:prod-no/billing"),
        "{reason}"
    );
    stage.bring_to(&space(), adopting()).await;
    stage.bring(&space()).await;
    let address = "gcp/service-account:prod-no/billing"
        .parse()
        .expect("an address");
    assert_eq!(
        stage.state().await.resources[&address].relation,
        Relation::Adopted
    );
    stage
        .bring_to(&space(), Mode::Destroy { adopted: false })
        .await;
    assert_eq!(
        read(&stage)["email"],
        "acme-billing@acme-prod.iam.gserviceaccount.com"
    );
}

#[tokio::test(start_paused = true)]
async fn one_that_the_file_refers_to_is_never_written() {
    let there = parse(&text(
        0..1,
        &[&BILLING.replace("id: acme-billing", "id: acme-billing, existing: reference")],
    ));
    let none = Stage::new();
    let plan = none.plan(&there).await;
    assert_eq!(plan.blocked.len(), 2);
    assert!(
        plan.blocked.iter().all(|it| it.reason
            == "there is no service account acme-billing@acme-prod.iam.gserviceaccount.com"),
        "{:?}",
        plan.blocked
    );
    let stage = Stage::with(&|google| {
        google["accounts"] = json!([{ "project": "acme-prod", "id": "acme-billing" }]);
    });
    stage.bring(&there).await;
    stage
        .bring_to(&there, Mode::Destroy { adopted: false })
        .await;
    let log = stage.sandbox.log();
    let writes: Vec<&str> = log
        .iter()
        .map(|call| call.operation.as_str())
        .filter(|it| {
            it.starts_with("serviceAccounts.")
                && !it.ends_with("IamPolicy")
                && *it != "serviceAccounts.get"
        })
        .collect();
    assert!(writes.is_empty(), "{writes:?}");
}
