//! What wip needs for itself: every call has its action, and policies fit however much a Space names.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;
use wip_policy::MANAGED_POLICY_CHARS;

use super::stage::space;
use crate::rights::{all, rights};

/// A Space whose runs may make every call that there is.
const EVERYTHING: &str = r#"
apiVersion: wip/v1alpha1
kind: Space
metadata: { name: demo }
spec:
  clusters:
    - { name: c0, eks: { account: "111122223333", region: eu-west-1, cluster: c0 } }
    - name: c1
      selfHosted:
        issuer: https://s3.eu-west-1.amazonaws.com/acme-oidc
        account: "111122223333"
        publish: { s3: { bucket: acme-oidc, region: eu-west-1 } }
  buckets:
    - s3: { bucket: acme-oidc, region: eu-west-1, policy: true }
    - s3: { bucket: acme-data, region: eu-west-1, account: "111122223333", policy: true }
    - s3:
        bucket: acme-made
        region: eu-west-1
        account: "111122223333"
        create: true
        versioning: true
        encryption: sseS3
        blockPublicAccess: all
        onDestroy: delete
  kmsKeys:
    - { arn: "arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10", policy: true }
  identities:
    managed:
      method: irsa
      workloads: [ { cluster: c0, namespace: a, serviceAccount: managed } ]
      role: { policies: managed, permissionsBoundary: bound }
      access: [ { s3: { bucket: acme-data, region: eu-west-1, allow: [read] } } ]
    inline:
      method: irsa
      workloads: [ { cluster: c0, namespace: a, serviceAccount: inline } ]
      access: [ { s3: { bucket: acme-theirs, region: eu-west-1, account: "444455556666", allow: [read] } } ]
    pods:
      method: podIdentity
      workloads: [ { cluster: c0, namespace: a, serviceAccount: pods } ]
      access: [ { s3: { bucket: acme-data, region: eu-west-1, allow: [read] } } ]
"#;

/// Actions that calls need besides their own: to tag what they make, and to hand a role to EKS.
const BESIDES: [&str; 3] = ["iam:PassRole", "iam:TagPolicy", "s3:TagResource"];

/// The names of the calls that the clients make, as the sources have them.
fn calls(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("tests") {
            calls(&path, found);
        } else if path.is_file() {
            let text = fs::read_to_string(&path).expect("a source");
            // Tests at the end of a file make calls of their own.
            let text = text.split("#[cfg(test)]\nmod tests {").next();
            let text = text.unwrap_or_default();
            for start in [
                "Call::read(",
                "Call::write(",
                "Pages::of(",
                "const CALL: &str =",
            ] {
                let rests = text.split(start).skip(1).map(str::trim_start);
                let names = rests.filter_map(|rest| rest.strip_prefix('"')?.split('"').next());
                found.extend(names.map(str::to_owned));
            }
        }
    }
}

#[test]
fn every_call_has_its_action_and_every_action_its_call() {
    let mut made = BTreeSet::new();
    calls(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut made,
    );
    assert!(made.len() > 50, "{made:?}");
    // "No permissions are required to perform this operation" (AWS STS API reference, GetCallerIdentity).
    assert!(made.remove("sts:GetCallerIdentity"));
    // What signs it is the token itself: no policy of the caller allows or denies it (AWS STS API reference,
    // AssumeRoleWithWebIdentity, "does not require the use of AWS security credentials").
    assert!(made.remove("sts:AssumeRoleWithWebIdentity"));
    // Of wide looks, for `wip state rebuild`, and of a count that goes on without it.
    assert!(made.remove("iam:ListOpenIDConnectProviders"));
    assert!(made.remove("s3:ListBuckets"));
    let given = all(&space(EVERYTHING));
    let mut given: BTreeSet<String> = given.iter().map(|right| right.call.to_owned()).collect();
    for besides in BESIDES {
        assert!(given.remove(besides), "{besides}");
    }
    assert_eq!(made, given);
}

#[test]
fn looking_changes_nothing() {
    for needed in rights(&space(EVERYTHING)).values() {
        for policy in &needed.plan {
            let document: Value = serde_json::from_str(&policy.json).expect("JSON");
            for statement in document["Statement"].as_array().expect("statements") {
                let actions = statement["Action"].to_string();
                let parts = actions.split('"').filter(|part| part.contains(':'));
                for action in parts {
                    let (_, verb) = action.split_once(':').expect("an action");
                    let reads = ["Get", "List", "Describe"];
                    assert!(reads.iter().any(|read| verb.starts_with(read)), "{action}");
                }
            }
        }
    }
}

#[test]
fn policies_that_are_too_long_come_in_parts() {
    let mut file = EVERYTHING.to_owned();
    for n in 0..300 {
        let name = format!("a-bucket-with-a-rather-long-name-{n:03}");
        let _ = writeln!(
            file,
            "    many{n}: {{ method: irsa, workloads: [ {{ namespace: a, serviceAccount: s{n} }} ], role: {{ name: role{n} }}, \
             access: [ {{ s3: {{ bucket: {name}, region: eu-west-1, allow: [read] }} }} ] }}"
        );
    }
    let needed = &rights(&space(&file))["111122223333"];
    assert!(needed.plan.len() > 2 && needed.apply.len() > 1);
    let mut sids = BTreeSet::new();
    for policy in needed.plan.iter().chain(&needed.apply) {
        assert!(policy.chars <= MANAGED_POLICY_CHARS, "{}", policy.chars);
        assert_eq!(
            policy.chars,
            wip_policy::len_without_white_space(&policy.json)
        );
        let document: Value = serde_json::from_str(&policy.json).expect("JSON");
        let statements = match &document["Statement"] {
            Value::Array(many) => many.clone(),
            one => vec![one.clone()],
        };
        sids.extend(statements.iter().map(|one| one["Sid"].to_string()));
        for sid in policy.optional.keys() {
            assert!(sid.starts_with("Optional"), "{sid}");
            assert!(
                policy.json.contains(&format!("\"Sid\": \"{sid}\"")),
                "{sid}"
            );
        }
    }
    let text: String = needed
        .plan
        .iter()
        .map(|policy| policy.json.as_str())
        .collect();
    for n in 0..300 {
        let bucket = format!("arn:aws:s3:::a-bucket-with-a-rather-long-name-{n:03}\"");
        assert_eq!(text.matches(&bucket).count(), 1, "{bucket}");
        assert!(text.contains(&format!(":role/role{n}\"")), "{n}");
    }
    assert!(sids.len() > 20, "{sids:?}");
}
