//! Secrets as they are kept, and how they are found.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::aws::call::{Call, base32_id};

/// A secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Secret {
    pub(super) name: String,
    pub(super) arn: String,
    /// ARN of the KMS key; absent for the account's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kms_key: Option<String>,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
    /// The oldest first; the last one is current, the one before it previous.
    pub(super) versions: Vec<Version>,
    pub(super) created_at: Timestamp,
}

/// A version of a secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) value: String,
    pub(super) created_at: Timestamp,
}

impl Secret {
    /// The versions that have a stage, with its name.
    pub(super) fn staged(&self) -> impl Iterator<Item = (&Version, &'static str)> {
        self.versions
            .iter()
            .rev()
            .zip(["AWSCURRENT", "AWSPREVIOUS"])
    }
}

/// Where the secrets of the caller's account and region are kept.
pub(super) fn prefix(call: &Call<'_>) -> String {
    format!(
        "aws/{}/secretsmanager/{}/secret/",
        call.account(),
        call.region
    )
}

/// Where a secret of that name is kept.
pub(super) fn key(call: &Call<'_>, name: &str) -> String {
    prefix(call) + name
}

/// The ARN of a new secret: a hyphen and six characters follow the name.
///
/// Source: "Determine who has permissions to your secrets" and `SecretARNType` in botocore's model.
pub(super) fn new_arn(call: &Call<'_>, name: &str) -> String {
    let account = call.account();
    let end = base32_id(&[account, &call.region, name, "secret"], 6);
    format!("{}-{end}", arn_of_nothing(call, name))
}

/// The ARN of what is not there: what the caller called it.
pub(super) fn arn_of_nothing(call: &Call<'_>, id: &str) -> String {
    if id.starts_with("arn:") {
        return id.to_owned();
    }
    let (partition, region, account) = (call.partition, &call.region, call.account());
    format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{id}")
}

/// The secret of a name, an ARN, or an ARN without its end.
pub(super) fn find(call: &Call<'_>, id: &str) -> Option<Secret> {
    let Some((_, rest)) = id.split_once(":secret:") else {
        return call.db.get(&key(call, id));
    };
    let of = |name: &str| call.db.get::<Secret>(&key(call, name));
    let whole = rest
        .rsplit_once('-')
        .and_then(|(name, _)| of(name))
        .filter(|secret| secret.arn == id);
    whole.or_else(|| of(rest).filter(|secret| secret.arn.starts_with(&format!("{id}-"))))
}
