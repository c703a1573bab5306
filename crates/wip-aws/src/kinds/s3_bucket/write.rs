//! Making, changing and deleting buckets.
//!
//! Owns the order of the calls: the mark comes with the bucket, a claim before its setting.

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use wip_plan::Relation;
use wip_provider::{Class, CloudError, Target};
use wip_space::OnDestroy;

use super::read::{deletable, unclaimed};
use super::settings::{At, Live};
use super::spec::{BucketSpec, Setting};
use super::tags::{self, Tags};
use crate::client::{Call, Client};
use crate::marks;

/// The region that makes a bucket again without a word, and that takes no constraint of its own name (`BucketAlreadyOwnedByYou`
/// and "CreateBucket", Amazon S3 API reference).
const LEGACY: &str = "us-east-1";

/// Makes the bucket with its mark, labels and claims in one call, then its settings.
pub(super) async fn create(
    client: &Client,
    at: &Target<'_>,
    spec: &BucketSpec,
) -> Result<(), CloudError> {
    let bucket = spec.bucket.as_str();
    let is_legacy = at.place.region == LEGACY;
    if is_legacy {
        match tags::read(client, bucket, false).await {
            Err(error) if error.class == Class::Missing => {}
            Err(error) => return Err(error),
            Ok(_) => return Err(there_already(bucket)),
        }
    }
    let all = all_tags(at, spec);
    make(client, at, bucket, &all).await?;
    let is_ours = |found: &Tags| tags::is_marked(found, at.mark);
    tags::change(client, bucket, true, |found| {
        // Nobody says there whether it was made by this call or was there a moment before.
        if is_legacy && !is_ours(found) {
            return Err(there_already(bucket));
        }
        found.extend(all.clone());
        Ok(())
    })
    .await?;
    let at = At {
        client,
        bucket,
        fresh: true,
    };
    at.set(&Live::default(), spec).await
}

fn there_already(bucket: &str) -> CloudError {
    let words = format!("the bucket {bucket} is there already");
    CloudError::local(Class::Conflict, "s3:CreateBucket", words)
}

/// Mark, labels and claims.
fn all_tags(at: &Target<'_>, spec: &BucketSpec) -> Tags {
    let claim = tags::claim(at.mark);
    let claims = spec
        .claims
        .iter()
        .map(|setting| (setting.tag().to_owned(), claim.clone()));
    marks::tags(at.mark, &spec.tags)
        .into_iter()
        .chain(claims)
        .collect()
}

async fn make(
    client: &Client,
    at: &Target<'_>,
    bucket: &str,
    all: &Tags,
) -> Result<(), CloudError> {
    let region = at.place.region.as_str();
    let constraint = (region != LEGACY).then(|| BucketLocationConstraint::from(region));
    let config = CreateBucketConfiguration::builder()
        .set_location_constraint(constraint)
        .set_tags(Some(tags::to_s3(all)?))
        .build();
    let ask = || {
        let ask = client.s3().create_bucket().bucket(bucket);
        ask.create_bucket_configuration(config.clone()).send()
    };
    let made = client.call(Call::write("s3:CreateBucket"), ask).await;
    made.map(drop).map_err(|error| match error.code.as_deref() {
        Some("BucketAlreadyExists") => CloudError {
            message: format!(
                "the name {bucket} is another account's, and a name is taken once for all accounts: give the bucket another name"
            ),
            ..error
        },
        _ => error,
    })
}

/// Claims first, then settings; labels as they are wanted.
pub(super) async fn update(
    client: &Client,
    at: &Target<'_>,
    from: &BucketSpec,
    to: &BucketSpec,
) -> Result<(), CloudError> {
    let bucket = to.bucket.as_str();
    let claim = tags::claim(at.mark);
    if from.claims != to.claims || from.tags != to.tags {
        tags::change(client, bucket, false, |found| {
            unclaimed(bucket, found, to, &claim)?;
            let gone = from.tags.keys().filter(|key| !to.tags.contains_key(*key));
            gone.for_each(|key| drop(found.remove(key)));
            let changed = to
                .tags
                .iter()
                .filter(|(key, value)| from.tags.get(*key) != Some(value));
            found.extend(changed.map(|(key, value)| (key.clone(), value.clone())));
            release(found, from.claims.difference(&to.claims), &claim);
            let claimed = to.claims.iter().map(|setting| setting.tag().to_owned());
            found.extend(claimed.map(|tag| (tag, claim.clone())));
            Ok(())
        })
        .await?;
    }
    let here = At {
        client,
        bucket,
        fresh: false,
    };
    here.set(&Live::of(from), to).await
}

/// Takes our claims off these settings.
fn release<'a>(found: &mut Tags, settings: impl IntoIterator<Item = &'a Setting>, claim: &str) {
    for setting in settings {
        if found.get(setting.tag()).is_some_and(|by| by == claim) {
            found.remove(setting.tag());
        }
    }
}

/// Writes our mark.
pub(super) async fn mark(
    client: &Client,
    at: &Target<'_>,
    live: &BucketSpec,
) -> Result<(), CloudError> {
    let mark = marks::tags(at.mark, &Tags::new());
    tags::change(client, &live.bucket, false, |found| {
        found.extend(mark.clone());
        Ok(())
    })
    .await
}

/// Takes our mark and our claims off; labels and settings stay.
pub(super) async fn unmark(
    client: &Client,
    at: &Target<'_>,
    live: &BucketSpec,
) -> Result<(), CloudError> {
    let claim = tags::claim(at.mark);
    tags::change(client, &live.bucket, false, |found| {
        if tags::is_marked(found, at.mark) {
            marks::keys().iter().for_each(|key| drop(found.remove(key)));
        }
        release(found, &Setting::ALL, &claim);
        Ok(())
    })
    .await
}

/// Deletes what wip made and the file lets it delete, and what nobody else uses. Everything else stays, without our mark.
pub(super) async fn delete(
    client: &Client,
    at: &Target<'_>,
    from: &BucketSpec,
) -> Result<(), CloudError> {
    let bucket = from.bucket.as_str();
    let found = tags::read(client, bucket, false).await?;
    let is_ours = at.relation != Relation::Shared && tags::is_marked(&found, at.mark);
    if !is_ours || from.on_destroy != Some(OnDestroy::Delete) {
        return unmark(client, at, from).await;
    }
    deletable(client, bucket, &found, &tags::claim(at.mark)).await?;
    let ask = || {
        let ask = client.s3().delete_bucket().bucket(bucket);
        ask.expected_bucket_owner(&client.account).send()
    };
    client
        .call(Call::write("s3:DeleteBucket"), ask)
        .await
        .map(drop)
}
