//! What the errors of Google's APIs mean.
//!
//! Owns the one table from codes to classes.

use wip_provider::{Class, CloudError};
use wip_rest::Failed;

/// The class of an answer that is an error.
///
/// Sources: `google.rpc.Code` and its mapping to HTTP; "HTTP status and error codes for JSON" of Cloud Storage.
pub(crate) fn judge(failed: Failed<'_>) -> Class {
    match failed.code {
        // A service account of a moment ago is not known to every policy yet ("Create service accounts": eventual consistency).
        "INVALID_ARGUMENT" | "invalid" if is_missing_account(failed.message) => Class::NotYet,
        // Two write one policy at once, or one writes with an old etag.
        "ABORTED" | "conditionNotMet" | "ALREADY_EXISTS" | "conflict" => Class::Conflict,
        "RESOURCE_EXHAUSTED" | "rateLimitExceeded" | "userRateLimitExceeded" => Class::Throttled,
        _ => match failed.status.as_u16() {
            401 | 403 => Class::Denied,
            404 | 410 => Class::Missing,
            409 | 412 => Class::Conflict,
            429 => Class::Throttled,
            408 | 500.. => Class::Unavailable,
            _ => Class::Final,
        },
    }
}

/// "Service account EMAIL does not exist.", which IAM says of a member of a policy.
fn is_missing_account(message: &str) -> bool {
    message.starts_with("Service account ") && message.contains(" does not exist")
}

/// Whether somebody else wrote in between.
pub(crate) fn is_race(error: &CloudError) -> bool {
    matches!(error.code.as_deref(), Some("ABORTED" | "conditionNotMet"))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[test]
    fn codes_count_before_statuses() {
        for (status, code, message, class) in [
            (
                409,
                "ABORTED",
                "There were concurrent policy changes.",
                Class::Conflict,
            ),
            (412, "conditionNotMet", "", Class::Conflict),
            (409, "ALREADY_EXISTS", "", Class::Conflict),
            (
                400,
                "INVALID_ARGUMENT",
                "Service account a@p.iam.gserviceaccount.com does not exist.",
                Class::NotYet,
            ),
            (
                400,
                "invalid",
                "Service account a@p.iam.gserviceaccount.com does not exist.",
                Class::NotYet,
            ),
            (
                400,
                "INVALID_ARGUMENT",
                "Identity Pool does not exist (p.svc.id.goog).",
                Class::Final,
            ),
            (400, "FAILED_PRECONDITION", "", Class::Final),
            (403, "PERMISSION_DENIED", "", Class::Denied),
            (403, "rateLimitExceeded", "", Class::Throttled),
            (401, "UNAUTHENTICATED", "", Class::Denied),
            (404, "NOT_FOUND", "", Class::Missing),
            (429, "RESOURCE_EXHAUSTED", "", Class::Throttled),
            (503, "UNAVAILABLE", "", Class::Unavailable),
            (500, "internalError", "", Class::Unavailable),
        ] {
            let failed = Failed {
                status: StatusCode::from_u16(status).expect("a status"),
                code,
                message,
            };
            assert_eq!(judge(failed), class, "{status} {code} {message}");
        }
    }
}
