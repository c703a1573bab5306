//! What the isolation modes of EKS Pod Identity make of a role and its associations, from facts alone.

use std::collections::{BTreeMap, BTreeSet};

use wip_plan::{Doc, Edge, KindInfo, Note};
use wip_provider::{Cloud as _, Scope};
use wip_space::Space;

use super::stage::{LINEAGE, space};
use crate::{Associations, Aws, Fact, Facts, PodFacts};

pub(super) fn file(backup: &str, restore: &str) -> Space {
    space(&format!(
        r#"
apiVersion: wip/v1alpha1
kind: Space
metadata: {{ name: prod-eu }}
spec:
  clusters:
    - name: prod-eu-1
      eks: {{ account: "111122223333", region: eu-west-1, cluster: prod-eu-1 }}
  controlPlanes:
    - {{ group: default, name: one, hostNamespace: ns-one }}
    - {{ group: team-a, name: two, hostNamespace: ns-two, restoreFrom: [{restore}] }}
  identities:
    backup:
      {backup}
      access:
        - s3: {{ bucket: acme-backups, region: eu-west-1, prefix: prod-eu/, kmsKey: "{KEY}" }}
"#
    ))
}

pub(super) const KEY: &str =
    "arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10";

pub(super) fn facts() -> Facts {
    let pods = PodFacts {
        associations: Fact::Known(Associations::default()),
        agent: Fact::Known(true),
    };
    let issuer = Fact::Known("https://oidc.example.com/a".to_owned());
    Facts {
        pods: BTreeMap::from([("prod-eu-1".to_owned(), pods)]),
        issuers: BTreeMap::from([("prod-eu-1".to_owned(), issuer)]),
        ..Facts::default()
    }
}

/// Every want by its kind and name.
fn wants(space: &Space) -> BTreeMap<String, Result<Doc, String>> {
    let scope = Scope {
        space,
        lineage: LINEAGE,
    };
    let kinds = Aws::kinds();
    let wants = kinds.iter().flat_map(|kind| kind.desire(&scope, &facts()));
    wants
        .map(|want| (want.address.to_string(), want.doc))
        .collect()
}

fn yaml(doc: &Doc) -> String {
    serde_json::to_string_pretty(doc).expect("a document")
}

fn role(space: &Space) -> Doc {
    let mut wants = wants(space);
    let role = wants.remove("aws/iam-role:prod-eu/backup").expect("a role");
    role.expect("no problem")
}

pub(super) fn association(space: &Space, namespace: &str) -> Result<Doc, String> {
    let name = format!("aws/pod-identity-association:prod-eu/prod-eu-1/{namespace}/mxp-controller");
    wants(space).remove(&name).expect("an association")
}

fn info(kind: &str) -> KindInfo {
    let infos = Aws::kinds().into_iter().map(|kind| kind.info());
    infos
        .into_iter()
        .find(|info| info.name == kind)
        .expect("a kind")
}

pub(super) fn words(doc: &Doc, kind: &str) -> String {
    let edges = (info(kind).edges)(doc).expect("edges");
    let words = edges.iter().map(|edge| match edge {
        Edge::ActsAs { who, at } if at.is_empty() => who.clone(),
        Edge::ActsAs { who, at } => format!("{who} at {at}"),
        Edge::May { verb, on } => format!("may {verb} {on}"),
    });
    words.collect::<Vec<_>>().join("\n")
}

#[test]
fn shared_is_one_role_for_the_cluster() {
    let space = file("method: podIdentity", "");
    let names: Vec<String> = wants(&space).into_keys().collect();
    assert_eq!(
        names,
        [
            "aws/iam-role:prod-eu/backup",
            "aws/pod-identity-association:prod-eu/prod-eu-1/ns-one/mxp-controller",
            "aws/pod-identity-association:prod-eu/prod-eu-1/ns-two/mxp-controller"
        ]
    );
    insta::assert_snapshot!(words(&role(&space), "aws/iam-role"), @r#"
    service accounts with a pod identity association at cluster prod-eu-1
    may kms decrypt, encrypt via s3 arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10
    may s3 read, write, list, delete acme-backups/prod-eu/*
    "#);
    let one = association(&space, "ns-one").expect("no problem");
    insta::assert_snapshot!(yaml(&one), @r#"
    {
      "cluster": "prod-eu-1",
      "namespace": "ns-one",
      "role": "arn:aws:iam::111122223333:role/prod-eu-backup",
      "serviceAccount": "mxp-controller"
    }
    "#);
    insta::assert_snapshot!(words(&one, "aws/pod-identity-association"), @r#"
    system:serviceaccount:ns-one:mxp-controller at cluster prod-eu-1
    may act as arn:aws:iam::111122223333:role/prod-eu-backup
    "#);
}

#[test]
fn session_tags_are_asked_for_by_trust_and_permissions() {
    let space = file(
        "method: podIdentity\n      podIdentity: { isolation: sessionTags }",
        "",
    );
    let role = role(&space);
    insta::assert_snapshot!(words(&role, "aws/iam-role"), @r#"
    system:serviceaccount:ns-one:mxp-controller at cluster prod-eu-1
    system:serviceaccount:ns-two:mxp-controller at cluster prod-eu-1
    may kms decrypt, encrypt via s3 arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10
    may s3 read, write, list, delete acme-backups/prod-eu/*
    "#);
    insta::assert_snapshot!(yaml(&role), @r#"
    {
      "description": "Made by wip for prod-eu/backup; change its Space file instead",
      "maxSessionDuration": 3600,
      "name": "prod-eu-backup",
      "path": "/",
      "policies": {
        "wip": {
          "statements": {
            "KmsS30f9d2c1e6c2b4a598a7e3b1f5d7c9e10": {
              "action": [
                "kms:Decrypt",
                "kms:GenerateDataKey"
              ],
              "condition": {
                "StringEquals": {
                  "aws:PrincipalTag/kubernetes-namespace": [
                    "ns-one",
                    "ns-two"
                  ],
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
                "StringEquals": {
                  "aws:PrincipalTag/kubernetes-namespace": [
                    "ns-one",
                    "ns-two"
                  ]
                },
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
              "condition": {
                "StringEquals": {
                  "aws:PrincipalTag/kubernetes-namespace": [
                    "ns-one",
                    "ns-two"
                  ]
                }
              },
              "effect": "Allow",
              "resource": [
                "arn:aws:s3:::acme-backups/prod-eu/*"
              ]
            }
          },
          "version": "2012-10-17"
        }
      },
      "trust": {
        "pods": {
          "accounts": [
            "111122223333"
          ],
          "clusters": [
            "arn:aws:eks:eu-west-1:111122223333:cluster/prod-eu-1"
          ],
          "namespaces": [
            "ns-one",
            "ns-two"
          ],
          "serviceAccounts": [
            "mxp-controller"
          ]
        }
      }
    }
    "#);
}

#[test]
fn a_session_policy_leaves_a_control_plane_its_own() {
    let isolated = "method: podIdentity\n      podIdentity: { isolation: sessionPolicy }";
    let restore = "default/one, { s3: { bucket: old, region: eu-west-1, prefix: was/ } }";
    let space = file(isolated, restore);
    let one = association(&space, "ns-one").expect("no problem");
    insta::assert_snapshot!(words(&one, "aws/pod-identity-association"), @r#"
    system:serviceaccount:ns-one:mxp-controller at cluster prod-eu-1
    may kms decrypt, encrypt via s3 arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10
    may s3 read, write, list, delete acme-backups/prod-eu/default/one/*
    "#);
    let two = association(&space, "ns-two").expect("no problem");
    insta::assert_snapshot!(words(&two, "aws/pod-identity-association"), @r#"
    system:serviceaccount:ns-two:mxp-controller at cluster prod-eu-1
    may kms decrypt, encrypt via s3 arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10
    may s3 read, list acme-backups/prod-eu/default/one/*
    may s3 read, write, list, delete acme-backups/prod-eu/team-a/two/*
    may s3 read, list old/was/*
    "#);
    insta::assert_snapshot!(yaml(&two), @r#"
    {
      "cluster": "prod-eu-1",
      "disableSessionTags": true,
      "namespace": "ns-two",
      "policy": {
        "statements": {
          "~4257e00e": {
            "action": [
              "s3:ListBucket"
            ],
            "condition": {
              "StringLike": {
                "s3:prefix": [
                  "prod-eu/default/one/*"
                ]
              }
            },
            "effect": "Allow",
            "resource": [
              "arn:aws:s3:::acme-backups"
            ]
          },
          "~430f6be2": {
            "action": [
              "s3:GetObject"
            ],
            "effect": "Allow",
            "resource": [
              "arn:aws:s3:::old/was/*"
            ]
          },
          "~480d4807": {
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
          "~51501204": {
            "action": [
              "s3:AbortMultipartUpload",
              "s3:DeleteObject",
              "s3:GetObject",
              "s3:PutObject"
            ],
            "effect": "Allow",
            "resource": [
              "arn:aws:s3:::acme-backups/prod-eu/team-a/two/*"
            ]
          },
          "~800bb6d0": {
            "action": [
              "s3:GetObject"
            ],
            "effect": "Allow",
            "resource": [
              "arn:aws:s3:::acme-backups/prod-eu/default/one/*"
            ]
          },
          "~ba1fa790": {
            "action": [
              "s3:ListBucket"
            ],
            "condition": {
              "StringLike": {
                "s3:prefix": [
                  "was/*"
                ]
              }
            },
            "effect": "Allow",
            "resource": [
              "arn:aws:s3:::old"
            ]
          },
          "~bdf374e7": {
            "action": [
              "s3:ListBucket"
            ],
            "condition": {
              "StringLike": {
                "s3:prefix": [
                  "prod-eu/team-a/two/*"
                ]
              }
            },
            "effect": "Allow",
            "resource": [
              "arn:aws:s3:::acme-backups"
            ]
          }
        },
        "version": "2012-10-17"
      },
      "role": "arn:aws:iam::111122223333:role/prod-eu-backup",
      "serviceAccount": "mxp-controller"
    }
    "#);
}

#[test]
fn a_session_policy_that_is_too_long_is_refused_before_anything_is_written() {
    let isolated = "method: podIdentity\n      podIdentity: { isolation: sessionPolicy }";
    let place =
        |n: usize| format!("{{ s3: {{ bucket: old-{n}, region: eu-west-1, prefix: was/ }} }}");
    let restore = |count: usize| (0..count).map(place).collect::<Vec<_>>().join(", ");
    assert!(association(&file(isolated, &restore(5)), "ns-two").is_ok());
    let space = file(isolated, &restore(9));
    let why = association(&space, "ns-two").expect_err("too long");
    insta::assert_snapshot!(why, @r#"the session policy of team-a/two takes 2,435 characters, and EKS takes 2,048; name fewer places under its restoreFrom, split the identity's access over several identities, or say isolation: shared"#);
    assert!(association(&space, "ns-one").is_ok());
}

#[test]
fn a_role_trusts_both_methods_while_they_change() {
    let role = |method: &str| role(&file(method, ""));
    let (irsa, pods) = (role("method: irsa"), role("method: podIdentity"));
    let both = role("method: podIdentity\n      alsoTrust: [irsa]");
    let back = role("method: irsa\n      alsoTrust: [podIdentity]");
    assert_eq!(both, back);
    let interrupts = info("aws/iam-role").interrupts;
    for (from, to) in [
        (&irsa, &both),
        (&both, &pods),
        (&pods, &both),
        (&both, &irsa),
        (&pods, &pods),
    ] {
        assert_eq!(interrupts(from, to), None);
    }
    assert_eq!(
        interrupts(&irsa, &pods).as_deref(),
        Some(
            "the pods that come by irsa would lose their access before they restart; `alsoTrust: [irsa]` keeps it until they have"
        )
    );
    let back = interrupts(&pods, &irsa).expect("an interruption");
    assert!(back.contains("alsoTrust: [podIdentity]"), "{back}");
}

#[test]
fn a_trust_by_tags_says_how_full_it_is() {
    let planes: Vec<String> = (0..60)
        .map(|n| {
            format!(
                "    - {{ group: g, name: p{n}, hostNamespace: namespace-of-control-plane-{n} }}"
            )
        })
        .collect();
    let text = format!(
        "apiVersion: wip/v1alpha1\nkind: Space\nmetadata: {{ name: prod-eu }}\nspec:\n  clusters:\n    - {{ name: prod-eu-1, eks: {{ account: \"111122223333\", region: eu-west-1, cluster: prod-eu-1 }} }}\n  controlPlanes:\n{}\n  identities:\n    backup: {{ method: podIdentity, podIdentity: {{ isolation: sessionTags }}, access: [{{ s3: {{ bucket: acme-backups, region: eu-west-1 }} }}] }}\n",
        planes.join("\n")
    );
    let space = space(&text);
    let scope = Scope {
        space: &space,
        lineage: LINEAGE,
    };
    let mut facts = facts();
    let quota = |chars| crate::TrustQuota {
        chars,
        assumed: None,
    };
    facts
        .trust_quotas
        .insert("111122223333".to_owned(), quota(2_048));
    let kinds = Aws::kinds();
    let wants = kinds.iter().flat_map(|kind| kind.desire(&scope, &facts));
    let refused: BTreeSet<String> = wants.filter_map(|want| want.doc.err()).collect();
    let refused: Vec<String> = refused.into_iter().collect();
    insta::assert_snapshot!(refused.join("\n"), @r#"60 of 52 subjects fit 2,048 characters (2,299 are needed); trust: hostPattern fits any number of control planes; method: podIdentity with isolation: shared needs no room here; or raise the quota L-C07B4B0D (Service Quotas, IAM, role trust policy length)"#);
    facts
        .trust_quotas
        .insert("111122223333".to_owned(), quota(2_600));
    let notes: Vec<Note> = Aws::notes(&space, &facts);
    let full = notes
        .iter()
        .find(|note| note.code == "WIP0311")
        .expect("a note");
    assert!(full.text.starts_with("60 of "), "{}", full.text);
}
