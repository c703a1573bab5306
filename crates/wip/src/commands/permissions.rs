//! `wip permissions`: the least permissions that wip itself needs for a Space, plan and apply apart.
//!
//! Owns how they are shown. Asks no cloud: all of it follows from the file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};
use wip_provider::{AccountRights, Policy, RoleDefinition, RoleRights, TenantRights};

use crate::args::FileArgs;
use crate::clouds;
use crate::failure::{Exit, Failure};
use crate::run::{Session, Source};

/// `wip-permissions/1`.
#[derive(Serialize)]
struct Permissions<'a> {
    format: &'static str,
    space: &'a str,
    /// By account id.
    accounts: BTreeMap<String, Account>,
    /// By the id of a subscription.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    subscriptions: BTreeMap<String, Subscription>,
    /// By the id of a tenant.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tenants: BTreeMap<String, Tenant>,
}

/// What is needed in one tenant: permissions of Microsoft Graph.
#[derive(Serialize)]
struct Tenant {
    plan: Vec<&'static str>,
    apply: Vec<&'static str>,
}

/// What is needed in one account; what needs no right has no policy.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Account {
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

/// What is needed in one subscription: a role for each scope.
#[derive(Serialize)]
struct Subscription {
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

/// Prints policies for looking and for changing, for each account, and roles, for each subscription.
pub(crate) fn run(session: Session<'_>, args: &FileArgs) -> Result<Exit, Failure> {
    let source = Source::read(&args.file)?;
    let space = source.parse(session.terminal.color)?;
    let rights = clouds::rights(&space);
    let subscriptions = clouds::subscription_rights(&space);
    let tenants = clouds::tenant_rights(&space);
    if session.terminal.json {
        let accounts = rights.iter().map(|(id, needed)| {
            let account = account(needed).map_err(|error| Failure::bug(&error))?;
            Ok((id.clone(), account))
        });
        session.terminal.print_json(&Permissions {
            format: "wip-permissions/1",
            space: &space.name,
            accounts: accounts.collect::<Result<_, Failure>>()?,
            subscriptions: subscriptions
                .iter()
                .map(|(id, needed)| {
                    let subscription =
                        subscription(needed).map_err(|error| Failure::bug(&error))?;
                    Ok((id.clone(), subscription))
                })
                .collect::<Result<_, Failure>>()?,
            tenants: tenants
                .into_iter()
                .map(|(id, TenantRights { plan, apply })| (id, Tenant { plan, apply }))
                .collect(),
        })?;
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for (id, needed) in &rights {
        let by = needed.assumes.as_ref();
        let by = by.map_or_else(String::new, |role| format!(" (by {role})"));
        for (purpose, policies) in by_purpose(&needed.plan, &needed.apply) {
            if policies.is_empty() {
                let _ = writeln!(text, "# account {id}{by}: {purpose} nothing\n");
            }
            for (index, policy) in policies.iter().enumerate() {
                let part = match policies.len() {
                    1 => String::new(),
                    count => format!(", part {} of {count}", index + 1),
                };
                let _ = writeln!(text, "# account {id}{by}: {purpose}{part}");
                show(&mut text, policy);
            }
        }
    }
    for (id, needed) in &subscriptions {
        show_subscription(&mut text, id, needed);
    }
    for (id, needed) in &tenants {
        for (purpose, permissions) in by_purpose(&needed.plan, &needed.apply) {
            let _ = writeln!(
                text,
                "# tenant {id}: {purpose} of Microsoft Graph, as application permissions\n{}\n",
                permissions.join("\n")
            );
        }
    }
    session.terminal.print(text.trim_end());
    Ok(Exit::Done)
}

/// What is needed, each with the words before it.
fn by_purpose<T>(plan: T, apply: T) -> [(&'static str, T); 2] {
    [
        ("wip plan and wip verify need", plan),
        ("wip apply and wip destroy need besides", apply),
    ]
}

fn show_subscription(text: &mut String, id: &str, needed: &RoleRights) {
    for (purpose, roles) in by_purpose(&needed.plan, &needed.apply) {
        if roles.is_empty() {
            let _ = writeln!(text, "# subscription {id}: {purpose} nothing\n");
        }
        for role in roles {
            let _ = writeln!(text, "# subscription {id}: {purpose}, at {}", role.scope);
            for (action, without) in &role.optional {
                let _ = writeln!(text, "# without {action}: {without}");
            }
            if let Some(condition) = &role.condition {
                let _ = writeln!(text, "# assign it with the condition {condition}");
            }
            let _ = writeln!(text, "{}\n", role.json);
        }
    }
}

fn show(text: &mut String, policy: &Policy) {
    let (chars, most) = (thousands(policy.chars), thousands(policy.most));
    let _ = writeln!(text, "# {chars} of {most} characters of a managed policy");
    for (sid, without) in &policy.optional {
        let _ = writeln!(text, "# without {sid}: {without}");
    }
    let _ = writeln!(text, "{}\n", policy.json);
}

/// `6144` → `6,144`; no policy has a million characters.
fn thousands(number: usize) -> String {
    match number / 1000 {
        0 => number.to_string(),
        some => format!("{some},{:03}", number % 1000),
    }
}

fn account(needed: &AccountRights) -> Result<Account, serde_json::Error> {
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

fn subscription(needed: &RoleRights) -> Result<Subscription, serde_json::Error> {
    let values = |roles: &[RoleDefinition]| -> Result<Vec<Value>, serde_json::Error> {
        let values = roles.iter().map(|role| serde_json::from_str(&role.json));
        values.collect()
    };
    let all = || needed.plan.iter().chain(&needed.apply);
    let conditions = all().filter_map(|role| Some((role.name.clone(), role.condition.clone()?)));
    let optional = all().filter(|role| !role.optional.is_empty());
    Ok(Subscription {
        plan: values(&needed.plan)?,
        apply: values(&needed.apply)?,
        conditions: conditions.collect(),
        optional: optional
            .map(|role| (role.name.clone(), role.optional.clone()))
            .collect(),
    })
}

fn tenant_schema() -> Value {
    let names = |what: &str| {
        json!({
            "type": "array", "items": { "type": "string" }, "uniqueItems": true, "description": what,
        })
    };
    json!({
        "type": "object",
        "description": "Permissions of Microsoft Graph, by their names.",
        "properties": {
            "plan": names("What `wip plan` and `wip verify` need."),
            "apply": names("What `wip apply` and `wip destroy` need besides."),
        },
        "required": ["plan", "apply"],
        "additionalProperties": false,
    })
}

/// The JSON Schema of `wip permissions --json`, draft 2020-12.
pub(super) fn schema() -> Value {
    let words = |minimum: usize| {
        json!({ "anyOf": [
        { "type": "string" },
        { "type": "array", "items": { "type": "string" }, "minItems": minimum, "uniqueItems": true },
    ] })
    };
    let policy = |what: &str| json!({ "$ref": "#/$defs/policy", "description": what });
    let more = |what: &str| {
        json!({
            "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/policy" }, "description": what,
        })
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Permissions",
        "description": "The least permissions that wip itself needs for a Space.",
        "type": "object",
        "properties": {
            "format": { "const": "wip-permissions/1" },
            "space": { "type": "string", "description": "The name of the Space." },
            "accounts": {
                "type": "object",
                "description": "By account id: every account that wip calls.",
                "propertyNames": { "pattern": "^[0-9]{12}$" },
                "additionalProperties": { "$ref": "#/$defs/account" },
            },
            "subscriptions": {
                "type": "object",
                "description": "By the id of a subscription: every one that wip calls; absent where there is none.",
                "additionalProperties": { "$ref": "#/$defs/subscription" },
            },
            "tenants": {
                "type": "object",
                "description": "By the id of a tenant of Microsoft Entra: every one in which wip calls Microsoft Graph; absent where there is none.",
                "additionalProperties": { "$ref": "#/$defs/tenant" },
            },
        },
        "required": ["format", "space", "accounts"],
        "additionalProperties": false,
        "$defs": {
            "account": {
                "type": "object",
                "properties": {
                    "assumes": {
                        "type": "string",
                        "description": "The ARN of the role that the file lets wip assume in the account.",
                    },
                    "plan": policy("What `wip plan` and `wip verify` need; absent where that is nothing."),
                    "planMore": more("The rest of `plan`, where it does not fit one managed policy."),
                    "apply": policy("What `wip apply` and `wip destroy` need besides; absent where that is nothing."),
                    "applyMore": more("The rest of `apply`, where it does not fit one managed policy."),
                    "optional": {
                        "type": "object",
                        "description": "By `Sid`: statements that wip can do without, and what becomes of a run then.",
                        "additionalProperties": { "type": "string" },
                    },
                },
                "additionalProperties": false,
            },
            "subscription": subscription_schema(),
            "tenant": tenant_schema(),
            "role": role_schema(),
            "policy": {
                "type": "object",
                "description": "An IAM policy of at most 6,144 characters.",
                "properties": {
                    "Version": { "const": "2012-10-17" },
                    "Statement": { "anyOf": [
                        { "$ref": "#/$defs/statement" },
                        { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/statement" } },
                    ] },
                },
                "required": ["Version", "Statement"],
                "additionalProperties": false,
            },
            "statement": {
                "type": "object",
                "properties": {
                    "Sid": { "type": "string" },
                    "Effect": { "const": "Allow" },
                    "Action": words(1),
                    "Resource": words(1),
                    "Condition": { "type": "object" },
                },
                "required": ["Sid", "Effect", "Action", "Resource"],
                "additionalProperties": false,
            },
        },
    })
}

fn subscription_schema() -> Value {
    let roles = |what: &str| {
        json!({
            "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/role" }, "description": what,
        })
    };
    json!({
        "type": "object",
        "properties": {
            "plan": roles("What `wip plan` and `wip verify` need: a role for each scope."),
            "apply": roles("What `wip apply` and `wip destroy` need besides; absent where that is nothing."),
            "conditions": {
                "type": "object",
                "description": "By the name of a role: the condition of its assignment, version 2.0, so that only the Space's roles can be given with it.",
                "additionalProperties": { "type": "string" },
            },
            "optional": {
                "type": "object",
                "description": "By the name of a role and by action: what wip can do without, and what becomes of a run then.",
                "additionalProperties": { "type": "object", "additionalProperties": { "type": "string" } },
            },
        },
        "required": ["plan"],
        "additionalProperties": false,
    })
}

fn role_schema() -> Value {
    let texts = json!({ "type": "array", "items": { "type": "string" }, "minItems": 1, "uniqueItems": true });
    json!({
        "type": "object",
        "description": "A custom role of Azure, as `az role definition create --role-definition` takes it.",
        "properties": {
            "Name": { "type": "string" },
            "IsCustom": { "const": true },
            "Description": { "type": "string" },
            "Actions": texts,
            "NotActions": { "type": "array", "maxItems": 0 },
            "AssignableScopes": texts,
        },
        "required": ["Name", "IsCustom", "Description", "Actions", "NotActions", "AssignableScopes"],
        "additionalProperties": false,
    })
}
