//! Buckets themselves: found, described, deleted; and who is let through to one.
//!
//! Not here: making and listing them (`create.rs`, `list.rs`), and what hangs on a bucket (`policy.rs`, `settings.rs`, `objects.rs`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::access::{self, keys};
use super::access_denied;
use super::settings::{Encryption, PublicAccessBlock};
use super::target::Target;
use super::xml::{done, result};
use crate::aws::access::action_of;
use crate::aws::call::{Call, Refusal, Who, now, partition_of};
use crate::aws::resource_policy::Stored;
use crate::aws::resource_policy::principals::{Realm, is_account};
use crate::db::Db;
use crate::http::{Answer, Request};
use crate::seed::BucketSeed;

/// A bucket's record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Bucket {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) created_at: String,
    pub(crate) encryption: Encryption,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<Stored>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) public_access_block: Option<PublicAccessBlock>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) versioning: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
}

impl Bucket {
    /// What S3 gives a new bucket since 2023: encryption with its own keys, all public access blocked.
    ///
    /// Source: S3 User Guide, "Setting default server-side encryption behavior for Amazon S3 buckets", "Default settings for new S3 buckets FAQ".
    pub(super) fn new(account: &str, region: &str, created_at: String) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            created_at,
            encryption: Encryption::default(),
            policy: None,
            public_access_block: Some(PublicAccessBlock::all()),
            versioning: None,
            tags: BTreeMap::new(),
        }
    }
}

/// Where a bucket is kept. Names are unique in a partition, over all accounts.
pub(crate) fn key(partition: &str, name: &str) -> String {
    format!("{}{name}", prefix(partition))
}

/// Where the buckets of a partition are kept.
pub(super) fn prefix(partition: &str) -> String {
    format!("aws/s3/{partition}/bucket/")
}

/// The name and ARN of a bucket that a request is about.
pub(crate) fn name(target: &Target) -> &str {
    target.bucket.as_deref().unwrap_or_default()
}

/// The ARN of a bucket.
pub(crate) fn arn(partition: &str, name: &str) -> String {
    format!("arn:{partition}:s3:::{name}")
}

/// Finds the bucket of a request, from any region.
fn find(call: &Call<'_>, target: &Target) -> Result<Bucket, Refusal> {
    let name = name(target);
    // Source: S3 API Reference, "Error responses" (NoSuchBucket; it carries BucketName).
    call.db.get(&key(call.partition, name)).ok_or_else(|| {
        Refusal::new(404, "NoSuchBucket", "The specified bucket does not exist")
            .with("BucketName", name)
    })
}

/// Finds the bucket of a request, and lets the caller through to it or not.
///
/// The operation's action is checked on the bucket or, where there is a key, on the object.
pub(crate) fn open(call: &Call<'_>, request: &Request, target: &Target) -> Result<Bucket, Refusal> {
    open_for(call, request, target, action_of(call))
}

/// As [`open`], for another action than the operation's own.
pub(super) fn open_for(
    call: &Call<'_>,
    request: &Request,
    target: &Target,
    action: &str,
) -> Result<Bucket, Refusal> {
    let bucket = find(call, target)?;
    in_region(call, target, &bucket)?;
    as_expected(request, &bucket)?;
    check(call, target, &bucket, (action, keys(request, action)))?;
    Ok(bucket)
}

/// Refuses another action on what the request is about.
pub(super) fn check(
    call: &Call<'_>,
    target: &Target,
    bucket: &Bucket,
    (action, keys): (&str, Vec<(String, Vec<String>)>),
) -> Result<(), Refusal> {
    let at = (name(target), target.key.as_deref());
    access::check(call, bucket, at, action, keys)
}

/// As [`open`], for the policy itself, which nobody but the owner's account gets at.
///
/// Source: S3 API Reference, "GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy": 403 without the permission, 405 with it from another account.
pub(crate) fn open_as_owner(
    call: &Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Bucket, Refusal> {
    let bucket = open(call, request, target)?;
    if call.account() == bucket.account {
        return Ok(bucket);
    }
    Err(Refusal::new(
        405,
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
    )
    .with("Method", request.method.as_str())
    .with("ResourceType", "BUCKETPOLICY"))
}

/// Refuses a request at another region's endpoint; the region that signed stands for the endpoint.
///
/// Sources: S3 API Reference, "Error responses" (`PermanentRedirect`, `AuthorizationHeaderMalformed`); S3 User Guide, "Virtual hosting of buckets": the global name leads to the bucket's region, where the signature's region is wrong.
fn in_region(call: &Call<'_>, target: &Target, bucket: &Bucket) -> Result<(), Refusal> {
    // Who does not sign names no region.
    if call.region == bucket.region || matches!(call.caller.who, Who::Nobody) {
        return Ok(());
    }
    let (expected, name) = (bucket.region.as_str(), name(target));
    let refusal = if target.global {
        Refusal::new(
            400,
            "AuthorizationHeaderMalformed",
            format!(
                "The authorization header is malformed; the region '{}' is wrong; expecting '{expected}'",
                call.region
            ),
        )
        .with("Region", expected)
    } else {
        Refusal::new(
            301,
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
        )
        .with("Endpoint", format!("{name}.s3.{expected}.{}", call.dns_suffix()))
        .with("Bucket", name)
    };
    Err(refusal.with("x-amz-bucket-region", expected))
}

/// Source: S3 User Guide, "Verifying bucket ownership with bucket owner condition"; "Billing for Amazon S3 error responses" (`InvalidBucketOwnerAWSAccountID`).
fn as_expected(request: &Request, bucket: &Bucket) -> Result<(), Refusal> {
    match request.header("x-amz-expected-bucket-owner") {
        Some(owner) if !is_account(owner) => Err(Refusal::new(
            400,
            "InvalidBucketOwnerAWSAccountID",
            "The value of the expected bucket owner parameter must be an AWS account ID",
        )),
        Some(owner) if owner != bucket.account => Err(access_denied()),
        _ => Ok(()),
    }
}

/// `HeadBucket`. The region is in the answer whether the caller is let through or not.
pub(crate) fn head(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let bucket = find(call, target)?;
    open(call, request, target).map_err(|refusal| {
        if refusal.status == 403 {
            refusal.with("x-amz-bucket-region", bucket.region.as_str())
        } else {
            refusal
        }
    })?;
    Ok(done(call, 200)
        .with_header("x-amz-bucket-arn", arn(call.partition, name(target)))
        .with_header("x-amz-bucket-region", bucket.region)
        .with_header("x-amz-access-point-alias", "false")
        .with_header("content-type", "application/xml"))
}

/// `GetBucketLocation`, which also answers from other regions, but then to the owner's account only.
///
/// Source: S3 API Reference, "GetBucketLocation".
pub(crate) fn location(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let bucket = find(call, target)?;
    as_expected(request, &bucket)?;
    let at_home = call.region == bucket.region;
    let owner = call.account() == bucket.account;
    if !owner && !at_home {
        return Err(access_denied());
    }
    check(call, target, &bucket, (action_of(call), Vec::new()))?;
    let constraint = if bucket.region == "us-east-1" {
        ""
    } else {
        bucket.region.as_str()
    };
    Ok(result(call, "LocationConstraint", |xml| {
        xml.raw_text(constraint)
    }))
}

/// `DeleteBucket`.
pub(crate) fn delete(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    open(call, request, target)?;
    let name = name(target);
    let objects = super::objects::prefix(call.partition, name);
    let versions = super::versions::prefix(call.partition, name);
    if call.db.has_any(&objects) || call.db.has_any(&versions) {
        // Source: S3 API Reference, "Error responses" (BucketNotEmpty), "DeleteBucket": old versions and delete markers count.
        return Err(Refusal::new(
            409,
            "BucketNotEmpty",
            "The bucket you tried to delete is not empty",
        )
        .with("BucketName", name));
    }
    call.db.remove(&key(call.partition, name));
    super::multipart::forget(call, name);
    Ok(done(call, 204))
}

/// Adds a bucket where there is none of its name.
pub(super) fn plant(db: &mut Db, seed: &BucketSeed) {
    let partition = partition_of(&seed.region);
    let key = key(partition, &seed.name);
    if db.get_at_once::<Bucket>(&key).is_some() {
        return;
    }
    let mut bucket = Bucket::new(&seed.account, &seed.region, now(db).to_string());
    bucket.tags.clone_from(&seed.tags);
    if let Some(kms_key) = &seed.kms_key {
        bucket.encryption = Encryption::with_key(kms_key);
    }
    if seed.public_policies {
        bucket.public_access_block = Some(PublicAccessBlock::acls());
    }
    if let Some(policy) = &seed.policy {
        let realm = Realm {
            db,
            partition,
            account: &seed.account,
        };
        bucket.policy = Some(Stored::new(realm, &policy.to_string()));
    }
    db.put(&key, &bucket);
}
