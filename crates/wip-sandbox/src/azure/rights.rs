//! What an operator may do: everything in its tenant, or the actions that `/_sandbox/azure/rights` says.
//!
//! An action is one of Resource Manager (`Microsoft.ManagedIdentity/userAssignedIdentities/write`) or a permission of Microsoft Graph (`Application.ReadWrite.All`); `*` stands for any characters.
//! Not here: what a workload may do (`access.rs`).

use serde::{Deserialize, Serialize};

use super::access::covers;
use super::arm::assignments;
use super::call::{Call, Refusal};
use super::caller::Caller;
use super::conditions::{self, Subject};
use crate::db::Db;
use crate::http::Request;

/// What the operators of a tenant may do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Right {
    /// An action, wherever.
    Action(String),
    /// A role that they have at some scopes.
    Role(Role),
}

/// Actions at scopes and below.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Role {
    actions: Vec<String>,
    scopes: Vec<String>,
    /// The condition of the assignment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    condition: Option<String>,
}

impl Right {
    /// Whether the sandbox knows what is meant.
    pub(crate) fn is_read(&self) -> bool {
        match self {
            Self::Action(_) => true,
            Self::Role(role) => role.condition.as_deref().is_none_or(|condition| {
                conditions::holds(condition, "", &Subject::default()).is_some()
            }),
        }
    }

    fn allows(&self, action: &str, scope: &str, subject: &Subject) -> bool {
        match self {
            Self::Action(pattern) => fits(pattern, action),
            Self::Role(role) => {
                let condition = role.condition.as_deref();
                role.actions.iter().any(|pattern| fits(pattern, action))
                    && role.scopes.iter().any(|above| covers(above, scope))
                    && condition.is_none_or(|condition| {
                        conditions::holds(condition, action, subject) == Some(true)
                    })
            }
        }
    }
}

/// Where the rights of a tenant's operators are kept; nothing there is everything.
pub(crate) fn key(tenant: &str) -> String {
    format!("sandbox/azure/rights/{}", tenant.to_lowercase())
}

/// Whether the operators of a tenant may do something at a scope; Microsoft Graph has none.
pub(crate) fn allows(db: &Db, tenant: &str, action: &str, scope: &str, subject: &Subject) -> bool {
    match db.get::<Vec<Right>>(&key(tenant)) {
        None => true,
        Some(rights) => rights
            .iter()
            .any(|right| right.allows(action, scope, subject)),
    }
}

/// Whether an action is one of those that a pattern means.
///
/// Source: "Understand Azure role definitions", "Actions": a wildcard stands for all that fits; case does not matter.
pub(crate) fn fits(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_lowercase(), action.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = action.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// Refuses what the caller may not do at a scope of Resource Manager.
pub(crate) fn check(
    call: &Call<'_>,
    request: &Request,
    action: &str,
    scope: &str,
) -> Result<(), Refusal> {
    let caller = &call.caller;
    let may = if caller.is_operator {
        let subject = assignments::subject(call, request, scope);
        allows(call.db, &caller.tenant, action, scope, &subject)
    } else {
        super::access::acts(call.db, caller, action, scope)
    };
    if may {
        Ok(())
    } else {
        Err(refused(caller, action, scope))
    }
}

/// Source: "Troubleshoot Azure RBAC" and "Resolve errors for authorization failures" (`AuthorizationFailed`).
pub(crate) fn refused(caller: &Caller, action: &str, scope: &str) -> Refusal {
    let Caller { app, object, .. } = caller;
    let message = format!(
        "The client '{app}' with object id '{object}' does not have authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials."
    );
    Refusal::new(403, "AuthorizationFailed", message)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_of_actions() {
        let action = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
        for (pattern, wanted) in [
            ("*", true),
            ("*/read", true),
            ("microsoft.storage/*", true),
            (action, true),
            ("Microsoft.Storage/storageAccounts/*/blobs/*", true),
            ("Microsoft.Storage/*/delete", false),
            ("Microsoft.Storage/storageAccounts", false),
            ("", false),
            ("read", false),
        ] {
            assert_eq!(fits(pattern, action), wanted, "{pattern}");
        }
        assert!(!fits("a*a", "a"));
    }
}
