//! Buckets and keys: where each lies, and whether the file says so once.

use std::collections::BTreeMap;
use std::ops::Range;

use super::bucket;
use super::container;
use super::gcs;
use super::place::{duplicate, exactly_one};
use crate::Bucket;
use crate::Code;
use crate::model::{BlobContainer, GcsBucket, KmsKey, S3Location};
use crate::problem::Problems;
use crate::raw::{AccountId, BucketName, KmsKeyArn, Region, S3Access, S3Place, S3Prefix, Spec};
use crate::read::{Field, Spanned};

const NAMES: &str = "`s3`, `blobContainer` and `gcsBucket`";

/// The buckets and keys of which wip owns settings and statements, and the containers that the file lists beside them.
pub(crate) struct Storage {
    pub(crate) buckets: Vec<Spanned<Bucket>>,
    pub(crate) containers: Vec<Spanned<BlobContainer>>,
    pub(crate) gcs: Vec<Spanned<GcsBucket>>,
    pub(crate) keys: Vec<Spanned<KmsKey>>,
}

impl Storage {
    pub(crate) fn bucket(&self, name: &str) -> Option<&Spanned<Bucket>> {
        self.buckets
            .iter()
            .find(|bucket| bucket.value.bucket == name)
    }

    pub(crate) fn has_key(&self, arn: &str) -> bool {
        self.keys.iter().any(|key| key.value.arn == arn)
    }
}

pub(crate) fn storage(spec: &Spec, problems: &mut Problems) -> Storage {
    let mut storage = Storage {
        buckets: Vec::new(),
        containers: container::containers(spec, problems),
        gcs: gcs::buckets(spec, problems),
        keys: Vec::new(),
    };
    for item in spec.buckets.get().into_iter().flatten() {
        let others = [
            item.value.blob_container.is_some(),
            item.value.gcs_bucket.is_some(),
        ];
        let others = others.iter().filter(|given| **given).count();
        let given = others + usize::from(item.value.s3.is_some());
        if given > 1 || (given == 0 && !item.value.flawed) {
            exactly_one(&item.span, NAMES, given > 1, problems);
        }
        let Some(s3) = item.value.s3.get() else {
            continue;
        };
        let (Some(name), Some(region)) = (s3.bucket.as_ref(), s3.region.get()) else {
            continue;
        };
        if let Some(first) = storage.bucket(&name.value) {
            let what = format!("the bucket `{}`", &*name.value);
            duplicate(&name.span, Some(&first.span), &what, problems);
            continue;
        }
        let listed = Bucket {
            bucket: name.value.to_string(),
            region: region.to_string(),
            account: s3.account.get().map(|account| account.to_string()),
            policy: s3.policy.or(false),
            own: bucket::own(s3, region, problems),
        };
        storage.buckets.push(Spanned {
            value: listed,
            span: name.span.clone(),
        });
    }
    let mut seen: BTreeMap<String, Range<usize>> = BTreeMap::new();
    for item in spec.kms_keys.get().into_iter().flatten() {
        let Some(key) = item.value.arn.as_ref() else {
            continue;
        };
        if let Some(first) = seen.insert(key.value.to_string(), key.span.clone()) {
            duplicate(&key.span, Some(&first), "the key", problems);
            continue;
        }
        let value = KmsKey {
            arn: key.value.to_string(),
            policy: item.value.policy.or(false),
        };
        storage.keys.push(Spanned {
            value,
            span: key.span.clone(),
        });
    }
    storage
}

/// A place to restore from, as it is written.
pub(crate) fn restore_location(place: &S3Place) -> Option<S3Location> {
    location(
        &place.bucket,
        &place.region,
        &place.account,
        &place.prefix,
        &place.kms_key,
    )
}

/// A place that an identity may reach, as it is written.
pub(crate) fn access_location(place: &S3Access) -> Option<S3Location> {
    location(
        &place.bucket,
        &place.region,
        &place.account,
        &place.prefix,
        &place.kms_key,
    )
}

fn location(
    bucket: &Field<BucketName>,
    region: &Field<Region>,
    account: &Field<AccountId>,
    prefix: &Field<S3Prefix>,
    kms_key: &Field<KmsKeyArn>,
) -> Option<S3Location> {
    Some(S3Location {
        bucket: bucket.get()?.to_string(),
        region: region.get()?.to_string(),
        account: account.get().map(|account| account.to_string()),
        prefix: prefix
            .get()
            .map(|prefix| prefix.to_string())
            .unwrap_or_default(),
        kms_key: kms_key.get().map(|key| key.to_string()),
    })
}

impl Storage {
    /// A place with its account: as it says, or as `spec.buckets` says; none where that is the
    /// identity's own.
    pub(crate) fn with_account(&self, place: &S3Location, own: &str) -> S3Location {
        let listed = || self.bucket(&place.bucket)?.value.account.clone();
        let account = place
            .account
            .clone()
            .or_else(listed)
            .filter(|account| account != own);
        S3Location {
            account,
            ..place.clone()
        }
    }

    /// Checks a place against what `spec.buckets` says of the bucket.
    pub(crate) fn agree(
        &self,
        place: &S3Location,
        own: &str,
        span: &Range<usize>,
        problems: &mut Problems,
    ) {
        let Some(bucket) = self.bucket(&place.bucket) else {
            return;
        };
        let account = place.account.as_deref().unwrap_or(own);
        let other_account = bucket
            .value
            .account
            .as_deref()
            .is_some_and(|listed| listed != account);
        let what = if bucket.value.region != place.region {
            format!("region {} here and {}", place.region, bucket.value.region)
        } else if other_account {
            let listed = bucket.value.account.as_deref().unwrap_or_default();
            format!("account {account} here and {listed}")
        } else {
            return;
        };
        problems.add_pair(
            Code::Contradiction,
            span,
            format!(
                "the bucket `{}` is in {what} under `spec.buckets`",
                place.bucket
            ),
            "in two places",
            "a bucket is in one region of one account: correct the wrong one",
            &bucket.span,
            "listed here",
        );
    }
}
