//! What IAM accepts as the trust policy of a role.
//!
//! Sources: "Grammar of the IAM JSON policy language" and "AWS JSON policy elements: Principal" in the IAM user guide; messages as quoted from IAM in public issue threads (`Has prohibited field Resource`, `Unknown field …`, `Syntax error at position (…)`, `AssumeRole policy may only specify STS AssumeRole actions.`, …).
//! Not here: who the principals are (`principals.rs`), and the size (`sizes.rs`).

use super::document::{Node, Value};
use super::principals;
use crate::aws::call::{Call, Refusal};
use crate::aws::conditions;

/// What a trust policy may allow.
///
/// Source: "Actions, resources, and condition keys for AWS STS" in the service authorization reference: the actions that a role can be the resource of.
const ACTIONS: &[&str] = &[
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:setcontext",
    "sts:setsourceidentity",
    "sts:tagsession",
];

/// The refusal of a policy document.
pub(super) fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "MalformedPolicyDocument", message)
}

fn syntax(node: &Node) -> Refusal {
    malformed(format!(
        "Syntax error at position ({},{})",
        node.at.0, node.at.1
    ))
}

/// Refuses a trust policy that IAM would refuse.
pub(super) fn check(call: &Call<'_>, document: &str) -> Result<(), Refusal> {
    let root =
        Node::read(document).ok_or_else(|| malformed("This policy contains invalid Json"))?;
    let members = root.members().ok_or_else(|| syntax(&root))?;
    for (name, node) in members {
        match name.as_str() {
            "Version" => check_version(node)?,
            "Id" => drop(node.text().ok_or_else(|| syntax(node))?),
            "Statement" => {}
            other => return Err(malformed(format!("Unknown field {other}"))),
        }
    }
    let statement = root
        .get("Statement")
        .ok_or_else(|| malformed("Missing required field Statement"))?;
    if matches!(
        statement.value,
        Value::Text(_) | Value::Scalar(_) | Value::Null
    ) {
        return Err(syntax(statement));
    }
    let statements = statement.items();
    if statements.is_empty() {
        return Err(malformed("Could not parse the policy: Statement is empty!"));
    }
    for statement in statements {
        check_fields(statement)?;
    }
    check_ids(statements)?;
    for statement in statements {
        check_meaning(call, statement)?;
    }
    Ok(())
}

fn check_version(node: &Node) -> Result<(), Refusal> {
    match node.text() {
        Some("2012-10-17" | "2008-10-17") => Ok(()),
        Some(_) => Err(malformed("The policy must contain a valid version string")),
        None => Err(syntax(node)),
    }
}

/// The fields of one statement and their types.
fn check_fields(statement: &Node) -> Result<(), Refusal> {
    let members = statement.members().ok_or_else(|| syntax(statement))?;
    for (name, node) in members {
        match name.as_str() {
            "Sid" => drop(node.text().ok_or_else(|| syntax(node))?),
            "Effect" => match node.text().ok_or_else(|| syntax(node))? {
                "Allow" | "Deny" => {}
                other => return Err(malformed(format!("Invalid effect: {other}"))),
            },
            "Action" | "NotAction" | "Resource" | "NotResource" => {
                node.texts().ok_or_else(|| syntax(node))?;
            }
            "Principal" | "NotPrincipal" => check_principal_form(node)?,
            "Condition" => check_condition(node)?,
            other => return Err(malformed(format!("Unknown field {other}"))),
        }
    }
    for required in ["Effect", "Principal", "Action"] {
        let other = format!("Not{required}");
        match (statement.get(required), statement.get(&other)) {
            (None, None) => {
                return Err(malformed(format!("Missing required field {required}")));
            }
            (Some(_), Some(node)) => return Err(syntax(node)),
            _ => {}
        }
    }
    Ok(())
}

fn check_principal_form(node: &Node) -> Result<(), Refusal> {
    match &node.value {
        Value::Text(_) => Ok(()),
        Value::Map(members) if members.is_empty() => Err(malformed(
            "Missing required field Principal cannot be empty!",
        )),
        Value::Map(members) => {
            for (_, node) in members {
                node.texts().ok_or_else(|| syntax(node))?;
            }
            Ok(())
        }
        _ => Err(syntax(node)),
    }
}

fn check_condition(node: &Node) -> Result<(), Refusal> {
    for (operator, keys) in node.members().ok_or_else(|| syntax(node))? {
        if conditions::base(operator).is_none() {
            return Err(malformed(format!("Invalid Condition type : {operator}")));
        }
        for (_, values) in keys.members().ok_or_else(|| syntax(keys))? {
            for value in values.items() {
                if !matches!(value.value, Value::Text(_) | Value::Scalar(_)) {
                    return Err(syntax(value));
                }
            }
        }
    }
    Ok(())
}

fn check_ids(statements: &[Node]) -> Result<(), Refusal> {
    let mut seen: Vec<&str> = Vec::new();
    for id in statements
        .iter()
        .filter_map(|statement| statement.get("Sid")?.text())
    {
        if !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(malformed(
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
            ));
        }
        if !id.is_empty() && seen.contains(&id) {
            return Err(malformed("The Statement Ids in the policy are not unique"));
        }
        seen.push(id);
    }
    Ok(())
}

/// What makes a policy one that trusts.
fn check_meaning(call: &Call<'_>, statement: &Node) -> Result<(), Refusal> {
    if statement.get("Resource").is_some() {
        return Err(malformed("Has prohibited field Resource"));
    }
    if statement.get("NotResource").is_some() {
        return Err(malformed("AssumeRole policy must not contain resources."));
    }
    if statement.get("NotPrincipal").is_some() {
        let allows = statement.get("Effect").and_then(Node::text) == Some("Allow");
        return Err(malformed(if allows {
            "Allow with NotPrincipal is not allowed."
        } else {
            "AssumeRole policy must not contain NotPrincipal field."
        }));
    }
    let actions = statement
        .get("Action")
        .or_else(|| statement.get("NotAction"));
    let actions = actions.and_then(Node::texts).unwrap_or_default();
    if actions.is_empty() {
        return Err(malformed("Missing required field Action cannot be empty!"));
    }
    if !actions.iter().all(|action| trusts(action)) {
        return Err(malformed(
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ));
    }
    if let Some(principal) = statement.get("Principal") {
        principals::check(call, statement, principal)?;
    }
    Ok(())
}

/// Whether an action, perhaps with wildcards, is one of those that a role can be assumed with.
fn trusts(action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    action.starts_with("sts:")
        && ACTIONS
            .iter()
            .any(|known| matches(action.as_bytes(), known.as_bytes()))
}

/// Whether a pattern with `*` and `?` matches a text.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|skip| matches(rest, &text[skip..])),
        Some((b'?', rest)) => !text.is_empty() && matches(rest, &text[1..]),
        Some((byte, rest)) => text.first() == Some(byte) && matches(rest, &text[1..]),
    }
}
