//! What IAM accepts as an identity policy: inline policies of roles, managed policies.
//!
//! Sources: "Grammar of the IAM JSON policy language" in the IAM user guide; messages as quoted from IAM in public issue threads (`Policy document should not specify a principal.`, `Resource … must be in ARN format or "*".`, …). The checks run in IAM's order: form of the JSON, then version, principals, statement ids, actions, resources, and last what IAM calls legacy parsing.
//! Not here: the form of resource ARNs (`resources.rs`), sizes (`sizes.rs`).

use super::document::{Node, Value};
use super::resources;
use super::trust::malformed;
use crate::aws::call::Refusal;
use crate::aws::conditions;

/// IAM's answer to what is no policy at all.
fn syntax() -> Refusal {
    malformed("Syntax errors in policy.")
}

/// IAM's answer to what only its older parser refuses.
fn legacy() -> Refusal {
    malformed("The policy failed legacy parsing")
}

/// Refuses an identity policy that IAM would refuse; `partition` is the caller's.
pub(super) fn check(document: &str, partition: &str) -> Result<(), Refusal> {
    let root = Node::read(document).ok_or_else(syntax)?;
    for (name, node) in root.members().ok_or_else(syntax)? {
        let fits = match name.as_str() {
            "Version" => matches!(node.text(), Some("2012-10-17" | "2008-10-17")),
            "Id" => node.text().is_some(),
            "Statement" => matches!(node.value, Value::Map(_) | Value::List(_)),
            _ => false,
        };
        if !fits {
            return Err(syntax());
        }
    }
    let statements = root.get("Statement").ok_or_else(syntax)?.items();
    if statements.is_empty() {
        return Err(syntax());
    }
    for statement in statements {
        check_fields(statement)?;
    }
    if root.get("Version").and_then(Node::text) != Some("2012-10-17") {
        return Err(malformed(
            "Policy document must be version 2012-10-17 or greater.",
        ));
    }
    check_legacy_form(statements)?;
    check_ids(statements)?;
    for statement in statements {
        resources_of(statement)
            .into_iter()
            .try_for_each(resources::check_form)?;
    }
    for statement in statements {
        check_actions(statement)?;
    }
    for statement in statements {
        check_resources(statement, partition)?;
    }
    Ok(())
}

/// The fields of one statement and their types.
fn check_fields(statement: &Node) -> Result<(), Refusal> {
    for (name, node) in statement.members().ok_or_else(syntax)? {
        let fits = match name.as_str() {
            "Sid" => node.text().is_some(),
            "Effect" => node.text().is_some_and(|effect| {
                effect.eq_ignore_ascii_case("Allow") || effect.eq_ignore_ascii_case("Deny")
            }),
            "Action" | "NotAction" | "Resource" | "NotResource" => node.texts().is_some(),
            "Condition" => is_condition(node),
            "Principal" | "NotPrincipal" => {
                return Err(malformed("Policy document should not specify a principal."));
            }
            _ => false,
        };
        if !fits {
            return Err(syntax());
        }
    }
    let both =
        |one: &str, other: &str| statement.get(one).is_some() && statement.get(other).is_some();
    if statement.get("Effect").is_none()
        || both("Action", "NotAction")
        || both("Resource", "NotResource")
    {
        return Err(syntax());
    }
    Ok(())
}

fn is_condition(node: &Node) -> bool {
    let Some(operators) = node.members() else {
        return false;
    };
    operators.iter().all(|(operator, keys)| {
        keys.members().is_some_and(|keys| {
            (keys.is_empty() || conditions::base(operator).is_some())
                && keys.iter().all(|(_, values)| {
                    values
                        .items()
                        .iter()
                        .all(|value| matches!(value.value, Value::Text(_) | Value::Scalar(_)))
                })
        })
    })
}

/// What the older parser minds before anything else is looked at: the case of `Effect`, ARNs that are too short, dates that are none.
fn check_legacy_form(statements: &[Node]) -> Result<(), Refusal> {
    for statement in statements {
        if !matches!(
            statement.get("Effect").and_then(Node::text),
            Some("Allow" | "Deny")
        ) {
            return Err(legacy());
        }
        if !resources_of(statement)
            .into_iter()
            .all(resources::passes_legacy)
        {
            return Err(legacy());
        }
        let operators = statement
            .get("Condition")
            .and_then(Node::members)
            .unwrap_or_default();
        let dates = operators.iter().filter(|(operator, _)| {
            conditions::base(operator).is_some_and(|base| base.starts_with("Date"))
        });
        for (_, values) in dates.flat_map(|(_, keys)| keys.members().unwrap_or_default()) {
            let all = values.items().iter().all(|value| match &value.value {
                Value::Text(text) | Value::Scalar(text) => conditions::is_date(text),
                _ => false,
            });
            if !all {
                return Err(legacy());
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
            return Err(malformed(
                "Statement IDs (SID) in a single policy must be unique.",
            ));
        }
        seen.push(id);
    }
    Ok(())
}

fn check_actions(statement: &Node) -> Result<(), Refusal> {
    let actions = statement
        .get("Action")
        .or_else(|| statement.get("NotAction"));
    let actions = actions.and_then(Node::texts).unwrap_or_default();
    if actions.is_empty() {
        return Err(malformed("Policy statement must contain actions."));
    }
    for action in actions {
        if action == "*" {
            continue;
        }
        let Some((vendor, rest)) = action.split_once(':') else {
            return Err(malformed(
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
            ));
        };
        if rest.contains(':') {
            return Err(malformed("Actions/Condition can contain only one colon."));
        }
        if vendor.is_empty()
            || !vendor
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        {
            return Err(malformed(format!("Vendor {vendor} is not valid")));
        }
    }
    Ok(())
}

fn check_resources(statement: &Node, partition: &str) -> Result<(), Refusal> {
    let resources = resources_of(statement);
    if resources.is_empty() {
        return Err(malformed("Policy statement must contain resources."));
    }
    resources
        .iter()
        .try_for_each(|resource| resources::check(resource, partition))
}

fn resources_of(statement: &Node) -> Vec<&str> {
    let resources = statement
        .get("Resource")
        .or_else(|| statement.get("NotResource"));
    resources.and_then(Node::texts).unwrap_or_default()
}
