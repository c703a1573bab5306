//! Which bucket policies S3 takes: the refusals of `PutBucketPolicy`, each `MalformedPolicy` with its message.
//!
//! Sources: S3 User Guide, "Policies and permissions in Amazon S3" and "Bucket policy examples"; Service Authorization Reference for S3; IAM User Guide, "Grammar of the IAM JSON policy language". The pages do not list the messages; those are as clients of S3 report them.
//! S3 takes two statements of one `Sid`, and any text as `Sid`.
//! Not here: conditions (`conditions.rs`), Block Public Access (`public.rs`).

use super::conditions::check_condition;
use super::policy_actions::{About, matching};
use crate::aws::call::Refusal;
use crate::aws::resource_policy::json::Node;
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

/// The refusal with that message.
pub(super) fn malformed(message: impl Into<String>) -> Refusal {
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

/// The refusal of an element of another kind than the grammar has there.
pub(super) fn syntax() -> Refusal {
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
