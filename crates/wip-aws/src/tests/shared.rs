//! Policies that others write too.

use serde_json::json;
use wip_plan::{Seen, Want};
use wip_provider::Driver as _;

use super::stage::{Hand, Stage, doc, make, observe, seed, space, wants};
use crate::Fact;
use crate::client::{Call, Client};

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10";

fn file() -> wip_space::Space {
    space(&format!(
        r#"
apiVersion: wip/v1alpha1
kind: Space
metadata: {{ name: demo }}
spec:
  clusters:
    - {{ name: c0, eks: {{ account: "111122223333", region: eu-west-1, cluster: c0 }} }}
  buckets:
    - s3: {{ bucket: acme-data, region: eu-west-1, account: "111122223333", policy: true }}
  kmsKeys:
    - {{ arn: "{KEY}", policy: true }}
  identities:
    app:
      method: irsa
      workloads: [ {{ namespace: a, serviceAccount: sa }} ]
      access: [ {{ s3: {{ bucket: acme-data, region: eu-west-1, prefix: app/, kmsKey: "{KEY}", allow: [read, list] }} }} ]
"#
    ))
}

/// Ten statements of others: one without a name, scalars where lists could be, one of another Space.
fn foreign() -> serde_json::Value {
    let mut statements: Vec<_> = (0..8)
        .map(|n| {
            json!({ "Sid": format!("Theirs{n}"), "Effect": "Deny", "Principal": "*", "Action": ["s3:PutObject"],
                    "Resource": [format!("arn:aws:s3:::acme-data/{n}/*")] })
        })
        .collect();
    statements.push(
        json!({ "Principal": { "AWS": "arn:aws:iam::111122223333:root" }, "Effect": "Allow",
        "Resource": "arn:aws:s3:::acme-data", "Action": "s3:ListBucket" }),
    );
    statements.push(
        json!({ "Sid": "Wip0123456789abcdef", "Effect": "Allow", "Action": "s3:GetObject",
        "Principal": { "AWS": ["111122223333"] }, "Resource": "arn:aws:s3:::acme-data/x" }),
    );
    json!({ "Version": "2012-10-17", "Id": "Theirs", "Statement": statements })
}

async fn stage(policy: serde_json::Value) -> Stage {
    Stage::new(&seed(json!({
        "clusters": [{ "account": "111122223333", "region": "eu-west-1", "name": "c0" }],
        "buckets": [{ "account": "111122223333", "region": "eu-west-1", "name": "acme-data", "policy": policy }],
        // A key whose policy leaves nothing to IAM.
        "keys": [{ "arn": KEY, "policy": { "Version": "2012-10-17", "Statement": [
            { "Sid": "Admin", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
              "Action": ["kms:PutKeyPolicy", "kms:GetKeyPolicy", "kms:DescribeKey"], "Resource": "*" } ] } }],
    })))
}

async fn policy(client: &Client) -> String {
    let ask = || client.s3().get_bucket_policy().bucket("acme-data").send();
    let answer = client.call(Call::read("s3:GetBucketPolicy"), ask).await;
    answer.expect("a policy").policy.unwrap_or_default()
}

async fn put(client: &Client, text: &str) {
    let ask = || {
        client
            .s3()
            .put_bucket_policy()
            .bucket("acme-data")
            .policy(text)
            .send()
    };
    client
        .call(Call::write("s3:PutBucketPolicy"), ask)
        .await
        .expect("written");
}

fn of_kind<'a>(wants: &'a [Want], kind: &str) -> &'a Want {
    wants
        .iter()
        .find(|want| want.address.kind() == kind)
        .expect("a want of the kind")
}

const BUCKET: &str = "aws/s3-bucket-policy-statements";

#[tokio::test(start_paused = true)]
async fn whoever_writes_a_policy_has_its_key_and_nobody_else() {
    let stage = stage(json!({ "Version": "2012-10-17", "Statement": [] })).await;
    let space = file();
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    let key = |kind: &str| {
        let want = of_kind(&wants, kind);
        driver.serial(kind, &want.place, doc(want))
    };
    let bucket = key("aws/s3-bucket-policy-statements");
    assert_eq!(bucket.as_deref(), Some("s3:acme-data"));
    assert_eq!(key("aws/kms-key-policy-statements").as_deref(), Some(KEY));
    assert_eq!(key("aws/iam-role"), None);
}

#[tokio::test(start_paused = true)]
async fn others_statements_keep_their_bytes_and_their_order() {
    let (stage, space) = (stage(foreign()).await, file());
    let driver = stage.driver(&space);
    let client = stage.somebody(&space).await;
    let before = policy(&client).await;
    let wants = wants(&driver, &space).await;
    make(&driver, &space, &wants).await;
    let during = policy(&client).await;
    let (_, theirs) = before.split_once(r#""Statement":["#).expect("statements");
    let (theirs, _) = theirs.rsplit_once(']').expect("their end");
    assert!(
        during.contains(&format!("{theirs},{{\"Sid\":\"Wip")),
        "{during}"
    );
    let hand = Hand::of(&driver, &space, of_kind(&wants, BUCKET));
    assert_eq!(
        hand.look().await.expect("ours").doc,
        *doc(of_kind(&wants, BUCKET))
    );
    hand.delete().await.expect("taken out");
    assert_eq!(policy(&client).await, before);
}

#[tokio::test(start_paused = true)]
async fn a_key_policy_is_written_where_it_leaves_nothing_to_iam() {
    let (stage, space) = (stage(foreign()).await, file());
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    make(&driver, &space, &wants).await;
    let want = of_kind(&wants, "aws/kms-key-policy-statements");
    let hand = Hand::of(&driver, &space, want);
    assert_eq!(hand.look().await.expect("ours").doc, *doc(want));
    hand.delete().await.expect("taken out");
    assert!(hand.look().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_empty_policy_goes_with_our_last_statement() {
    let (stage, space) = (stage(serde_json::Value::Null).await, file());
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    make(&driver, &space, &wants).await;
    Hand::of(&driver, &space, of_kind(&wants, BUCKET))
        .delete()
        .await
        .expect("taken out");
    assert!(stage.calls().contains(&"s3:DeleteBucketPolicy".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_statement_of_ours_that_somebody_changed_is_drift() {
    let (stage, space) = (stage(foreign()).await, file());
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    make(&driver, &space, &wants).await;
    let client = stage.somebody(&space).await;
    let text = policy(&client).await;
    put(&client, &text.replace("acme-data/app/*", "acme-data/*")).await;
    let want = of_kind(&wants, BUCKET);
    let hand = Hand::of(&driver, &space, want);
    let live = hand.look().await.expect("ours");
    assert_ne!(live.doc, *doc(want));
    hand.update(&live.doc).await.expect("repaired");
    assert_eq!(policy(&client).await, text);
}

#[tokio::test(start_paused = true)]
async fn a_statement_with_a_deleted_principal_blocks_by_name() {
    let (stage, space) = (stage(foreign()).await, file());
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    let client = stage.somebody(&space).await;
    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "Service": "ec2.amazonaws.com" } }] });
    let ask = || {
        let ask = client.iam().create_role().role_name("gone");
        ask.assume_role_policy_document(trust.to_string()).send()
    };
    client
        .call(Call::write("iam:CreateRole"), ask)
        .await
        .expect("a role");
    let text = json!({ "Version": "2012-10-17", "Statement": [{ "Sid": "TheirsGone", "Effect": "Allow", "Action": "s3:GetObject",
        "Principal": { "AWS": "arn:aws:iam::111122223333:role/gone" }, "Resource": "arn:aws:s3:::acme-data/*" }] });
    put(&client, &text.to_string()).await;
    let ask = || client.iam().delete_role().role_name("gone").send();
    client
        .call(Call::write("iam:DeleteRole"), ask)
        .await
        .expect("deleted");
    let want = of_kind(&wants, BUCKET);
    let sights = observe(&driver, &space, std::slice::from_ref(want)).await;
    let Seen::Unreadable(why) = &sights.seen[&want.address] else {
        panic!("{sights:?}");
    };
    assert!(
        why.contains("TheirsGone") && why.contains("deleted"),
        "{why}"
    );
}

/// The bucket is the reader's own, so that only the expected owner can be what refuses.
#[tokio::test(start_paused = true)]
async fn a_bucket_of_another_owner_than_the_file_says_tells_nothing() {
    let stage = stage(foreign()).await;
    let space = space(
        r#"
apiVersion: wip/v1alpha1
kind: Space
metadata: { name: demo }
spec:
  clusters:
    - { name: c0, eks: { account: "111122223333", region: eu-west-1, cluster: c0 } }
  identities:
    app:
      method: irsa
      workloads: [ { namespace: a, serviceAccount: sa } ]
      access: [ { s3: { bucket: acme-data, region: eu-west-1, account: "444455556666", allow: [read] } } ]
"#,
    );
    let facts = stage.facts(&space).await;
    let found = &facts.buckets["acme-data"];
    assert!(found.of_stranger, "{found:?}");
    assert!(
        matches!(found.default_key, Fact::Unreadable(_)),
        "{found:?}"
    );
    assert!(
        matches!(found.policy, Some(Fact::Unreadable(_))),
        "{found:?}"
    );
}
