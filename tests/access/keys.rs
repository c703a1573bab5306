//! Keys: through the service that they are for, and no other way.
//!
//! Source: "kms:ViaService" in "AWS KMS condition keys" (AWS KMS developer guide): who has a key through a service alone may not call KMS with it.
//! That the service gets through is in `objects.rs` and `secrets.rs`: buckets and secrets are encrypted there.

use serde_json::json;

use super::asking::{Caller, Keys};
use super::report::Expected::Denied;
use super::report::Report;
use super::spaces::Workload;
use super::stage::{Stage, done};

const NO_SERVICE: &str = "kms:ViaService";

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
    if let Some(own) = workload.own {
        let object = format!("/{}/{}sealed", own.bucket, own.prefix);
        let what = "Put with another key";
        let answer = session.put_sealed(&object, &others);
        report.case((who, what), (Denied, "the file names no such key"), &answer);
    }
}
