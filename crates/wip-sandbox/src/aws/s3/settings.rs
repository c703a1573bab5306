//! What can be set on a bucket: encryption, versioning, Block Public Access.
//!
//! Not here: the bucket policy, tags.

use serde::{Deserialize, Serialize};

use super::bucket::{Bucket, key, name, open};
use super::target::Target;
use super::xml::{Element, done, malformed, result};
use crate::aws::call::{Call, Refusal};
use crate::http::{Answer, Request};

/// How S3 encrypts objects that come without a wish of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Encryption {
    pub(crate) algorithm: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kms_key: Option<String>,
    pub(crate) bucket_key: bool,
    /// `SSE-C`, or `NONE` where nothing is blocked.
    pub(crate) blocked: String,
}

/// What a bucket has from the start: S3's own keys, and no keys that a client brings.
///
/// Source: S3 User Guide, "Blocking or unblocking SSE-C for a general purpose bucket" (new buckets since April 2026).
impl Default for Encryption {
    fn default() -> Self {
        Self {
            algorithm: "AES256".to_owned(),
            kms_key: None,
            bucket_key: false,
            blocked: "SSE-C".to_owned(),
        }
    }
}

impl Encryption {
    /// Encryption with a KMS key, with an S3 Bucket Key as the console sets it.
    pub(crate) fn with_key(kms_key: &str) -> Self {
        Self {
            algorithm: "aws:kms".to_owned(),
            kms_key: Some(kms_key.to_owned()),
            bucket_key: true,
            ..Self::default()
        }
    }
}

/// The four settings of Block Public Access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PublicAccessBlock {
    pub(crate) block_public_acls: bool,
    pub(crate) ignore_public_acls: bool,
    pub(crate) block_public_policy: bool,
    pub(crate) restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// Those about access control lists on.
    pub(crate) fn acls() -> Self {
        Self {
            block_public_policy: false,
            restrict_public_buckets: false,
            ..Self::all()
        }
    }

    /// All four on.
    pub(crate) fn all() -> Self {
        Self {
            block_public_acls: true,
            ignore_public_acls: true,
            block_public_policy: true,
            restrict_public_buckets: true,
        }
    }
}

/// Writes the bucket of a request.
pub(super) fn save(call: &mut Call<'_>, target: &Target, bucket: &Bucket) {
    call.db.put(&key(call.partition, name(target)), bucket);
}

/// `GetBucketEncryption`.
pub(crate) fn get_encryption(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let encryption = open(call, request, target)?.encryption;
    Ok(result(call, "ServerSideEncryptionConfiguration", |xml| {
        xml.element("Rule", |xml| {
            xml.element("ApplyServerSideEncryptionByDefault", |xml| {
                xml.text("SSEAlgorithm", &encryption.algorithm);
                xml.optional("KMSMasterKeyID", encryption.kms_key.as_deref());
            });
            xml.text("BucketKeyEnabled", &encryption.bucket_key.to_string());
            xml.element("BlockedEncryptionTypes", |xml| {
                xml.text("EncryptionType", &encryption.blocked)
            });
        });
    }))
}

/// `PutBucketEncryption`.
///
/// Source: S3 API Reference, "PutBucketEncryption", "ServerSideEncryptionByDefault": a key id only with `aws:kms` and `aws:kms:dsse`.
pub(crate) fn put_encryption(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let mut bucket = open(call, request, target)?;
    let root = Element::read(&request.body, "ServerSideEncryptionConfiguration")?;
    root.only(&["Rule"])?;
    let [rule] = &root.children[..] else {
        return Err(malformed());
    };
    rule.only(&[
        "ApplyServerSideEncryptionByDefault",
        "BucketKeyEnabled",
        "BlockedEncryptionTypes",
    ])?;
    let default = rule
        .child("ApplyServerSideEncryptionByDefault")
        .ok_or_else(malformed)?;
    default.only(&["SSEAlgorithm", "KMSMasterKeyID"])?;
    let algorithm = default.child_text("SSEAlgorithm").unwrap_or_default();
    let kms_key = default.child_text("KMSMasterKeyID").map(str::to_owned);
    match algorithm {
        "AES256" if kms_key.is_some() => {
            return Err(Refusal::new(
                400,
                "InvalidArgument",
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
            )
            .with("ArgumentName", "ApplyServerSideEncryptionByDefault"));
        }
        "AES256" | "aws:kms" | "aws:kms:dsse" => {}
        _ => return Err(malformed()),
    }
    let bucket_key = flag(rule, "BucketKeyEnabled")?.unwrap_or(false);
    let blocked = match rule.child("BlockedEncryptionTypes") {
        None => bucket.encryption.blocked,
        Some(types) => match types.child_text("EncryptionType") {
            Some(kind @ ("NONE" | "SSE-C")) => kind.to_owned(),
            _ => return Err(malformed()),
        },
    };
    bucket.encryption = Encryption {
        algorithm: algorithm.to_owned(),
        kms_key,
        bucket_key,
        blocked,
    };
    save(call, target, &bucket);
    Ok(done(call, 200))
}

/// `DeleteBucketEncryption`: back to S3's own keys.
pub(crate) fn delete_encryption(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let mut bucket = open(call, request, target)?;
    bucket.encryption = Encryption::default();
    save(call, target, &bucket);
    Ok(done(call, 204))
}

/// `GetBucketVersioning`: nothing in it where versioning was never set.
pub(crate) fn get_versioning(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let bucket = open(call, request, target)?;
    Ok(result(call, "VersioningConfiguration", |xml| {
        xml.optional("Status", bucket.versioning.as_deref())
    }))
}

/// `PutBucketVersioning`. What it does to objects is in `versions.rs`.
///
/// Source: S3 API Reference, "Error responses" (`IllegalVersioningConfigurationException`).
pub(crate) fn put_versioning(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let mut bucket = open(call, request, target)?;
    let root = Element::read(&request.body, "VersioningConfiguration")?;
    root.only(&["Status", "MfaDelete"])?;
    let status = match root.child_text("Status") {
        Some(status @ ("Enabled" | "Suspended")) => status,
        Some(_) => return Err(malformed()),
        None => {
            return Err(Refusal::new(
                400,
                "IllegalVersioningConfigurationException",
                "The Versioning element must be specified",
            ));
        }
    };
    bucket.versioning = Some(status.to_owned());
    save(call, target, &bucket);
    Ok(done(call, 200))
}

/// `GetPublicAccessBlock`.
///
/// Source: S3 User Guide, "Configuring block public access settings for your S3 buckets" (`NoSuchPublicAccessBlockConfiguration`).
pub(crate) fn get_public_access_block(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let block = open(call, request, target)?.public_access_block;
    let block = block.ok_or_else(|| {
        Refusal::new(
            404,
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
        )
        .with("BucketName", name(target))
    })?;
    Ok(result(call, "PublicAccessBlockConfiguration", |xml| {
        xml.text("BlockPublicAcls", &block.block_public_acls.to_string());
        xml.text("IgnorePublicAcls", &block.ignore_public_acls.to_string());
        xml.text("BlockPublicPolicy", &block.block_public_policy.to_string());
        xml.text(
            "RestrictPublicBuckets",
            &block.restrict_public_buckets.to_string(),
        );
    }))
}

/// `PutPublicAccessBlock`: what is not named is off.
pub(crate) fn put_public_access_block(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let mut bucket = open(call, request, target)?;
    let root = Element::read(&request.body, "PublicAccessBlockConfiguration")?;
    root.only(&[
        "BlockPublicAcls",
        "IgnorePublicAcls",
        "BlockPublicPolicy",
        "RestrictPublicBuckets",
    ])?;
    let on = |name: &str| flag(&root, name).map(|flag| flag.unwrap_or(false));
    bucket.public_access_block = Some(PublicAccessBlock {
        block_public_acls: on("BlockPublicAcls")?,
        ignore_public_acls: on("IgnorePublicAcls")?,
        block_public_policy: on("BlockPublicPolicy")?,
        restrict_public_buckets: on("RestrictPublicBuckets")?,
    });
    save(call, target, &bucket);
    Ok(done(call, 200))
}

/// `DeletePublicAccessBlock`.
pub(crate) fn delete_public_access_block(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let mut bucket = open(call, request, target)?;
    bucket.public_access_block = None;
    save(call, target, &bucket);
    Ok(done(call, 204))
}

fn flag(element: &Element, name: &str) -> Result<Option<bool>, Refusal> {
    match element.child_text(name).map(str::to_lowercase).as_deref() {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(malformed()),
    }
}
