//! What calls about buckets ask for.

use wip_space::{OnDestroy, Space};

use crate::accounts::partition_of_region;
use crate::rights::Right;
use crate::storage;

/// The rights for the buckets that a Space makes or sets.
///
/// A bucket with tags is made only by who may tag, too ("CreateBucket", Amazon S3 API reference).
pub(crate) fn rights(space: &Space) -> Vec<Right> {
    let mut rights = Vec::new();
    for bucket in space.buckets.iter().filter(|bucket| bucket.is_managed()) {
        let Some(account) = storage::owner(space, bucket) else {
            continue;
        };
        let own = &bucket.own;
        let mut reads = vec!["s3:GetBucketTagging"];
        let mut writes = vec!["s3:PutBucketTagging", "s3:DeleteBucketTagging"];
        if own.versioning.is_some() {
            reads.push("s3:GetBucketVersioning");
            writes.push("s3:PutBucketVersioning");
        }
        if own.encryption.is_some() {
            reads.push("s3:GetBucketEncryption");
            writes.push("s3:PutBucketEncryption");
        }
        if own.block_public_access.is_some() {
            reads.push("s3:GetPublicAccessBlock");
            writes.push("s3:PutPublicAccessBlock");
        }
        if own.create {
            writes.extend(["s3:CreateBucket", "s3:TagResource"]);
        }
        if own.create && own.on_destroy == OnDestroy::Delete {
            reads.push("s3:ListObjectVersions");
            writes.push("s3:DeleteBucket");
        }
        let partition = partition_of_region(&bucket.region);
        let arns = [format!("arn:{partition}:s3:::{}", bucket.bucket)];
        rights.extend(Right::look(&account, "ReadBuckets", &reads, &arns));
        rights.extend(Right::change(&account, "WriteBuckets", &writes, &arns));
    }
    rights
}
