//! `CreateBucket`: names, regions, and names that are taken.
//!
//! Not here: what a new bucket is like (`bucket.rs`).

use std::collections::BTreeMap;

use super::access::check_own;
use super::bucket::{Bucket, arn, key, name};
use super::names::{is_bucket_name, region_of};
use super::tagging;
use super::target::Target;
use super::xml::{Element, done};
use crate::aws::call::{Call, Refusal, partition_of};
use crate::http::{Answer, Request};

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
    check_own(call, "s3:CreateBucket", &arn(call.partition, name))?;
    let wanted = Wanted::read(&request.body)?;
    let region = wanted_region(call, &wanted.constraint)?;
    if !wanted.tags.is_empty() {
        // Source: S3 API Reference, "CreateBucket": a bucket with tags needs `s3:TagResource`, too.
        check_own(call, "s3:TagResource", &arn(call.partition, name))?;
    }
    let key = key(call.partition, name);
    if let Some(bucket) = call.db.get_at_once::<Bucket>(&key) {
        return taken(call, name, &bucket);
    }
    let created_at = call.now().to_string();
    let mut bucket = Bucket::new(call.account(), &region, created_at);
    bucket.tags = wanted.tags;
    call.db.put(&key, &bucket);
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

/// What the body of a `CreateBucket` asks for.
#[derive(Default)]
struct Wanted {
    constraint: String,
    tags: BTreeMap<String, String>,
}

impl Wanted {
    fn read(body: &[u8]) -> Result<Self, Refusal> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        let root = Element::read(body, "CreateBucketConfiguration")?;
        root.only(&["LocationConstraint", "Tags"])?;
        let tags = root
            .child("Tags")
            .map(|set| tagging::read(set, &BTreeMap::new()));
        Ok(Self {
            constraint: root
                .child_text("LocationConstraint")
                .unwrap_or_default()
                .to_owned(),
            tags: tags.transpose()?.unwrap_or_default(),
        })
    }
}

/// The region that a `CreateBucket` asks for.
///
/// Sources: S3 API Reference, "CreateBucket" (at us-east-1 the constraint may name any region), "Error responses" (`IllegalLocationConstraintException`, `InvalidLocationConstraint`).
fn wanted_region(call: &Call<'_>, constraint: &str) -> Result<String, Refusal> {
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
    let region = region_of(constraint).filter(|region| partition_of(region) == call.partition);
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
        Some(_) => Err(illegal(constraint)),
    }
}
