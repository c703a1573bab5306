//! How long a policy document is as IAM counts it, and what fits.
//!
//! Source: "IAM and AWS STS quotas" in the IAM user guide: white space is not counted.

use crate::aws::call::Refusal;
use crate::aws::iam::names;

/// All inline policies of a role together.
pub(super) const INLINE_PER_ROLE: usize = 10_240;
/// One version of a managed policy.
const MANAGED: usize = 6_144;

/// The characters of a document without white space.
pub(super) fn counted(document: &str) -> usize {
    document
        .chars()
        .filter(|character| !character.is_whitespace())
        .count()
}

/// Refuses a trust policy that does not fit.
pub(super) fn check_trust(document: &str, limit: u32) -> Result<(), Refusal> {
    if counted(document) > limit as usize {
        return Err(names::quota("ACLSizePerRole", limit));
    }
    Ok(())
}

/// Refuses a managed policy that does not fit.
pub(super) fn check_managed(document: &str) -> Result<(), Refusal> {
    if counted(document) > MANAGED {
        return Err(names::quota("PolicySize", MANAGED as u32));
    }
    Ok(())
}

/// Refuses inline policies that together do not fit.
pub(super) fn check_inline(role: &str, total: usize) -> Result<(), Refusal> {
    if total > INLINE_PER_ROLE {
        let message =
            format!("Maximum policy size of {INLINE_PER_ROLE} bytes exceeded for role {role}");
        return Err(Refusal::new(409, "LimitExceeded", message));
    }
    Ok(())
}
