//! The kinds of AWS, one file each.

pub(crate) mod iam_role;
pub(crate) mod kms_key_policy_statements;
pub(crate) mod oidc_discovery_documents;
pub(crate) mod oidc_provider;
pub(crate) mod pod_identity_association;
pub(crate) mod s3_bucket;
pub(crate) mod s3_bucket_policy_statements;
