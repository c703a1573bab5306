//! Buckets themselves: making, finding, listing, deleting; and who is let through to one.
//!
//! Not here: what hangs on a bucket (`policy.rs`, `settings.rs`, `objects.rs`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::access_denied;
use super::names::{is_bucket_name, region_of};
use super::settings::{Encryption, PublicAccessBlock};
use super::target::Target;
use super::xml::{Element, done, result};
use crate::aws::call::{Call, Refusal, hex_id, now, partition_of};
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
    fn new(account: &str, region: &str, created_at: String) -> Self {
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

fn prefix(partition: &str) -> String {
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
/// `action` is what the bucket policy of another account must give, on the bucket or, where `key` is given, on the object.
pub(crate) fn open(
    call: &Call<'_>,
    request: &Request,
    target: &Target,
    action: &str,
) -> Result<Bucket, Refusal> {
    let bucket = find(call, target)?;
    in_region(call, target, &bucket)?;
    as_expected(request, &bucket)?;
    if may(call, target, &bucket, action) {
        Ok(bucket)
    } else {
        Err(access_denied())
    }
}

/// As [`open`], for the policy itself, which nobody but the owner's account gets at.
///
/// Source: S3 API Reference, "GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy": 403 without the permission, 405 with it from another account.
pub(crate) fn open_as_owner(
    call: &Call<'_>,
    request: &Request,
    target: &Target,
    action: &str,
) -> Result<Bucket, Refusal> {
    let bucket = open(call, request, target, action)?;
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

fn may(call: &Call<'_>, target: &Target, bucket: &Bucket, action: &str) -> bool {
    if call.account() == bucket.account {
        return true;
    }
    let mut resource = arn(call.partition, name(target));
    if let Some(key) = &target.key {
        resource = format!("{resource}/{key}");
    }
    bucket
        .policy
        .as_ref()
        .is_some_and(|policy| policy.allows(call.db, &call.caller, action, &resource))
}

/// Refuses a request at another region's endpoint; the region that signed stands for the endpoint.
///
/// Sources: S3 API Reference, "Error responses" (`PermanentRedirect`, `AuthorizationHeaderMalformed`); S3 User Guide, "Virtual hosting of buckets": the global name leads to the bucket's region, where the signature's region is wrong.
fn in_region(call: &Call<'_>, target: &Target, bucket: &Bucket) -> Result<(), Refusal> {
    if call.region == bucket.region {
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
    open(call, request, target, "s3:ListBucket").map_err(|refusal| {
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
    if !owner && !(at_home && may(call, target, &bucket, "s3:GetBucketLocation")) {
        return Err(access_denied());
    }
    let constraint = if bucket.region == "us-east-1" {
        ""
    } else {
        bucket.region.as_str()
    };
    Ok(result(call, "LocationConstraint", |xml| {
        xml.raw_text(constraint)
    }))
}

/// `CreateBucket`.
pub(crate) fn create(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let name = name(target);
    // Source: S3 API Reference, "Error responses" (InvalidBucketName).
    if !is_bucket_name(name) {
        return Err(Refusal::new(
            400,
            "InvalidBucketName",
            "The specified bucket is not valid.",
        )
        .with("BucketName", name));
    }
    // Source: S3 API Reference, "CreateBucket": new buckets have ACLs disabled.
    if request
        .header("x-amz-acl")
        .is_some_and(|acl| acl != "private")
        && request
            .header("x-amz-object-ownership")
            .is_none_or(|value| value == "BucketOwnerEnforced")
    {
        return Err(Refusal::new(
            400,
            "InvalidBucketAclWithObjectOwnership",
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
        )
        .with("BucketName", name));
    }
    let region = wanted_region(call, &request.body)?;
    let key = key(call.partition, name);
    if let Some(bucket) = call.db.get_at_once::<Bucket>(&key) {
        return taken(call, name, &bucket);
    }
    let created_at = call.now().to_string();
    call.db
        .put(&key, &Bucket::new(call.account(), &region, created_at));
    Ok(created(call, name))
}

fn created(call: &Call<'_>, name: &str) -> Answer {
    done(call, 200)
        .with_header("location", format!("/{name}"))
        .with_header("x-amz-bucket-arn", arn(call.partition, name))
}

/// Source: botocore's model of `s3` (`BucketAlreadyOwnedByYou`: in us-east-1 it is 200, in all other regions this error; `BucketAlreadyExists`).
fn taken(call: &Call<'_>, name: &str, bucket: &Bucket) -> Result<Answer, Refusal> {
    if call.account() != bucket.account {
        return Err(Refusal::new(
            409,
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
        )
        .with("BucketName", name));
    }
    if call.region == "us-east-1" && bucket.region == "us-east-1" {
        return Ok(created(call, name));
    }
    Err(Refusal::new(
        409,
        "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded and you already own it.",
    )
    .with("BucketName", name))
}

/// The region that a `CreateBucket` asks for.
///
/// Sources: S3 API Reference, "CreateBucket" (at us-east-1 the constraint may name any region), "Error responses" (`IllegalLocationConstraintException`, `InvalidLocationConstraint`).
fn wanted_region(call: &Call<'_>, body: &[u8]) -> Result<String, Refusal> {
    let constraint = if body.is_empty() {
        String::new()
    } else {
        let root = Element::read(body, "CreateBucketConfiguration")?;
        root.only(&["LocationConstraint", "Tags"])?;
        root.child_text("LocationConstraint")
            .unwrap_or_default()
            .to_owned()
    };
    let illegal = |what: &str| {
        Refusal::new(
            400,
            "IllegalLocationConstraintException",
            format!(
                "The {what} location constraint is incompatible for the region specific endpoint this request was sent to."
            ),
        )
    };
    if constraint.is_empty() {
        return if call.region == "us-east-1" {
            Ok(call.region.clone())
        } else {
            Err(illegal("unspecified"))
        };
    }
    let region = region_of(&constraint).filter(|region| partition_of(region) == call.partition);
    match region {
        None => Err(Refusal::new(
            400,
            "InvalidLocationConstraint",
            "The specified location-constraint is not valid",
        )
        .with("LocationConstraint", constraint)),
        Some(region) if call.region == "us-east-1" || call.region == region => {
            Ok(region.to_owned())
        }
        Some(_) => Err(illegal(&constraint)),
    }
}

/// `DeleteBucket`.
pub(crate) fn delete(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    open(call, request, target, "s3:DeleteBucket")?;
    let name = name(target);
    if call.db.count(&super::objects::prefix(call.partition, name)) > 0 {
        // Source: S3 API Reference, "Error responses" (BucketNotEmpty).
        return Err(Refusal::new(
            409,
            "BucketNotEmpty",
            "The bucket you tried to delete is not empty",
        )
        .with("BucketName", name));
    }
    call.db.remove(&key(call.partition, name));
    Ok(done(call, 204))
}

/// `ListBuckets`: those of the caller's account, in all regions of the partition.
///
/// Source: S3 API Reference, "ListBuckets": pages only where `max-buckets` is given.
pub(crate) fn list(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let wanted = request.query_value("prefix");
    let region = request.query_value("bucket-region");
    let limit = match request.query_value("max-buckets") {
        Some(text) => Some(
            text.parse::<usize>()
                .ok()
                .filter(|n| (1..=10_000).contains(n))
                .ok_or_else(|| {
                    Refusal::new(
                        400,
                        "InvalidArgument",
                        "Argument max-buckets must be an integer between 1 and 10000",
                    )
                    .with("ArgumentName", "max-buckets")
                    .with("ArgumentValue", text)
                })?,
        ),
        None => None,
    };
    let after = request
        .query_value("continuation-token")
        .unwrap_or_default();
    let prefix = prefix(call.partition);
    let mut found: Vec<(String, Bucket)> = call
        .db
        .scan_after::<Bucket>(&prefix, &after)
        .filter(|(name, bucket)| {
            bucket.account == call.caller.account
                && wanted
                    .as_ref()
                    .is_none_or(|wanted| name.starts_with(wanted.as_str()))
                && region
                    .as_ref()
                    .is_none_or(|region| *region == bucket.region)
        })
        .map(|(name, bucket)| (name.to_owned(), bucket))
        .collect();
    let more = limit.is_some_and(|limit| found.len() > limit);
    found.truncate(limit.unwrap_or(found.len()));
    let next = if more {
        found.last().map(|(name, _)| name.clone())
    } else {
        None
    };
    Ok(result(call, "ListAllMyBucketsResult", |xml| {
        xml.element("Owner", |xml| {
            xml.text("ID", &hex_id(&["canonical", &call.caller.account], 64))
        });
        xml.element("Buckets", |xml| {
            for (name, bucket) in &found {
                xml.element("Bucket", |xml| {
                    xml.text("Name", name);
                    xml.text("CreationDate", &bucket.created_at);
                    // Source: botocore's model of `s3`, `Bucket`; the region is only in answers to paged requests.
                    if limit.is_some() {
                        xml.text("BucketRegion", &bucket.region);
                    }
                    xml.text("BucketArn", &arn(call.partition, name));
                });
            }
        });
        xml.optional("ContinuationToken", next.as_deref());
        xml.optional("Prefix", wanted.as_deref());
    }))
}

/// Adds a bucket where there is none of its name.
pub(super) fn plant(db: &mut Db, seed: &BucketSeed) {
    let partition = partition_of(&seed.region);
    let key = key(partition, &seed.name);
    if db.get_at_once::<Bucket>(&key).is_some() {
        return;
    }
    let mut bucket = Bucket::new(&seed.account, &seed.region, now(db).to_string());
    if let Some(kms_key) = &seed.kms_key {
        bucket.encryption = Encryption::with_key(kms_key);
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
