//! AWS STS: who calls, and sessions of roles.
//!
//! Source of the fields, bounds and errors: botocore's model of `sts`; "Common errors" of the STS API reference.
//! Not here: what a session may do (`access`), and sessions of pods (EKS asks for those).

mod asked;
mod assume;
pub(crate) mod sessions;
#[cfg(test)]
mod tests;
mod web_identity;

use super::call::{Call, Caller, Refusal};
use super::query::{self, Params};
use crate::http::{Answer, Request};

const VERSION: &str = "2011-06-15";

/// Answers a call.
pub(crate) fn handle(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let params = &Params::of(request);
    query::check_version(params, VERSION)?;
    match call.operation.as_str() {
        "GetCallerIdentity" => Ok(caller_identity(call)),
        "AssumeRole" => assume::assume(call, params),
        "AssumeRoleWithWebIdentity" => web_identity::assume(call, params),
        other => Err(query::unknown_operation(other, VERSION)),
    }
}

fn caller_identity(call: &Call<'_>) -> Answer {
    let Caller {
        account,
        arn,
        user_id,
        ..
    } = &call.caller;
    query::result(call, |xml| {
        xml.text("Arn", arn);
        xml.text("UserId", user_id);
        xml.text("Account", account);
    })
}
