//! A small Space that holds each kind of Google Cloud, and a change of everything on it.

use serde_json::json;
use wip_sandbox::Seed;

use super::changed;
use crate::story::Story;

const SPACE: &str = r#"apiVersion: wip/v1alpha1
kind: Space
metadata: { name: small-gcp, labels: { team: platform } }
spec:
  guardrails: { allowDestroy: true }
  clusters:
    - name: one
      gke: { project: acme-prod, location: europe-north1, cluster: one }
  controlPlanes:
    - { group: default, name: ctp1, hostNamespace: default-ctp1 }
  buckets:
    - gcsBucket: { bucket: acme-made, location: EU, create: true, onDestroy: delete }
  identities:
    reports:
      method: gkeServiceAccount
      workloads: [ { namespace: reports, serviceAccount: writer } ]
      serviceAccount: { project: acme-prod, id: theirs, existing: reference }
      access:
        - gcsBucket: { bucket: acme-made, allow: [read, list] }
    backup:
      method: gkePrincipal
      access:
        - gcsBucket: { bucket: acme-backups }
    billing:
      method: gkeServiceAccount
      serviceAccount: { project: acme-prod, id: small-billing }
      access:
        - gcsBucket: { bucket: acme-billing, prefix: usage/ }
    sharedSecrets:
      method: gkePrincipal
      access:
        - secretManager: { project: acme-prod, secrets: [db, smtp] }
        - secretManager: { project: acme-prod, prefixes: [prod-] }
"#;

/// What of the Space file changes into what.
///
/// A service account of another name is another one, and everything that is about it is made anew.
const CHANGES: [(&str, &str); 6] = [
    ("labels: { team: platform }", "labels: { owner: storage }"),
    (
        "name: ctp1, hostNamespace: default-ctp1",
        "name: ctp2, hostNamespace: default-ctp2",
    ),
    ("bucket: acme-backups", "bucket: acme-moved"),
    ("id: small-billing", "id: small-usage"),
    ("prefix: usage/", "prefix: months/"),
    ("[db, smtp]", "[db]"),
];

/// The story of the small Space.
pub(super) fn story() -> Story {
    let changed = changed(SPACE, &CHANGES);
    Story::of("small-gcp", foreign(), SPACE, &changed)
}

/// What belongs to others, beside and inside of what wip writes; one of them gave what the Space wants as well.
fn foreign() -> Seed {
    let pool = "principal://iam.googleapis.com/projects/731209007075/locations/global/workloadIdentityPools/acme-prod.svc.id.goog";
    let given = format!("{pool}/subject/ns/default-ctp1/sa/external-secrets-controller");
    let accessor = "roles/secretmanager.secretAccessor";
    let until = json!({
        "title": "until", "expression": "request.time < timestamp(\"2040-01-01T00:00:00Z\")",
    });
    let bucket = |name: &str| {
        let viewer = "roles/storage.objectViewer";
        json!({ "project": "acme-prod", "name": name, "policy": { "bindings": [
            { "role": viewer, "members": ["group:readers@example.com"] },
            { "role": viewer, "members": ["user:x@example.com"], "condition": until },
        ] } })
    };
    let secret = |name: &str, members: &[&str]| {
        let bindings: &[serde_json::Value] = &match members.is_empty() {
            true => vec![],
            false => vec![json!({ "role": accessor, "members": members })],
        };
        json!({
            "project": "acme-prod", "name": name, "value": "s3cret", "policy": { "bindings": bindings },
        })
    };
    let seed = json!({ "google": {
        "projects": [{ "id": "acme-prod", "number": 731_209_007_075_u64, "policy": { "bindings": [
            { "role": accessor, "members": ["user:x@example.com"], "condition": until },
            { "role": "roles/viewer", "members": ["domain:example.com"] },
        ] } }],
        "accounts": [{ "project": "acme-prod", "id": "theirs", "policy": { "bindings": [
            { "role": "roles/iam.serviceAccountUser", "members": ["user:x@example.com"] },
        ] } }],
        "buckets": [bucket("acme-backups"), bucket("acme-moved"), bucket("acme-billing")],
        "secrets": [secret("db", &[&given, "user:x@example.com"]), secret("smtp", &[])],
    } });
    serde_json::from_value(seed).expect("a seed")
}
