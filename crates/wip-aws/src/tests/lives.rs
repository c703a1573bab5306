//! Every kind through its whole life.

use std::collections::BTreeSet;

use serde_json::json;
use wip_conformance::Life;
use wip_provider::Cloud as _;

use super::stage::{LINEAGE, Stage, seed, space};
use crate::Aws;

const KEY: &str = "arn:aws:kms:eu-west-1:444455556666:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10";

fn file(second_control_plane: bool) -> String {
    let more = "- { group: team-a, name: ctp2, hostNamespace: team-a-ctp2, cluster: prod-eu-1 }";
    let keys = match second_control_plane {
        true => "[golden.pub]",
        false => "[golden.pub, second.pub]\n        legacyEmptyKid: true",
    };
    let (more, prefix, description) = match second_control_plane {
        true => (more, "prod-eu/", "Backups"),
        false => ("", "prod/", "Backups of prod"),
    };
    let (versioning, encryption, blocked) = match second_control_plane {
        true => ("true", format!("{{ kmsKey: \"{KEY}\" }}"), "all"),
        false => ("false", "sseS3".to_owned(), "acls"),
    };
    format!(
        r#"
apiVersion: wip/v1alpha1
kind: Space
metadata: {{ name: prod-eu, labels: {{ team: platform }} }}
spec:
  clusters:
    - name: prod-eu-1
      eks: {{ account: "111122223333", region: eu-west-1, cluster: prod-eu-1 }}
    - name: edge-1
      selfHosted:
        issuer: https://s3.eu-west-1.amazonaws.com/acme-oidc/edge-1
        account: "111122223333"
        publish: {{ s3: {{ bucket: acme-oidc, region: eu-west-1 }} }}
        signingKeys: {keys}
    - name: prod-eu-2
      eks: {{ account: "111122223333", region: eu-west-1, cluster: prod-eu-2 }}
  controlPlanes:
    - {{ group: default, name: ctp1, id: 706c49fa-5bb8-4a7e-9f41-2fc38ef4b065, cluster: prod-eu-1 }}
    - {{ group: default, name: ctp3, hostNamespace: ctp3, cluster: prod-eu-2 }}
    {more}
  buckets:
    - s3: {{ bucket: acme-backups, region: eu-west-1, account: "444455556666", policy: true }}
    - s3:
        bucket: acme-made
        region: eu-west-1
        account: "111122223333"
        create: true
        versioning: {versioning}
        encryption: {encryption}
        blockPublicAccess: {blocked}
        denyInsecureTransport: true
        onDestroy: delete
    - s3: {{ bucket: acme-oidc, region: eu-west-1, policy: true }}
  kmsKeys:
    - {{ arn: "{KEY}", policy: true }}
  identities:
    backup:
      method: irsa
      clusters: [prod-eu-1]
      role: {{ description: "{description}", policies: managed, attach: ["arn:aws:iam::aws:policy/AWSDenyAll"] }}
      access:
        - s3: {{ bucket: acme-backups, region: eu-west-1, account: "444455556666", prefix: {prefix}, kmsKey: "{KEY}" }}
    app:
      method: irsa
      clusters: [edge-1]
      workloads: [{{ namespace: app, serviceAccount: app }}]
      access:
        - s3: {{ bucket: acme-billing, region: eu-west-1, prefix: {prefix}, allow: [read] }}
    billing:
      method: irsa
      clusters: [prod-eu-1]
      access:
        - s3: {{ bucket: acme-billing, region: eu-west-1 }}
    backup-pods:
      component: backup
      method: podIdentity
      clusters: [prod-eu-2]
      podIdentity: {{ isolation: sessionPolicy }}
      access:
        - s3: {{ bucket: acme-billing, region: eu-west-1, prefix: {prefix} }}
    sharedSecrets:
      method: irsa
      clusters: [prod-eu-1]
      access:
        - secretsManager: {{ region: eu-west-1, prefixes: [{prefix}], kmsKeys: ["{KEY}"] }}
        - parameterStore: {{ region: eu-west-1, prefixes: [/{prefix}] }}
"#
    )
}

#[tokio::test(start_paused = true)]
async fn every_kind_is_made_read_changed_and_deleted() {
    let stage = Stage::new(&seed(json!({
        "clusters": [
            { "account": "111122223333", "region": "eu-west-1", "name": "prod-eu-1" },
            { "account": "111122223333", "region": "eu-west-1", "name": "prod-eu-2" },
        ],
        "buckets": [
            { "account": "444455556666", "region": "eu-west-1", "name": "acme-backups", "kms_key": KEY },
            { "account": "111122223333", "region": "eu-west-1", "name": "acme-billing" },
            // Encrypted with a key of KMS, so that nobody unknown could read what is encrypted as usual.
            { "account": "111122223333", "region": "eu-west-1", "name": "acme-oidc", "kms_key": KEY, "public_policies": true },
        ],
        "keys": [{ "arn": KEY }],
    })));
    let before = stage.sandbox.dump();
    let (first, second) = (space(&file(true)), space(&file(false)));
    let driver = stage.driver(&first);
    let life = Life {
        driver: &driver,
        space: &first,
        changed: &second,
        lineage: LINEAGE,
    };
    let lived = life.lead().await.expect("a whole life");
    let all: BTreeSet<String> = Aws::kinds()
        .iter()
        .map(|kind| kind.info().name.to_owned())
        .collect();
    assert_eq!(lived.made, all);
    assert_eq!(stage.sandbox.dump(), before, "nothing is left");
}
