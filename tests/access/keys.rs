//! Keys: through the service that they are for, and no other way.
//!
//! Source: "kms:ViaService" in "AWS KMS condition keys" (AWS KMS developer guide): who has a key through a service alone may not call KMS with it.
//! That the service gets through is in `objects.rs` and `secrets.rs`: buckets and secrets are encrypted there.
//! The sandbox plays no EC2; what KMS would say to it is asked of the sandbox itself.

use serde_json::json;

use super::asking::{Caller, Keys};
use super::report::Expected::{self, Denied, Works};
use super::report::Report;
use super::spaces::{Component, Workload};
use super::stage::{Stage, done};

const NO_SERVICE: &str = "kms:ViaService";
const EBS: &str = "Requirements for Amazon EBS encryption, permissions for users";
const NOT_EBS: &str = "not among those of Requirements for Amazon EBS encryption";

/// What EC2 asks of KMS for whoever has encrypted volumes: the action, whether a grant is for a resource of AWS, and what has
/// to come of it.
const VOLUMES: &[(&str, Option<bool>, Expected, &str)] = &[
    ("kms:CreateGrant", Some(true), Works, EBS),
    (
        "kms:CreateGrant",
        Some(false),
        Denied,
        "its tip on kms:GrantIsForAWSResource",
    ),
    ("kms:Decrypt", None, Works, EBS),
    ("kms:DescribeKey", None, Works, EBS),
    ("kms:GenerateDataKeyWithoutPlaintext", None, Works, EBS),
    ("kms:ReEncryptFrom", None, Works, EBS),
    ("kms:ReEncryptTo", None, Works, EBS),
    ("kms:Encrypt", None, Denied, NOT_EBS),
    ("kms:GenerateDataKey", None, Denied, NOT_EBS),
    ("kms:ListGrants", None, Denied, NOT_EBS),
    ("kms:RevokeGrant", None, Denied, NOT_EBS),
    ("kms:PutKeyPolicy", None, Denied, NOT_EBS),
];

/// All cases of a session.
pub(crate) fn check(
    report: &mut Report,
    who: &str,
    workload: &Workload,
    session: &Caller,
    stage: &Stage,
) {
    let others = stage.others_key();
    let own = workload.key.map(|key| ("its own key", key));
    for (whose, key) in own.into_iter().chain([("another key", others.as_str())]) {
        let account = key.split(':').nth(4).unwrap_or_default();
        let owner = Caller::new(stage.sandbox.url(), Keys::of_account(account), stage.region);
        let made = owner.kms("Encrypt", &json!({ "KeyId": key, "Plaintext": "eA==" }));
        done("Encrypt", &made);
        let text = made.json()["CiphertextBlob"].clone();
        for (operation, members) in [
            ("Decrypt", json!({ "CiphertextBlob": text })),
            ("Decrypt", json!({ "KeyId": key, "CiphertextBlob": text })),
            ("Encrypt", json!({ "KeyId": key, "Plaintext": "eA==" })),
            (
                "GenerateDataKey",
                json!({ "KeyId": key, "KeySpec": "AES_256" }),
            ),
        ] {
            let answer = session.kms(operation, &members);
            let what = format!("{operation} with {whose}, of KMS itself");
            report.case((who, &what), (Denied, NO_SERVICE), &answer);
        }
    }
    if let (Some(key), Component::Velero) = (workload.key, workload.component) {
        volumes(report, who, session, stage, (key, &others));
    }
    if let Some(own) = workload.own {
        let object = format!("/{}/{}sealed", own.bucket, own.prefix);
        let what = "Put with another key";
        let answer = session.put_sealed(&object, &others);
        report.case((who, what), (Denied, "the file names no such key"), &answer);
    }
}

/// What EC2 may do with the key of the volumes, and nobody else may, nor EC2 with another key.
fn volumes(
    report: &mut Report,
    who: &str,
    session: &Caller,
    stage: &Stage,
    (key, others): (&str, &str),
) {
    let mut ask = |service: &str, key: &str, line: &(&str, Option<bool>, Expected, &str)| {
        let (action, for_resource, expected, source) = *line;
        let members = json!({
            "caller": session.id(), "service": service, "key": key, "action": action,
            "for_resource": for_resource,
        });
        let allowed = stage.owner().sandbox("key-use", &members)["allowed"] == true;
        let what = format!("{action} (for a resource: {for_resource:?}) by {service} with {key}");
        report.verdict((who, &what), (expected, source), allowed);
    };
    for line in VOLUMES {
        ask("ec2", key, line);
        ask(
            "s3",
            key,
            &(line.0, line.1, Denied, "the key is for volumes"),
        );
        ask(
            "ec2",
            others,
            &(line.0, line.1, Denied, "the file names no such key"),
        );
    }
}
