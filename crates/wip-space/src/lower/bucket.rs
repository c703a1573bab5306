//! What the file sets on a bucket, and whether it can be meant.

use super::place::arn;
use super::storage::Storage;
use crate::Code;
use crate::bucket::{BlockPublicAccess, BucketOwn, Encryption, OnDestroy};
use crate::model::{Access, Cluster, ClusterAt, Identity};
use crate::problem::Problems;
use crate::raw::{BlockPublicAccessWord, EncryptionSpec, OnDestroyWord, S3BucketSpec};

/// What wip does to the bucket itself.
pub(crate) fn own(s3: &S3BucketSpec, region: &str, problems: &mut Problems) -> BucketOwn {
    let create = s3.create.or(false);
    if let Some(end) = s3.on_destroy.as_ref()
        && end.value == OnDestroyWord::Delete
        && !create
        && !s3.flawed
    {
        problems.add(
            Code::Contradiction,
            &end.span,
            "wip deletes no bucket that it does not make",
            "needs `create: true`",
            "add `create: true`, or remove the line: a bucket that was there before stays",
        );
    }
    BucketOwn {
        create,
        versioning: s3.versioning.get().copied(),
        encryption: encryption(s3, region, problems),
        block_public_access: s3.block_public_access.get().map(|word| match word {
            BlockPublicAccessWord::All => BlockPublicAccess::All,
            BlockPublicAccessWord::Acls => BlockPublicAccess::Acls,
            BlockPublicAccessWord::None => BlockPublicAccess::None,
        }),
        deny_insecure_transport: s3.deny_insecure_transport.or(false),
        on_destroy: match s3.on_destroy.or(OnDestroyWord::Keep) {
            OnDestroyWord::Keep => OnDestroy::Keep,
            OnDestroyWord::Delete => OnDestroy::Delete,
        },
    }
}

fn encryption(s3: &S3BucketSpec, region: &str, problems: &mut Problems) -> Option<Encryption> {
    match s3.encryption.get()? {
        EncryptionSpec::SseS3 => Some(Encryption::SseS3),
        EncryptionSpec::Kms(kms) => {
            let key = kms.kms_key.as_ref()?;
            let is = arn(&key.value).region;
            if is != region {
                problems.add(
                    Code::WrongPlace,
                    &key.span,
                    format!("the key is in region {is}, and the bucket is in {region}"),
                    format!("in {is}"),
                    "a key encrypts only what is in its own region: take that region's key",
                );
            }
            Some(Encryption::Kms(key.value.to_string()))
        }
    }
}

/// Reports buckets that wip is to make, set or write to, and of which nothing says whose they are.
pub(crate) fn check_accounts<'a>(
    storage: &Storage,
    clusters: impl Iterator<Item = &'a Cluster> + Clone,
    identities: impl Iterator<Item = &'a Identity> + Clone,
    problems: &mut Problems,
) {
    let publishes = |cluster: &Cluster, name: &str| matches!(&cluster.at, ClusterAt::SelfHosted { publish: Some(to), .. } if to.bucket == name);
    let is_used = |name: &str| {
        if clusters.clone().any(|cluster| publishes(cluster, name)) {
            return true;
        }
        identities.clone().any(|identity| {
            let accessed = identity.access.iter().filter_map(|access| match access {
                Access::S3 { at, .. } => Some(at),
                _ => None,
            });
            let mut places = accessed.chain(&identity.restore_from);
            places.any(|at| at.bucket == name)
        })
    };
    for listed in &storage.buckets {
        let bucket = &listed.value;
        let is_touched = bucket.is_managed() || bucket.own.deny_insecure_transport;
        if is_touched && bucket.account.is_none() && !is_used(&bucket.bucket) {
            problems.add(
                Code::WhichAccount,
                &listed.span,
                format!("which account is the bucket `{}` in?", bucket.bucket),
                "no account",
                "add `account: \"…\"`: no access and no issuer of the file names the bucket",
            );
        }
    }
}
