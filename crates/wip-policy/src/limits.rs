//! How large a policy may be, with the source of each number.
//!
//! Not here: counting (`size`), reading quotas of an account.

/// Longest trust policy of a role by default, in characters without white space.
///
/// IAM User Guide, "IAM and AWS STS quotas": role trust policy length 2,048 by default. Adjustable, so the account's
/// own value is read from Service Quotas ([`TRUST_POLICY_QUOTA_CODE`]).
pub const TRUST_POLICY_CHARS: usize = 2_048;

/// Service Quotas code of the trust policy length, service `iam`, region us-east-1.
pub const TRUST_POLICY_QUOTA_CODE: &str = "L-C07B4B0D";

/// Longest sum of all inline policies of one role, in characters without white space.
pub const INLINE_AGGREGATE_CHARS: usize = 10_240;

/// Longest managed policy, in characters without white space.
pub const MANAGED_POLICY_CHARS: usize = 6_144;

/// Longest session policy, in characters.
pub const SESSION_POLICY_CHARS: usize = 2_048;

/// Longest bucket policy, in bytes.
pub const S3_BUCKET_POLICY_BYTES: usize = 20 * 1024;

/// Longest key policy, in bytes.
pub const KEY_POLICY_BYTES: usize = 32 * 1024;
