//! `wip permissions`: the least permissions that wip itself needs for a Space, plan and apply apart.
//!
//! Owns how they are shown. Asks no cloud: all of it follows from the file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};
use wip_provider::{AccountRights, Policy};

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

/// Prints a policy for looking and one for changing, for each account.
pub(crate) fn run(session: Session<'_>, args: &FileArgs) -> Result<Exit, Failure> {
    let source = Source::read(&args.file)?;
    let space = source.parse(session.terminal.color)?;
    let rights = clouds::rights(&space);
    if !space.entra.is_empty() {
        session.terminal.warn(
            "this is about accounts of AWS alone; docs/azure.md lists the actions that wip needs in subscriptions of Azure",
        );
    }
    if session.terminal.json {
        let accounts = rights.iter().map(|(id, needed)| {
            let account = account(needed).map_err(|error| Failure::bug(&error))?;
            Ok((id.clone(), account))
        });
        session.terminal.print_json(&Permissions {
            format: "wip-permissions/1",
            space: &space.name,
            accounts: accounts.collect::<Result<_, Failure>>()?,
        })?;
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for (id, needed) in &rights {
        let by = needed.assumes.as_ref();
        let by = by.map_or_else(String::new, |role| format!(" (by {role})"));
        let both = [
            ("wip plan and wip verify need", &needed.plan),
            ("wip apply and wip destroy need besides", &needed.apply),
        ];
        for (purpose, policies) in both {
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
    session.terminal.print(text.trim_end());
    Ok(Exit::Done)
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
