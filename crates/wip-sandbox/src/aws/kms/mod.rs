//! AWS KMS: keys, aliases and key policies.
//!
//! Shapes: botocore's model of `kms`. All its errors that are not the server's have status 400.
//! A key policy is enforced as far as `resource_policy` understands it: without a statement for the account or the caller, nobody may look at the key.
//! Not here: encrypting anything, grants (there are none), deletion, rotation, tags.

mod keys;
mod policy_check;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use super::call::{Call, Refusal};
use super::json::members;
use crate::db::Db;
use crate::http::{Answer, Request};
use crate::seed::KeySeed;

/// Answers a call.
pub(crate) fn handle(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let members = members(request)?;
    let operation = call.operation.clone();
    match operation.as_str() {
        "CreateKey" => keys::create(call, &members),
        "DescribeKey" => keys::describe(call, &members),
        "GetKeyPolicy" => keys::get_policy(call, &members),
        "PutKeyPolicy" => keys::put_policy(call, &members),
        "ListKeyPolicies" => keys::list_policies(call, &members),
        "ListKeys" => keys::list(call, &members),
        "ListAliases" => keys::list_aliases(call, &members),
        "CreateAlias" => keys::create_alias(call, &members),
        "ListGrants" => keys::list_grants(call, &members),
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
fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str, Refusal> {
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
fn limit(members: &Map<String, Value>, default: usize) -> Result<usize, Refusal> {
    match members.get("Limit") {
        None => Ok(default),
        Some(value) => value
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
            .filter(|n| (1..=1000).contains(n))
            .ok_or_else(|| validation("limit", "Member must have value between 1 and 1000")),
    }
}
