//! Statements that let everybody read the documents of issuers.
//!
//! They have an address of their own: the statements that let roles in need the roles, and the roles' trust needs the documents.

use std::collections::{BTreeMap, BTreeSet};

use wip_plan::Address;
use wip_provider::{Kind as _, Wanted};
use wip_space::{Publish, Space};

use super::{BucketStatements, S3BucketPolicyStatements};
use crate::accounts::place;
use crate::kinds::s3_bucket;
use crate::{Facts, issuers, storage};

/// The statements of all buckets that wip opens for issuers.
pub(super) fn wanted(space: &Space, facts: &Facts) -> Vec<Wanted<BucketStatements>> {
    let mut wanted: BTreeMap<String, Wanted<BucketStatements>> = BTreeMap::new();
    for issuer in issuers::published(space) {
        let publish = issuer.publish;
        if !is_ours(space, publish) {
            continue;
        }
        let name = name(publish);
        let of_bucket = wanted.entry(name.clone()).or_insert_with(|| Wanted {
            name,
            place: place(&publish.account, &publish.region),
            spec: issuers::open(space, facts, publish).map(|()| BucketStatements {
                bucket: publish.bucket.clone(),
                statements: BTreeMap::new(),
            }),
            needs: bucket(space, publish),
            links: BTreeSet::new(),
        });
        if let Ok(spec) = &mut of_bucket.spec {
            let key = format!("{}-documents", issuer.cluster.name);
            spec.statements.insert(key, issuers::statement(publish));
        }
    }
    wanted.into_values().collect()
}

/// The address of the statements that open a bucket for issuers, where wip writes them.
pub(crate) fn address(space: &Space, publish: &Publish) -> Option<Address> {
    is_ours(space, publish)
        .then(|| Address::new(S3BucketPolicyStatements::NAME, &space.name, &name(publish)))
}

/// The bucket, where wip makes it or sets it up.
pub(crate) fn bucket(space: &Space, publish: &Publish) -> BTreeSet<Address> {
    let listed = storage::listed(space, &publish.bucket);
    let address = listed.and_then(|listed| s3_bucket::address(space, listed));
    address.into_iter().collect()
}

/// No bucket's name has a slash.
fn name(publish: &Publish) -> String {
    format!("{}/issuers", publish.bucket)
}

fn is_ours(space: &Space, publish: &Publish) -> bool {
    publish.direct && storage::listed(space, &publish.bucket).is_some_and(|listed| listed.policy)
}
