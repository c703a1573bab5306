//! Amazon S3: buckets and their policies.

use super::call::{Call, Refusal};
use crate::db::Db;
use crate::http::{Answer, Request};
use crate::seed::BucketSeed;

/// The operation that method, path and query name.
pub(crate) fn operation(_request: &Request) -> String {
    String::new()
}

/// Answers a call.
pub(crate) fn handle(_call: &mut Call<'_>, _request: &Request) -> Result<Answer, Refusal> {
    Err(Refusal::new(
        501,
        "NotImplemented",
        "A header you provided implies functionality that is not implemented.",
    ))
}

/// A refusal in the form of S3; an answer to HEAD has no body.
pub(crate) fn refusal(_request: &Request, refusal: &Refusal, request_id: &str) -> Answer {
    Answer::new(refusal.status).with_header("x-amz-request-id", request_id)
}

/// Adds a bucket where there is none of its name.
pub(crate) fn plant(_db: &mut Db, _bucket: &BucketSeed) {}
