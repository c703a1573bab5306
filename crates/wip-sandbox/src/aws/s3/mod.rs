//! Amazon S3: buckets, their policies and settings, and plain objects.
//!
//! Who may do what is kept simple: callers of the owner's account may do everything; others what an unconditional statement of the bucket policy gives their account or themselves.
//! Not here: ACLs, access points, multipart uploads, versions of objects; those are answered `NotImplemented`.

mod body;
mod bucket;
mod conditions;
mod create;
mod list;
mod names;
mod objects;
mod policy;
mod policy_actions;
mod policy_check;
mod public;
mod settings;
mod tagging;
mod target;
#[cfg(test)]
mod tests;
mod xml;

use super::call::{Call, Refusal};
use super::query::Xml;
use crate::db::Db;
use crate::http::{Answer, Request};
use crate::seed::BucketSeed;
use target::Target;

/// The operation that method, path and query name.
pub(crate) fn operation(request: &Request) -> String {
    target::operation(request)
}

/// Answers a call.
pub(crate) fn handle(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let target = Target::of(request);
    call.resource = target.bucket.clone();
    let operation = call.operation.clone();
    match operation.as_str() {
        "ListBuckets" => list::list(call, request),
        "CreateBucket" => create::create(call, request, &target),
        "HeadBucket" => bucket::head(call, request, &target),
        "GetBucketLocation" => bucket::location(call, request, &target),
        "DeleteBucket" => bucket::delete(call, request, &target),
        "GetBucketPolicy" => policy::get(call, request, &target),
        "PutBucketPolicy" => policy::put(call, request, &target),
        "DeleteBucketPolicy" => policy::delete(call, request, &target),
        "GetBucketPolicyStatus" => policy::status(call, request, &target),
        "GetBucketEncryption" => settings::get_encryption(call, request, &target),
        "PutBucketEncryption" => settings::put_encryption(call, request, &target),
        "DeleteBucketEncryption" => settings::delete_encryption(call, request, &target),
        "GetBucketVersioning" => settings::get_versioning(call, request, &target),
        "PutBucketVersioning" => settings::put_versioning(call, request, &target),
        "GetPublicAccessBlock" => settings::get_public_access_block(call, request, &target),
        "PutPublicAccessBlock" => settings::put_public_access_block(call, request, &target),
        "DeletePublicAccessBlock" => settings::delete_public_access_block(call, request, &target),
        "GetBucketTagging" => tagging::get(call, request, &target),
        "PutBucketTagging" => tagging::put(call, request, &target),
        "DeleteBucketTagging" => tagging::delete(call, request, &target),
        "ListObjectsV2" => objects::list(call, request, &target),
        "PutObject" => objects::put(call, request, &target),
        "GetObject" | "HeadObject" => objects::get(call, request, &target),
        "DeleteObject" => objects::delete(call, request, &target),
        _ => Err(not_implemented()),
    }
}

/// Source: S3 API Reference, "Error responses" (`NotImplemented`).
fn not_implemented() -> Refusal {
    Refusal::new(
        501,
        "NotImplemented",
        "A header you provided implies functionality that is not implemented.",
    )
}

/// Source: S3 API Reference, "Error responses" (`AccessDenied`).
fn access_denied() -> Refusal {
    Refusal::new(403, "AccessDenied", "Access Denied")
}

/// A refusal in the form of S3; an answer to HEAD has no body.
///
/// A field whose name begins with `x-amz-` is a header, any other an element.
pub(crate) fn refusal(request: &Request, refusal: &Refusal, request_id: &str) -> Answer {
    let host_id = xml::host_id(request_id);
    let mut answer = Answer::new(refusal.status)
        .with_header("x-amz-request-id", request_id)
        .with_header("x-amz-id-2", host_id.as_str());
    let mut body = Xml::default();
    body.element("Error", |xml| {
        xml.text("Code", &refusal.code);
        xml.text("Message", &refusal.message);
        for (name, value) in &refusal.fields {
            if name.starts_with("x-amz-") {
                answer.headers.push((name.clone(), value.clone()));
            } else {
                xml.text(name, value);
            }
        }
        xml.text("RequestId", request_id);
        xml.text("HostId", &host_id);
    });
    // 304 has no body either (RFC 9110, section 15.4.5).
    if request.method == "HEAD" || refusal.status == 304 {
        return answer;
    }
    let mut bytes = xml::DECLARATION.as_bytes().to_vec();
    bytes.extend(body.into_bytes());
    answer.with_body("application/xml", bytes)
}

/// Adds a bucket where there is none of its name.
pub(crate) fn plant(db: &mut Db, bucket: &BucketSeed) {
    bucket::plant(db, bucket);
}
