//! Which buckets and keys a Space uses, by whom, and with which rights.
//!
//! Owns the S3 locations of an identity with what it may do there; permissions, bucket policies, key policies and
//! facts all start from these.

use std::collections::{BTreeMap, BTreeSet};

use wip_space::{Access, Bucket, Component, Identity, S3Location, Space, Verb};

use crate::{accounts, issuers};

/// What an identity may do at one place of a bucket.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct S3Grant {
    pub(crate) bucket: String,
    pub(crate) region: String,
    /// The account that owns the bucket.
    pub(crate) account: String,
    pub(crate) prefix: String,
    pub(crate) kms_keys: BTreeSet<String>,
    pub(crate) verbs: BTreeSet<Verb>,
}

/// What a component needs where the file does not say ([`S3Grant`] with `allow` absent).
///
/// Backup: the four of the object-store library ("Policy for Thanos services", thanos-io/objstore README). Billing: the
/// permissions of Vector's `aws_s3` sink, whose health check is HeadBucket, which `s3:ListBucket` allows. Shared
/// secrets: reading.
pub(crate) fn needed(component: Component) -> BTreeSet<Verb> {
    match component {
        Component::Backup => BTreeSet::from([Verb::Read, Verb::Write, Verb::List, Verb::Delete]),
        Component::Billing => BTreeSet::from([Verb::Write, Verb::List]),
        Component::SharedSecrets => BTreeSet::from([Verb::Read]),
        Component::Custom => BTreeSet::new(),
    }
}

/// The S3 locations of `identity`, each once, sorted; what it restores from is for reading and listing.
pub(crate) fn s3_grants(space: &Space, identity: &Identity) -> Vec<S3Grant> {
    let accessed = identity.access.iter().filter_map(|access| match access {
        Access::S3 { at, allow } => Some((
            at,
            allow.clone().unwrap_or_else(|| needed(identity.component)),
        )),
        _ => None,
    });
    let restored = identity.restore_from.iter();
    let restored = restored.map(|at| (at, BTreeSet::from([Verb::Read, Verb::List])));
    let mut grants: BTreeMap<(String, String), S3Grant> = BTreeMap::new();
    for (at, verbs) in accessed.chain(restored) {
        let key = (at.bucket.clone(), at.prefix.clone());
        let grant = grants
            .entry(key)
            .or_insert_with(|| grant(space, identity, at));
        grant.verbs.extend(verbs);
        grant.kms_keys.extend(at.kms_key.clone());
        // What wip lets a bucket be encrypted with, whoever uses the bucket needs.
        let set = listed(space, &at.bucket).and_then(Bucket::kms_key);
        grant.kms_keys.extend(set.map(str::to_owned));
    }
    grants.into_values().collect()
}

fn grant(space: &Space, identity: &Identity, at: &S3Location) -> S3Grant {
    let listed = listed(space, &at.bucket).and_then(|listed| listed.account.as_ref());
    let account = at.account.as_ref().or(listed).unwrap_or(&identity.account);
    S3Grant {
        bucket: at.bucket.clone(),
        region: at.region.clone(),
        account: account.clone(),
        prefix: at.prefix.clone(),
        kms_keys: BTreeSet::new(),
        verbs: BTreeSet::new(),
    }
}

/// A bucket that the Space uses, makes or sets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UsedBucket {
    pub(crate) name: String,
    pub(crate) region: String,
    /// The account that owns it.
    pub(crate) account: String,
    /// The account whose credentials look at it.
    pub(crate) reader: String,
    /// Another account owns it, or an issuer is hosted in it, and the file does not list it: its owner has to let us in.
    pub(crate) wants_owner_side: bool,
    /// An identity accesses it, and nobody but the bucket says which key encrypts it.
    pub(crate) asks_key: bool,
    /// Everybody has to be able to read the documents of an issuer there, and nobody but the bucket says whether it lets them.
    pub(crate) asks_block: bool,
}

impl UsedBucket {
    /// One that no identity accesses.
    fn unused(name: &str, region: &str, account: &str) -> Self {
        Self {
            name: name.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            reader: account.to_owned(),
            wants_owner_side: false,
            asks_key: false,
            asks_block: false,
        }
    }
}

/// The buckets of the Space, by name.
pub(crate) fn buckets(space: &Space) -> BTreeMap<String, UsedBucket> {
    let called = accounts::called(space);
    let mut used = BTreeMap::new();
    for identity in &space.identities {
        for grant in s3_grants(space, identity) {
            let listed = listed(space, &grant.bucket);
            let reader = match called.contains(&grant.account) {
                true => grant.account.clone(),
                false => identity.account.clone(),
            };
            let wants_owner_side = grant.account != identity.acting_account() && listed.is_none();
            let bucket = used.entry(grant.bucket.clone()).or_insert(UsedBucket {
                name: grant.bucket,
                region: grant.region,
                account: grant.account,
                reader,
                wants_owner_side,
                asks_key: listed.is_none_or(|listed| listed.own.encryption.is_none()),
                asks_block: false,
            });
            bucket.wants_owner_side |= wants_owner_side;
        }
    }
    for listed in space.buckets.iter().filter(|listed| listed.is_managed()) {
        let Some(account) = owner(space, listed) else {
            continue;
        };
        let (name, region) = (&listed.bucket, &listed.region);
        used.entry(name.clone())
            .or_insert_with(|| UsedBucket::unused(name, region, &account));
    }
    for issuer in issuers::published(space) {
        let at = issuer.publish;
        let bucket = used
            .entry(at.bucket.clone())
            .or_insert_with(|| UsedBucket::unused(&at.bucket, &at.region, &at.account));
        let listed = listed(space, &at.bucket);
        let is_set = listed.is_some_and(|listed| listed.own.block_public_access.is_some());
        bucket.wants_owner_side |= at.direct && listed.is_none();
        bucket.asks_block |= at.direct && !is_set;
    }
    used
}

/// The account that owns a bucket that the file lists: its own word, else that of the first access to it, or of
/// the issuer that is hosted in it; `None` where nobody uses it.
pub(crate) fn owner(space: &Space, listed: &Bucket) -> Option<String> {
    let used = || {
        let grants = space
            .identities
            .iter()
            .flat_map(|identity| s3_grants(space, identity));
        let mut grants = grants.filter(|grant| grant.bucket == listed.bucket);
        grants.next().map(|grant| grant.account)
    };
    let published = || {
        let mut all = issuers::published(space).map(|issuer| issuer.publish);
        let found = all.find(|publish| publish.bucket == listed.bucket)?;
        Some(found.account.clone())
    };
    listed.account.clone().or_else(used).or_else(published)
}

/// The entry of `buckets` in the file.
pub(crate) fn listed<'a>(space: &'a Space, bucket: &str) -> Option<&'a Bucket> {
    space.buckets.iter().find(|listed| listed.bucket == bucket)
}

/// The keys of the Space, each with an account that uses it.
pub(crate) fn keys(space: &Space) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    for identity in &space.identities {
        for use_ in crate::permissions::key_uses(space, identity) {
            keys.entry(use_.key)
                .or_insert_with(|| identity.account.clone());
        }
    }
    for listed in space.kms_keys.iter().filter(|listed| listed.policy) {
        let account = accounts::of_arn(&listed.arn).map(|(account, _)| account.to_owned());
        keys.entry(listed.arn.clone())
            .or_insert_with(|| account.unwrap_or_default());
    }
    keys
}
