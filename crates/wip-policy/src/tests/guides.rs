//! Policies in the forms in which the documentation of Spaces and of Velero shows them.

use std::collections::BTreeSet;

use crate::{Document, PrincipalType, Principals, Statement};

const PROVIDER: &str = "oidc.eks.us-west-1.amazonaws.com/id/16B1EDB42627D5F2BD69BB6B42FD5345";

fn trust(operators: &str) -> String {
    format!(
        r#"{{
  "Version": "2012-10-17",
  "Statement": [
    {{
      "Effect": "Allow",
      "Principal": {{ "Federated": "arn:aws:iam::111122223333:oidc-provider/{PROVIDER}" }},
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {operators}
    }}
  ]
}}"#
    )
}

fn only(text: &str) -> Statement {
    let mut document = Document::parse(text).unwrap();
    assert_eq!((document.statements.len(), document.unknown.len()), (1, 0));
    document.statements.remove(0)
}

#[test]
fn exact_trust_with_one_subject_is_the_same_as_a_list_of_one() {
    let scalar = trust(&format!(
        r#"{{"StringEquals":{{"{PROVIDER}:aud":"sts.amazonaws.com","{PROVIDER}:sub":"system:serviceaccount:ns:mxp-controller"}}}}"#
    ));
    let list = trust(&format!(
        r#"{{"StringEquals":{{"{PROVIDER}:sub":["system:serviceaccount:ns:mxp-controller"],"{PROVIDER}:aud":["sts.amazonaws.com"]}}}}"#
    ));
    assert_eq!(
        Document::parse(&scalar).unwrap(),
        Document::parse(&list).unwrap()
    );
    let statement = only(&scalar);
    assert_eq!(
        statement.principal,
        Some(Principals::one(
            PrincipalType::Federated,
            format!("arn:aws:iam::111122223333:oidc-provider/{PROVIDER}")
        ))
    );
    assert!(statement.resource.is_empty());
}

#[test]
fn exact_trust_with_two_subjects_does_not_depend_on_their_order() {
    let subjects = |first: &str, second: &str| {
        Document::parse(&trust(&format!(
            r#"{{"StringEquals":{{"{PROVIDER}:aud":"sts.amazonaws.com","{PROVIDER}:sub":["system:serviceaccount:{first}:vector","system:serviceaccount:{second}:vector"]}}}}"#
        )))
        .unwrap()
    };
    assert_eq!(subjects("ctp1", "ctp2"), subjects("ctp2", "ctp1"));
    assert_ne!(subjects("ctp1", "ctp2"), subjects("ctp1", "ctp3"));
}

#[test]
fn wildcard_trust_keeps_its_two_operators_apart() {
    let statement = only(&trust(&format!(
        r#"{{"StringEquals":{{"{PROVIDER}:aud":"sts.amazonaws.com"}},"StringLike":{{"{PROVIDER}:sub":"system:serviceaccount:*:mxp-controller"}}}}"#
    )));
    assert_eq!(statement.condition.len(), 2);
    assert_eq!(
        statement.summary(),
        format!(
            "Allow sts:AssumeRoleWithWebIdentity by Federated arn:aws:iam::111122223333:oidc-provider/{PROVIDER} when \
             StringEquals {PROVIDER}:aud sts.amazonaws.com and StringLike {PROVIDER}:sub system:serviceaccount:*:mxp-controller"
        )
    );
}

#[test]
fn trust_of_two_clusters_has_two_statements_in_any_order() {
    let cluster = |id: &str| {
        let issuer = format!("oidc.eks.us-west-1.amazonaws.com/id/{id}");
        format!(
            r#"{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/{issuer}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{"{issuer}:sub":"system:serviceaccount:rafay-system:velero-rafay"}}}}}}"#
        )
    };
    let both = |one: &str, other: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{},{}]}}"#,
            cluster(one),
            cluster(other)
        );
        Document::parse(&text).unwrap()
    };
    let (one, other) = (
        "17562E53EA93EE98AA800738265ECFE1",
        "6895F1604286AE3EB02EFD39CAC4E288",
    );
    assert_eq!(both(one, other), both(other, one));
    assert_eq!(both(one, other).to_json(), both(other, one).to_json());
    assert_eq!(both(one, other).statements.len(), 2);
}

#[test]
fn backup_permissions_are_the_typed_statement() {
    let text = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [ "s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:DeleteObject" ],
      "Resource": [ "arn:aws:s3:::backups", "arn:aws:s3:::backups/*" ]
    }
  ]
}"#;
    let typed = Statement::allow(
        [
            "s3:DeleteObject",
            "s3:GetObject",
            "s3:ListBucket",
            "s3:PutObject",
        ],
        ["arn:aws:s3:::backups/*", "arn:aws:s3:::backups"],
    );
    assert_eq!(Document::parse(text).unwrap(), Document::new([typed]));
}

#[test]
fn snapshot_permissions_mix_scalar_and_list_resources() {
    let text = r#"{
    "Version": "2012-10-17",
    "Statement": [
        { "Effect": "Allow",
          "Action": [ "ec2:DescribeVolumes", "ec2:DescribeSnapshots", "ec2:CreateTags", "ec2:CreateVolume", "ec2:CreateSnapshot", "ec2:DeleteSnapshot" ],
          "Resource": "*" },
        { "Effect": "Allow",
          "Action": [ "s3:GetObject", "s3:DeleteObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts" ],
          "Resource": [ "arn:aws:s3:::bucket/*" ] },
        { "Effect": "Allow", "Action": [ "s3:ListBucket" ], "Resource": [ "arn:aws:s3:::bucket" ] }
    ]
}"#;
    let document = Document::parse(text).unwrap();
    let summaries: BTreeSet<String> = document.statements.iter().map(Statement::summary).collect();
    assert!(summaries.contains("Allow s3:ListBucket on arn:aws:s3:::bucket"));
    assert_eq!(summaries.len(), 3);
    assert_eq!(document.len_without_white_space(), document.to_json().len());
    assert_eq!(Document::parse(&document.to_json()).unwrap(), document);
}
