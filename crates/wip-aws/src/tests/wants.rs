//! What a Space wants, and what is said about it, from facts alone.

use std::collections::BTreeMap;

use serde_json::json;
use wip_plan::{Doc, Edge, KindInfo};
use wip_policy::Document;
use wip_provider::{Cloud as _, Scope};
use wip_space::Space;

use super::stage::{LINEAGE, space};
use crate::Aws;
use crate::facts::{BucketFacts, Fact, Facts, KeyFacts, TrustQuota};

pub(super) const KEY: &str =
    "arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10";
pub(super) const THEIR_KEY: &str =
    "arn:aws:kms:eu-west-1:444455556666:key/1f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10";

pub(super) fn file(identities: &str) -> Space {
    space(&format!(
        r#"
apiVersion: wip/v1alpha1
kind: Space
metadata: {{ name: prod-eu, labels: {{ team: platform }} }}
spec:
  clusters:
    - name: prod-eu-1
      eks: {{ account: "111122223333", region: eu-west-1, cluster: prod-eu-1 }}
  controlPlanes:
    - {{ group: default, name: ctp1, id: 706c49fa-5bb8-4a7e-9f41-2fc38ef4b065 }}
    - {{ group: team-a, name: ctp2, hostNamespace: team-a-ctp2 }}
{identities}
"#
    ))
}

fn bucket(region: Option<&str>, key: Option<&str>) -> BucketFacts {
    BucketFacts {
        region: Fact::Known(region.map(str::to_owned)),
        of_stranger: false,
        default_key: Fact::Known(key.map(str::to_owned)),
        policy: None,
        closed: None,
    }
}

pub(super) fn facts() -> Facts {
    let default = json!({ "Statement": { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
        "Action": "kms:*", "Resource": "*" } });
    let policy = Document::parse(&default.to_string()).expect("a policy");
    Facts {
        issuers: BTreeMap::from([(
            "prod-eu-1".to_owned(),
            Fact::Known("https://oidc.eks.eu-west-1.amazonaws.com/id/A".to_owned()),
        )]),
        trust_quotas: BTreeMap::from([(
            "111122223333".to_owned(),
            TrustQuota {
                chars: 2048,
                assumed: None,
            },
        )]),
        buckets: BTreeMap::from([("acme-backups".to_owned(), bucket(Some("eu-west-1"), None))]),
        keys: BTreeMap::from([(
            KEY.to_owned(),
            KeyFacts {
                policy: Fact::Known(Some(policy)),
            },
        )]),
        ..Facts::default()
    }
}

/// Every want by its kind and name.
pub(super) fn wants(space: &Space, facts: &Facts) -> BTreeMap<String, Result<Doc, String>> {
    let scope = Scope {
        space,
        lineage: LINEAGE,
    };
    let kinds = Aws::kinds();
    let wants = kinds.iter().flat_map(|kind| kind.desire(&scope, facts));
    wants
        .map(|want| (want.address.to_string(), want.doc))
        .collect()
}

pub(super) fn role(space: &Space, facts: &Facts, name: &str) -> Result<Doc, String> {
    wants(space, facts)
        .remove(&format!("aws/iam-role:prod-eu/{name}"))
        .expect("a role")
}

/// A role's edges, one a line.
pub(super) fn words(doc: &Doc) -> String {
    let info = Aws::kinds()
        .iter()
        .map(|kind| kind.info())
        .find(|info: &KindInfo| info.name == "aws/iam-role");
    let edges = (info.expect("the kind").edges)(doc).expect("a role");
    let line = |edge: &Edge| match edge {
        Edge::ActsAs { who, .. } => format!("who {who}"),
        Edge::May { verb, on } => format!("may {verb}  {on}"),
    };
    edges.iter().map(line).collect::<Vec<_>>().join("\n")
}

pub(super) fn pretty(doc: &Doc, part: &str) -> String {
    serde_json::to_string_pretty(&doc.to_json()[part]).expect("json")
}

#[test]
fn a_role_reads_well() {
    let space = file(&format!(
        r#"
  identities:
    backup:
      method: irsa
      access: [ {{ s3: {{ bucket: acme-backups, region: eu-west-1, prefix: prod-eu/, kmsKey: "{KEY}" }} }} ]
"#
    ));
    let doc = role(&space, &facts(), "backup").expect("a role");
    insta::assert_snapshot!(pretty(&doc, "trust"), @r#"
        {
          "webIdentity": {
            "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A": {
              "audiences": [
                "sts.amazonaws.com"
              ],
              "subjects": [
                "system:serviceaccount:mxp-706c49fa-5bb8-4a7e-9f41-2fc38ef4b065-system:mxp-controller",
                "system:serviceaccount:team-a-ctp2:mxp-controller"
              ]
            }
          }
        }
        "#);
    insta::assert_snapshot!(pretty(&doc, "policies"), @r#"
        {
          "wip": {
            "statements": {
              "KmsS30f9d2c1e6c2b4a598a7e3b1f5d7c9e10": {
                "action": [
                  "kms:Decrypt",
                  "kms:GenerateDataKey"
                ],
                "condition": {
                  "StringEquals": {
                    "kms:ViaService": [
                      "s3.eu-west-1.amazonaws.com"
                    ]
                  }
                },
                "effect": "Allow",
                "resource": [
                  "arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10"
                ]
              },
              "S3ListAcmeBackupsProdEu": {
                "action": [
                  "s3:ListBucket"
                ],
                "condition": {
                  "StringLike": {
                    "s3:prefix": [
                      "prod-eu/*"
                    ]
                  }
                },
                "effect": "Allow",
                "resource": [
                  "arn:aws:s3:::acme-backups"
                ]
              },
              "S3ObjectsAcmeBackupsProdEu": {
                "action": [
                  "s3:AbortMultipartUpload",
                  "s3:DeleteObject",
                  "s3:GetObject",
                  "s3:PutObject"
                ],
                "effect": "Allow",
                "resource": [
                  "arn:aws:s3:::acme-backups/prod-eu/*"
                ]
              }
            },
            "version": "2012-10-17"
          }
        }
        "#);
    insta::assert_snapshot!(words(&doc), @"
        who system:serviceaccount:mxp-706c49fa-5bb8-4a7e-9f41-2fc38ef4b065-system:mxp-controller
        who system:serviceaccount:team-a-ctp2:mxp-controller
        may kms decrypt, encrypt via s3  arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10
        may s3 read, write, list, delete  acme-backups/prod-eu/*
        ");
}

#[test]
fn each_component_gets_the_least_that_works() {
    let space = file(
        r#"
  identities:
    billing:
      method: irsa
      access: [ { s3: { bucket: acme-billing, region: eu-west-1, prefix: logs/ } } ]
    sharedSecrets:
      method: irsa
      access:
        - secretsManager: { region: eu-west-1, prefixes: [prod/] }
        - parameterStore: { region: eu-west-1, prefixes: [/prod/] }
    velero:
      method: irsa
      workloads: [ { namespace: velero, serviceAccount: velero } ]
      access:
        - s3: { bucket: acme-velero, region: eu-west-1, allow: [read, write, list, delete] }
        - ebsSnapshots: {}
        - assumeRole: { roles: ["arn:aws:iam::444455556666:role/other"] }
        - statement: { Effect: Allow, Action: "ec2:DescribeTags", Resource: "*" }
"#,
    );
    let of = |name| {
        words(&role(&space, &facts(), name).expect(name))
            .lines()
            .filter(|line| line.starts_with("may"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    insta::assert_snapshot!(of("billing"), @"
        may s3 list  acme-billing/*
        may s3 write  acme-billing/logs/*
        ");
    insta::assert_snapshot!(of("sharedSecrets"), @"
        may parameters read  eu-west-1 111122223333 /prod/*
        may secrets read  eu-west-1 111122223333 prod/*
        ");
    insta::assert_snapshot!(of("velero"), @"
        may Allow ec2:DescribeTags on *  policy wip
        may ebs snapshot, restore, delete snapshots  *
        may s3 read, write, list, delete  acme-velero/*
        may sts assume  arn:aws:iam::444455556666:role/other
        ");
    let doc = role(&space, &facts(), "billing").expect("a role");
    insta::assert_snapshot!(pretty(&doc, "policies"), @r#"
        {
          "wip": {
            "statements": {
              "S3ListAcmeBillingLogs": {
                "action": [
                  "s3:ListBucket"
                ],
                "effect": "Allow",
                "resource": [
                  "arn:aws:s3:::acme-billing"
                ]
              },
              "S3ObjectsAcmeBillingLogs": {
                "action": [
                  "s3:PutObject"
                ],
                "effect": "Allow",
                "resource": [
                  "arn:aws:s3:::acme-billing/logs/*"
                ]
              }
            },
            "version": "2012-10-17"
          }
        }
        "#);
}

fn their_bucket(more: &str) -> Space {
    file(&format!(
        r#"
{more}
  identities:
    backup:
      method: irsa
      access: [ {{ s3: {{ bucket: acme-backups, region: eu-west-1, account: "444455556666", prefix: prod-eu/, kmsKey: "{THEIR_KEY}" }} }} ]
"#
    ))
}

#[test]
fn another_accounts_bucket_is_blocked_with_what_its_owner_must_add() {
    let mut facts = facts();
    facts
        .buckets
        .get_mut("acme-backups")
        .expect("a bucket")
        .policy = Some(Fact::Unreadable("denied".to_owned()));
    insta::assert_snapshot!(role(&their_bucket(""), &facts, "backup").expect_err("blocked"), @r#"the bucket acme-backups belongs to account 444455556666, and wip may not read its policy; its owner must add to its policy: {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/prod-eu-backup"},"Action":["s3:AbortMultipartUpload","s3:DeleteObject","s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::acme-backups/prod-eu/*"},{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/prod-eu-backup"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::acme-backups","Condition":{"StringLike":{"s3:prefix":"prod-eu/*"}}}; or list it under `buckets`, with `policy: true` where wip may write the policy, with `policy: false` where its owner has added this; the key arn:aws:kms:eu-west-1:444455556666:key/1f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10 belongs to account 444455556666, and wip may not read its policy; its owner must add to its policy: {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/prod-eu-backup"},"Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}}; or list it under `kmsKeys`, with `policy: true` where wip may write the policy, with `policy: false` where its owner has added this"#);

    // The owner's policy as it was read lets the role in.
    let open = json!({ "Statement": { "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": "s3:*",
        "Resource": ["arn:aws:s3:::acme-backups", "arn:aws:s3:::acme-backups/*"] } });
    let open = Document::parse(&open.to_string()).expect("a policy");
    facts
        .buckets
        .get_mut("acme-backups")
        .expect("a bucket")
        .policy = Some(Fact::Known(Some(open)));
    let with_key = their_bucket(&format!(
        "  kmsKeys: [ {{ arn: \"{THEIR_KEY}\", policy: false }} ]"
    ));
    assert!(role(&with_key, &facts, "backup").is_ok());

    // The file says that wip writes it.
    let listed = their_bucket(&format!(
        "  buckets: [ {{ s3: {{ bucket: acme-backups, region: eu-west-1, account: \"444455556666\", policy: true }} }} ]\n  kmsKeys: [ {{ arn: \"{THEIR_KEY}\", policy: true }} ]"
    ));
    let all = wants(&listed, &self::facts());
    assert!(all.values().all(Result::is_ok), "{all:?}");
    let names: Vec<&str> = all.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "aws/iam-role:prod-eu/backup",
            "aws/kms-key-policy-statements:prod-eu/1f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10",
            "aws/oidc-provider:prod-eu/prod-eu-1",
            "aws/s3-bucket-policy-statements:prod-eu/acme-backups",
        ]
    );
}

#[test]
fn what_is_missing_blocks_only_what_needs_it() {
    let space = file(
        r#"
  identities:
    backup:
      method: irsa
      access: [ { s3: { bucket: acme-backups, region: eu-west-1 } } ]
    billing:
      method: irsa
      access: [ { s3: { bucket: acme-billing, region: eu-west-1 } } ]
"#,
    );
    let mut facts = facts();
    facts
        .buckets
        .insert("acme-backups".to_owned(), bucket(Some("us-east-1"), None));
    let blocked = role(&space, &facts, "backup").expect_err("elsewhere");
    assert_eq!(
        blocked,
        "the bucket acme-backups is in us-east-1, not in eu-west-1"
    );
    facts
        .buckets
        .insert("acme-backups".to_owned(), bucket(None, None));
    assert_eq!(
        role(&space, &facts, "backup").expect_err("missing"),
        "there is no bucket acme-backups: make it first, let wip make it (`create: true` under `buckets`), or correct its name"
    );
    assert!(role(&space, &facts, "billing").is_ok());
    facts.issuers.insert(
        "prod-eu-1".to_owned(),
        Fact::Unreadable("there is no EKS cluster".to_owned()),
    );
    assert!(wants(&space, &facts).values().all(Result::is_err));
}

#[test]
fn a_key_of_our_own_that_leaves_it_to_iam_needs_no_policy() {
    let space = file(&format!(
        r#"
  kmsKeys: [ {{ arn: "{KEY}", policy: true }} ]
  identities:
    backup:
      method: irsa
      access: [ {{ s3: {{ bucket: acme-backups, region: eu-west-1, kmsKey: "{KEY}" }} }} ]
"#
    ));
    assert!(
        !wants(&space, &facts())
            .keys()
            .any(|address| address.contains("kms"))
    );
    let mut facts = facts();
    let closed = Document::new([]);
    facts.keys.insert(
        KEY.to_owned(),
        KeyFacts {
            policy: Fact::Known(Some(closed)),
        },
    );
    assert!(
        wants(&space, &facts)
            .keys()
            .any(|address| address.contains("kms"))
    );
}

#[test]
fn the_notes_say_what_the_facts_mean() {
    let space = file(
        r#"
  identities:
    backup:
      method: irsa
      access: [ { s3: { bucket: acme-backups, region: eu-west-1 } } ]
    billing:
      method: irsa
      access: [ { s3: { bucket: acme-billing, region: eu-west-1 } } ]
"#,
    );
    let mut facts = facts();
    facts.buckets.insert(
        "acme-backups".to_owned(),
        bucket(Some("eu-west-1"), Some(KEY)),
    );
    facts.trust_quotas.insert(
        "111122223333".to_owned(),
        TrustQuota {
            chars: 600,
            assumed: Some("servicequotas:GetServiceQuota: AccessDenied".to_owned()),
        },
    );
    let notes = Aws::notes(&space, &facts);
    let lines: Vec<String> = notes
        .iter()
        .map(|note| format!("{} {}", note.code, note.text))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
        WIP0310 the trust policy quota of account 111122223333 could not be read, so AWS's default counts, 600 characters; guardrails.trustPolicyQuota sets it (servicequotas:GetServiceQuota: AccessDenied)
        WIP0311 2 of 3 subjects fit the trust policy quota of 600
        WIP0312 the bucket acme-backups is encrypted with a key that the file does not name; add to its access: kmsKey: "arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10"
        WIP0311 2 of 3 subjects fit the trust policy quota of 600
        WIP0313 the names of all objects in acme-billing become listable: Vector's health check needs s3:ListBucket without a prefix
        "#);
}

#[test]
fn a_role_without_users_is_noted() {
    let space = space(
        r#"
apiVersion: wip/v1alpha1
kind: Space
metadata: { name: prod-eu }
spec:
  clusters:
    - { name: prod-eu-1, eks: { account: "111122223333", region: eu-west-1, cluster: prod-eu-1 } }
  identities:
    backup:
      method: irsa
      access: [ { s3: { bucket: acme-backups, region: eu-west-1 } } ]
"#,
    );
    let notes = Aws::notes(&space, &facts());
    let said = "no control plane or workload of the file uses this identity, so nobody may assume its role";
    assert!(
        notes.iter().any(|note| format!("{note:?}").contains(said)),
        "{notes:?}"
    );
}

#[test]
fn who_writes_parameters_and_secrets_may_use_their_keys() {
    let space = file(&format!(
        "  identities:
    sharedSecrets:
      method: irsa
      access:
        - parameterStore: {{ region: eu-west-1, prefixes: [/prod/], kmsKeys: [\"{KEY}\"], allow: [write] }}
        - secretsManager: {{ region: eu-west-1, prefixes: [prod/], kmsKeys: [\"{KEY}\"], allow: [write] }}"
    ));
    let uses = crate::permissions::key_uses(&space, &space.identities[0]);
    let actions: Vec<_> = uses
        .iter()
        .map(|used| {
            (
                used.service,
                used.actions.iter().copied().collect::<Vec<_>>(),
            )
        })
        .collect();
    assert_eq!(
        actions,
        [
            ("secretsmanager", vec!["kms:Decrypt", "kms:GenerateDataKey"]),
            ("ssm", vec!["kms:Encrypt", "kms:GenerateDataKey"]),
        ]
    );
}
