//! Buckets that wip makes, buckets that were there, and buckets of two Spaces.

use std::collections::BTreeMap;

use serde_json::json;
use wip_plan::{Address, Owner, Relation, Seen, Sighting, Want};
use wip_provider::{Class, Driver, Glance, Look};
use wip_space::Space;

use super::stage::{Hand, Known, LINEAGE, Stage, doc, observe_as, seed, space, wants};
use crate::client::{Call, Client};

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10";

/// A Space that uses a bucket, with these settings of it.
fn file(name: &str, region: &str, settings: &str) -> Space {
    space(&format!(
        r#"
apiVersion: wip/v1alpha1
kind: Space
metadata: {{ name: {name}, labels: {{ team: platform }} }}
spec:
  clusters:
    - {{ name: c0, eks: {{ account: "111122223333", region: eu-west-1, cluster: c0 }} }}
  buckets:
    - s3: {{ bucket: acme-data, region: {region}, {settings} }}
  identities:
    app:
      method: irsa
      workloads: [ {{ namespace: a, serviceAccount: sa }} ]
      access: [ {{ s3: {{ bucket: acme-data, region: {region}, allow: [read] }} }} ]
"#
    ))
}

/// A world with the cluster, and with the bucket where its tags are given.
fn stage(tags: Option<serde_json::Value>) -> Stage {
    let bucket = tags.map(|tags| {
        json!({ "account": "111122223333", "region": "eu-west-1", "name": "acme-data", "tags": tags })
    });
    Stage::new(&seed(json!({
        "clusters": [{ "account": "111122223333", "region": "eu-west-1", "name": "c0" }],
        "buckets": bucket.into_iter().collect::<Vec<_>>(),
        "keys": [{ "arn": KEY }],
    })))
}

fn bucket(wants: &[Want]) -> &Want {
    let mut found = wants
        .iter()
        .filter(|want| want.address.kind() == "aws/s3-bucket");
    found.next().expect("a bucket")
}

async fn tags(client: &Client) -> BTreeMap<String, String> {
    let ask = || client.s3().get_bucket_tagging().bucket("acme-data").send();
    match client.call(Call::read("s3:GetBucketTagging"), ask).await {
        Ok(answer) => answer
            .tag_set
            .into_iter()
            .map(|tag| (tag.key, tag.value))
            .collect(),
        Err(error) => {
            assert_eq!(error.code.as_deref(), Some("NoSuchTagSet"));
            BTreeMap::new()
        }
    }
}

fn keys(tags: &BTreeMap<String, String>) -> Vec<&str> {
    tags.keys().map(String::as_str).collect()
}

/// What somebody sees who does not know the bucket yet.
async fn met(driver: &dyn Driver, space: &Space, wants: &[Want]) -> Seen {
    let one = std::slice::from_ref(bucket(wants));
    let mut sights = observe_as(driver, space, one, Known::Nothing).await;
    sights
        .seen
        .remove(&one[0].address)
        .expect("it was looked at")
}

async fn present(driver: &dyn Driver, space: &Space, wants: &[Want]) -> Sighting {
    match met(driver, space, wants).await {
        Seen::Present(there) => there,
        other => panic!("{other:?}"),
    }
}

/// A look at what is wanted no more.
async fn unwanted(driver: &dyn Driver, space: &Space, want: &Want) -> Seen {
    let glances = [Glance {
        address: want.address.clone(),
        wanted: None,
        owned: want.doc.as_ref().ok().cloned(),
        begun: Default::default(),
        id: None,
        relation: Some(Relation::Made),
        fresh: false,
    }];
    let look = Look {
        space: &space.name,
        lineage: LINEAGE,
        kind: want.address.kind(),
        place: &want.place,
        glances: &glances,
        wide: false,
        listed: false,
    };
    let mut sights = driver.observe(look).await;
    sights.seen.remove(&want.address).expect("it was looked at")
}

#[tokio::test(start_paused = true)]
async fn a_bucket_bears_its_mark_from_its_first_moment() {
    let stage = stage(None);
    let space = file("demo", "eu-west-1", "create: true, versioning: true");
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    let hand = Hand::of(&driver, &space, bucket(&wants));
    stage.sandbox.clear_log();
    hand.create().await.expect("made");
    // The tags need no write of their own.
    let calls = [
        "CreateBucket",
        "GetBucketTagging",
        "PutBucketVersioning",
        "GetBucketVersioning",
    ];
    assert_eq!(stage.calls(), calls.map(|call| format!("s3:{call}")));
    let client = stage.somebody(&space).await;
    let tags = tags(&client).await;
    assert_eq!(
        keys(&tags),
        [
            "team",
            "wip-address",
            "wip-lineage",
            "wip-space",
            "wip-versioning"
        ]
    );
    assert_eq!(tags["wip-versioning"], format!("demo/{LINEAGE}"));
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_is_there_keeps_everything_but_what_is_named() {
    let theirs = json!({ "aws:cloudformation:stack-name": "s", "owner": "them" });
    let stage = stage(Some(theirs));
    let space = file("demo", "eu-west-1", "create: true, versioning: true");
    let driver = stage.driver(&space);
    let client = stage.somebody(&space).await;
    let wants = wants(&driver, &space).await;
    let there = present(&driver, &space, &wants).await;
    assert_eq!(there.owner, Owner::Unmarked);
    let hand = Hand {
        relation: Relation::Shared,
        ..Hand::of(&driver, &space, bucket(&wants))
    };
    hand.update(&there.doc).await.expect("set");
    let during = tags(&client).await;
    assert_eq!(
        keys(&during),
        ["aws:cloudformation:stack-name", "owner", "wip-versioning"],
        "neither mark nor labels"
    );
    assert_eq!(
        present(&driver, &space, &wants).await.doc,
        *doc(bucket(&wants))
    );
    hand.delete().await.expect("let go");
    let after = tags(&client).await;
    assert_eq!(keys(&after), ["aws:cloudformation:stack-name", "owner"]);
    let ask = || {
        client
            .s3()
            .get_bucket_versioning()
            .bucket("acme-data")
            .send()
    };
    let answer = client.call(Call::read("s3:GetBucketVersioning"), ask).await;
    let status = answer.expect("there").status.expect("it was set");
    assert_eq!(status.as_str(), "Enabled", "the setting stays");
}

#[tokio::test(start_paused = true)]
async fn a_setting_belongs_to_one_space() {
    let stage = stage(Some(json!({})));
    let one = file("one", "eu-west-1", "versioning: true");
    let driver = stage.driver(&one);
    let wants_one = wants(&driver, &one).await;
    let there = present(&driver, &one, &wants_one).await;
    let hand = Hand {
        relation: Relation::Shared,
        ..Hand::of(&driver, &one, bucket(&wants_one))
    };
    hand.update(&there.doc).await.expect("set");

    let two = file("two", "eu-west-1", "versioning: false, encryption: sseS3");
    let driver_two = stage.driver(&two);
    let wants_two = wants(&driver_two, &two).await;
    let Seen::Unreadable(why) = met(&driver_two, &two, &wants_two).await else {
        panic!("the setting is another's");
    };
    assert!(
        why.contains("`versioning` of the bucket acme-data is claimed by the Space `one`"),
        "{why}"
    );
    assert!(why.contains("wip-versioning"), "{why}");
    let other = file("two", "eu-west-1", "encryption: sseS3");
    let wants_two = wants(&driver_two, &other).await;
    assert!(matches!(
        met(&driver_two, &other, &wants_two).await,
        Seen::Present(_)
    ));

    // A setting that the file names no more is free again.
    let less = file("one", "eu-west-1", "encryption: sseS3");
    let wants_less = wants(&driver, &less).await;
    let hand = Hand {
        relation: Relation::Shared,
        ..Hand::of(&driver, &less, bucket(&wants_less))
    };
    hand.update(doc(bucket(&wants_one)))
        .await
        .expect("released");
    let client = stage.somebody(&one).await;
    assert_eq!(keys(&tags(&client).await), ["wip-encryption"]);
}

#[tokio::test(start_paused = true)]
async fn another_state_of_the_space_is_another() {
    let claim = "demo/00000000-1111-4222-8333-444444444444";
    let stage = stage(Some(json!({ "wip-versioning": claim })));
    let space = file("demo", "eu-west-1", "versioning: true");
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    let Seen::Unreadable(why) = met(&driver, &space, &wants).await else {
        panic!("the setting is another's");
    };
    assert!(
        why.contains("claimed by another state of this Space (lineage 00000000-"),
        "{why}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_bucket_with_anything_in_it_is_not_deleted() {
    let stage = stage(None);
    let settings = "create: true, versioning: true, onDestroy: delete";
    let space = file("demo", "eu-west-1", settings);
    let driver = stage.driver(&space);
    let client = stage.somebody(&space).await;
    let wants = wants(&driver, &space).await;
    let want = bucket(&wants);
    let hand = Hand::of(&driver, &space, want);
    hand.create().await.expect("made");
    assert!(matches!(
        unwanted(&driver, &space, want).await,
        Seen::Present(_)
    ));
    let body = || aws_sdk_s3::primitives::ByteStream::from_static(b"x");
    let put = || {
        client
            .s3()
            .put_object()
            .bucket("acme-data")
            .key("a/b")
            .body(body())
            .send()
    };
    client
        .call(Call::write("s3:PutObject"), put)
        .await
        .expect("put");
    let gone = || {
        client
            .s3()
            .delete_object()
            .bucket("acme-data")
            .key("a/b")
            .send()
    };
    client
        .call(Call::write("s3:DeleteObject"), gone)
        .await
        .expect("deleted");
    // A version and a delete marker are left.
    let Seen::Unreadable(why) = unwanted(&driver, &space, want).await else {
        panic!("it is not empty");
    };
    assert!(
        why.contains("the bucket acme-data is not empty (it holds `a/b`"),
        "{why}"
    );
    let error = hand.delete().await.expect_err("it is not empty");
    assert_eq!(error.class, Class::Final, "{error}");
    assert!(hand.look().await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_another_space_uses_is_not_deleted() {
    let stage = stage(None);
    let space = file("demo", "eu-west-1", "create: true, onDestroy: delete");
    let driver = stage.driver(&space);
    let wants_one = wants(&driver, &space).await;
    let hand = Hand::of(&driver, &space, bucket(&wants_one));
    hand.create().await.expect("made");
    let other = file("other", "eu-west-1", "versioning: true");
    let wants_other = wants(&driver, &other).await;
    let there = present(&driver, &other, &wants_other).await;
    let theirs = Hand {
        relation: Relation::Shared,
        ..Hand::of(&driver, &other, bucket(&wants_other))
    };
    theirs.update(&there.doc).await.expect("set");
    let error = hand.delete().await.expect_err("it is used");
    assert!(error.message.contains("the Space `other`"), "{error}");
    theirs.delete().await.expect("let go");
    hand.delete().await.expect("deleted");
}

/// In us-east-1 S3 makes a bucket again without a word.
#[tokio::test(start_paused = true)]
async fn what_somebody_made_in_us_east_1_is_not_taken_for_made() {
    let stage = stage(None);
    let space = file("demo", "us-east-1", "create: true, onDestroy: delete");
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    let clients = stage.somebody_in(&space, "us-east-1").await;
    let ask = || clients.s3().create_bucket().bucket("acme-data").send();
    clients
        .call(Call::write("s3:CreateBucket"), ask)
        .await
        .expect("theirs");
    let hand = Hand::of(&driver, &space, bucket(&wants));
    let error = hand.create().await.expect_err("it is there");
    assert_eq!(error.class, Class::Conflict, "{error}");
    assert!(tags(&clients).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_name_of_another_account_is_said_to_be_taken() {
    let stage = Stage::new(&seed(json!({
        "clusters": [{ "account": "111122223333", "region": "eu-west-1", "name": "c0" }],
        "buckets": [{ "account": "444455556666", "region": "eu-west-1", "name": "acme-data" }],
    })));
    let space = file("demo", "eu-west-1", "create: true");
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    let Seen::Unreadable(why) = met(&driver, &space, &wants).await else {
        panic!("it is another's");
    };
    assert!(why.contains("or it is another account's"), "{why}");
    let hand = Hand::of(&driver, &space, bucket(&wants));
    let error = hand.create().await.expect_err("it is another's");
    assert_eq!(error.class, Class::Final);
    assert!(
        error.message.contains("give the bucket another name"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_that_the_file_sets_is_used_by_its_roles() {
    let stage = stage(None);
    let settings = format!("create: true, encryption: {{ kmsKey: \"{KEY}\" }}");
    let space = file("demo", "eu-west-1", &settings);
    let driver = stage.driver(&space);
    let facts = driver.facts(&space).await.expect("facts");
    let scope = wip_provider::Scope {
        space: &space,
        lineage: LINEAGE,
    };
    let (wants, notes) = driver.desire(&scope, &facts).expect("wants");
    assert!(notes.iter().all(|note| note.code != "WIP0312"), "{notes:?}");
    let role = Address::new("aws/iam-role", "demo", "app");
    let role = wants
        .iter()
        .find(|want| want.address == role)
        .expect("a role");
    assert!(
        doc(role).to_json().to_string().contains(KEY),
        "the role may use it"
    );
    let hand = Hand::of(&driver, &space, bucket(&wants));
    hand.create().await.expect("made");
    assert_eq!(hand.look().await.expect("there").doc, *doc(bucket(&wants)));
}

#[tokio::test(start_paused = true)]
async fn transport_is_denied_without_any_role() {
    let stage = stage(None);
    let space = file(
        "demo",
        "eu-west-1",
        "create: true, denyInsecureTransport: true",
    );
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    let policy = wants
        .iter()
        .find(|want| want.address.kind() == "aws/s3-bucket-policy-statements")
        .expect("statements");
    assert_eq!(policy.needs, [bucket(&wants).address.clone()].into());
    let text = doc(policy).to_json().to_string();
    assert!(
        text.contains("aws:SecureTransport") && !text.contains("role/"),
        "{text}"
    );
    Hand::of(&driver, &space, bucket(&wants))
        .create()
        .await
        .expect("made");
    let hand = Hand::of(&driver, &space, policy);
    hand.create().await.expect("written");
    assert_eq!(hand.look().await.expect("there").doc, *doc(policy));
}
