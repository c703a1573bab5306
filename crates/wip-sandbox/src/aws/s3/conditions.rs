//! Which conditions S3 takes in a bucket policy.
//!
//! Sources: as of `policy_check.rs`.
//! Not here: evaluating them.

use std::net::IpAddr;

use super::policy_actions::matching;
use super::policy_check::{malformed, syntax};
use crate::aws::call::Refusal;
use crate::aws::conditions;
use crate::aws::resource_policy::json::{Json, Node};

/// Refuses a `Condition` that S3 would not take beside these actions.
pub(super) fn check_condition(condition: &Node, actions: &[&str]) -> Result<(), Refusal> {
    for (operator, keys) in condition.object().ok_or_else(syntax)? {
        if conditions::base(operator).is_none() {
            return Err(malformed(format!("Invalid Condition type : {operator}")));
        }
        for (key, values) in keys.object().ok_or_else(syntax)? {
            let values = match &values.value {
                Json::Object(_) => return Err(syntax()),
                _ => values.scalars().ok_or_else(syntax)?,
            };
            let key = key.to_lowercase();
            if !is_condition_key(&key) {
                return Err(malformed("Policy has an invalid condition key"));
            }
            if key == "aws:sourceip" && !values.iter().all(|value| is_network(value)) {
                return Err(malformed("Invalid IP address in Conditions"));
            }
            if let Some((_, supported)) = KEY_ACTIONS.iter().find(|(name, _)| *name == key)
                && !actions.iter().all(|action| {
                    matching(action)
                        .iter()
                        .any(|(action, _)| supported.contains(action))
                })
            {
                return Err(malformed(
                    "Conditions do not apply to combination of actions and resources in statement",
                ));
            }
        }
    }
    Ok(())
}

/// Global keys are not looked at more closely; those of S3 are known. `key` is lower-case.
///
/// Source: Service Authorization Reference, "Condition keys for Amazon S3".
fn is_condition_key(key: &str) -> bool {
    const S3: [&str; 41] = [
        "accessgrantsinstancearn",
        "accesspointnetworkorigin",
        "authtype",
        "dataaccesspointaccount",
        "dataaccesspointarn",
        "delimiter",
        "destinationregion",
        "if-match",
        "if-none-match",
        "inventoryaccessibleoptionalfields",
        "isreplicationpauserequest",
        "locationconstraint",
        "max-keys",
        "object-lock-legal-hold",
        "object-lock-mode",
        "object-lock-remaining-retention-days",
        "object-lock-retain-until-date",
        "objectcreationoperation",
        "prefix",
        "requestobjecttagkeys",
        "resourceaccount",
        "signatureage",
        "signatureversion",
        "tlsversion",
        "versionid",
        "x-amz-acl",
        "x-amz-content-sha256",
        "x-amz-copy-source",
        "x-amz-grant-full-control",
        "x-amz-grant-read",
        "x-amz-grant-read-acp",
        "x-amz-grant-write",
        "x-amz-grant-write-acp",
        "x-amz-metadata-directive",
        "x-amz-object-ownership",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-server-side-encryption-bucket-key-enabled",
        "x-amz-server-side-encryption-customer-algorithm",
        "x-amz-storage-class",
        "x-amz-website-redirect-location",
    ];
    match key.split_once(':') {
        Some(("aws", name)) => !name.is_empty(),
        Some(("s3", name)) => {
            S3.contains(&name)
                || ["existingobjecttag/", "requestobjecttag/", "buckettag/"]
                    .iter()
                    .any(|tag| name.strip_prefix(tag).is_some_and(|key| !key.is_empty()))
        }
        _ => false,
    }
}

/// Keys that only some actions have; a statement with such a key may name no action without it.
///
/// Source: Service Authorization Reference, "Actions defined by Amazon S3", column "Condition keys".
const KEY_ACTIONS: [(&str, &[&str]); 6] = [
    ("s3:prefix", LISTINGS),
    ("s3:delimiter", LISTINGS),
    ("s3:max-keys", LISTINGS),
    (
        "s3:x-amz-acl",
        &[
            "PutBucketAcl",
            "PutObject",
            "PutObjectAcl",
            "PutObjectVersionAcl",
        ],
    ),
    ("s3:x-amz-server-side-encryption", UPLOADS),
    ("s3:x-amz-server-side-encryption-aws-kms-key-id", UPLOADS),
];
const LISTINGS: &[&str] = &["ListBucket", "ListBucketVersions"];
const UPLOADS: &[&str] = &["PutObject", "ReplicateObject"];

/// Whether a text is an address or a CIDR range.
fn is_network(text: &str) -> bool {
    let (address, length) = text
        .split_once('/')
        .map_or((text, None), |(a, b)| (a, Some(b)));
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    let max = if address.is_ipv4() { 32 } else { 128 };
    length.is_none_or(|length| length.parse::<u8>().is_ok_and(|length| length <= max))
}
