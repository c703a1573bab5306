//! What wip itself may have to do in one account, subscription or project, as policies and roles for whoever runs it.
//!
//! Owns the values alone: a cloud fills them, a front end shows them.

use std::collections::BTreeMap;

/// What wip needs in one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountRights {
    /// The ARN of the role that the file lets wip assume there.
    pub assumes: Option<String>,
    /// For `wip plan` and `wip verify`; empty where no right is needed.
    pub plan: Vec<Policy>,
    /// What `wip apply` and `wip destroy` need besides.
    pub apply: Vec<Policy>,
}

/// A policy that is no longer than the cloud takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The document, as the cloud takes it, with line breaks.
    pub json: String,
    /// Its characters, as the cloud counts them.
    pub chars: usize,
    /// The most that the cloud takes.
    pub most: usize,
    /// The names of statements that wip can do without, and what becomes of a run then.
    pub optional: BTreeMap<String, String>,
}

/// What wip needs in one subscription or project, as roles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleRights {
    /// For `wip plan` and `wip verify`.
    pub plan: Vec<RoleDefinition>,
    /// What `wip apply` and `wip destroy` need besides; empty where no right is needed.
    pub apply: Vec<RoleDefinition>,
}

/// What wip needs in one tenant of Microsoft Entra: permissions of Microsoft Graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantRights {
    /// For `wip plan` and `wip verify`.
    pub plan: Vec<&'static str>,
    /// What `wip apply` and `wip destroy` need besides.
    pub apply: Vec<&'static str>,
}

/// A role, and the one scope where whoever runs wip must have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDefinition {
    /// Its name.
    pub name: String,
    /// The scope: the id of a subscription or of a resource group, `projects/ID`.
    pub scope: String,
    /// The definition, as the cloud takes it, with line breaks.
    pub json: String,
    /// What the assignment of the role should be limited by, as the cloud takes it.
    pub condition: Option<String>,
    /// Actions or permissions that wip can do without, and what becomes of a run then.
    pub optional: BTreeMap<String, String>,
}
