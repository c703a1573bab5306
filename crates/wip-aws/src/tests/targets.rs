//! Target roles of EKS Pod Identity: what the identity's own role keeps, and what the target needs.

use wip_policy::Document;
use wip_provider::{Cloud as _, Scope};
use wip_space::Space;

use super::isolation::{KEY, association, facts, file, words};
use super::stage::{LINEAGE, space};
use crate::{Aws, Fact, Facts};

#[test]
fn a_target_role_has_the_access_and_lets_the_role_in() {
    let target = "targetRoleArn: \"arn:aws:iam::444455556666:role/target\"";
    let file = |more: &str| {
        file(
            &format!("method: podIdentity\n      podIdentity: {{ {target}{more} }}"),
            "",
        )
    };
    let said = |space: &Space| {
        let notes = Aws::notes(space, &facts());
        let mut notes = notes.into_iter().filter(|note| note.code == "WIP0320");
        notes.next().expect("a note").text
    };
    let shared = file("");
    let scope = Scope {
        space: &shared,
        lineage: LINEAGE,
    };
    let mut facts = facts();
    let kinds = Aws::kinds();
    let of_role = |facts: &Facts| {
        let wants = kinds.iter().flat_map(|kind| kind.desire(&scope, facts));
        let mut wants = wants.filter(|want| want.address.kind() == "aws/iam-role");
        wants.next().expect("a role").doc
    };
    // Bucket and key are of the cluster's account, and the target is of another one.
    let why = of_role(&facts).expect_err("their owner must let the target in");
    assert!(
        why.contains("\"AWS\":\"arn:aws:iam::444455556666:role/target\""),
        "{why}"
    );
    let open = Document::parse(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"*","Resource":"*"}]}"#,
    );
    let open = Fact::Known(Some(open.expect("a policy")));
    let bucket = crate::BucketFacts {
        region: Fact::Known(Some("eu-west-1".to_owned())),
        of_stranger: false,
        default_key: Fact::Known(None),
        policy: Some(open.clone()),
        closed: None,
    };
    facts.buckets.insert("acme-backups".to_owned(), bucket);
    facts
        .keys
        .insert(KEY.to_owned(), crate::KeyFacts { policy: open });
    let role = of_role(&facts).expect("no problem");
    insta::assert_snapshot!(words(&role, "aws/iam-role"), @r#"
    service accounts with a pod identity association at cluster prod-eu-1
    may sts assume arn:aws:iam::444455556666:role/target
    "#);
    let one = association(&shared, "ns-one").expect("no problem");
    insta::assert_snapshot!(words(&one, "aws/pod-identity-association"), @r#"
    system:serviceaccount:ns-one:mxp-controller at cluster prod-eu-1
    may act as arn:aws:iam::444455556666:role/target
    "#);
    insta::assert_snapshot!(said(&shared), @r#"the trust of the role arn:aws:iam::444455556666:role/target must have: {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/prod-eu-backup"},"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"StringEquals":{"aws:RequestTag/eks-cluster-arn":"arn:aws:eks:eu-west-1:111122223333:cluster/prod-eu-1","aws:RequestTag/kubernetes-namespace":["ns-one","ns-two"],"aws:RequestTag/kubernetes-service-account":"mxp-controller"}}}; and its policies must allow: {"Sid":"KmsS30f9d2c1e6c2b4a598a7e3b1f5d7c9e10","Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}},{"Sid":"S3ListAcmeBackupsProdEu","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::acme-backups","Condition":{"StringLike":{"s3:prefix":"prod-eu/*"}}},{"Sid":"S3ObjectsAcmeBackupsProdEu","Effect":"Allow","Action":["s3:AbortMultipartUpload","s3:DeleteObject","s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::acme-backups/prod-eu/*"}"#);
    let confined = file(", isolation: sessionPolicy");
    insta::assert_snapshot!(said(&confined), @r#"the trust of the role arn:aws:iam::444455556666:role/target must have: {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/prod-eu-backup"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":["eu-west-1/111122223333/prod-eu-1/ns-one/mxp-controller","eu-west-1/111122223333/prod-eu-1/ns-two/mxp-controller"]}}},{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/prod-eu-backup"},"Action":"sts:TagSession"}; and its policies must allow: {"Sid":"KmsS30f9d2c1e6c2b4a598a7e3b1f5d7c9e10","Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}},{"Sid":"S3ListAcmeBackupsProdEu","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::acme-backups","Condition":{"StringLike":{"s3:prefix":"prod-eu/*"}}},{"Sid":"S3ObjectsAcmeBackupsProdEu","Effect":"Allow","Action":["s3:AbortMultipartUpload","s3:DeleteObject","s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::acme-backups/prod-eu/*"}"#);
}

#[test]
fn a_target_role_of_the_file_lets_the_role_in_by_itself() {
    let space = space(
        r#"
apiVersion: wip/v1alpha1
kind: Space
metadata: { name: prod-eu }
spec:
  clusters:
    - { name: prod-eu-1, eks: { account: "111122223333", region: eu-west-1, cluster: prod-eu-1 } }
    - { name: data, eks: { account: "444455556666", region: eu-west-1, cluster: data } }
  controlPlanes:
    - { group: default, name: one, hostNamespace: ns-one, cluster: prod-eu-1 }
  identities:
    backup:
      method: podIdentity
      clusters: [prod-eu-1]
      podIdentity: { isolation: sessionPolicy, targetRoleArn: "arn:aws:iam::444455556666:role/prod-eu-target" }
      access: [{ s3: { bucket: acme-backups, region: eu-west-1, account: "444455556666", prefix: b/ } }]
    target:
      method: podIdentity
      clusters: [data]
      workloads: [{ namespace: tools, serviceAccount: restore }]
      access: [{ s3: { bucket: acme-backups, region: eu-west-1, prefix: b/, allow: [read, list] } }]
"#,
    );
    let scope = Scope {
        space: &space,
        lineage: LINEAGE,
    };
    let kinds = Aws::kinds();
    let wants = kinds.iter().flat_map(|kind| kind.desire(&scope, &facts()));
    let target = wants
        .into_iter()
        .find(|want| want.address.to_string() == "aws/iam-role:prod-eu/target")
        .expect("the target");
    let needs: Vec<String> = target.needs.iter().map(ToString::to_string).collect();
    assert_eq!(needs, ["aws/iam-role:prod-eu/backup"]);
    let doc = target.doc.expect("no problem");
    insta::assert_snapshot!(words(&doc, "aws/iam-role"), @r#"
    Allow sts:AssumeRole by AWS arn:aws:iam::111122223333:role/prod-eu-backup when StringEquals sts:ExternalId eu-west-1/111122223333/prod-eu-1/ns-one/mxp-controller
    arn:aws:iam::111122223333:role/prod-eu-backup
    service accounts with a pod identity association at cluster data
    may s3 read, list acme-backups/b/*
    "#);
    let notes = Aws::notes(&space, &facts());
    assert!(notes.iter().all(|note| note.code != "WIP0320"), "{notes:?}");
}
