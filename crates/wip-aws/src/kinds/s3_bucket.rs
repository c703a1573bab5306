//! `aws/s3-bucket`: a bucket that the file lets wip make, or of which it names settings.
//!
//! Shared: a bucket that is there is used, and what the file does not name of it is nobody's business here. Each setting
//! that is named bears a claim, a tag of its own, so that two Spaces on one bucket do not undo each other.
//! Nothing in the bucket's policy: that is `s3_bucket_policy_statements`'s.

mod read;
mod rights;
mod settings;
mod spec;
mod tags;
mod write;

use std::collections::BTreeSet;

use futures_util::future::join_all;
use wip_plan::{Address, Edge, Existing, Field, Place, Relation};
use wip_provider::{CloudError, Created, Kind, Observed, Question, Scope, Target, Wanted};
use wip_space::{Bucket, OnDestroy, Space};

use crate::accounts::place;
use crate::{Aws, Facts, owners, storage};

pub(crate) use rights::rights;
use spec::BucketSpec;

/// The kind.
pub(crate) struct S3Bucket;

impl Kind for S3Bucket {
    const NAME: &'static str = "aws/s3-bucket";
    const SUMMARY: &'static str = "A bucket: made where it is missing, and the settings that the file names; the others, and a bucket that was there before, stay as they are.";
    const EXISTING: Existing = Existing::Shared;
    const FIELDS: &'static [Field] = &[Field {
        path: "bucket",
        replaces: true,
        sensitive: false,
    }];
    type Spec = BucketSpec;
    type Cloud = Aws;

    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<BucketSpec>> {
        let space = scope.space;
        let managed = space.buckets.iter().filter(|bucket| bucket.is_managed());
        let wanted = managed.filter_map(|bucket| {
            let account = storage::owner(space, bucket)?;
            let there = owners::there(space, facts, &bucket.bucket, &bucket.region, &account);
            Some(Wanted {
                name: bucket.bucket.clone(),
                place: place(&account, &bucket.region),
                spec: there.map(|()| BucketSpec::of(space, bucket)),
                needs: BTreeSet::new(),
                links: BTreeSet::new(),
            })
        });
        wanted.collect()
    }

    /// None: who may what in it stands in policies.
    fn edges(_spec: &BucketSpec) -> Vec<Edge> {
        Vec::new()
    }

    /// Block Public Access shuts whoever came by a public policy out.
    fn interrupts(from: &BucketSpec, to: &BucketSpec) -> Option<String> {
        let (before, after) = (from.block_public_access?, to.block_public_access?);
        (!before.shuts_policies() && after.shuts_policies()).then(|| {
            format!(
                "whoever reads the bucket {} by a public policy would be shut out at once",
                to.bucket
            )
        })
    }

    fn stays(spec: &BucketSpec, relation: Relation) -> Option<String> {
        match (relation, spec.on_destroy) {
            (Relation::Shared, _) => {
                Some("it was there before wip, so it stays, with its settings".to_owned())
            }
            (_, Some(OnDestroy::Delete)) => None,
            _ => Some("it stays, with its settings and all that is in it".to_owned()),
        }
    }

    /// The bucket, as whoever writes its policy says it: S3 refuses a change of a bucket during another one
    /// (`OperationAborted`).
    fn serial(_place: &Place, spec: &BucketSpec) -> Option<String> {
        Some(format!("s3:{}", spec.bucket))
    }

    async fn observe(cloud: &Aws, question: Question<'_, BucketSpec>) -> Observed {
        let looks = question
            .asks
            .iter()
            .map(|ask| async { ask.answer(read::look(&cloud.clients, &question, ask).await) });
        let seen = join_all(looks).await;
        let mut observed = Observed {
            seen,
            ..Observed::default()
        };
        if question.wide {
            observed.besides("buckets", read::strays(&cloud.clients, &question).await);
        }
        observed
    }

    async fn create(
        cloud: &Aws,
        at: &Target<'_>,
        spec: &BucketSpec,
    ) -> Result<Created, CloudError> {
        let client = cloud.clients.at(at.place).await?;
        write::create(&client, at, spec).await?;
        Ok(Created::default())
    }

    async fn update(
        cloud: &Aws,
        at: &Target<'_>,
        from: &BucketSpec,
        to: &BucketSpec,
    ) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        write::update(&client, at, from, to).await
    }

    async fn mark(cloud: &Aws, at: &Target<'_>, live: &BucketSpec) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        write::mark(&client, at, live).await
    }

    async fn unmark(cloud: &Aws, at: &Target<'_>, live: &BucketSpec) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        write::unmark(&client, at, live).await
    }

    async fn delete(cloud: &Aws, at: &Target<'_>, from: &BucketSpec) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        write::delete(&client, at, from).await
    }
}

/// The address of a bucket that the file lets wip make or set: what lies in it, and its policy, come after it.
pub(crate) fn address(space: &Space, bucket: &Bucket) -> Option<Address> {
    bucket
        .is_managed()
        .then(|| Address::new(S3Bucket::NAME, &space.name, &bucket.bucket))
}
