//! What calls about the documents of issuers ask for.

use wip_space::Space;

use crate::accounts::partition_of_region;
use crate::issuers;
use crate::rights::Right;

/// The rights for the documents that a Space publishes.
pub(crate) fn rights(space: &Space) -> Vec<Right> {
    let rights = issuers::published(space).flat_map(|issuer| {
        let publish = issuer.publish;
        let account = &publish.account;
        let partition = partition_of_region(&publish.region);
        let bucket = [format!("arn:{partition}:s3:::{}", publish.bucket)];
        let objects = issuers::arns(publish);
        let read = Right::look(account, "ReadDocuments", &["s3:GetObject"], &objects);
        // "If you have the s3:ListBucket permission on the bucket, Amazon S3 returns an HTTP status code 404" for an object
        // that is not there, and 403 without it (GetObject, Amazon S3 API reference).
        let miss = Right::look(account, "MissDocuments", &["s3:HeadBucket"], &bucket);
        let writes = ["s3:PutObject", "s3:DeleteObject"];
        let write = Right::change(account, "WriteDocuments", &writes, &objects);
        [read, miss, write].concat()
    });
    rights.collect()
}
