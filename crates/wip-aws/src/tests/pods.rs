//! EKS Pod Identity: what is wanted of a cluster, what a look costs, and what EKS refuses for a while.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};
use wip_plan::{Doc, Owner, Seen, Want};
use wip_provider::{Class, Cloud as _, Driver as _, Scope};
use wip_sandbox::{Fault, FaultClass};
use wip_space::Space;

use super::stage::{
    Hand, Known, LINEAGE, Stage, doc, is_as_wanted, make, observe, observe_as, seed, space, wants,
};

const KIND: &str = "aws/pod-identity-association";
const ACCOUNT: &str = "111122223333";

/// A Space whose backups have associations, of so many control planes.
fn file(planes: usize, identity: &str) -> Space {
    let mut text = "apiVersion: wip/v1alpha1\nkind: Space\nmetadata: { name: many }\nspec:\n  clusters:\n    - { name: c0, eks: { account: \"111122223333\", region: eu-west-1, cluster: c0 } }\n  controlPlanes:\n".to_owned();
    for n in 0..planes {
        writeln!(
            text,
            "    - {{ group: g, name: p{n}, hostNamespace: ns{n} }}"
        )
        .expect("text");
    }
    text += "  identities:\n    backup:\n      method: podIdentity\n      access: [{ s3: { bucket: acme-data, region: eu-west-1, prefix: b/ } }]\n";
    text += identity;
    space(&text)
}

fn account(more: Value) -> Stage {
    let mut all = json!({
        "clusters": [{ "account": ACCOUNT, "region": "eu-west-1", "name": "c0", "addons": ["eks-pod-identity-agent"] }],
        "buckets": [{ "account": ACCOUNT, "region": "eu-west-1", "name": "acme-data" }],
    });
    for (name, value) in more.as_object().expect("a map") {
        all[name] = value.clone();
    }
    Stage::new(&seed(all))
}

fn association(namespace: &str, role: &str) -> Value {
    json!({ "account": ACCOUNT, "region": "eu-west-1", "cluster": "c0", "namespace": namespace,
            "service_account": "mxp-controller", "role_arn": format!("arn:aws:iam::{ACCOUNT}:role/{role}") })
}

fn fault(operation: &str, class: FaultClass) -> Vec<Fault> {
    vec![Fault {
        service: None,
        operation: Some(operation.to_owned()),
        nth: 1,
        times: 1,
        class,
    }]
}

/// How often each operation was called.
fn count(stage: &Stage, call: &str) -> usize {
    stage.calls().iter().filter(|made| *made == call).count()
}

#[tokio::test(start_paused = true)]
async fn a_look_costs_a_listing_and_a_call_for_each() {
    for (planes, pages) in [(1, 1), (100, 1), (150, 2)] {
        let stage = account(json!({}));
        let space = file(planes, "");
        let driver = stage.driver(&space);
        let all = wants(&driver, &space).await;
        make(&driver, &space, &all).await;
        stage.sandbox.clear_log();
        // As one plan does: who are we, the facts, and then the look.
        driver
            .check(&space, &BTreeSet::new())
            .await
            .expect("the account");
        let all = wants(&driver, &space).await;
        let sights = observe(&driver, &space, &all).await;
        is_as_wanted(&sights, &all).expect("as wanted");
        assert_eq!(count(&stage, "eks:ListPodIdentityAssociations"), pages);
        assert_eq!(count(&stage, "eks:DescribePodIdentityAssociation"), planes);
        let calls = stage.calls().len();
        assert!(calls <= planes + pages + 15, "{planes}: {calls}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_listing_shows_to_be_the_same_is_not_read() {
    let stage = account(json!({}));
    let space = file(100, "");
    let driver = stage.driver(&space);
    let all = wants(&driver, &space).await;
    make(&driver, &space, &all).await;
    let before = observe(&driver, &space, &all).await;
    // One is deleted behind wip's back, one is made anew, and 98 are the same.
    let (associations, roles): (Vec<Want>, Vec<Want>) = all
        .into_iter()
        .partition(|want| want.address.kind() == KIND);
    for want in &associations[..2] {
        Hand::of(&driver, &space, want)
            .delete()
            .await
            .expect("gone");
    }
    make(&driver, &space, &associations[1..2]).await;
    stage.sandbox.clear_log();
    // As one plan does.
    driver
        .check(&space, &BTreeSet::new())
        .await
        .expect("the account");
    wants(&driver, &space).await;
    let all: Vec<Want> = associations.into_iter().chain(roles).collect();
    let sights = observe_as(&driver, &space, &all, Known::Listed(&before)).await;
    assert_eq!(sights.unread, 98);
    assert_eq!(sights.seen[&all[0].address], Seen::Absent);
    let Seen::Present(anew) = &sights.seen[&all[1].address] else {
        panic!("{:?}", sights.seen[&all[1].address]);
    };
    let Seen::Present(old) = &before.seen[&all[1].address] else {
        panic!("{:?}", before.seen[&all[1].address]);
    };
    assert_ne!(anew.id, old.id);
    is_as_wanted(&sights, &all[1..]).expect("as wanted");
    assert_eq!(count(&stage, "eks:DescribePodIdentityAssociation"), 1);
    assert!(stage.calls().len() <= 1 + 15, "{:?}", stage.calls());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_visible_yet_is_waited_for() {
    let space = file(1, "");
    for (operation, class) in [
        ("CreateRole", FaultClass::NotVisible { observations: 3 }),
        (
            "CreatePodIdentityAssociation",
            FaultClass::Refuse {
                status: 400,
                code: "InvalidParameterException".to_owned(),
                message: "Trust policy of the role provided is invalid".to_owned(),
            },
        ),
        ("CreatePodIdentityAssociation", FaultClass::LostAnswer),
    ] {
        let stage = account(json!({}));
        let driver = stage.driver(&space);
        let all = wants(&driver, &space).await;
        stage.sandbox.set_faults(fault(operation, class.clone()));
        for want in &all {
            match Hand::of(&driver, &space, want).create().await {
                Ok(_) => {}
                // Of what was made the answer was lost: the engine looks, and finds it to be ours.
                Err(error) => assert_eq!(
                    (error.class, &class),
                    (Class::Conflict, &FaultClass::LostAnswer)
                ),
            }
        }
        let sights = observe(&driver, &space, &all).await;
        is_as_wanted(&sights, &all).unwrap_or_else(|why| panic!("{operation}: {why}"));
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_was_deleted_a_moment_ago_does_not_stand_in_the_way_for_long() {
    let stage = account(json!({}));
    let space = file(1, "");
    let driver = stage.driver(&space);
    let all = wants(&driver, &space).await;
    make(&driver, &space, &all).await;
    let want = all.last().expect("an association");
    assert_eq!(want.address.kind(), KIND);
    let class = FaultClass::NotVisible { observations: 3 };
    stage
        .sandbox
        .set_faults(fault("DeletePodIdentityAssociation", class));
    let hand = Hand::of(&driver, &space, want);
    hand.delete().await.expect("gone");
    // Looks show it no more before EKS has forgotten its name.
    while hand.look().await.is_some() {}
    hand.create().await.expect("made again");
}

#[tokio::test(start_paused = true)]
async fn a_trust_that_lacks_the_principal_is_no_use_to_wait_for() {
    let stage = account(json!({ "roles": [{ "account": ACCOUNT, "name": "theirs" }] }));
    let space = file(1, "      role: { name: theirs, existing: reference }\n");
    let driver = stage.driver(&space);
    let all = wants(&driver, &space).await;
    let [want] = all.as_slice() else {
        panic!("a role that is only referred to is not wanted: {all:?}");
    };
    let start = tokio::time::Instant::now();
    let error = Hand::of(&driver, &space, want)
        .create()
        .await
        .expect_err("no");
    assert_eq!(error.class, Class::Final);
    assert!(
        error.to_string().contains("Trust policy of the role"),
        "{error}"
    );
    assert_eq!(start.elapsed().as_secs(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_ours_is_told_apart() {
    let mut owned = association("ns2", "many-backup");
    owned["owner_arn"] = json!("arn:aws:eks:eu-west-1:111122223333:addon/c0/ebs-csi");
    let seeded = [
        association("ns0", "many-backup"),
        association("ns1", "another"),
        owned,
    ];
    let stage = account(json!({ "associations": seeded }));
    let space = file(4, "");
    let driver = stage.driver(&space);
    let all = wants(&driver, &space).await;
    let sights = observe_as(&driver, &space, &all, Known::Nothing).await;
    let seen = |n: usize| {
        let name = format!("{KIND}:many/c0/ns{n}/mxp-controller");
        &sights.seen[&name.parse().expect("an address")]
    };
    assert!(matches!(seen(0), Seen::Present(there) if there.owner == Owner::Unmarked));
    let words = |n: usize| match seen(n) {
        Seen::Unreadable(words) => words.clone(),
        other => panic!("{other:?}"),
    };
    assert!(
        words(1).starts_with("exists, is not ours, and gives the pods the role arn:aws:iam::111122223333:role/another, not arn:aws:iam::111122223333:role/many-backup"),
        "{}", words(1)
    );
    assert!(
        words(2).contains("belongs to the add-on arn:aws:eks"),
        "{}",
        words(2)
    );
    assert_eq!(seen(3), &Seen::Absent);
}

#[tokio::test(start_paused = true)]
async fn a_full_cluster_takes_no_more() {
    let others: Vec<Value> = (0..4_999)
        .map(|n| association(&format!("other{n}"), "x"))
        .collect();
    let stage = account(json!({ "associations": others }));
    for (planes, fits) in [(1, true), (2, false)] {
        let space = file(planes, "");
        let driver = stage.driver(&space);
        let facts = driver.facts(&space).await.expect("facts");
        let scope = Scope {
            space: &space,
            lineage: LINEAGE,
        };
        let (wants, notes) = driver.desire(&scope, &facts).expect("wants");
        let associations = wants.iter().filter(|want| want.address.kind() == KIND);
        let blocked: BTreeSet<Option<&String>> =
            associations.map(|want| want.doc.as_ref().err()).collect();
        let note = notes
            .iter()
            .find(|note| note.code == "WIP0319")
            .expect("a note");
        assert!(
            note.text.starts_with(&format!(
                "{} of 5,000",
                if fits { "5,000" } else { "5,001" }
            )),
            "{}",
            note.text
        );
        match fits {
            true => assert_eq!(blocked, BTreeSet::from([None])),
            false => {
                let [Some(why)] = blocked.into_iter().collect::<Vec<_>>()[..] else {
                    panic!("both are blocked, for one reason");
                };
                assert!(
                    why.starts_with("5,001 of 5,000 pod identity associations"),
                    "{why}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_without_the_agent_is_told_of() {
    let said = async |addons: Value| {
        let stage = account(
            json!({ "clusters": [{ "account": ACCOUNT, "region": "eu-west-1", "name": "c0", "addons": addons }] }),
        );
        let space = file(1, "");
        let driver = stage.driver(&space);
        let facts = driver.facts(&space).await.expect("facts");
        let scope = Scope {
            space: &space,
            lineage: LINEAGE,
        };
        let (_, notes) = driver.desire(&scope, &facts).expect("wants");
        let mut notes = notes.into_iter().filter(|note| note.code == "WIP0318");
        notes.next().map(|note| note.text)
    };
    let missing = said(json!(["vpc-cni"])).await.expect("a note");
    assert!(
        missing.ends_with("aws eks create-addon --region eu-west-1 --cluster-name c0 --addon-name eks-pod-identity-agent"),
        "{missing}"
    );
    assert_eq!(said(json!(["eks-pod-identity-agent"])).await, None);
}

#[tokio::test(start_paused = true)]
async fn an_update_changes_role_policy_and_tags_in_place() {
    let stage = account(json!({}));
    let isolated = "      podIdentity: { isolation: sessionPolicy }\n";
    let (shared, confined) = (file(1, ""), file(1, isolated));
    let driver = stage.driver(&shared);
    let first = wants(&driver, &shared).await;
    make(&driver, &shared, &first).await;
    let second = wants(&driver, &confined).await;
    let pairs = [(&first, &second), (&second, &first)];
    for (from, to) in pairs {
        let (from, to) = (from.last().expect("one"), to.last().expect("one"));
        assert_ne!(doc(from), doc(to));
        let hand = Hand::of(&driver, &confined, to);
        hand.update(doc(from)).await.expect("changed");
        assert_eq!(hand.look().await.expect("there").doc, *doc(to));
    }
}

#[test]
fn a_change_that_running_pods_do_not_follow_is_told() {
    let kind = crate::Aws::kinds()
        .into_iter()
        .map(|kind| kind.info())
        .find(|info| info.name == KIND)
        .expect("the kind");
    let doc = |more: Value| {
        let mut spec =
            json!({ "cluster": "c", "namespace": "n", "serviceAccount": "s", "role": "r" });
        for (name, value) in more.as_object().expect("a map") {
            spec[name] = value.clone();
        }
        Doc::of(&spec).expect("a document")
    };
    let plain = doc(json!({}));
    let untagged = doc(json!({ "disableSessionTags": true }));
    let aimed = doc(json!({ "targetRole": "t" }));
    for (from, to, interrupts) in [
        (&plain, &aimed, true),
        (&aimed, &plain, true),
        (&untagged, &plain, true),
        (&plain, &untagged, false),
        (&plain, &doc(json!({ "tags": { "a": "b" } })), false),
    ] {
        assert_eq!(
            (kind.interrupts)(from, to).is_some(),
            interrupts,
            "{from:?} {to:?}"
        );
    }
}
