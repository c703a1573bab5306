//! How many requests a look costs, and what it does where it may not list.

use std::fmt::Write as _;

use serde_json::{Value, json};
use wip_plan::Seen;
use wip_sandbox::{Fault, FaultClass};
use wip_space::Space;

use super::stage::{Stage, is_as_wanted, make, observe, seed, space, wants};

/// A Space with so many roles.
fn roles(count: usize, clusters: usize) -> Space {
    let mut file =
        "apiVersion: wip/v1alpha1\nkind: Space\nmetadata: { name: many }\nspec:\n  clusters:\n"
            .to_owned();
    let names: Vec<String> = (0..clusters).map(|n| format!("c{n}")).collect();
    for name in &names {
        writeln!(file, "    - {{ name: {name}, eks: {{ account: \"111122223333\", region: eu-west-1, cluster: {name} }} }}")
            .expect("text");
    }
    file += "  identities:\n";
    for n in 0..count {
        let workloads: Vec<String> = names
            .iter()
            .map(|cluster| {
                format!("{{ cluster: {cluster}, namespace: ns{n}, serviceAccount: sa }}")
            })
            .collect();
        writeln!(
            file,
            "    app{n}:\n      method: irsa\n      workloads: [{}]\n      access: [{{ s3: {{ bucket: acme-data, region: eu-west-1, prefix: app{n}/, allow: [read] }} }}]",
            workloads.join(", ")
        )
        .expect("text");
    }
    space(&file)
}

/// An account with the clusters, and with so many roles of others.
fn account(others: usize) -> Value {
    let cluster = |n: usize| json!({ "account": "111122223333", "region": "eu-west-1", "name": format!("c{n}") });
    let other = |n: usize| json!({ "account": "111122223333", "name": format!("other-{n}") });
    json!({
        "clusters": (0..3).map(cluster).collect::<Vec<_>>(),
        "buckets": [{ "account": "111122223333", "region": "eu-west-1", "name": "acme-data" }],
        "roles": (0..others).map(other).collect::<Vec<_>>(),
        "quotas": { "roles": 10_000 },
    })
}

/// The IAM requests of a look at everything, when everything is as wanted.
async fn iam_requests(count: usize, clusters: usize, others: usize) -> usize {
    let stage = Stage::new(&seed(account(others)));
    let space = roles(count, clusters);
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    assert_eq!(wants.len(), count + clusters);
    make(&driver, &space, &wants).await;
    stage.sandbox.clear_log();
    let sights = observe(&driver, &space, &wants).await;
    is_as_wanted(&sights, &wants).expect("as wanted");
    assert_eq!(sights.remarks, Vec::<String>::new());
    stage.iam_calls()
}

#[tokio::test(start_paused = true)]
async fn few_roles_cost_four_requests_each() {
    for (count, clusters) in [(1, 1), (1, 2), (2, 3), (3, 1)] {
        let requests = iam_requests(count, clusters, 0).await;
        assert!(
            requests <= 3 + 4 * count,
            "{count} roles, {clusters} clusters: {requests}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn three_roles_among_three_thousand_are_asked_for_one_by_one() {
    let requests = iam_requests(3, 1, 2_997).await;
    assert_eq!(
        requests, 13,
        "the provider, and four for each role; the facts have counted the roles"
    );
}

#[tokio::test(start_paused = true)]
async fn a_hundred_roles_are_listed() {
    let requests = iam_requests(100, 1, 50).await;
    assert!(requests <= 10, "{requests}");
}

#[tokio::test(start_paused = true)]
async fn where_listing_is_refused_each_role_is_asked_for() {
    let stage = Stage::new(&seed(account(0)));
    let space = roles(4, 1);
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    make(&driver, &space, &wants).await;
    // This look takes what the facts have counted; those below ask themselves.
    observe(&driver, &space, &wants).await;
    let invalid = FaultClass::Refuse {
        status: 400,
        code: "ValidationError".to_owned(),
        message: "maxItems".to_owned(),
    };
    for operation in [
        "GetAccountSummary",
        "ListRoles",
        "GetAccountAuthorizationDetails",
    ] {
        for (class, why) in [
            (FaultClass::AccessDenied, "listing them is not allowed"),
            (invalid.clone(), "listing them failed"),
        ] {
            stage.sandbox.set_faults(vec![Fault {
                service: Some("iam".to_owned()),
                operation: Some(operation.to_owned()),
                nth: 1,
                times: 0,
                class,
            }]);
            let sights = observe(&driver, &space, &wants).await;
            is_as_wanted(&sights, &wants).expect(operation);
            assert_eq!(sights.remarks.len(), 1, "{operation}: {:?}", sights.remarks);
            let remark = &sights.remarks[0];
            assert!(remark.contains("one by one"), "{remark}");
            assert!(remark.contains(why), "{remark}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_listing_shows_what_bears_our_mark_and_nobody_asked_about() {
    let stage = Stage::new(&seed(account(0)));
    let space = roles(5, 1);
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    make(&driver, &space, &wants).await;
    let (forgotten, known) = wants.split_last().expect("roles");
    let sights = observe(&driver, &space, known).await;
    let strays: Vec<_> = sights
        .strays
        .iter()
        .map(|stray| (&stray.address, stray.name.as_str()))
        .collect();
    assert_eq!(
        strays,
        [(
            &forgotten.address,
            format!("many-{}", forgotten.address.local_name()).as_str()
        )]
    );
    // Of what the state knows, a listing that is behind does not say that it is gone.
    assert!(
        sights
            .seen
            .values()
            .all(|seen| matches!(seen, Seen::Present(_)))
    );
}

#[tokio::test(start_paused = true)]
async fn facts_cost_one_request_for_each_thing() {
    let stage = Stage::new(&seed(account(0)));
    let space = roles(10, 2);
    let driver = stage.driver(&space);
    wants(&driver, &space).await;
    let mut calls = stage.calls();
    calls.sort();
    assert_eq!(
        calls,
        [
            "eks:DescribeCluster",
            "eks:DescribeCluster",
            "iam:GetAccountSummary",
            "s3:GetBucketEncryption",
            "s3:HeadBucket",
            "servicequotas:GetServiceQuota"
        ]
    );
}
