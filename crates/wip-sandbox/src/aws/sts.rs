//! AWS STS.

use super::call::{Call, Refusal};
use crate::http::{Answer, Request};

/// Answers a call.
pub(crate) fn handle(call: &mut Call<'_>, _request: &Request) -> Result<Answer, Refusal> {
    Err(Refusal::new(400, "InvalidAction", call.operation.clone()))
}
