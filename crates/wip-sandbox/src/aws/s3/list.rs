//! `ListBuckets`.
//!
//! Not here: listing the objects of a bucket (`objects.rs`).

use super::access::check_own;
use super::bucket::{Bucket, arn, prefix};
use super::xml::result;
use crate::aws::call::{Call, Refusal, hex_id};
use crate::http::{Answer, Request};

/// `ListBuckets`: those of the caller's account, in all regions of the partition.
///
/// Source: S3 API Reference, "ListBuckets": pages only where `max-buckets` is given.
pub(crate) fn list(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    check_own(call, "s3:ListAllMyBuckets", "*")?;
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
