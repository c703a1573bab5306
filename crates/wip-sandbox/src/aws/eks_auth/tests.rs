//! Pods that ask for credentials, as the agent on their node does.

use serde_json::{Value, json};

use crate::aws::access::stage::{OTHER, Stage};
use crate::aws::asking::{ACCOUNT, Asker, Said};
use crate::http::Request;

const CLUSTER: &str = "arn:aws:eks:eu-west-1:111122223333:cluster/c";

fn trust(condition: &Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "pods.eks.amazonaws.com" },
        "Action": ["sts:AssumeRole", "sts:TagSession"], "Condition": condition,
    }] })
}

/// A stage with the role `pod`, associated with the service account `a/s`, but for these members of the record.
fn stage(condition: &Value, changes: &Value) -> Stage {
    let stage = Stage::new();
    stage.make_role("pod", &trust(condition));
    associate(&stage, changes);
    stage
}

fn associate(stage: &Stage, changes: &Value) {
    let mut record = json!({
        "namespace": "a",
        "service_account": "s",
        "role_arn": format!("arn:aws:iam::{ACCOUNT}:role/pod"),
        "created_at": "2025-01-01T00:00:00Z",
        "modified_at": "2025-01-01T00:00:00Z",
    });
    for (name, value) in changes.as_object().unwrap() {
        record[name] = value.clone();
    }
    let mut world = stage.0.world();
    let key = format!("aws/{ACCOUNT}/eks/eu-west-1/c/association/a-1");
    world.db.put(&key, &record);
    world.db.commit(0).unwrap();
}

fn ask_as(asker: Asker<'_>, cluster: &str, token: &str) -> Said {
    let request = Request {
        method: "POST".to_owned(),
        path: format!("/clusters/{cluster}/assume-role-for-pod-identity"),
        body: json!({ "token": token }).to_string().into_bytes(),
        ..Request::default()
    };
    Said::of(&asker.ask("eks-auth", request))
}

fn ask(stage: &Stage, changes: &Value) -> Said {
    let mut wish = json!({ "audience": ["pods.eks.amazonaws.com"], "pod": "s-0" });
    for (name, value) in changes.as_object().unwrap() {
        wish[name] = value.clone();
    }
    ask_as(stage.account(), "c", &stage.token(&wish))
}

fn outcome(said: &Said) -> (u16, &str) {
    (said.status, said.code.as_str())
}

fn put(stage: &Stage, said: &Said, path: &str) -> u16 {
    let key = said.body["credentials"]["accessKeyId"].as_str().unwrap();
    stage
        .account()
        .of(key)
        .s3(&format!("PUT {path}"), &[], "x")
        .status
}

#[test]
fn a_pod_gets_a_session_with_tags() {
    let condition = json!({
        "StringEquals": {
            "aws:SourceAccount": ACCOUNT,
            "aws:RequestTag/kubernetes-namespace": "a",
            "aws:RequestTag/kubernetes-service-account": "s",
        },
        "ArnEquals": { "aws:SourceArn": CLUSTER },
    });
    let stage = stage(&condition, &json!({}));
    stage.allow("pod", &json!([{
        "Effect": "Allow", "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::own/${aws:PrincipalTag/eks-cluster-name}/${aws:PrincipalTag/kubernetes-namespace}/*",
    }]));
    let said = ask(&stage, &json!({}));
    assert_eq!(said.status, 200, "{said:?}");
    assert_eq!(
        said.body["subject"],
        json!({ "namespace": "a", "serviceAccount": "s" })
    );
    assert_eq!(said.body["podIdentityAssociation"]["associationId"], "a-1");
    assert_eq!(said.body["audience"], "pods.eks.amazonaws.com");
    let arn = said.body["assumedRoleUser"]["arn"].as_str().unwrap();
    assert!(
        arn.starts_with("arn:aws:sts::111122223333:assumed-role/pod/eks-c-s-0-"),
        "{arn}"
    );
    assert_eq!(put(&stage, &said, "/own/c/a/k"), 200);
    assert_eq!(put(&stage, &said, "/own/c/b/k"), 403);
}

#[test]
fn pods_that_get_nothing() {
    let stage = stage(
        &json!({ "StringEquals": { "aws:RequestTag/kubernetes-namespace": "a" } }),
        &json!({}),
    );
    let invalid = (400, "InvalidTokenException");
    for changes in [
        json!({ "audience": ["sts.amazonaws.com"] }),
        json!({ "issuer": "https://elsewhere.example" }),
        json!({ "signed": "stranger" }),
        json!({ "signed": "nobody" }),
        json!({ "claims": { "kubernetes.io": null } }),
        json!({ "claims": { "sub": "somebody" } }),
        json!({ "claims": { "exp": null } }),
    ] {
        assert_eq!(outcome(&ask(&stage, &changes)), invalid, "{changes}");
    }
    assert_eq!(
        outcome(&ask(&stage, &json!({ "expiresIn": -1 }))),
        (400, "ExpiredTokenException")
    );
    assert_eq!(
        outcome(&ask(&stage, &json!({ "namespace": "b" }))),
        (404, "ResourceNotFoundException")
    );
    let token = stage.token(&json!({ "audience": "pods.eks.amazonaws.com" }));
    assert_eq!(
        outcome(&ask_as(stage.account(), "d", &token)),
        (404, "ResourceNotFoundException")
    );
    assert_eq!(outcome(&ask_as(stage.account(), "c", "x")), invalid);
    let session = stage.session(&[]);
    let as_pod = ask_as(stage.account().of(&session), "c", &token);
    assert_eq!(
        outcome(&as_pod),
        (400, "AccessDeniedException"),
        "the node may ask, not a pod"
    );
    associate(&stage, &json!({ "namespace": "b" }));
    let elsewhere = ask(&stage, &json!({ "namespace": "b" }));
    assert_eq!(outcome(&elsewhere), (400, "AccessDeniedException"));
    assert!(
        elsewhere
            .message()
            .contains("EKS does not have permissions to assume the associated role")
    );
    associate(
        &stage,
        &json!({ "role_arn": format!("arn:aws:iam::{ACCOUNT}:role/none") }),
    );
    assert_eq!(
        outcome(&ask(&stage, &json!({}))),
        (400, "AccessDeniedException")
    );
    associate(&stage, &json!({ "disable_session_tags": true }));
    assert_eq!(
        outcome(&ask(&stage, &json!({}))),
        (400, "AccessDeniedException"),
        "the trust asks for tags"
    );
}

#[test]
fn a_policy_of_the_association_limits() {
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::own/only/*",
    }] });
    let changes = json!({ "disable_session_tags": true, "policy": policy.to_string() });
    let stage = stage(&json!({}), &changes);
    stage.allow(
        "pod",
        &json!([{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }]),
    );
    let said = ask(&stage, &json!({}));
    assert_eq!(put(&stage, &said, "/own/only/k"), 200);
    assert_eq!(put(&stage, &said, "/own/other/k"), 403);
}

#[test]
fn a_target_role_needs_both_sides_and_has_the_permissions() {
    let target = format!("arn:aws:iam::{OTHER}:role/target");
    let stage = stage(
        &json!({}),
        &json!({ "target_role_arn": target, "external_id": "e-1" }),
    );
    let trusting = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": ACCOUNT }, "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {
            "StringEquals": { "sts:ExternalId": "e-1", "aws:RequestTag/kubernetes-namespace": "a" },
            "ArnEquals": { "aws:PrincipalArn": format!("arn:aws:iam::{ACCOUNT}:role/pod") },
        },
    }] });
    let seed = json!({ "roles": [{
        "account": OTHER, "name": "target", "trust": trusting,
        "attach": ["arn:aws:iam::aws:policy/AmazonS3FullAccess"],
    }] });
    stage.control("seed", &seed);
    let denied = (400, "AccessDeniedException");
    assert_eq!(
        outcome(&ask(&stage, &json!({}))),
        denied,
        "the role may not go on"
    );
    stage.allow("pod", &json!([{ "Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": target }]));
    let said = ask(&stage, &json!({}));
    assert_eq!(said.status, 200, "{said:?}");
    assert_eq!(put(&stage, &said, "/other/k"), 200);
    assert_eq!(put(&stage, &said, "/own/k"), 403);
    associate(
        &stage,
        &json!({ "target_role_arn": target, "external_id": "e-2" }),
    );
    assert_eq!(outcome(&ask(&stage, &json!({}))), denied);
}
