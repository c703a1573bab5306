//! Which key policies KMS takes: the refusals of `PutKeyPolicy` and `CreateKey`.
//!
//! Sources: KMS API Reference, "PutKeyPolicy" (`Policy`, `BypassPolicyLockoutSafetyCheck`); KMS Developer Guide, "Key policies", "Default key policy", "Resource quotas" (32 KB). The pages do not list the messages; those are as clients of KMS report them.
//! A statement without `Action` or `Resource` is taken, and has no effect.
//! Not here: who may call (`mod.rs`).

use super::validation;
use crate::aws::call::{Caller, Refusal};
use crate::aws::resource_policy::json::Node;
use crate::aws::resource_policy::principals::{self, Realm};
use crate::aws::resource_policy::{allows, statements};

/// The bytes that a key policy may have.
const MAX_SIZE: usize = 32_768;

/// Refuses a text that KMS would not take as the policy of that key.
pub(crate) fn check(
    realm: Realm<'_>,
    caller: &Caller,
    key_arn: &str,
    text: &str,
    bypass_lockout_check: bool,
) -> Result<(), Refusal> {
    if text.is_empty() || text.len() > 131_072 {
        return Err(validation(
            "policy",
            "Member must have length between 1 and 131072, inclusive",
        ));
    }
    if text
        .chars()
        .any(|c| !matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}'))
    {
        return Err(validation(
            "policy",
            "Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
        ));
    }
    if text.len() > MAX_SIZE {
        return Err(Refusal::new(
            400,
            "LimitExceededException",
            format!("The key policy exceeds the length constraint of {MAX_SIZE} bytes."),
        ));
    }
    let document = Node::parse(text).ok_or_else(syntax)?;
    fields(&document, &["Version", "Id", "Statement"])?;
    if let Some(version) = document.get("Version")
        && !matches!(version.text(), Some("2008-10-17" | "2012-10-17"))
    {
        return Err(syntax());
    }
    let statements = statements(&document);
    if statements.is_empty() {
        return Err(syntax());
    }
    statements
        .iter()
        .try_for_each(|statement| check_statement(realm, statement))?;
    if !bypass_lockout_check && !allows(&document, caller, "kms:PutKeyPolicy", key_arn) {
        return Err(malformed(
            "The new key policy will not allow you to update the key policy in the future.",
        ));
    }
    Ok(())
}

fn malformed(message: &str) -> Refusal {
    Refusal::new(400, "MalformedPolicyDocumentException", message)
}

fn syntax() -> Refusal {
    malformed(
        "The request was rejected because the specified policy is not syntactically or semantically correct.",
    )
}

fn fields(node: &Node, known: &[&str]) -> Result<(), Refusal> {
    let members = node.object().ok_or_else(syntax)?;
    if members
        .iter()
        .all(|(name, _)| known.contains(&name.as_str()))
    {
        Ok(())
    } else {
        Err(syntax())
    }
}

fn check_statement(realm: Realm<'_>, statement: &Node) -> Result<(), Refusal> {
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
    if !matches!(
        statement.get("Effect").and_then(Node::text),
        Some("Allow" | "Deny")
    ) {
        return Err(syntax());
    }
    for name in ["Action", "NotAction", "Resource", "NotResource"] {
        if statement
            .get(name)
            .is_some_and(|node| node.texts().is_none())
        {
            return Err(syntax());
        }
    }
    let actions = statement
        .get("Action")
        .or_else(|| statement.get("NotAction"));
    let actions = actions.and_then(Node::texts).unwrap_or_default();
    if !actions
        .iter()
        .all(|action| *action == "*" || action.to_lowercase().starts_with("kms:"))
    {
        return Err(syntax());
    }
    let nobody = || malformed("Policy contains a statement with no principal.");
    let element = match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(_), Some(_)) => return Err(syntax()),
        (Some(element), None) | (None, Some(element)) => element,
        (None, None) => return Err(nobody()),
    };
    let invalid = || malformed("Policy contains a statement with one or more invalid principals.");
    let principals = principals::of(element).ok_or_else(invalid)?;
    if principals.is_empty() {
        return Err(nobody());
    }
    let valid = |principal: &principals::Principal<'_>| {
        matches!(principal.kind, "AWS" | "Service") && realm.resolve(principal).is_some()
    };
    if principals.iter().all(valid) {
        Ok(())
    } else {
        Err(invalid())
    }
}
