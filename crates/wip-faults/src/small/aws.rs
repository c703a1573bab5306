//! A small Space that holds each kind of AWS, and a change of everything on it.

use serde_json::json;
use wip_sandbox::Seed;

use super::changed;
use crate::story::Story;

const SPACE: &str = r#"apiVersion: wip/v1alpha1
kind: Space
metadata: { name: small, labels: { team: platform } }
spec:
  guardrails: { allowDestroy: true }
  clusters:
    - name: one
      eks: { account: "111122223333", region: eu-west-1, cluster: one }
  controlPlanes:
    - { group: default, name: ctp1, id: 706c49fa-5bb8-4a7e-9f41-2fc38ef4b065 }
    - { group: apart, name: ctp9, hostNamespace: apart-ctp9 }
  buckets:
    - s3: { bucket: acme-backups, region: eu-west-1, account: "444455556666", policy: true, encryption: { kmsKey: "arn:aws:kms:eu-west-1:444455556666:key/7c1e9b52-0f64-4d3e-a1b8-6f2d3c4e5a99" } }
    - s3: { bucket: acme-reports, region: eu-west-1, create: true, versioning: true, encryption: sseS3, blockPublicAccess: acls, denyInsecureTransport: true, onDestroy: delete }
  kmsKeys:
    - { arn: "arn:aws:kms:eu-west-1:444455556666:key/7c1e9b52-0f64-4d3e-a1b8-6f2d3c4e5a99", policy: true }
  identities:
    backup:
      method: irsa
      controlPlanes: { groups: [default] }
      role: { permissionsBoundary: edge }
      access:
        - s3: { bucket: acme-backups, region: eu-west-1, prefix: one/, kmsKey: "arn:aws:kms:eu-west-1:444455556666:key/7c1e9b52-0f64-4d3e-a1b8-6f2d3c4e5a99" }
    backup-apart:
      component: backup
      controlPlanes: { groups: [apart] }
      method: podIdentity
      podIdentity: { isolation: sessionPolicy }
      access:
        - s3: { bucket: acme-apart, region: eu-west-1, prefix: one/ }
    reports:
      method: irsa
      workloads: [ { namespace: reports, serviceAccount: writer } ]
      role: { policies: managed, attach: ["arn:aws:iam::aws:policy/ReadOnlyAccess"] }
      access:
        - s3: { bucket: acme-reports, region: eu-west-1, allow: [read] }
"#;

/// What of the Space file changes into what.
const CHANGES: [(&str, &str); 7] = [
    ("labels: { team: platform }", "labels: { owner: storage }"),
    (
        "  buckets:\n",
        "    - { group: default, name: ctp2, hostNamespace: default-ctp2 }\n  buckets:\n",
    ),
    ("prefix: one/", "prefix: two/"),
    (
        "role: { permissionsBoundary: edge }",
        "role: { description: Backups, maxSessionDuration: 7200 }",
    ),
    (
        "attach: [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]",
        "attach: [\"arn:aws:iam::aws:policy/SecurityAudit\"]",
    ),
    ("allow: [read]", "allow: [read, list]"),
    (
        "versioning: true, encryption: sseS3, blockPublicAccess: acls,",
        "versioning: false, blockPublicAccess: none,",
    ),
];

/// The story of the small Space.
pub(super) fn story() -> Story {
    Story::of("small", foreign(), SPACE, &changed(SPACE, &CHANGES))
}

/// What belongs to others, beside and inside of what wip writes.
fn foreign() -> Seed {
    let key = "arn:aws:kms:eu-west-1:444455556666:key/7c1e9b52-0f64-4d3e-a1b8-6f2d3c4e5a99";
    let seed = json!({
        "roles": [{ "account": "111122223333", "name": "somebody-elses" }],
        "buckets": [{
            "account": "444455556666", "region": "eu-west-1", "name": "acme-backups", "kms_key": key,
            "policy": { "Version": "2012-10-17", "Statement": [{
                "Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                "Resource": ["arn:aws:s3:::acme-backups", "arn:aws:s3:::acme-backups/*"],
                "Condition": { "Bool": { "aws:SecureTransport": "false" } },
            }] },
        }],
    });
    serde_json::from_value(seed).expect("a seed")
}
