//! What a valid file means: defaults, subjects, accounts, references.

use std::collections::BTreeSet;

use super::examples::valid;
use crate::{
    Access, AccountAccess, BlockPublicAccess, BucketOwn, Encryption, Identity, Isolation, Method,
    Names, OnDestroy, S3Location, Space, Subject, TrustScope,
};

/// A Space with two clusters in two accounts, three control planes, and these identities.
fn space(identities: &str) -> Space {
    let text = format!(
        r#"
apiVersion: wip/v1alpha1
kind: Space
metadata: {{ name: prod }}
spec:
  aws: {{ role: {{ permissionsBoundary: fence, path: /wip/ }} }}
  clusters:
    - {{ name: one, eks: {{ account: "111122223333", region: eu-west-1, cluster: one }} }}
    - {{ name: two, selfHosted: {{ issuer: "https://two.example.com", account: "444455556666" }} }}
    - {{ name: gov, eks: {{ account: "777788889999", region: us-gov-west-1, cluster: gov }} }}
  controlPlanes:
    - {{ group: a, name: x, hostNamespace: ns-x, cluster: one, restoreFrom: [b/y, {{ s3: {{ bucket: old, region: eu-west-1, prefix: was/ }} }}] }}
    - {{ group: b, name: y, id: 706c49fa-5bb8-4a7e-9f41-2fc38ef4b065, cluster: two }}
    - {{ group: b, name: z, hostNamespace: ns-z, cluster: one }}
  buckets:
    - s3: {{ bucket: far, region: eu-west-1, account: "999900001111" }}
  guardrails: {{ allowAnyNamespace: true }}
  identities:
{identities}
"#
    );
    valid("space.yaml", text.as_bytes())
}

fn one(identity: &str) -> Identity {
    space(&format!("    {identity}")).identities.remove(0)
}

/// The claims of an identity, each behind its cluster.
fn claims(identity: &Identity) -> Vec<String> {
    let sets = identity.subjects.iter();
    let claims = sets.flat_map(|(cluster, subjects)| {
        subjects.iter().map(move |subject| {
            let claim = subject.claim().replace("system:serviceaccount:", "");
            let pattern = matches!(subject, Subject::Pattern { .. });
            format!("{cluster} {}{claim}", if pattern { "~" } else { "" })
        })
    });
    claims.collect()
}

const S3: &str = "access: [{ s3: { bucket: near, region: eu-west-1 } }]";

#[test]
fn subjects_follow_clusters_and_selection() {
    let backup = |rest: &str| claims(&one(&format!("backup: {{ method: irsa, {rest}, {S3} }}")));
    assert_eq!(
        backup("clusters: [one]"),
        ["one ns-x:mxp-controller", "one ns-z:mxp-controller"]
    );
    assert_eq!(
        backup("clusters: [two]"),
        ["two mxp-706c49fa-5bb8-4a7e-9f41-2fc38ef4b065-system:mxp-controller"]
    );
    assert_eq!(
        backup("clusters: [one], controlPlanes: { groups: [b] }"),
        ["one ns-z:mxp-controller"]
    );
    assert_eq!(
        backup("clusters: [one], controlPlanes: { names: [a/x] }"),
        ["one ns-x:mxp-controller"]
    );
    assert_eq!(
        backup("clusters: [two], trust: hostPattern"),
        ["two ~mxp-*-system:mxp-controller"]
    );
    assert_eq!(
        backup("clusters: [one], trust: anyNamespace"),
        ["one ~*:mxp-controller"]
    );
}

#[test]
fn a_cluster_without_control_planes_is_there_with_nobody() {
    let billing = one(&format!(
        "billing: {{ method: irsa, clusters: [gov], {} }}",
        S3.replace("eu-west-1", "us-gov-west-1")
    ));
    assert_eq!(billing.subjects["gov"], BTreeSet::new());
    assert_eq!(billing.partition, "aws-us-gov");
    assert_eq!(
        billing.role.permissions_boundary.as_deref(),
        Some("arn:aws-us-gov:iam::777788889999:policy/fence")
    );
}

#[test]
fn workloads_are_on_their_own_cluster_or_on_all() {
    let velero = one(
        "velero: { method: irsa, clusters: [one, two], account: \"111122223333\", access: [{ ebsSnapshots: {} }], workloads: [
            { namespace: velero, serviceAccount: velero }, { namespace: more, serviceAccount: velero, cluster: two },
            { hostNamespaces: true, serviceAccount: agent, cluster: one }] }",
    );
    assert_eq!(
        claims(&velero),
        [
            "one ns-x:agent",
            "one ns-z:agent",
            "one velero:velero",
            "two more:velero",
            "two velero:velero",
        ]
    );
    assert_eq!(velero.trust, TrustScope::Exact);
}

#[test]
fn the_account_follows_from_the_clusters_used() {
    let workload = |cluster: &str| {
        one(&format!(
            "v: {{ method: irsa, access: [{{ ebsSnapshots: {{}} }}], workloads: [{{ namespace: v, serviceAccount: v, cluster: {cluster} }}] }}"
        ))
    };
    assert_eq!(workload("one").account, "111122223333");
    assert_eq!(workload("two").account, "444455556666");
    assert_eq!(workload("one").subjects.len(), 1);
}

#[test]
fn roles_have_their_defaults() {
    let role = one(&format!(
        "backup: {{ method: irsa, clusters: [one], {S3} }}"
    ))
    .role;
    assert_eq!(
        (role.name.as_str(), role.path.as_str()),
        ("prod-backup", "/wip/")
    );
    assert_eq!(
        role.permissions_boundary.as_deref(),
        Some("arn:aws:iam::111122223333:policy/fence")
    );
    assert_eq!(role.max_session_duration, 3600);
    assert!(
        role.description.starts_with("Made by wip for prod/backup"),
        "{}",
        role.description
    );
    assert!(role.description.chars().all(|c| matches!(c, ' '..='~')));
    let own = one(&format!(
        "backup: {{ method: irsa, clusters: [one], role: {{ path: /x/, name: n, description: d }}, {S3} }}"
    ));
    assert_eq!(
        (own.role.path.as_str(), own.role.name.as_str()),
        ("/x/", "n")
    );
}

#[test]
fn a_bucket_is_in_the_account_that_the_file_says() {
    let account = |bucket: &str| {
        let backup = one(&format!(
            "backup: {{ method: irsa, clusters: [one], access: [{{ s3: {{ {bucket}, region: eu-west-1 }} }}] }}"
        ));
        match &backup.access[0] {
            Access::S3 { at, .. } => at.account.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(account("bucket: near"), None);
    assert_eq!(account("bucket: near, account: \"111122223333\""), None);
    assert_eq!(account("bucket: far").as_deref(), Some("999900001111"));
    assert_eq!(
        account("bucket: near, account: \"555566667777\"").as_deref(),
        Some("555566667777")
    );
}

#[test]
fn restores_read_what_others_wrote() {
    let space = space(&format!(
        "    backup: {{ method: irsa, clusters: [one], {S3} }}
    backup-two: {{ component: backup, method: irsa, clusters: [two], access: [{{ s3: {{ bucket: second, region: eu-west-1, prefix: p/ }} }}] }}"
    ));
    let sources = |index: usize| -> Vec<String> {
        let show = |place: &S3Location| format!("{} {}", place.bucket, place.prefix);
        space.identities[index]
            .restore_from
            .iter()
            .map(show)
            .collect()
    };
    // x runs on cluster one; it restores from y, whose backups are in `second`.
    assert_eq!(sources(0), ["old was/", "second p/"]);
    assert_eq!(sources(1), Vec::<String>::new());
}

#[test]
fn secrets_are_prefixes_or_names() {
    let secrets = one("sharedSecrets: { method: irsa, clusters: [one], access: [
            { secretsManager: { region: eu-west-1, prefixes: [prod/, { startsWith: prod }] } },
            { parameterStore: { region: eu-west-1, secrets: [/prod/db] } }] }");
    let names: Vec<&Names> = secrets
        .access
        .iter()
        .filter_map(|access| match access {
            Access::SecretsManager { names, .. } | Access::ParameterStore { names, .. } => {
                Some(names)
            }
            _ => None,
        })
        .collect();
    let set = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    assert_eq!(
        names,
        [
            &Names::Prefixes(set(&["prod", "prod/"])),
            &Names::Exactly(set(&["/prod/db"]))
        ]
    );
}

#[test]
fn statements_become_json_and_allowed_ones_pass() {
    let identity = one(
        r#"backup: { method: irsa, clusters: [one], access: [{ statement: { Effect: Allow, Action: "s3:GetObject",
            Resource: ["arn:aws:s3:::near/*"], Condition: { Bool: { "aws:SecureTransport": true } } } }] }"#,
    );
    let expected = serde_json::json!({
        "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::near/*"],
        "Condition": { "Bool": { "aws:SecureTransport": "true" } },
    });
    assert_eq!(identity.access, [Access::Statement(expected)]);
}

#[test]
fn accounts_say_how_they_are_reached() {
    let text = std::fs::read("../../examples/cross-account-backup/space.yaml").unwrap();
    let space = valid("space.yaml", &text);
    assert_eq!(
        space.aws.accounts["444455556666"],
        AccountAccess::AssumeRole {
            role_arn: "arn:aws:iam::444455556666:role/wip".to_owned(),
            external_id: Some("acme-wip".to_owned()),
        }
    );
    assert!(space.buckets[0].policy && space.kms_keys[0].policy);
}

#[test]
fn a_container_is_where_the_clusters_are_and_stays() {
    let text = std::fs::read_to_string("../../tests/cases/azure-container/case.in/space.yaml");
    let text = text.unwrap();
    let listed = |from: &str, to: &str| {
        let mut space = valid("space.yaml", text.replace(from, to).as_bytes());
        space.containers.remove(0)
    };
    let made = listed("", "");
    let subscription = "6f1c9c1e-3b0a-4c7e-9a61-2d5f0b7c8e11";
    assert_eq!(made.at.subscription, subscription);
    assert_eq!((made.create, made.on_destroy), (true, OnDestroy::Delete));
    let kept = listed(", onDestroy: delete", "");
    assert_eq!((kept.create, kept.on_destroy), (true, OnDestroy::Keep));
    let there = listed(", create: true, onDestroy: delete", "");
    assert!(!there.create);
    let id = format!(
        "/subscriptions/{subscription}/resourceGroups/data/providers/Microsoft.Storage/storageAccounts/acmebackups/blobServices/default/containers/backups"
    );
    assert_eq!(there.at.id(), id);
}

#[test]
fn what_a_bucket_does_not_name_is_not_wips() {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10";
    let listed = |rest: &str| {
        let text = std::fs::read_to_string("../../examples/eks-irsa/space.yaml").unwrap();
        let bucket = format!(
            "  buckets: [{{ s3: {{ bucket: mine, region: eu-west-1, account: \"111122223333\", {rest} }} }}]\n  identities:\n"
        );
        let text = text.replacen("  identities:\n", &bucket, 1);
        let mut space = valid("space.yaml", text.as_bytes());
        space.buckets.retain(|bucket| bucket.bucket == "mine");
        space.buckets.remove(0)
    };
    let plain = listed("policy: true");
    assert_eq!(plain.own, BucketOwn::default());
    assert!(plain.has_statements() && !plain.is_managed());
    let tls = listed("denyInsecureTransport: true");
    assert!(tls.has_statements() && !tls.is_managed());
    let made = listed("create: true");
    assert!(made.is_managed() && made.own.on_destroy == OnDestroy::Keep);
    let full = listed(&format!(
        "create: true, versioning: false, encryption: {{ kmsKey: \"{key}\" }}, blockPublicAccess: acls, onDestroy: delete"
    ));
    assert_eq!(full.kms_key(), Some(key));
    let expected = BucketOwn {
        create: true,
        versioning: Some(false),
        encryption: Some(Encryption::Kms(key.to_owned())),
        block_public_access: Some(BlockPublicAccess::Acls),
        deny_insecure_transport: false,
        on_destroy: OnDestroy::Delete,
    };
    assert_eq!(full.own, expected);
    let own = listed("encryption: sseS3, blockPublicAccess: none").own;
    assert_eq!(own.encryption, Some(Encryption::SseS3));
    assert_eq!(own.block_public_access, Some(BlockPublicAccess::None));
}

#[test]
fn anchors_and_aliases_repeat_values() {
    let space = space(
        "    backup: { method: irsa, clusters: [one], access: &it [{ s3: { bucket: near, region: eu-west-1 } }] }
    billing: { method: irsa, clusters: [one], access: *it }",
    );
    assert_eq!(space.identities[0].access, space.identities[1].access);
}

#[test]
fn a_method_may_be_trusted_besides() {
    let backup = |rest: &str| one(&format!("backup: {{ clusters: [one], {rest}, {S3} }}"));
    let irsa = backup("method: irsa");
    assert_eq!(
        (
            irsa.method,
            irsa.isolation,
            irsa.trusts(Method::PodIdentity)
        ),
        (Method::Irsa, Isolation::Shared, false)
    );
    let moving = backup("method: podIdentity, alsoTrust: [irsa]");
    assert!(moving.trusts(Method::Irsa) && moving.trusts(Method::PodIdentity));
    assert_eq!(moving.also_trust, BTreeSet::from([Method::Irsa]));
    let alone = backup("method: podIdentity, podIdentity: { isolation: sessionPolicy }");
    assert_eq!(
        (alone.isolation, alone.trusts(Method::Irsa)),
        (Isolation::SessionPolicy, false)
    );
}

#[test]
fn one_component_may_have_several_identities_without_annotations() {
    let space = space(
        "    backup: { method: irsa, clusters: [one], controlPlanes: { groups: [a] }, access: [{ s3: { bucket: near, region: eu-west-1 } }] }
    backup-b: { component: backup, method: podIdentity, clusters: [one], controlPlanes: { groups: [b] }, access: [{ s3: { bucket: near, region: eu-west-1 } }] }",
    );
    let methods: Vec<Method> = space
        .identities
        .iter()
        .map(|identity| identity.method)
        .collect();
    assert_eq!(methods, [Method::Irsa, Method::PodIdentity]);
}
