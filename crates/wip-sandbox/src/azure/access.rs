//! What a principal may do by its role assignments.
//!
//! Source: "What is Azure role-based access control (Azure RBAC)?", "How Azure RBAC determines if a user has access to a resource": assignments at the scope or above; actions without notActions, dataActions without notDataActions; they add up.
//! Not here: what the roles are (`arm/roles.rs`).

use super::arm::{assignments, roles};
use super::caller::Caller;
use super::rights::fits;
use crate::db::Db;

/// Whether a principal may act on a resource of Resource Manager.
pub(crate) fn acts(db: &Db, caller: &Caller, action: &str, scope: &str) -> bool {
    holds(db, caller, scope, |role| {
        any(role.actions, action) && !any(role.not_actions, action)
    })
}

/// Whether a principal may act on the data of a resource.
pub(crate) fn acts_on_data(db: &Db, caller: &Caller, action: &str, scope: &str) -> bool {
    // No built-in role has notDataActions.
    holds(db, caller, scope, |role| any(role.data_actions, action))
}

fn any(patterns: &[&str], action: &str) -> bool {
    patterns.iter().any(|pattern| fits(pattern, action))
}

fn holds(db: &Db, caller: &Caller, scope: &str, allows: impl Fn(&roles::Role) -> bool) -> bool {
    assignments::of(db, &caller.tenant)
        .filter(|it| it.principal_id.eq_ignore_ascii_case(&caller.object))
        .filter(|it| covers(&it.scope, scope))
        .filter_map(|it| roles::find(&it.role))
        .any(allows)
}

/// Whether a scope is another or lies above it; case does not matter.
pub(crate) fn covers(above: &str, scope: &str) -> bool {
    let (above, scope) = (above.to_lowercase(), scope.to_lowercase());
    let above = above.trim_end_matches('/');
    scope
        .strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
