//! AWS KMS: keys and their policies.

use super::call::{Call, Refusal};
use crate::http::{Answer, Request};

/// Answers a call.
pub(crate) fn handle(call: &mut Call<'_>, _request: &Request) -> Result<Answer, Refusal> {
    Err(Refusal::new(
        400,
        "UnknownOperationException",
        call.operation.clone(),
    ))
}

/// Adds a key where there is none of its ARN.
pub(crate) fn plant(_db: &mut crate::db::Db, _key: &crate::seed::KeySeed) {}
