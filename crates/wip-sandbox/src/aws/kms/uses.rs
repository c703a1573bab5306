//! Keys that a service uses for whoever calls it.
//!
//! Sources: "How Amazon S3 uses AWS KMS", "Using server-side encryption with AWS KMS keys (SSE-KMS)" in the S3 user guide; "Condition keys for AWS KMS" in the KMS developer guide.
//! Not here: encrypting anything.

use super::keys::{Key, Place};
use crate::aws::access::{self, Asked, Grant, Guard};
use crate::aws::call::{Call, Refusal};

/// What a service uses a key for.
pub(crate) struct Use<'a> {
    /// ARN of the key.
    pub(crate) key: &'a str,
    /// As `kms:Decrypt`.
    pub(crate) action: &'a str,
    /// The encryption context.
    pub(crate) context: &'a [(&'a str, &'a str)],
}

/// Refuses what the caller may not do with a key through the service that it calls.
///
/// The service words the refusal: `NotFoundException` or `AccessDeniedException`.
pub(crate) fn check(call: &Call<'_>, used: &Use<'_>) -> Result<(), Refusal> {
    let missing = || {
        let message = format!("Key '{}' does not exist", used.key);
        Refusal::new(400, "NotFoundException", message)
    };
    let place = Place::of(used.key).ok_or_else(missing)?;
    let key: Key = call.db.get(&place.key()).ok_or_else(missing)?;
    let policy = key.policy.shown(call.db);
    let service = format!(
        "{}.{}.{}",
        call.service.name(),
        place.region,
        call.dns_suffix()
    );
    let names = used.context.iter().map(|(name, _)| *name);
    let mut asked = Asked::of(used.action, &key.arn)
        .with("kms:CallerAccount", [call.account()])
        .with("kms:ViaService", [service])
        .with("kms:EncryptionContextKeys", names);
    for (name, value) in used.context {
        asked = asked.with(&format!("kms:EncryptionContext:{name}"), [*value]);
    }
    let guard = Guard {
        owner: &place.account,
        policy: Some(&policy),
        grant: Grant::Resource,
    };
    let verdict = access::decide(call, &asked, guard);
    if verdict.is_allowed() {
        return Ok(());
    }
    let said = access::words(&call.caller, &asked, verdict);
    Err(Refusal::new(400, "AccessDeniedException", said))
}
