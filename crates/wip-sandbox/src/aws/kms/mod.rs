//! AWS KMS: keys, aliases and key policies, and who may use a key.
//!
//! Shapes: botocore's model of `kms`. All its errors that are not the server's have status 400.
//! Not here: encrypting anything, grants (there are none), deletion, rotation, tags.

mod aliases;
mod ciphers;
mod keys;
mod policies;
mod policy_check;
#[cfg(test)]
mod tests;
mod uses;

use serde_json::{Map, Value, json};

pub(crate) use uses::{Through, Use, check as check_use, would};

use super::call::{Call, Refusal};
use super::json::{members, result};
use crate::db::Db;
use crate::http::{Answer, Request};
use crate::seed::KeySeed;

type Members = Map<String, Value>;

/// Answers a call.
pub(crate) fn handle(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let members = members(request)?;
    let operation = call.operation.clone();
    match operation.as_str() {
        "CreateKey" => keys::create(call, &members),
        "DescribeKey" => keys::describe(call, &members),
        "GetKeyPolicy" => policies::get(call, &members),
        "PutKeyPolicy" => policies::put(call, &members),
        "ListKeyPolicies" => policies::list(call, &members),
        "ListKeys" => keys::list(call, &members),
        "ListAliases" => aliases::list(call, &members),
        "CreateAlias" => aliases::create(call, &members),
        "Encrypt" => ciphers::encrypt(call, &members),
        "Decrypt" => ciphers::decrypt(call, &members),
        "GenerateDataKey" => ciphers::generate(call, &members),
        "ListGrants" => policies::list_grants(call, &members),
        _ => Err(Refusal::new(400, "UnknownOperationException", "")),
    }
}

/// Adds a key where there is none of its ARN.
pub(crate) fn plant(db: &mut Db, key: &KeySeed) {
    keys::plant(db, key);
}

/// The refusal of a member that breaks a constraint of the model; `member` begins lower-case.
fn validation(member: &str, constraint: &str) -> Refusal {
    Refusal::new(
        400,
        "ValidationException",
        format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: {constraint}"
        ),
    )
}

/// A required text.
fn text<'a>(members: &'a Members, name: &str) -> Result<&'a str, Refusal> {
    members
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| {
            validation(
                &(name[..1].to_lowercase() + &name[1..]),
                "Member must not be null",
            )
        })
}

/// The size of a page: 1 to 1000.
fn limit(members: &Members, default: usize) -> Result<usize, Refusal> {
    match members.get("Limit") {
        None => Ok(default),
        Some(value) => value
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
            .filter(|n| (1..=1000).contains(n))
            .ok_or_else(|| validation("limit", "Member must have value between 1 and 1000")),
    }
}

/// One page of what `entries` says, under the member `name`.
fn page(
    call: &Call<'_>,
    members: &Members,
    name: &str,
    default: usize,
    entries: Vec<(String, Value)>,
) -> Result<Answer, Refusal> {
    let limit = limit(members, default)?;
    let start = match members.get("Marker").and_then(Value::as_str) {
        None => 0,
        Some(marker) => {
            1 + entries
                .iter()
                .position(|(id, _)| id == marker)
                .ok_or_else(|| {
                    Refusal::new(
                        400,
                        "InvalidMarkerException",
                        "Could not deserialize marker",
                    )
                })?
        }
    };
    let end = entries.len().min(start + limit);
    let shown: Vec<&Value> = entries[start..end].iter().map(|(_, entry)| entry).collect();
    let mut body = json!({ name: shown, "Truncated": end < entries.len() });
    if end < entries.len() {
        body["NextMarker"] = entries[end - 1].0.as_str().into();
    }
    Ok(result(call, &body))
}

/// The answer of operations without an output shape.
fn empty(call: &Call<'_>) -> Answer {
    let mut answer = result(call, &Value::Null);
    answer.body.clear();
    answer
}
