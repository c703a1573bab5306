//! Key policies: got, put, listed; and grants, of which there are none.
//!
//! Not here: which policies are taken (`policy_check.rs`).

use serde_json::{Value, json};

use super::keys::{not_found, open, place};
use super::policy_check::check;
use super::{Members, empty, text, validation};
use crate::aws::call::{Call, Refusal};
use crate::aws::json::result;
use crate::aws::resource_policy::Stored;
use crate::aws::resource_policy::principals::Realm;
use crate::http::Answer;

/// Whether the caller asks to skip the check that it can still put another policy.
pub(super) fn bypasses(members: &Members) -> bool {
    members
        .get("BypassPolicyLockoutSafetyCheck")
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

fn policy_name(members: &Members) -> Result<&str, Refusal> {
    let name = members
        .get("PolicyName")
        .and_then(Value::as_str)
        .unwrap_or("default");
    if (1..=128).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    {
        Ok(name)
    } else {
        Err(validation(
            "policyName",
            "Member must satisfy regular expression pattern: [\\w]+",
        ))
    }
}

/// `GetKeyPolicy`.
pub(super) fn get(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    let name = policy_name(members)?;
    let key = open(call, text(members, "KeyId")?, false, false)?;
    if name != "default" {
        return Err(not_found("No such policy exists".to_owned()));
    }
    Ok(result(
        call,
        &json!({ "Policy": key.policy.shown(call.db), "PolicyName": name }),
    ))
}

/// `PutKeyPolicy`: the whole document.
pub(super) fn put(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    let name = policy_name(members)?;
    let policy = text(members, "Policy")?;
    let mut key = open(call, text(members, "KeyId")?, false, false)?;
    match name {
        "default" => {}
        // Source: KMS API Reference, "PutKeyPolicy" (PolicyName).
        "AWS_RAM" => {
            return Err(Refusal::new(
                400,
                "ValidationException",
                "The AWS_RAM policy can only be managed by the RAM service",
            ));
        }
        _ => return Err(not_found("No such policy exists".to_owned())),
    }
    let realm = Realm {
        db: call.db,
        partition: call.partition,
        account: call.account(),
    };
    check(realm, &call.caller, &key.arn, policy, bypasses(members))?;
    key.policy = Stored::new(realm, policy);
    call.db.put(&place(&key), &key);
    Ok(empty(call))
}

/// `ListKeyPolicies`: always `default` alone.
pub(super) fn list(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    open(call, text(members, "KeyId")?, false, false)?;
    Ok(result(
        call,
        &json!({ "PolicyNames": ["default"], "Truncated": false }),
    ))
}

/// `ListGrants`: there are none.
pub(super) fn list_grants(call: &mut Call<'_>, members: &Members) -> Result<Answer, Refusal> {
    open(call, text(members, "KeyId")?, false, true)?;
    Ok(result(call, &json!({ "Grants": [], "Truncated": false })))
}
