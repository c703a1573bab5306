//! How large a policy may be, with the source of each number.
//!
//! Not here: counting (`size`), reading the quotas of an account.

/// Longest trust policy of a role by default, in characters without white space.
///
/// IAM User Guide, "IAM and AWS STS quotas": role trust policy length, 2,048 by default. Adjustable, so the account's
/// own value is read from Service Quotas ([`TRUST_POLICY_QUOTA_CODE`]). AWS refuses more with `LimitExceeded`,
/// "Cannot exceed quota for ACLSizePerRole: 2048".
pub const TRUST_POLICY_CHARS: usize = 2_048;

/// Service Quotas code of the trust policy length (service `iam`, region us-east-1).
pub const TRUST_POLICY_QUOTA_CODE: &str = "L-C07B4B0D";

/// Longest sum of all inline policies of one role, in characters without white space; not adjustable.
///
/// IAM User Guide, "IAM and AWS STS quotas", inline policies: "Role policy size can't exceed 10,240 characters".
pub const INLINE_AGGREGATE_CHARS: usize = 10_240;

/// Longest managed policy, in characters without white space; not adjustable.
///
/// IAM User Guide, "IAM and AWS STS quotas", managed policies.
pub const MANAGED_POLICY_CHARS: usize = 6_144;

/// Longest session policy, in characters; white space counts, because it is the length of the parameter.
///
/// STS API reference, AssumeRole, `Policy` (besides, STS packs the policy and its tags and limits the result, which
/// nobody can compute outside).
pub const SESSION_POLICY_CHARS: usize = 2_048;

/// Longest bucket policy, in bytes: 20 KB, read as 20 x 1,024.
///
/// S3 User Guide, "Adding a bucket policy by using the Amazon S3 console". Whether KB means 1,024 bytes, and whether
/// white space counts, is UNVERIFIED.
pub const S3_BUCKET_POLICY_BYTES: usize = 20 * 1024;

/// Longest key policy, in bytes: 32 KB (32,768 bytes); not adjustable.
///
/// KMS Developer Guide, "Resource quotas", key policy document size. Whether white space counts is UNVERIFIED.
pub const KEY_POLICY_BYTES: usize = 32 * 1024;
