//! AWS IAM.

use super::call::{Call, Refusal};
use crate::db::Db;
use crate::http::{Answer, Request};
use crate::seed::RoleSeed;

/// Answers a call.
pub(crate) fn handle(call: &mut Call<'_>, _request: &Request) -> Result<Answer, Refusal> {
    Err(Refusal::new(400, "InvalidAction", call.operation.clone()))
}

/// Adds a role where there is none of its name.
pub(crate) fn plant(_db: &mut Db, _role: &RoleSeed) {}
