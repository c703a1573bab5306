//! Amazon S3: buckets, their policies and settings, and plain objects.
//!
//! Not here: ACLs, access points, reading old versions of objects; those are answered `NotImplemented`.

mod access;
mod body;
mod bucket;
mod conditions;
mod create;
mod list;
mod multipart;
mod names;
mod objects;
mod policy;
mod policy_actions;
mod policy_check;
mod public;
mod sealing;
mod settings;
mod tagging;
mod target;
#[cfg(test)]
mod tests;
mod versions;
mod xml;

use super::call::{Call, Refusal, Who, partition_of};
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
        "ListObjectVersions" => versions::list(call, request, &target),
        "ListObjectsV2" => objects::list(call, request, &target),
        "PutObject" => objects::put(call, request, &target),
        "GetObject" | "HeadObject" => objects::get(call, request, &target),
        "DeleteObject" => objects::delete(call, request, &target),
        "CreateMultipartUpload" => multipart::create(call, request, &target),
        "UploadPart" => multipart::upload_part(call, request, &target),
        "CompleteMultipartUpload" => multipart::complete(call, request, &target),
        "AbortMultipartUpload" => multipart::abort(call, request, &target),
        "ListParts" => multipart::list_parts(call, request, &target),
        "ListMultipartUploads" => multipart::list(call, request, &target),
        _ if matches!(call.caller.who, Who::Nobody) => Err(access_denied()),
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

/// What everybody reads at an URL of S3; `None` where it is no such URL, or not everybody may, or nothing is there.
///
/// Source of the forms: "Virtual hosting of buckets" in the S3 user guide.
pub(crate) fn read_by_everybody(db: &Db, url: &str) -> Option<Vec<u8>> {
    let (partition, bucket, name, key) = at_url(db, url)?;
    access::everybody_reads(db, partition, &bucket, &name, &key)
        .then(|| objects::content(db, partition, &name, &key))?
}

/// Whether an URL of S3 leads to a bucket of the world.
pub(crate) fn is_of_a_bucket(db: &Db, url: &str) -> bool {
    at_url(db, url).is_some()
}

/// The partition, the bucket, its name and the key that an URL leads to.
fn at_url(db: &Db, url: &str) -> Option<(&'static str, bucket::Bucket, String, String)> {
    let (host, path) = url.strip_prefix("https://")?.split_once('/')?;
    let target = Target::of(&Request {
        path: format!("/{path}"),
        headers: [("host".to_owned(), host.to_owned())].into(),
        ..Request::default()
    });
    let (region, suffix) = host
        .strip_prefix("s3.")
        .or_else(|| host.split_once(".s3.").map(|(_, rest)| rest))?
        .split_once(".amazonaws.com")?;
    if !matches!(suffix, "" | ".cn") {
        return None;
    }
    let (name, key) = (target.bucket?, target.key?);
    let partition = partition_of(region);
    let bucket: bucket::Bucket = db.get(&bucket::key(partition, &name))?;
    (bucket.region == region).then_some((partition, bucket, name, key))
}

/// Adds a bucket where there is none of its name.
pub(crate) fn plant(db: &mut Db, bucket: &BucketSeed) {
    bucket::plant(db, bucket);
}
