//! `wip-permissions/1` as a value.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use wip_provider::{AccountRights, Policy, RoleDefinition, RoleRights};

/// `wip-permissions/1`.
#[derive(Serialize)]
pub(super) struct Permissions<'a> {
    pub(super) format: &'static str,
    pub(super) space: &'a str,
    /// By account id.
    pub(super) accounts: BTreeMap<String, Account>,
    /// By the id of a subscription.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) subscriptions: BTreeMap<String, Roles>,
    /// By the id of a project.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) projects: BTreeMap<String, Roles>,
    /// By the id of a tenant.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) tenants: BTreeMap<String, Tenant>,
}

/// What is needed in one tenant: permissions of Microsoft Graph.
#[derive(Serialize)]
pub(super) struct Tenant {
    pub(super) plan: Vec<&'static str>,
    pub(super) apply: Vec<&'static str>,
}

/// What is needed in one account; what needs no right has no policy.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Account {
    #[serde(skip_serializing_if = "Option::is_none")]
    assumes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    plan_more: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    apply: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    apply_more: Vec<Value>,
    /// `Sid` of a statement that wip can do without → what becomes of a run then.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    optional: BTreeMap<String, String>,
}

/// What is needed in one subscription or project: a role for each scope.
#[derive(Serialize)]
pub(super) struct Roles {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    plan: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    apply: Vec<Value>,
    /// Name of a role → the condition of its assignment.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    conditions: BTreeMap<String, String>,
    /// Name of a role → action that wip can do without → what becomes of a run then.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    optional: BTreeMap<String, BTreeMap<String, String>>,
}

pub(super) fn account(needed: &AccountRights) -> Result<Account, serde_json::Error> {
    let values = |policies: &[Policy]| -> Result<(Option<Value>, Vec<Value>), serde_json::Error> {
        let values: Result<Vec<Value>, _> = policies
            .iter()
            .map(|policy| serde_json::from_str(&policy.json))
            .collect();
        let mut values = values?.into_iter();
        Ok((values.next(), values.collect()))
    };
    let (plan, plan_more) = values(&needed.plan)?;
    let (apply, apply_more) = values(&needed.apply)?;
    let policies = needed.plan.iter().chain(&needed.apply);
    Ok(Account {
        assumes: needed.assumes.clone(),
        plan,
        plan_more,
        apply,
        apply_more,
        optional: policies
            .flat_map(|policy| policy.optional.clone())
            .collect(),
    })
}

pub(super) fn roles(needed: &RoleRights) -> Result<Roles, serde_json::Error> {
    let values = |roles: &[RoleDefinition]| -> Result<Vec<Value>, serde_json::Error> {
        let values = roles.iter().map(|role| serde_json::from_str(&role.json));
        values.collect()
    };
    let all = || needed.plan.iter().chain(&needed.apply);
    let conditions = all().filter_map(|role| Some((role.name.clone(), role.condition.clone()?)));
    let optional = all().filter(|role| !role.optional.is_empty());
    Ok(Roles {
        plan: values(&needed.plan)?,
        apply: values(&needed.apply)?,
        conditions: conditions.collect(),
        optional: optional
            .map(|role| (role.name.clone(), role.optional.clone()))
            .collect(),
    })
}
