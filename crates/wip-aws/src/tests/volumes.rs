//! Keys of volumes: what a role gets, in which words, and what a key's own policy gets.

use wip_plan::Doc;
use wip_space::Space;

use super::wants::{KEY, THEIR_KEY, facts, file, pretty, role, wants, words};

fn velero(key: &str, listed: &str) -> Space {
    file(&format!(
        "{listed}  identities:
    velero:
      method: irsa
      workloads: [ {{ namespace: velero, serviceAccount: velero }} ]
      access: [ {{ ebsSnapshots: {{ kmsKeys: [\"{key}\"] }} }} ]"
    ))
}

/// The five permissions that "Requirements for Amazon EBS encryption" (Amazon EBS user guide) names, with the condition that
/// it advises for grants; `kms:ReEncrypt` is two actions ("Permissions reference", AWS KMS developer guide).
#[test]
fn the_role_gets_the_key_through_ec2_alone() {
    let doc = role(&velero(KEY, ""), &facts(), "velero").expect("a role");
    insta::assert_snapshot!(words(&doc), @"
        who system:serviceaccount:velero:velero
        may ebs snapshot, restore, delete snapshots  *
        may kms decrypt, encrypt, re-encrypt, grant for AWS resources via ec2  arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10
        ");
    let statements = doc.to_json()["policies"]["wip"]["statements"].clone();
    let grants = &statements["KmsEc2Grants0f9d2c1e6c2b4a598a7e3b1f5d7c9e10"];
    insta::assert_snapshot!(grants.to_string(), @r#"{"action":["kms:CreateGrant"],"condition":{"Bool":{"kms:GrantIsForAWSResource":["true"]},"StringEquals":{"kms:ViaService":["ec2.eu-west-1.amazonaws.com"]}},"effect":"Allow","resource":["arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10"]}"#);
    let uses = &statements["KmsEc20f9d2c1e6c2b4a598a7e3b1f5d7c9e10"];
    insta::assert_snapshot!(uses.to_string(), @r#"{"action":["kms:Decrypt","kms:DescribeKey","kms:GenerateDataKeyWithoutPlaintext","kms:ReEncryptFrom","kms:ReEncryptTo"],"condition":{"StringEquals":{"kms:ViaService":["ec2.eu-west-1.amazonaws.com"]}},"effect":"Allow","resource":["arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10"]}"#);
}

/// Words are for grants that AWS alone makes: any other grant is said as it stands.
#[test]
fn any_other_grant_is_said_as_it_stands() {
    let doc = role(&velero(KEY, ""), &facts(), "velero").expect("a role");
    let changed = |from: &str, to: &str| -> String {
        let text = doc.to_json().to_string();
        assert!(text.contains(from), "{from}");
        let doc: Doc = serde_json::from_str(&text.replace(from, to)).expect("a document");
        words(&doc)
    };
    let free = changed(r#""Bool":{"kms:GrantIsForAWSResource":["true"]},"#, "");
    insta::assert_snapshot!(free, @"
        who system:serviceaccount:velero:velero
        may Allow kms:CreateGrant on arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10 when StringEquals kms:ViaService ec2.eu-west-1.amazonaws.com  policy wip
        may ebs snapshot, restore, delete snapshots  *
        may kms decrypt, encrypt, re-encrypt via ec2  arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10
        ");
    let never = changed(r#"["true"]"#, r#"["false"]"#);
    insta::assert_snapshot!(never, @"
        who system:serviceaccount:velero:velero
        may Allow kms:CreateGrant on arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10 when Bool kms:GrantIsForAWSResource false and StringEquals kms:ViaService ec2.eu-west-1.amazonaws.com  policy wip
        may ebs snapshot, restore, delete snapshots  *
        may kms decrypt, encrypt, re-encrypt via ec2  arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10
        ");
}

#[test]
fn another_accounts_key_lets_ec2_use_and_grant_it() {
    let listed = format!("  kmsKeys: [ {{ arn: \"{THEIR_KEY}\", policy: true }} ]\n");
    let mut wants = wants(&velero(THEIR_KEY, &listed), &facts());
    let id = THEIR_KEY.rsplit('/').next().expect("an id");
    let address = format!("aws/kms-key-policy-statements:prod-eu/{id}");
    let doc = wants
        .remove(&address)
        .expect("statements")
        .expect("no problem");
    insta::assert_snapshot!(pretty(&doc, "statements"), @r#"
        {
          "velero-ec2": {
            "action": [
              "kms:Decrypt",
              "kms:DescribeKey",
              "kms:GenerateDataKeyWithoutPlaintext",
              "kms:ReEncryptFrom",
              "kms:ReEncryptTo"
            ],
            "condition": {
              "StringEquals": {
                "kms:ViaService": [
                  "ec2.eu-west-1.amazonaws.com"
                ]
              }
            },
            "effect": "Allow",
            "principal": {
              "AWS": [
                "arn:aws:iam::111122223333:role/prod-eu-velero"
              ]
            },
            "resource": [
              "*"
            ]
          },
          "velero-ec2-grants": {
            "action": [
              "kms:CreateGrant"
            ],
            "condition": {
              "Bool": {
                "kms:GrantIsForAWSResource": [
                  "true"
                ]
              },
              "StringEquals": {
                "kms:ViaService": [
                  "ec2.eu-west-1.amazonaws.com"
                ]
              }
            },
            "effect": "Allow",
            "principal": {
              "AWS": [
                "arn:aws:iam::111122223333:role/prod-eu-velero"
              ]
            },
            "resource": [
              "*"
            ]
          }
        }
        "#);
}
