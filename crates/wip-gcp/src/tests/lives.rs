//! Every kind through its whole life.

use std::collections::BTreeSet;

use serde_json::json;
use wip_conformance::Life;
use wip_plan::{Action, AdoptWhat, Mode, Relation};
use wip_provider::Cloud as _;

use super::stage::{BACKUP, BILLING, LINEAGE, SECRETS, Stage, file, parse, principal, text};
use crate::Google;

const PREFIXES: &str = "more: { component: sharedSecrets, method: gkeServiceAccount, serviceAccount: { project: acme-prod, id: acme-more }, \
                        controlPlanes: { groups: [other] }, access: [{ secretManager: { project: acme-prod, prefixes: [prod-] } }, \
                        { gcsBucket: { bucket: acme-made, prefix: a/, allow: [read] } }] }";

fn everything(planes: std::ops::Range<usize>, label: &str) -> wip_space::Space {
    let rest = SECRETS.replacen("{ ", "{ controlPlanes: { groups: [default] }, ", 1);
    let text = text(planes, &[BACKUP, BILLING, &rest, PREFIXES]);
    let text = text.replacen("platform", label, 1);
    let bucket = "  buckets: [{ gcsBucket: { bucket: acme-made, location: EU, create: true, onDestroy: delete } }]\n  identities:\n";
    let c9 = "    - { group: other, name: c9, hostNamespace: ns009 }\n";
    parse(&text.replacen("  identities:\n", &format!("{c9}{bucket}"), 1))
}

#[tokio::test(start_paused = true)]
async fn every_kind_is_made_read_changed_and_deleted() {
    let stage = Stage::new();
    let (first, second) = (everything(0..2, "platform"), everything(0..3, "other"));
    let before = stage.sandbox.dump();
    let driver = stage.driver(&first);
    let life = Life {
        driver: &driver,
        space: &first,
        changed: &second,
        lineage: LINEAGE,
    };
    let lived = life.lead().await.expect("a whole life");
    assert_eq!(stage.sandbox.dump(), before, "nothing is left");
    let all: BTreeSet<String> = Google::kinds()
        .iter()
        .map(|kind| kind.info().name.to_owned())
        .collect();
    assert_eq!(lived.made, all);
    let changed = [
        "gcp/bucket",
        "gcp/bucket-members",
        "gcp/secret-members",
        "gcp/service-account-members",
    ];
    assert_eq!(lived.changed, changed.map(str::to_owned).into());
}

#[tokio::test(start_paused = true)]
async fn all_of_it_comes_and_goes() {
    let stage = Stage::new();
    let before = stage.sandbox.dump();
    let space = everything(0..2, "platform");
    stage.bring(&space).await;
    let none = Mode::Destroy { adopted: false };
    stage.bring_to(&space, none).await;
    assert_eq!(stage.sandbox.dump(), before);
    assert!(stage.state().await.resources.is_empty());
}

/// What somebody put there before is his, and what wip adds is wip's.
#[tokio::test(start_paused = true)]
async fn a_member_that_was_there_stays_when_ours_goes() {
    let role = "roles/storage.objectUser";
    let theirs = principal("ns000", "mxp-controller");
    let stage = Stage::with(&|google| {
        let binding = json!({ "role": role, "members": [principal("ns000", "mxp-controller")] });
        google["buckets"][0]["policy"] = json!({ "bindings": [binding] });
    });
    let space = parse(&text(0..2, &[BACKUP]));
    stage.bring(&space).await;
    let address = "gcp/bucket-members:prod-no/backup/acme-backups";
    let address = address.parse().expect("an address");
    let owned = &stage.state().await.resources[&address];
    assert_eq!(owned.relation, Relation::Made);
    let ours = principal("ns001", "mxp-controller");
    let policy = stage.bucket_policy("acme-backups");
    assert_eq!(Stage::members(&policy, role), [theirs.clone(), ours].into());
    // A control plane of which nothing is ours goes: nothing is done to its member.
    let fewer = parse(&text(1..2, &[BACKUP]));
    stage.bring(&fewer).await;
    assert!(Stage::members(&stage.bucket_policy("acme-backups"), role).contains(&theirs));
    stage
        .bring_to(&fewer, Mode::Destroy { adopted: false })
        .await;
    assert_eq!(
        Stage::members(&stage.bucket_policy("acme-backups"), role),
        [theirs].into()
    );
}

#[tokio::test(start_paused = true)]
async fn an_adopted_member_is_ours() {
    let role = "roles/storage.objectUser";
    let stage = Stage::with(&|google| {
        let binding = json!({ "role": role, "members": [principal("ns000", "mxp-controller")] });
        google["buckets"][0]["policy"] = json!({ "bindings": [binding] });
    });
    let space = parse(&text(0..1, &[BACKUP]));
    stage.bring(&space).await;
    let all = Mode::Adopt(AdoptWhat::All);
    let plan = stage.plan_to(&space, all.clone()).await;
    assert_eq!(plan.steps.len(), 1);
    assert!(plan.grants.is_empty() && plan.revokes.is_empty());
    stage.bring_to(&space, all).await;
    assert!(stage.plan(&space).await.is_empty());
    stage
        .bring_to(&space, Mode::Destroy { adopted: false })
        .await;
    let policy = stage.bucket_policy("acme-backups");
    assert!(Stage::members(&policy, role).is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_away_is_given_again() {
    let stage = Stage::new();
    let space = file(0..2);
    stage.bring(&space).await;
    let mut policy = stage.bucket_policy("acme-backups");
    let bindings = policy["bindings"].as_array_mut().expect("bindings");
    bindings.retain(|it| it["role"] != "roles/storage.objectUser");
    stage.somebody("PUT storage/storage/v1/b/acme-backups/iam", &policy);
    let plan = stage.plan(&space).await;
    let [step] = plan.steps.as_slice() else {
        panic!("{:?}", plan.steps);
    };
    assert_eq!(step.action, Action::Create);
    assert_eq!(step.reason.as_deref(), Some("was deleted outside wip"));
    stage.bring(&space).await;
}

#[tokio::test(start_paused = true)]
async fn a_wide_look_finds_what_the_file_does_not_name() {
    let stage = Stage::new();
    stage.bring(&everything(0..1, "platform")).await;
    let less = file(0..1);
    let marked = wip_engine::marked(&stage.clouds(&less), &less).await;
    let found: Vec<String> = marked.expect("marks").lineages[LINEAGE]
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        found,
        [
            "gcp/bucket:prod-no/acme-made",
            "gcp/service-account:prod-no/billing",
            "gcp/service-account:prod-no/more",
        ]
    );
}
