//! Which bucket policies S3 takes: the refusals of `PutBucketPolicy`, each `MalformedPolicy` with its message.
//!
//! Sources: S3 User Guide, "Policies and permissions in Amazon S3" and "Bucket policy examples"; Service Authorization Reference for S3; IAM User Guide, "Grammar of the IAM JSON policy language". The pages do not list the messages; those are as clients of S3 report them.
//! S3 takes two statements of one `Sid`, and any text as `Sid`.
//! Not here: Block Public Access (`public.rs`).

use std::net::IpAddr;

use super::policy_actions::{About, matching};
use crate::aws::call::Refusal;
use crate::aws::resource_policy::json::{Json, Node};
use crate::aws::resource_policy::principals::{self, Realm};
use crate::aws::resource_policy::statements;

/// The bytes that a bucket policy may have, white space between its values not counted.
///
/// Source: S3 User Guide, "Adding a bucket policy by using the Amazon S3 console": 20 KB.
const MAX_SIZE: usize = 20 * 1024;

/// Refuses a text that S3 would not take as the policy of that bucket.
pub(crate) fn check(realm: Realm<'_>, bucket: &str, text: &str) -> Result<(), Refusal> {
    if !text.starts_with('{') {
        return Err(malformed(
            "Policies must be valid JSON and the first byte must be '{'",
        ));
    }
    let document =
        Node::parse(text).ok_or_else(|| malformed("This policy contains invalid Json"))?;
    if compact_size(text) > MAX_SIZE {
        return Err(Refusal::new(
            400,
            "PolicyTooLarge",
            "Policy exceeds the maximum allowed document size.",
        ));
    }
    fields(&document, &["Version", "Id", "Statement"])?;
    if let Some(version) = document.get("Version")
        && !matches!(version.text(), Some("2008-10-17" | "2012-10-17"))
    {
        return Err(malformed("The policy must contain a valid version string"));
    }
    text_or_absent(&document, "Id")?;
    if document.get("Statement").is_none() {
        return Err(malformed("Missing required field Statement"));
    }
    let statements = statements(&document);
    if statements.is_empty() {
        return Err(malformed("Could not parse the policy: Statement is empty!"));
    }
    statements
        .iter()
        .try_for_each(|statement| check_statement(realm, bucket, statement))
}

fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "MalformedPolicy", message)
}

fn compact_size(text: &str) -> usize {
    serde_json::from_str::<serde_json::Value>(text)
        .map_or(text.len(), |value| value.to_string().len())
}

fn fields(node: &Node, known: &[&str]) -> Result<(), Refusal> {
    let members = node.object().ok_or_else(syntax)?;
    match members
        .iter()
        .find(|(name, _)| !known.contains(&name.as_str()))
    {
        Some((name, _)) => Err(malformed(format!("Unknown field {name}"))),
        None => Ok(()),
    }
}

fn syntax() -> Refusal {
    malformed("Invalid policy syntax.")
}

fn text_or_absent(node: &Node, name: &str) -> Result<(), Refusal> {
    match node.get(name) {
        Some(node) if node.text().is_none() => Err(syntax()),
        _ => Ok(()),
    }
}

/// An element or its `Not…` form, of which there must be one.
fn either<'a>(statement: &'a Node, name: &str) -> Result<(&'a Node, bool), Refusal> {
    match (statement.get(name), statement.get(&format!("Not{name}"))) {
        (Some(_), Some(_)) => Err(syntax()),
        (Some(node), None) => Ok((node, false)),
        (None, Some(node)) => Ok((node, true)),
        (None, None) => Err(malformed(format!("Missing required field {name}"))),
    }
}

fn check_statement(realm: Realm<'_>, bucket: &str, statement: &Node) -> Result<(), Refusal> {
    fields(
        statement,
        &[
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ],
    )?;
    text_or_absent(statement, "Sid")?;
    let effect = statement
        .get("Effect")
        .ok_or_else(|| malformed("Missing required field Effect"))?;
    match effect.text() {
        Some("Allow" | "Deny") => {}
        Some(other) => return Err(malformed(format!("Invalid effect: {other}"))),
        None => return Err(syntax()),
    }
    let (principal, _) = either(statement, "Principal")?;
    let (actions, not_actions) = either(statement, "Action")?;
    let (resources, not_resources) = either(statement, "Resource")?;
    check_principals(realm, principal)?;
    let actions = actions.texts().ok_or_else(syntax)?;
    if actions.is_empty() || actions.iter().any(|action| matching(action).is_empty()) {
        return Err(malformed("Policy has invalid action"));
    }
    let resources = resources.texts().ok_or_else(syntax)?;
    let abouts = resource_kinds(realm.partition, bucket, &resources)?;
    if let Some(condition) = statement.get("Condition") {
        check_condition(condition, if not_actions { &[] } else { &actions })?;
    }
    let applies = |action: &&str| {
        matching(action)
            .iter()
            .any(|(_, about)| abouts.contains(about))
    };
    if !not_actions && !not_resources && !actions.iter().all(applies) {
        return Err(malformed(
            "Action does not apply to any resource(s) in statement",
        ));
    }
    Ok(())
}

fn check_principals(realm: Realm<'_>, element: &Node) -> Result<(), Refusal> {
    let invalid = || malformed("Invalid principal in policy");
    let principals = principals::of(element).ok_or_else(invalid)?;
    if principals.is_empty()
        || principals
            .iter()
            .any(|principal| realm.resolve(principal).is_none())
    {
        return Err(invalid());
    }
    Ok(())
}

/// What the resources are, each of which must lie in the bucket: its ARN, or that with a key pattern behind it.
fn resource_kinds(
    partition: &str,
    bucket: &str,
    resources: &[&str],
) -> Result<Vec<About>, Refusal> {
    let prefix = format!("arn:{partition}:s3:::{bucket}");
    let mut kinds = Vec::new();
    for resource in resources {
        match resource.strip_prefix(&prefix) {
            Some("") => kinds.push(About::Bucket),
            Some(rest) if rest.starts_with('/') => kinds.push(About::Object),
            Some(rest) if rest.starts_with('*') => kinds.extend([About::Bucket, About::Object]),
            _ => return Err(malformed("Policy has invalid resource")),
        }
    }
    if kinds.is_empty() {
        Err(malformed("Policy has invalid resource"))
    } else {
        Ok(kinds)
    }
}

fn check_condition(condition: &Node, actions: &[&str]) -> Result<(), Refusal> {
    for (operator, keys) in condition.object().ok_or_else(syntax)? {
        if !is_operator(operator) {
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

/// Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
fn is_operator(text: &str) -> bool {
    let text = text
        .strip_prefix("ForAllValues:")
        .or_else(|| text.strip_prefix("ForAnyValue:"))
        .unwrap_or(text);
    const OPERATORS: [&str; 27] = [
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
        "Bool",
        "BinaryEquals",
        "IpAddress",
        "NotIpAddress",
        "ArnEquals",
        "ArnLike",
        "ArnNotEquals",
        "ArnNotLike",
        "Null",
    ];
    let plain = text.strip_suffix("IfExists").unwrap_or(text);
    OPERATORS.contains(&plain) && text != "NullIfExists"
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
