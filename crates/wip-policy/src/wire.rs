//! The AWS JSON of statements and documents: the order of members, scalars or lists.
//!
//! Not here: the keyed tree (`tree`), bounds and duplicate keys (`json`).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{Condition, Effect, PrincipalType, Principals, Statement, Version};

/// A document as it is written, members in the order in which people write them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct WireDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<Version>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<&'a str>,
    pub(crate) statement: Vec<WireAnyStatement<'a>>,
}

/// One statement of a document as it is written.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum WireAnyStatement<'a> {
    Known(WireStatement<'a>),
    Unknown(&'a Value),
}

/// A statement as it is written.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct WireStatement<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    effect: Effect,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<WirePrincipals<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_principal: Option<WirePrincipals<'a>>,
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    action: OneOrMany<'a>,
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    not_action: OneOrMany<'a>,
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    resource: OneOrMany<'a>,
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    not_resource: OneOrMany<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    condition: BTreeMap<&'a str, BTreeMap<&'a str, OneOrMany<'a>>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum WirePrincipals<'a> {
    Anyone(&'static str),
    Of(BTreeMap<PrincipalType, OneOrMany<'a>>),
}

/// A set, written as a scalar when it has one member.
struct OneOrMany<'a>(&'a BTreeSet<String>);

impl OneOrMany<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for OneOrMany<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.first() {
            Some(only) if self.0.len() == 1 => serializer.serialize_str(only),
            _ => self.0.serialize(serializer),
        }
    }
}

impl<'a> From<&'a Principals> for WirePrincipals<'a> {
    fn from(principals: &'a Principals) -> Self {
        match principals {
            Principals::Anyone => WirePrincipals::Anyone("*"),
            Principals::Of(map) => WirePrincipals::Of(
                map.iter()
                    .map(|(kind, names)| (*kind, OneOrMany(names)))
                    .collect(),
            ),
        }
    }
}

impl<'a> From<&'a Statement> for WireStatement<'a> {
    fn from(statement: &'a Statement) -> Self {
        WireStatement {
            sid: statement.sid.as_deref().filter(|sid| !sid.is_empty()),
            effect: statement.effect,
            principal: statement.principal.as_ref().map(Into::into),
            not_principal: statement.not_principal.as_ref().map(Into::into),
            action: OneOrMany(&statement.action),
            not_action: OneOrMany(&statement.not_action),
            resource: OneOrMany(&statement.resource),
            not_resource: OneOrMany(&statement.not_resource),
            condition: statement
                .condition
                .iter()
                .map(|(operator, keys)| {
                    (
                        operator.as_str(),
                        keys.iter()
                            .map(|(key, values)| (key.as_str(), OneOrMany(values)))
                            .collect(),
                    )
                })
                .collect(),
        }
    }
}

/// Reads a statement; `None` when anything of it is not in the model, so that nothing is lost.
pub(crate) fn statement(value: &Value) -> Option<Statement> {
    let members = value.as_object()?;
    let effect = match members.get("Effect")?.as_str()? {
        "Allow" => Effect::Allow,
        "Deny" => Effect::Deny,
        _ => return None,
    };
    let mut read = Statement::new(effect);
    for (name, value) in members {
        match name.as_str() {
            "Effect" => {}
            "Sid" => read.sid = Some(value.as_str()?.to_owned()).filter(|sid| !sid.is_empty()),
            "Principal" => read.principal = Some(Principals::from_value(value)?),
            "NotPrincipal" => read.not_principal = Some(Principals::from_value(value)?),
            "Action" => read.action = strings(value)?,
            "NotAction" => read.not_action = strings(value)?,
            "Resource" => read.resource = strings(value)?,
            "NotResource" => read.not_resource = strings(value)?,
            "Condition" => read.condition = condition(value)?,
            _ => return None,
        }
    }
    Some(read)
}

/// A string or a list of strings; `None` for anything else and for an empty list.
pub(crate) fn strings(value: &Value) -> Option<BTreeSet<String>> {
    set(value, |value| value.as_str().map(str::to_owned))
}

fn condition(value: &Value) -> Option<Condition> {
    let keys = |value: &Value| -> Option<BTreeMap<String, BTreeSet<String>>> {
        let keys = value.as_object().filter(|keys| !keys.is_empty())?;
        keys.iter()
            .map(|(key, values)| Some((key.clone(), set(values, scalar)?)))
            .collect()
    };
    value
        .as_object()?
        .iter()
        .map(|(operator, value)| Some((operator.clone(), keys(value)?)))
        .collect()
}

/// Condition values may be written as numbers and booleans; they mean their text.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(bool) => Some(bool.to_string()),
        _ => None,
    }
}

fn set(value: &Value, one: impl Fn(&Value) -> Option<String>) -> Option<BTreeSet<String>> {
    match value {
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) => items.iter().map(one).collect(),
        scalar => Some(BTreeSet::from([one(scalar)?])),
    }
}
