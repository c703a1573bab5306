//! Amazon EKS: clusters.

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

/// The operation that method and path name.
pub(crate) fn operation(_request: &Request) -> String {
    String::new()
}

/// Adds a cluster where there is none of its name.
pub(crate) fn plant(_db: &mut crate::db::Db, _cluster: &crate::seed::ClusterSeed) {}
