//! Issuers that clusters host themselves: what stands in the way of their documents, what is written, and what a rotation means.

use serde_json::{Value, json};
use wip_plan::{Doc, Owner, Seen, Want};
use wip_provider::{Class, Cloud as _};
use wip_space::Space;

use super::stage::{Hand, Stage, doc, make, observe, seed, space, wants};
use crate::Aws;
use crate::client::{Call, Client};

const DOCUMENTS: &str = "aws/oidc-discovery-documents";
const STATEMENTS: &str = "aws/s3-bucket-policy-statements";
const DISCOVERY: &str = "edge-1/.well-known/openid-configuration";
const KEYS: &str = "edge-1/keys.json";
const HOSTED: &str = "https://s3.eu-west-1.amazonaws.com/acme-oidc/edge-1";

/// A Space with one such cluster: its issuer, its keys, and how its bucket is listed.
fn file(issuer: &str, keys: &str, listed: &str) -> Space {
    let buckets = match listed {
        "" => String::new(),
        listed => format!(
            "  buckets: [ {{ s3: {{ bucket: acme-oidc, region: eu-west-1, {listed} }} }} ]\n"
        ),
    };
    let keys = match keys {
        "" => String::new(),
        keys => format!("        signingKeys: [{keys}]\n"),
    };
    space(&format!(
        r#"
apiVersion: wip/v1alpha1
kind: Space
metadata: {{ name: edge }}
spec:
  clusters:
    - name: edge-1
      selfHosted:
        issuer: {issuer}
        account: "111122223333"
{keys}        publish: {{ s3: {{ bucket: acme-oidc, region: eu-west-1 }} }}
{buckets}  identities:
    app:
      method: irsa
      workloads: [ {{ namespace: app, serviceAccount: app }} ]
      access: [ {{ s3: {{ bucket: acme-app, region: eu-west-1, allow: [read] }} }} ]
"#
    ))
}

fn usual() -> Space {
    file(HOSTED, "golden.pub", "policy: true")
}

fn stage(bucket: Value) -> Stage {
    let mut oidc = json!({ "account": "111122223333", "region": "eu-west-1", "name": "acme-oidc" });
    let members = bucket.as_object().expect("members").clone();
    oidc.as_object_mut().expect("a map").extend(members);
    Stage::new(&seed(json!({ "buckets": [
        oidc,
        { "account": "111122223333", "region": "eu-west-1", "name": "acme-app" },
    ] })))
}

fn open() -> Stage {
    stage(json!({ "public_policies": true }))
}

fn of_kind<'a>(wants: &'a [Want], kind: &str) -> &'a Want {
    let mut found = wants.iter().filter(|want| want.address.kind() == kind);
    found.next().expect("a want of the kind")
}

/// An object as everybody reads it: type, caching, text; why not, otherwise.
async fn everybody_reads(client: &Client, key: &str) -> Result<[String; 3], Class> {
    let ask = || {
        client
            .s3_of_everybody()
            .get_object()
            .bucket("acme-oidc")
            .key(key)
            .send()
    };
    let call = client.call(Call::read("s3:GetObject"), ask).await;
    let answer = call.map_err(|error| error.class)?;
    let body = answer.body.collect().await.expect("a body").to_vec();
    let text = String::from_utf8(body).expect("text");
    Ok([
        answer.content_type.unwrap_or_default(),
        answer.cache_control.unwrap_or_default(),
        text,
    ])
}

async fn put(client: &Client, key: &str, text: &str) {
    let ask = || {
        let ask = client.s3().put_object().bucket("acme-oidc").key(key);
        ask.body(text.as_bytes().to_vec().into()).send()
    };
    client
        .call(Call::write("s3:PutObject"), ask)
        .await
        .expect("written");
}

#[tokio::test(start_paused = true)]
async fn the_documents_are_what_wip_jwks_prints_and_nothing_else_is_open() {
    let (stage, space) = (open(), usual());
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    make(&driver, &space, &wants).await;
    let client = stage.somebody(&space).await;
    let wip_space::ClusterAt::SelfHosted { signing_keys, .. } = &space.clusters[0].at else {
        panic!("not self-hosted");
    };
    for (key, text) in [
        (DISCOVERY, wip_space::discovery_document(HOSTED)),
        (KEYS, wip_space::key_set(signing_keys, None)),
    ] {
        let expected = [
            "application/json".to_owned(),
            "max-age=300".to_owned(),
            text,
        ];
        assert_eq!(everybody_reads(&client, key).await, Ok(expected), "{key}");
    }
    put(&client, "edge-1/secret", "x").await;
    put(&client, "keys.json", "x").await;
    for key in ["edge-1/secret", "keys.json", "edge-1/.well-known/other"] {
        assert_eq!(
            everybody_reads(&client, key).await,
            Err(Class::Denied),
            "{key}"
        );
    }
}

/// IAM asks the issuer when the provider is made, so the documents come first, and before them what lets everybody read.
#[tokio::test(start_paused = true)]
async fn provider_documents_and_statement_come_after_each_other() {
    let (stage, space) = (open(), usual());
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    let provider = of_kind(&wants, "aws/oidc-provider");
    let documents = of_kind(&wants, DOCUMENTS);
    assert!(provider.needs.contains(&documents.address), "{provider:?}");
    assert!(
        documents
            .needs
            .contains(&of_kind(&wants, STATEMENTS).address)
    );
    let refused = Hand::of(&driver, &space, provider).create().await;
    let refused = refused.expect_err("nobody can read the issuer's documents");
    assert_eq!(refused.code.as_deref(), Some("OpenIdIdpCommunicationError"));
    assert_eq!(refused.class, Class::NotYet);
}

async fn blocked(stage: &Stage, space: &Space) -> String {
    let driver = stage.driver(space);
    let wants = wants(&driver, space).await;
    of_kind(&wants, DOCUMENTS).doc.clone().expect_err("blocked")
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_keeps_everybody_out_blocks_with_the_ways_out() {
    let closed = stage(json!({}));
    let why = blocked(&closed, &usual()).await;
    for words in [
        "BlockPublicPolicy, RestrictPublicBuckets",
        "blockPublicAccess: acls",
        "CloudFront",
    ] {
        assert!(why.contains(words), "{why}");
    }
    let driver = closed.driver(&usual());
    let wants = wants(&driver, &usual()).await;
    assert!(
        of_kind(&wants, STATEMENTS).doc.is_err(),
        "S3 would refuse the statement"
    );
    let gone = Stage::new(&seed(json!({})));
    assert!(
        blocked(&gone, &usual())
            .await
            .contains("there is no bucket acme-oidc")
    );
}

#[tokio::test(start_paused = true)]
async fn who_may_not_write_the_policy_is_told_the_statement() {
    let unlisted = file(HOSTED, "golden.pub", "");
    let why = blocked(&open(), &unlisted).await;
    let statement = r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":["arn:aws:s3:::acme-oidc/edge-1/.well-known/openid-configuration","arn:aws:s3:::acme-oidc/edge-1/keys.json"]}"#;
    assert!(why.contains(statement), "{why}");
    let theirs: Value = serde_json::from_str(statement).expect("JSON");
    let policy = json!({ "Version": "2012-10-17", "Statement": [theirs] });
    let opened = stage(json!({ "public_policies": true, "policy": policy }));
    // As the statement is there, or as the file says that it is.
    for space in [unlisted, file(HOSTED, "golden.pub", "policy: false")] {
        let driver = opened.driver(&space);
        let wants = wants(&driver, &space).await;
        let documents = of_kind(&wants, DOCUMENTS);
        assert!(wants.iter().all(|want| want.address.kind() != STATEMENTS));
        let hand = Hand::of(&driver, &space, documents);
        hand.create().await.expect("made");
        hand.delete().await.expect("deleted");
    }
    let trusted = file(HOSTED, "golden.pub", "policy: false");
    let notes = Aws::notes(&trusted, &opened.facts(&trusted).await);
    let mut said = notes.iter().filter(|note| note.code == "WIP0316");
    assert!(said.any(|note| note.text.contains(statement)), "{notes:?}");
}

#[tokio::test(start_paused = true)]
async fn behind_another_host_nothing_is_opened() {
    let stage = stage(json!({}));
    let space = file(
        "https://issuer.example.com/edge-1",
        "golden.pub",
        "policy: true",
    );
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    assert!(wants.iter().all(|want| want.address.kind() != STATEMENTS));
    let hand = Hand::of(&driver, &space, of_kind(&wants, DOCUMENTS));
    hand.create().await.expect("made");
    assert_eq!(hand.look().await.expect("there").doc, *doc(hand.want));
    let client = stage.somebody(&space).await;
    assert_eq!(everybody_reads(&client, KEYS).await, Err(Class::Denied));
    assert!(
        !stage
            .calls()
            .iter()
            .any(|call| call.contains("GetPublicAccessBlock"))
    );
}

#[tokio::test(start_paused = true)]
async fn without_keys_there_is_no_key_set_and_another_is_left_alone() {
    let (stage, space) = (open(), file(HOSTED, "", "policy: true"));
    let client = stage.somebody(&space).await;
    put(&client, KEYS, "theirs").await;
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    make(&driver, &space, &wants).await;
    let hand = Hand::of(&driver, &space, of_kind(&wants, DOCUMENTS));
    assert_eq!(hand.look().await.expect("there").doc, *doc(hand.want));
    hand.delete().await.expect("deleted");
    let ask = || {
        client
            .s3()
            .get_object()
            .bucket("acme-oidc")
            .key(KEYS)
            .send()
    };
    let theirs = client.call(Call::read("s3:GetObject"), ask).await;
    assert!(theirs.is_ok(), "{theirs:?}");
}

#[tokio::test(start_paused = true)]
async fn somebodys_documents_are_not_written_over() {
    let (stage, space) = (open(), usual());
    let client = stage.somebody(&space).await;
    put(&client, DISCOVERY, "{}").await;
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    make(&driver, &space, &wants[..1]).await;
    let hand = Hand::of(&driver, &space, of_kind(&wants, DOCUMENTS));
    let there = hand.look().await.expect("something");
    assert_eq!(there.owner, Owner::Unmarked);
    assert!(format!("{:?}", there.doc).contains(".well-known/openid-configuration"));
    assert_eq!(
        hand.create().await.expect_err("a conflict").class,
        Class::Conflict
    );
    assert_eq!(
        hand.delete().await.expect_err("not ours").class,
        Class::Missing
    );
}

/// What is live, where the state knows the documents.
async fn live(stage: &Stage, space: &Space) -> Value {
    let driver = stage.driver(space);
    let wants = wants(&driver, space).await;
    let documents = of_kind(&wants, DOCUMENTS).clone();
    let sights = observe(&driver, space, std::slice::from_ref(&documents)).await;
    match &sights.seen[&documents.address] {
        Seen::Present(there) => there.doc.to().expect("a document"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_is_done_to_the_documents_shows() {
    let (stage, space) = (open(), usual());
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    make(&driver, &space, &wants).await;
    let client = stage.somebody(&space).await;
    let [_, _, set] = everybody_reads(&client, KEYS).await.expect("readable");
    let kid = "nHJohu1Mg0bRTDdPCyF3BubxqadnnDDe--S8hiL24FE";
    // Somebody's key under the id of ours.
    put(&client, KEYS, &set.replace("\"tQ3W", "\"AAAA")).await;
    let found = live(&stage, &space).await;
    assert!(
        found["keys"][kid]["n"]
            .as_str()
            .expect("n")
            .starts_with("AAAA")
    );
    put(&client, KEYS, &set.replace("\"use\": \"sig\",", "")).await;
    assert_eq!(live(&stage, &space).await["amiss"], json!(["keys.json"]));
    put(&client, KEYS, "no JSON").await;
    let found = live(&stage, &space).await;
    assert_eq!(
        (&found["amiss"], &found["keys"]),
        (&json!(["keys.json"]), &Value::Null)
    );
    let ask = || {
        client
            .s3()
            .delete_object()
            .bucket("acme-oidc")
            .key(DISCOVERY)
            .send()
    };
    client
        .call(Call::write("s3:DeleteObject"), ask)
        .await
        .expect("deleted");
    let found = live(&stage, &space).await;
    assert_eq!(
        found["amiss"],
        json!([".well-known/openid-configuration", "keys.json"])
    );
    assert_eq!(found["public"], json!(true));
    let ask = || {
        client
            .s3()
            .delete_bucket_policy()
            .bucket("acme-oidc")
            .send()
    };
    client
        .call(Call::write("s3:DeleteBucketPolicy"), ask)
        .await
        .expect("deleted");
    assert_eq!(live(&stage, &space).await["public"], json!(false));
}

/// Nothing in what S3 says of the bucket shows what its account or organization blocks.
#[tokio::test(start_paused = true)]
async fn documents_that_stay_closed_end_with_what_may_be_in_the_way() {
    let (stage, space) = (open(), usual());
    let driver = stage.driver(&space);
    let wants = wants(&driver, &space).await;
    let error = Hand::of(&driver, &space, of_kind(&wants, DOCUMENTS))
        .create()
        .await;
    let error = error.expect_err("no statement lets everybody read");
    assert_eq!(error.class, Class::NotYet);
    for words in [
        "Block Public Access of the bucket, of account 111122223333 and of its organization",
        "CloudFront",
    ] {
        assert!(error.message.contains(words), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn keys_come_first_and_go_last() {
    let stage = open();
    let of = async |keys: &str| {
        let space = file(HOSTED, keys, "policy: true");
        let driver = stage.driver(&space);
        let wants = wants(&driver, &space).await;
        doc(of_kind(&wants, DOCUMENTS)).clone()
    };
    let (old, both, new, none) = (
        of("golden.pub").await,
        of("golden.pub, second.pub").await,
        of("second.pub").await,
        of("").await,
    );
    let mut kinds = Aws::kinds().into_iter().map(|kind| kind.info());
    let kind = kinds.find(|kind| kind.name == DOCUMENTS).expect("the kind");
    let interrupts = |from: &Doc, to: &Doc| (kind.interrupts)(from, to).is_some();
    let warns = |from: &Doc, to: &Doc| (kind.warns)(from, to).map(|(code, _)| code);
    for (from, to, stops, note) in [
        (&old, &both, false, None),
        (&both, &new, false, Some("WIP0325")),
        (&both, &old, false, Some("WIP0325")),
        (&old, &new, true, Some("WIP0325")),
        (&old, &none, true, Some("WIP0325")),
        (&none, &old, false, None),
    ] {
        assert_eq!(
            (interrupts(from, to), warns(from, to)),
            (stops, note),
            "{from:?} {to:?}"
        );
    }
    let why = (kind.interrupts)(&old, &new).expect("an interruption");
    assert!(
        why.contains("nHJohu1Mg0bRTDdPCyF3BubxqadnnDDe--S8hiL24FE"),
        "{why}"
    );
}
