//! Keys that a service uses for whoever calls it.
//!
//! Sources: "How Amazon S3 uses AWS KMS", "Using server-side encryption with AWS KMS keys (SSE-KMS)" in the S3 user guide; "Condition keys for AWS KMS" in the KMS developer guide.
//! Not here: encrypting anything.

use serde::Deserialize;

use super::keys::{Key, Place};
use crate::Options;
use crate::aws::access::{self, Asked, Grant, Guard};
use crate::aws::call::{Call, Refusal, Service, dns_suffix_of, partition_of};
use crate::aws::identity::{self, Signed};
use crate::db::Db;

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

/// A use through a service that the sandbox does not play, as EC2.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Through {
    /// The access key id of whoever calls the service.
    caller: String,
    /// As `ec2`.
    service: String,
    /// ARN of the key.
    key: String,
    /// As `kms:CreateGrant`.
    action: String,
    /// Whether the service makes a grant for a resource of its own: `kms:GrantIsForAWSResource`, which only `CreateGrant` has.
    for_resource: Option<bool>,
}

/// Whether KMS would do it.
pub(crate) fn would(db: &Db, options: &Options, through: &Through) -> Result<bool, Refusal> {
    let missing = || Refusal::new(400, "NotFoundException", through.key.clone());
    let place = Place::of(&through.key).ok_or_else(missing)?;
    let key: Key = db.get(&place.key()).ok_or_else(missing)?;
    let signed = Signed {
        key_id: through.caller.clone(),
        region: place.region.clone(),
        service: Service::Kms,
    };
    let caller = identity::caller(db, options, &signed)?;
    let suffix = dns_suffix_of(partition_of(&place.region));
    let service = format!("{}.{}.{suffix}", through.service, place.region);
    let for_resource = through.for_resource.map(|is| is.to_string());
    let mut asked = Asked::of(&through.action, &key.arn)
        .with("kms:CallerAccount", [caller.account.clone()])
        .with("kms:ViaService", [service]);
    if let Some(is) = for_resource {
        asked = asked.with("kms:GrantIsForAWSResource", [is]);
    }
    let policy = key.policy.shown(db);
    let guard = Guard {
        owner: &place.account,
        policy: Some(&policy),
        grant: Grant::Resource,
    };
    Ok(access::decide_for(db, &caller, &place.region, &asked, guard).is_allowed())
}
