//! The services whose handlers check themselves, and those that are about nothing in particular.
//!
//! Sources: the pages of Amazon S3, AWS KMS, AWS STS, Amazon EKS Auth, Service Quotas, AWS Secrets Manager and AWS Systems Manager in the service authorization reference.

use super::{On, Row, row};

pub(super) const STS: &[Row] = &[
    // "No permissions are required to perform this operation."
    row("GetCallerIdentity", "sts:GetCallerIdentity", On::Free),
    row("AssumeRole", "sts:AssumeRole", On::Found),
    row(
        "AssumeRoleWithWebIdentity",
        "sts:AssumeRoleWithWebIdentity",
        On::Found,
    ),
];

pub(super) const S3: &[Row] = &[
    row("ListBuckets", "s3:ListAllMyBuckets", On::Found),
    row("CreateBucket", "s3:CreateBucket", On::Found),
    row("HeadBucket", "s3:ListBucket", On::Found),
    row("GetBucketLocation", "s3:GetBucketLocation", On::Found),
    row("DeleteBucket", "s3:DeleteBucket", On::Found),
    row("GetBucketPolicy", "s3:GetBucketPolicy", On::Found),
    row("PutBucketPolicy", "s3:PutBucketPolicy", On::Found),
    row("DeleteBucketPolicy", "s3:DeleteBucketPolicy", On::Found),
    row(
        "GetBucketPolicyStatus",
        "s3:GetBucketPolicyStatus",
        On::Found,
    ),
    row(
        "GetBucketEncryption",
        "s3:GetEncryptionConfiguration",
        On::Found,
    ),
    row(
        "PutBucketEncryption",
        "s3:PutEncryptionConfiguration",
        On::Found,
    ),
    row(
        "DeleteBucketEncryption",
        "s3:PutEncryptionConfiguration",
        On::Found,
    ),
    row("GetBucketVersioning", "s3:GetBucketVersioning", On::Found),
    row("PutBucketVersioning", "s3:PutBucketVersioning", On::Found),
    row(
        "GetPublicAccessBlock",
        "s3:GetBucketPublicAccessBlock",
        On::Found,
    ),
    row(
        "PutPublicAccessBlock",
        "s3:PutBucketPublicAccessBlock",
        On::Found,
    ),
    row(
        "DeletePublicAccessBlock",
        "s3:PutBucketPublicAccessBlock",
        On::Found,
    ),
    row("GetBucketTagging", "s3:GetBucketTagging", On::Found),
    row("PutBucketTagging", "s3:PutBucketTagging", On::Found),
    row("DeleteBucketTagging", "s3:PutBucketTagging", On::Found),
    row("ListObjectVersions", "s3:ListBucketVersions", On::Found),
    row("ListObjectsV2", "s3:ListBucket", On::Found),
    row("PutObject", "s3:PutObject", On::Found),
    row("GetObject", "s3:GetObject", On::Found),
    row("HeadObject", "s3:GetObject", On::Found),
    row("DeleteObject", "s3:DeleteObject", On::Found),
    row("CreateMultipartUpload", "s3:PutObject", On::Found),
    row("UploadPart", "s3:PutObject", On::Found),
    row("CompleteMultipartUpload", "s3:PutObject", On::Found),
    row("AbortMultipartUpload", "s3:AbortMultipartUpload", On::Found),
    row("ListParts", "s3:ListMultipartUploadParts", On::Found),
    row(
        "ListMultipartUploads",
        "s3:ListBucketMultipartUploads",
        On::Found,
    ),
];

pub(super) const EKS_AUTH: &[Row] = &[row(
    "AssumeRoleForPodIdentity",
    "eks-auth:AssumeRoleForPodIdentity",
    On::Found,
)];

pub(super) const KMS: &[Row] = &[
    row("CreateKey", "kms:CreateKey", On::Anything),
    row("DescribeKey", "kms:DescribeKey", On::Found),
    row("GetKeyPolicy", "kms:GetKeyPolicy", On::Found),
    row("PutKeyPolicy", "kms:PutKeyPolicy", On::Found),
    row("ListKeyPolicies", "kms:ListKeyPolicies", On::Found),
    row("ListKeys", "kms:ListKeys", On::Anything),
    row("ListAliases", "kms:ListAliases", On::Anything),
    row("CreateAlias", "kms:CreateAlias", On::Found),
    row("ListGrants", "kms:ListGrants", On::Found),
    row("Encrypt", "kms:Encrypt", On::Found),
    row("Decrypt", "kms:Decrypt", On::Found),
    row("GenerateDataKey", "kms:GenerateDataKey", On::Found),
];

pub(super) const SERVICE_QUOTAS: &[Row] = &[
    row(
        "GetServiceQuota",
        "servicequotas:GetServiceQuota",
        On::Anything,
    ),
    row(
        "GetAWSDefaultServiceQuota",
        "servicequotas:GetAWSDefaultServiceQuota",
        On::Anything,
    ),
    row(
        "ListServiceQuotas",
        "servicequotas:ListServiceQuotas",
        On::Anything,
    ),
];

pub(super) const SECRETS_MANAGER: &[Row] = &[
    row("CreateSecret", "secretsmanager:CreateSecret", On::Found),
    row("PutSecretValue", "secretsmanager:PutSecretValue", On::Found),
    row("GetSecretValue", "secretsmanager:GetSecretValue", On::Found),
    row(
        "BatchGetSecretValue",
        "secretsmanager:BatchGetSecretValue",
        On::Found,
    ),
    row("DescribeSecret", "secretsmanager:DescribeSecret", On::Found),
    row(
        "ListSecretVersionIds",
        "secretsmanager:ListSecretVersionIds",
        On::Found,
    ),
    row("ListSecrets", "secretsmanager:ListSecrets", On::Found),
];

pub(super) const PARAMETER_STORE: &[Row] = &[
    row("PutParameter", "ssm:PutParameter", On::Found),
    row("GetParameter", "ssm:GetParameter", On::Found),
    row("GetParametersByPath", "ssm:GetParametersByPath", On::Found),
    row("DescribeParameters", "ssm:DescribeParameters", On::Found),
];
