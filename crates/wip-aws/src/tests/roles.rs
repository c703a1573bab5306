//! Roles that somebody changed, that do not exist yet, that nobody may assume.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wip_plan::{Doc, Edge, Owner, Relation, Seen, Want};
use wip_provider::{Class, Driver, Glance, Kind as _, Look};
use wip_sandbox::{Fault, FaultClass};
use wip_space::Space;

use super::stage::{Hand, LINEAGE, Stage, doc, make, observe, seed, space, wants};
use crate::client::{Call, Client};
use crate::kinds::iam_role::IamRole;

fn file(workloads: &str, role: &str) -> Space {
    space(&format!(
        r#"
apiVersion: wip/v1alpha1
kind: Space
metadata: {{ name: demo }}
spec:
  clusters:
    - {{ name: c0, eks: {{ account: "111122223333", region: eu-west-1, cluster: c0 }} }}
  identities:
    app:
      method: irsa
      {workloads}
      role: {role}
      access: [ {{ s3: {{ bucket: acme-data, region: eu-west-1, allow: [read] }} }} ]
"#
    ))
}

const ONE: &str = "workloads: [ { namespace: a, serviceAccount: sa } ]";

async fn stage() -> Stage {
    Stage::new(&seed(json!({
        "clusters": [{ "account": "111122223333", "region": "eu-west-1", "name": "c0" }],
        "buckets": [{ "account": "111122223333", "region": "eu-west-1", "name": "acme-data" }],
    })))
}

fn role(wants: &[Want]) -> &Want {
    wants
        .iter()
        .find(|want| want.address.kind() == IamRole::NAME)
        .expect("a role")
}

async fn put_policy(client: &Client, name: &str, effect: &str) {
    let policy = json!({ "Version": "2012-10-17", "Statement": { "Effect": effect, "Action": "*", "Resource": "*" } });
    let ask = || {
        let ask = client
            .iam()
            .put_role_policy()
            .role_name("demo-app")
            .policy_name(name);
        ask.policy_document(policy.to_string()).send()
    };
    client
        .call(Call::write("iam:PutRolePolicy"), ask)
        .await
        .expect("a policy");
}

fn at<'a>(doc: &'a Doc, path: &[&str]) -> Option<&'a Doc> {
    path.iter().try_fold(doc, |doc, name| match doc {
        Doc::Map(parts) => parts.get(name),
        _ => None,
    })
}

#[tokio::test(start_paused = true)]
async fn what_others_put_on_a_role_is_seen_and_taken_off() {
    let (stage, space) = (stage().await, file(ONE, "{}"));
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    make(&driver, &space, &wants).await;
    let client = stage.somebody(&space).await;
    put_policy(&client, "backdoor", "Allow").await;
    let attach = || {
        let ask = client.iam().attach_role_policy().role_name("demo-app");
        ask.policy_arn("arn:aws:iam::aws:policy/ReadOnlyAccess")
            .send()
    };
    client
        .call(Call::write("iam:AttachRolePolicy"), attach)
        .await
        .expect("attached");
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:root" }, "Action": "sts:AssumeRole" },
    ] });
    let widen = || {
        let ask = client
            .iam()
            .update_assume_role_policy()
            .role_name("demo-app");
        ask.policy_document(trust.to_string()).send()
    };
    client
        .call(Call::write("iam:UpdateAssumeRolePolicy"), widen)
        .await
        .expect("widened");

    let want = role(&wants);
    let hand = Hand::of(&driver, &space, want);
    let live = hand.look().await.expect("a role");
    assert!(at(&live.doc, &["policies", "backdoor"]).is_some());
    assert!(at(&live.doc, &["attachments"]).is_some());
    assert!(at(&live.doc, &["trust", "other"]).is_some());
    let spec = live.doc.to().expect("a spec");
    let edges = IamRole::edges(&spec);
    let root = "arn:aws:iam::111122223333:root".to_owned();
    assert!(
        edges.contains(&Edge::ActsAs {
            who: root,
            at: String::new()
        }),
        "{edges:?}"
    );

    hand.update(&live.doc).await.expect("taken off");
    assert_eq!(hand.look().await.expect("a role").doc, *doc(want));
}

#[tokio::test(start_paused = true)]
async fn what_denies_is_objected_to() {
    let (stage, space) = (stage().await, file(ONE, "{}"));
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    make(&driver, &space, &wants).await;
    let client = stage.somebody(&space).await;
    let hand = Hand::of(&driver, &space, role(&wants));
    put_policy(&client, "AWSRevokeOlderSessions", "Deny").await;
    let live = hand.look().await.expect("a role");
    assert_eq!(
        live.objections,
        ["the inline policy AWSRevokeOlderSessions is not ours and says Deny * on *"]
    );
    // A Deny inside our own policy is somebody's too.
    put_policy(&client, "wip", "Deny").await;
    assert_eq!(hand.look().await.expect("a role").objections.len(), 2);
    // Told to, it takes them off.
    hand.update(&live.doc).await.expect("taken off");
    assert_eq!(hand.look().await.expect("a role").objections.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_file_ignores_stays() {
    let (stage, space) = (
        stage().await,
        file(ONE, "{ ignore: { policies: [theirs] } }"),
    );
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    make(&driver, &space, &wants).await;
    let client = stage.somebody(&space).await;
    put_policy(&client, "theirs", "Deny").await;
    let hand = Hand::of(&driver, &space, role(&wants));
    let live = hand.look().await.expect("a role");
    assert_eq!(
        (&live.doc, live.objections),
        (doc(role(&wants)), Vec::new())
    );
    hand.delete().await.expect("deleted, ignored policies too");
    assert!(hand.look().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_role_that_loses_its_last_subject_keeps_its_id() {
    let (stage, space) = (stage().await, file(ONE, "{}"));
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    make(&driver, &space, &wants).await;
    let mut nobody = space.clone();
    nobody.identities[0]
        .subjects
        .values_mut()
        .for_each(std::collections::BTreeSet::clear);
    let pending = super::stage::wants(&driver, &nobody).await;
    let hand = Hand::of(&driver, &nobody, role(&pending));
    let live = hand.look().await.expect("a role");
    hand.update(&live.doc)
        .await
        .expect("IAM takes a trust that only denies");
    let after = hand.look().await.expect("a role");
    assert_eq!(after.doc, *doc(role(&pending)));
    assert_eq!(after.objections, Vec::<String>::new());
    let spec = after.doc.to().expect("a spec");
    assert!(
        !IamRole::edges(&spec)
            .iter()
            .any(|edge| matches!(edge, Edge::ActsAs { .. }))
    );
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_not_visible_yet_is_waited_for() {
    let (stage, space) = (
        stage().await,
        file(
            ONE,
            "{ attach: [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"] }",
        ),
    );
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    stage.sandbox.set_faults(vec![Fault {
        service: Some("iam".to_owned()),
        operation: Some("CreateRole".to_owned()),
        nth: 1,
        times: 1,
        class: FaultClass::NotVisible { observations: 2 },
    }]);
    make(&driver, &space, &wants).await;
    let hand = Hand::of(&driver, &space, role(&wants));
    assert_eq!(hand.look().await.expect("a role").doc, *doc(role(&wants)));
    let puts = stage
        .calls()
        .iter()
        .filter(|call| *call == "iam:PutRolePolicy")
        .count();
    assert_eq!(puts, 3, "two that came too early, and one that did not");
}

#[tokio::test(start_paused = true)]
async fn only_the_trust_is_touched_where_the_file_says_so() {
    let (stage, managed) = (stage().await, file(ONE, "{}"));
    let driver = stage.driver(&managed);
    let all = wants(&driver, &managed).await;
    make(&driver, &managed, &all).await;
    let space = file(
        "workloads: [ { namespace: b, serviceAccount: sa } ]",
        "{ existing: trustOnly }",
    );
    let wants = wants(&driver, &space).await;
    let hand = Hand::of(&driver, &space, role(&wants));
    let live = hand.look().await.expect("a role");
    assert!(at(&live.doc, &["policies"]).is_none());
    hand.update(&live.doc).await.expect("updated");
    assert_eq!(hand.look().await.expect("a role").doc, *doc(role(&wants)));
    // Its permissions are as they were.
    let before = Hand::of(&driver, &managed, role(&all))
        .look()
        .await
        .expect("a role")
        .doc;
    assert_eq!(
        at(&before, &["policies"]),
        at(doc(role(&all)), &["policies"])
    );
    hand.delete().await.expect("let go");
    let left = Hand::of(&driver, &managed, role(&all))
        .look()
        .await
        .expect("it is still there");
    assert!(
        at(&left.doc, &["trust", "webIdentity"]).is_none(),
        "{left:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_provider_goes_when_wip_made_it_and_nobody_trusts_it() {
    let (stage, space) = (stage().await, file(ONE, "{}"));
    let driver = stage.driver(&space);
    let ours = wants(&driver, &space).await;
    make(&driver, &space, &ours).await;
    // Another Space whose role trusts the same cluster.
    let mut other = space.clone();
    other.name = "other".to_owned();
    other.identities[0].role.name = "other-app".to_owned();
    let theirs = wants(&driver, &other).await;
    let hand = Hand::of(&driver, &other, role(&theirs));
    hand.create().await.expect("made");
    let provider = ours
        .iter()
        .find(|want| want.address.kind() == "aws/oidc-provider")
        .expect("a provider");
    let hand = Hand::of(&driver, &space, provider);
    let of_ours = hand.delete().await.map_err(|error| error.class);
    assert_eq!(of_ours, Err(Class::NotYet), "a role of ours trusts it");
    let of_ours = Hand::of(&driver, &space, role(&ours)).delete().await;
    of_ours.expect("deleted");
    let made = hand.look().await.expect("made");
    assert!(matches!(made.owner, Owner::Marked(_)), "{made:?}");
    hand.delete().await.expect("left alone");
    let left = hand.look().await.expect("a role still trusts it");
    assert_eq!(left.owner, Owner::Unmarked, "not ours from now on");
    let theirs = Hand::of(&driver, &other, role(&theirs)).delete().await;
    theirs.expect("deleted");
    Hand {
        relation: Relation::Shared,
        ..Hand::of(&driver, &space, provider)
    }
    .delete()
    .await
    .expect("left alone");
    assert!(hand.look().await.is_some(), "it is not ours");
    hand.delete().await.expect("deleted");
    assert!(hand.look().await.is_none());
    assert_eq!(
        hand.delete().await.map_err(|error| error.class),
        Err(Class::Missing)
    );
}

#[tokio::test(start_paused = true)]
async fn others_audiences_are_neither_shown_nor_removed() {
    let (stage, space) = (stage().await, file(ONE, "{}"));
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    let provider = wants
        .iter()
        .find(|want| want.address.kind() == "aws/oidc-provider")
        .expect("a provider");
    let Value::String(url) = doc(provider).to_json()["url"].clone() else {
        panic!("a url");
    };
    let client = stage.somebody(&space).await;
    let ask = || {
        client
            .iam()
            .create_open_id_connect_provider()
            .url(&url)
            .client_id_list("theirs")
            .send()
    };
    client
        .call(Call::write("iam:CreateOpenIDConnectProvider"), ask)
        .await
        .expect("made");
    let hand = Hand::of(&driver, &space, provider);
    let live = hand.look().await.expect("a provider");
    hand.update(&live.doc).await.expect("our audience is added");
    assert_eq!(hand.look().await.expect("a provider").doc, *doc(provider));
    assert!(stage.sandbox.dump().contains("theirs"));
    hand.delete().await.expect("left alone");
    assert!(hand.look().await.is_some(), "others use it");
}

#[tokio::test(start_paused = true)]
async fn a_shared_provider_loses_our_mark_and_no_other() {
    let (stage, space) = (stage().await, file(ONE, "{}"));
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    make(&driver, &space, &wants).await;
    let provider = wants
        .iter()
        .find(|want| want.address.kind() == "aws/oidc-provider")
        .expect("a provider");
    let other = Space {
        name: "other".to_owned(),
        ..space.clone()
    };
    let shared = |space| Hand {
        relation: Relation::Shared,
        ..Hand::of(&driver, space, provider)
    };
    let before = stage.sandbox.dump();
    shared(&other).delete().await.expect("left alone");
    assert_eq!(stage.sandbox.dump(), before, "the mark of another Space");
    shared(&space).delete().await.expect("left alone");
    let left = shared(&space).look().await.expect("it stays");
    assert_eq!(left.owner, Owner::Unmarked);
    assert_eq!(left.doc, *doc(provider), "with its audience");
}

#[tokio::test(start_paused = true)]
async fn a_check_asks_each_account_once() {
    let (stage, space) = (stage().await, file(ONE, "{}"));
    let driver = stage.driver(&space);
    driver
        .check(&space, &BTreeSet::new())
        .await
        .expect("the account of the file");
    assert_eq!(stage.calls(), ["sts:GetCallerIdentity"]);
    assert!(observe(&driver, &space, &[]).await.seen.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_role_is_not_renamed_onto_one_that_is_there() {
    let (stage, before) = (stage().await, file(ONE, "{ name: old }"));
    let driver = stage.driver(&before);
    let made = wants(&driver, &before).await;
    make(&driver, &before, &made).await;
    let after = file(ONE, "{ name: taken }");
    let wanted = wants(&driver, &after).await;
    let seen = |owned: Doc, wanted: Want| {
        let driver = &driver;
        async move {
            let glances = [Glance {
                address: wanted.address.clone(),
                wanted: wanted.doc.clone().ok(),
                owned: Some(owned),
                begun: Default::default(),
                id: None,
                relation: Some(Relation::Made),
                fresh: false,
            }];
            let look = Look {
                space: "demo",
                lineage: LINEAGE,
                kind: IamRole::NAME,
                place: &wanted.place,
                glances: &glances,
                wide: false,
                listed: false,
            };
            driver.observe(look).await.seen.remove(&wanted.address)
        }
    };
    let (owned, new) = (doc(role(&made)).clone(), role(&wanted).clone());
    let free = seen(owned.clone(), new.clone()).await;
    assert!(matches!(free, Some(Seen::Present(_))), "{free:?}");

    let client = stage.somebody(&before).await;
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" },
    ] });
    let take = || {
        let ask = client.iam().create_role().role_name("taken");
        ask.assume_role_policy_document(trust.to_string()).send()
    };
    client
        .call(Call::write("iam:CreateRole"), take)
        .await
        .expect("a role");
    let taken = seen(owned, new).await;
    assert!(
        matches!(&taken, Some(Seen::Unreadable(why)) if why.contains("there is a role taken already")),
        "{taken:?}"
    );
}
