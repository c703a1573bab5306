//! The model of what wip does to a bucket itself: making it, its settings, its end.

use serde::{Deserialize, Serialize};

/// A bucket of which wip owns settings and statements.
#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    /// Its name.
    pub bucket: String,
    /// Its region.
    pub region: String,
    /// Its account, where the file says.
    pub account: Option<String>,
    /// Whether wip writes its statements into the bucket's policy.
    pub policy: bool,
    /// What wip does to the bucket itself.
    pub own: BucketOwn,
}

/// What wip does to a bucket itself; a setting that is `None` is not wip's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BucketOwn {
    /// Whether wip makes it where there is none.
    pub create: bool,
    /// Whether old versions of objects are kept.
    pub versioning: Option<bool>,
    /// What encrypts objects that come without a wish of their own.
    pub encryption: Option<Encryption>,
    /// What of Block Public Access is on.
    pub block_public_access: Option<BlockPublicAccess>,
    /// Whether wip writes into the bucket's policy that nobody comes without TLS.
    pub deny_insecure_transport: bool,
    /// What becomes of a bucket that wip made.
    pub on_destroy: OnDestroy,
}

/// What encrypts objects that come without a wish of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Keys of S3 itself.
    SseS3,
    /// The key of KMS with this ARN, with an S3 Bucket Key.
    Kms(String),
}

/// What of Block Public Access is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockPublicAccess {
    /// All four settings.
    All,
    /// The two about access control lists: a public bucket policy counts.
    Acls,
    /// None.
    None,
}

/// What becomes of a bucket that wip made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnDestroy {
    /// It stays.
    #[default]
    Keep,
    /// It is deleted, if it is empty.
    Delete,
}

impl Bucket {
    /// Whether wip makes the bucket, or owns a setting of it.
    pub fn is_managed(&self) -> bool {
        let BucketOwn {
            create,
            versioning,
            encryption,
            block_public_access,
            ..
        } = &self.own;
        *create || versioning.is_some() || encryption.is_some() || block_public_access.is_some()
    }

    /// Whether wip writes into the bucket's policy.
    pub fn has_statements(&self) -> bool {
        self.policy || self.own.deny_insecure_transport
    }

    /// The key of KMS that the file sets for the bucket.
    pub fn kms_key(&self) -> Option<&str> {
        match self.own.encryption.as_ref()? {
            Encryption::Kms(arn) => Some(arn),
            Encryption::SseS3 => None,
        }
    }
}
