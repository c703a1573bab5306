//! The bucket policy: put, got, deleted, and whether it is public.
//!
//! Not here: which policies are taken (`policy_check.rs`), what counts as public (`public.rs`).

use super::bucket::{arn, key, name, open, open_as_owner};
use super::policy_check;
use super::public::is_public;
use super::target::Target;
use super::xml::{done, result};
use crate::aws::call::{Call, Refusal};
use crate::aws::resource_policy::Stored;
use crate::aws::resource_policy::principals::Realm;
use crate::http::{Answer, Request};

/// `GetBucketPolicy`: the policy itself, not XML.
pub(crate) fn get(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let bucket = open_as_owner(call, request, target)?;
    let policy = bucket.policy.ok_or_else(|| missing(target))?;
    Ok(done(call, 200).with_body("application/json", policy.shown(call.db)))
}

/// Source: S3 API Reference, "Error responses" (`NoSuchBucketPolicy`).
fn missing(target: &Target) -> Refusal {
    Refusal::new(
        404,
        "NoSuchBucketPolicy",
        "The bucket policy does not exist",
    )
    .with("BucketName", name(target))
}

/// `PutBucketPolicy`: the whole document.
pub(crate) fn put(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let mut bucket = open_as_owner(call, request, target)?;
    let name = name(target);
    let text = std::str::from_utf8(&request.body)
        .map_err(|_| Refusal::new(400, "MalformedPolicy", "This policy contains invalid Json"))?;
    let realm = Realm {
        db: call.db,
        partition: call.partition,
        account: &bucket.account,
    };
    policy_check::check(realm, name, text)?;
    if bucket
        .public_access_block
        .is_some_and(|block| block.block_public_policy)
        && is_public(text)
    {
        return Err(blocked(call, name));
    }
    bucket.policy = Some(Stored::new(realm, text));
    call.db.put(&key(call.partition, name), &bucket);
    Ok(done(call, 204))
}

/// Source: S3 User Guide, "Blocking public access to your Amazon S3 storage" (`BlockPublicPolicy`), and "Troubleshoot access denied (403 Forbidden) errors in Amazon S3".
fn blocked(call: &Call<'_>, name: &str) -> Refusal {
    let message = format!(
        "User: {} is not authorized to perform: s3:PutBucketPolicy on resource: \"{}\" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
        call.caller.arn,
        arn(call.partition, name),
    );
    Refusal::new(403, "AccessDenied", message)
}

/// `DeleteBucketPolicy`: also succeeds where there is none.
pub(crate) fn delete(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let mut bucket = open_as_owner(call, request, target)?;
    bucket.policy = None;
    call.db.put(&key(call.partition, name(target)), &bucket);
    Ok(done(call, 204))
}

/// `GetBucketPolicyStatus`.
pub(crate) fn status(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let bucket = open(call, request, target)?;
    let policy = bucket.policy.ok_or_else(|| missing(target))?;
    let public = is_public(&policy.shown(call.db));
    Ok(result(call, "PolicyStatus", |xml| {
        xml.text("IsPublic", &public.to_string())
    }))
}
