//! The request rates that AWS publishes of the calls that wip makes.
//!
//! Owns the numbers and where they stand; how they are kept is `wip_provider::Lane`'s.
//!
//! IAM, STS, S3 and EKS publish none for these calls: "The number of tokens that a bucket holds and the refill rate
//! depends on the API", several buckets count at once, and they cannot be raised ("How to monitor and query IAM resources at scale –
//! Part 2", AWS Security Blog; "How do I resolve API throttling or Rate exceeded errors for IAM and AWS STS", AWS re:Post).
//! There the first answer that throttles tells the rate.

use wip_provider::Direction;

/// Requests a second and region that an account may make of `api`, where AWS says so.
pub(super) fn published(api: &str, direction: Direction) -> Option<f64> {
    match (api, direction) {
        // PutKeyPolicy ("Request quotas", AWS KMS Developer Guide); GetKeyPolicy has 1,000, which slots never reach.
        ("kms", Direction::Write) => Some(15.0),
        // GetServiceQuota ("Service quotas for Service Quotas", Service Quotas User Guide).
        ("servicequotas", Direction::Read) => Some(5.0),
        _ => None,
    }
}
