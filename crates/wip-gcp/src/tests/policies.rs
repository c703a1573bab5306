//! Policies that others write too: nothing of theirs is touched, and nothing is lost.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};
use wip_plan::Mode;
use wip_provider::Cloud as _;

use super::stage::{BACKUP, Stage, file, parse, principal, text};
use crate::policy::{self, Holder};
use crate::{Facts, Google};

/// 300 members, three bindings with conditions, and what nobody here knows.
fn foreign() -> Value {
    let people = |from: usize, to: usize| -> Vec<String> {
        (from..to)
            .map(|n| format!("user:p{n}@example.com"))
            .collect()
    };
    let conditional = |n: usize| {
        json!({
            "role": "roles/storage.objectUser",
            "members": people(200 + n * 20, 220 + n * 20),
            "condition": {
                "title": format!("until {n}"),
                "description": "by hand",
                "expression": format!("resource.name.startsWith(\"projects/_/buckets/acme-backups/objects/{n}/\")"),
            },
        })
    };
    json!({
        "bindings": [
            { "role": "roles/storage.objectUser", "members": people(0, 150), "bindingId": "kept" },
            conditional(0),
            { "role": "roles/storage.objectViewer", "members": people(150, 200) },
            conditional(1),
            conditional(2),
            { "role": "roles/storage.legacyBucketReader", "members": people(260, 300) },
        ],
        "auditConfigs": [{ "service": "storage.googleapis.com", "auditLogConfigs": [{ "logType": "DATA_READ" }] }],
        "somethingNew": { "nested": [1, { "two": null }] },
    })
}

/// Every JSON value that is not ours, with its place: bindings by all of them but their members, and each member of theirs.
fn theirs(policy: &Value) -> BTreeSet<String> {
    let is_ours = |member: &Value| {
        member
            .as_str()
            .is_some_and(|it| it.starts_with("principal:"))
    };
    let mut all = BTreeSet::new();
    for (name, value) in policy.as_object().expect("a policy") {
        if !["bindings", "etag", "version"].contains(&name.as_str()) {
            all.insert(format!("{name}: {value}"));
        }
    }
    for binding in policy["bindings"].as_array().expect("bindings") {
        let members = binding["members"].as_array().expect("members");
        let members: Vec<&Value> = members.iter().filter(|it| !is_ours(it)).collect();
        if !members.is_empty() {
            let mut binding = binding.clone();
            binding["members"] = json!(members);
            all.insert(binding.to_string());
        }
    }
    all
}

#[tokio::test(start_paused = true)]
async fn everything_of_others_stays_through_apply_change_and_destroy() {
    let stage = Stage::with(&|google| google["buckets"][0]["policy"] = foreign());
    let before = stage.bucket_policy("acme-backups");
    let count = |policy: &Value| -> usize {
        let bindings = policy["bindings"].as_array().expect("bindings");
        bindings
            .iter()
            .map(|it| it["members"].as_array().expect("members").len())
            .sum()
    };
    assert_eq!(count(&before), 300);
    let (few, many) = (parse(&text(0..2, &[BACKUP])), parse(&text(1..5, &[BACKUP])));
    for (space, ours) in [(&few, 2), (&many, 4)] {
        stage.bring(space).await;
        let policy = stage.bucket_policy("acme-backups");
        assert_eq!(theirs(&policy), theirs(&before));
        assert_eq!(count(&policy), 300 + ours);
        // Ours joined the binding of the same role without a condition, behind theirs.
        assert_eq!(policy["bindings"][0]["bindingId"], "kept");
        assert_eq!(policy["bindings"].as_array().expect("bindings").len(), 6);
    }
    stage
        .bring_to(&many, Mode::Destroy { adopted: false })
        .await;
    let after = stage.bucket_policy("acme-backups");
    let bare = |mut policy: Value| {
        policy.as_object_mut().expect("a policy").remove("etag");
        policy
    };
    assert_eq!(bare(after), bare(before), "byte for byte, and in its order");
}

#[tokio::test(start_paused = true)]
async fn ten_who_write_at_once_lose_nothing() {
    let stage = Stage::new();
    let space = file(0..1);
    let role = "roles/storage.objectViewer";
    let writers: Vec<Google> = (0..10)
        .map(|_| Google::new(stage.settings(), &space))
        .collect();
    let holder = Holder::Bucket("acme-backups".to_owned());
    let writes = writers.iter().enumerate().map(|(n, writer)| {
        let member = BTreeSet::from([principal(&format!("ns{n:03}"), "app")]);
        let holder = &holder;
        async move {
            policy::modify(&writer.clients, holder, "acme-prod", |policy| {
                policy.add(role, None, &member);
                Ok(())
            })
            .await
        }
    });
    for written in join_all(writes).await {
        written.expect("written");
    }
    let members = Stage::members(&stage.bucket_policy("acme-backups"), role);
    assert_eq!(members.len(), 10);
    let log = stage.sandbox.log();
    let lost = log
        .iter()
        .filter(|call| call.code.as_deref() == Some("conditionNotMet"));
    assert!(lost.count() > 0, "nobody came in between");
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_would_be_too_large_is_told_before_anything_is_written() {
    let people = |count: usize| -> Vec<String> {
        (0..count)
            .map(|n| format!("user:p{n}@example.com"))
            .collect()
    };
    let stage = |count: usize| {
        Stage::with(&move |google| {
            let binding = json!({ "role": "roles/storage.objectViewer", "members": people(count) });
            google["buckets"][0]["policy"] = json!({ "bindings": [binding] });
        })
    };
    let space = parse(&text(0..3, &[BACKUP]));
    let full = stage(1498);
    let plan = full.plan(&space).await;
    let [blocked] = plan.blocked.as_slice() else {
        panic!("{:?}", plan.blocked);
    };
    assert!(
        blocked.reason.contains(
            "the policy of bucket acme-backups would have 1501 principals, and 1500 is the most"
        ),
        "{}",
        blocked.reason
    );
    assert!(plan.steps.is_empty());
    let nearly = stage(1497);
    nearly.bring(&space).await;
    let notes = nearly.plan(&space).await.notes;
    assert!(
        notes.iter().any(|note| note.text
            == "1500 of 1500 principals are used in the policy of bucket acme-backups"),
        "{notes:?}"
    );
    // One goes and another comes: there is room.
    nearly.bring(&parse(&text(1..4, &[BACKUP]))).await;
}

#[tokio::test(start_paused = true)]
async fn what_others_gave_besides_is_told() {
    let stage = Stage::new();
    let space = file(0..1);
    stage.bring(&space).await;
    assert!(stage.plan(&space).await.notes.is_empty());
    let mut policy = stage.bucket_policy("acme-backups");
    let more = json!({ "role": "roles/storage.admin", "members": [principal("ns000", "mxp-controller"), "user:x@example.com"] });
    policy["bindings"]
        .as_array_mut()
        .expect("bindings")
        .push(more);
    stage.somebody("PUT storage/storage/v1/b/acme-backups/iam", &policy);
    let path =
        "gcpiam/v1/projects/-/serviceAccounts/acme-billing@acme-prod.iam.gserviceaccount.com";
    let ask = format!("POST {path}:getIamPolicy?options.requestedPolicyVersion=3");
    let mut policy = stage.somebody(&ask, &Value::Null);
    let stranger = json!({ "role": "roles/iam.serviceAccountTokenCreator", "members": ["user:x@example.com"] });
    policy["bindings"]
        .as_array_mut()
        .expect("bindings")
        .push(stranger);
    stage.somebody(
        &format!("POST {path}:setIamPolicy"),
        &json!({ "policy": policy }),
    );
    let plan = stage.plan(&space).await;
    assert!(plan.steps.is_empty());
    let told: Vec<(&str, &str)> = plan
        .notes
        .iter()
        .map(|note| {
            (
                note.code.as_str(),
                note.text.rsplit_once(": gcloud").expect("a command").1,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("WIP0363", format!(" storage buckets remove-iam-policy-binding gs://acme-backups --member='{}' --role=roles/storage.admin", principal("ns000", "mxp-controller")).as_str()),
            ("WIP0364", " iam service-accounts remove-iam-policy-binding acme-billing@acme-prod.iam.gserviceaccount.com --member='user:x@example.com' --role=roles/iam.serviceAccountTokenCreator"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_another_cluster_may_have_is_told() {
    let other = "    - { name: gke-2, gke: { project: acme-prod, location: europe-west4, cluster: gke-2 } }\n";
    let file = |more: &str, host: &str| {
        let text = text(
            0..0,
            &[
                "backup: { method: gkePrincipal, clusters: [gke-1], access: [{ gcsBucket: { bucket: acme-backups } }] }",
            ],
        );
        let plane =
            format!("  controlPlanes: [{{ group: default, name: c1, cluster: gke-1, {host} }}]\n");
        parse(&text.replacen("  controlPlanes:\n", &format!("{more}{plane}"), 1))
    };
    let said = |space| {
        let notes = Google::notes(&space, &Facts::default());
        notes.into_iter().map(|note| note.text).collect::<Vec<_>>()
    };
    let uuid = "id: 706c49fa-5bb8-4a7e-9f41-2fc38ef4b065";
    assert!(said(file(other, uuid)).is_empty());
    assert!(said(file("", "hostNamespace: team-a")).is_empty());
    assert_eq!(
        said(file(other, "hostNamespace: team-a")),
        [
            "`backup` admits the namespace team-a of the cluster gke-1, and the cluster gke-2 of the same project acme-prod shares its pool: a namespace of that name there has the same access"
        ]
    );
}
