//! What an operator may do in a project: everything, or what `/_sandbox/gcp/rights` says.
//!
//! Not here: what a workload may do (`policy.rs`).

use serde::{Deserialize, Serialize};

use super::call::{Call, Refusal};
use super::cel::{self, Asked};
use super::policy::{self, Resource};
use super::roles;
use crate::aws::call::clock;
use crate::db::Db;

/// What the operators of a project may do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Right {
    /// A permission, or the beginning of permissions and `*`.
    Permission(String),
    /// A custom role, whose binding may have a condition.
    Role {
        permissions: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        condition: Option<String>,
    },
}

impl Right {
    /// Whether the sandbox knows what is meant.
    pub(crate) fn is_read(&self) -> bool {
        match self {
            Self::Role {
                condition: Some(condition),
                ..
            } => cel::holds(condition, &Asked::default()).is_some(),
            _ => true,
        }
    }

    fn allows(&self, permission: &str, asked: &Asked) -> bool {
        match self {
            Self::Permission(pattern) => roles::fits(pattern, permission),
            Self::Role {
                permissions,
                condition,
            } => {
                permissions.iter().any(|own| own == permission)
                    && condition
                        .as_deref()
                        .is_none_or(|condition| cel::holds(condition, asked) == Some(true))
            }
        }
    }
}

/// Where the rights of a project's operators are kept; nothing there is everything.
pub(crate) fn key(project: &str) -> String {
    format!("sandbox/gcp/rights/{project}")
}

fn operator_may(db: &Db, permission: &str, resource: &Resource) -> bool {
    let asked = Asked {
        now: clock(),
        ..resource.asked.clone()
    };
    match db.get::<Vec<Right>>(&key(&resource.project)) {
        None => true,
        Some(rights) => rights.iter().any(|right| right.allows(permission, &asked)),
    }
}

/// Whether the caller may do something.
pub(crate) fn may(call: &Call<'_>, permission: &str, resource: &Resource) -> bool {
    match call.caller.is_operator {
        true => operator_may(call.db, permission, resource),
        false => policy::allows(call.db, &call.caller, permission, resource),
    }
}

/// Refuses what the caller may not do, in the words of the service.
pub(crate) fn check(
    call: &Call<'_>,
    permission: &str,
    resource: &Resource,
    denied: impl Fn() -> Refusal,
) -> Result<(), Refusal> {
    match may(call, permission, resource) {
        true => Ok(()),
        false => Err(denied()),
    }
}
