//! What a Space takes for granted, for a sandbox that starts empty: clusters, buckets, keys and the policies that
//! roles are bounded by or have attached.
//!
//! Nothing that wip makes is among it.

use wip_sandbox::{BucketSeed, ClusterSeed, KeySeed, Seed};
use wip_space::{Access, Bucket, ClusterAt, Identity, Method, S3Location, Space};

/// The clusters, buckets and keys that the file names.
pub(crate) fn seed(space: &Space) -> Seed {
    let mut seed = Seed {
        clusters: clusters(space),
        ..Seed::default()
    };
    for identity in &space.identities {
        let account = &identity.account;
        let role = &identity.role;
        for arn in role.permissions_boundary.iter().chain(&role.attach) {
            // AWS's own policies are there by themselves.
            if !arn.contains(":iam::aws:") && !seed.policies.contains(arn) {
                seed.policies.push(arn.clone());
            }
        }
        for at in &identity.restore_from {
            bucket(&mut seed, space, at, account);
        }
        for access in &identity.access {
            match access {
                Access::S3 { at, .. } => bucket(&mut seed, space, at, account),
                Access::SecretsManager { kms_keys, .. }
                | Access::ParameterStore { kms_keys, .. } => {
                    for arn in kms_keys {
                        key(&mut seed, arn);
                    }
                }
                Access::EbsSnapshots | Access::AssumeRole { .. } | Access::Statement(_) => {}
            }
        }
    }
    for Bucket {
        bucket: name,
        region,
        account,
        ..
    } in &space.buckets
    {
        let own = space
            .identities
            .first()
            .map(|identity| identity.account.as_str());
        if let Some(account) = account.as_deref().or(own) {
            add_bucket(&mut seed, name, region, account, None);
        }
    }
    for wip_space::KmsKey { arn, .. } in &space.kms_keys {
        key(&mut seed, arn);
    }
    seed
}

fn clusters(space: &Space) -> Vec<ClusterSeed> {
    space
        .clusters
        .iter()
        .filter_map(|cluster| match &cluster.at {
            ClusterAt::Eks {
                account,
                region,
                cluster: name,
                issuer,
                ..
            } => Some(ClusterSeed {
                account: account.clone(),
                region: region.clone(),
                name: name.clone(),
                issuer: issuer.clone(),
                addons: addons(space, &cluster.name),
            }),
            ClusterAt::Aks { .. } | ClusterAt::SelfHosted { .. } => None,
        })
        .collect()
}

/// The agent, where an identity takes it for granted.
fn addons(space: &Space, cluster: &str) -> Vec<String> {
    let uses = |identity: &Identity| {
        identity.method == Method::PodIdentity && identity.subjects.contains_key(cluster)
    };
    let agent = space.identities.iter().any(uses);
    agent
        .then(|| "eks-pod-identity-agent".to_owned())
        .into_iter()
        .collect()
}

fn bucket(seed: &mut Seed, space: &Space, at: &S3Location, account: &str) {
    // What `buckets` says of the same bucket counts for its account.
    let listed = space
        .buckets
        .iter()
        .find(|bucket| bucket.bucket == at.bucket);
    let account = at
        .account
        .as_deref()
        .or(listed.and_then(|bucket| bucket.account.as_deref()))
        .unwrap_or(account);
    add_bucket(seed, &at.bucket, &at.region, account, at.kms_key.clone());
    if let Some(arn) = &at.kms_key {
        key(seed, arn);
    }
}

fn add_bucket(seed: &mut Seed, name: &str, region: &str, account: &str, kms_key: Option<String>) {
    if seed.buckets.iter().any(|bucket| bucket.name == name) {
        return;
    }
    seed.buckets.push(BucketSeed {
        account: account.to_owned(),
        region: region.to_owned(),
        name: name.to_owned(),
        kms_key,
        policy: None,
    });
}

fn key(seed: &mut Seed, arn: &str) {
    if seed.keys.iter().all(|key| key.arn != arn) {
        seed.keys.push(KeySeed {
            arn: arn.to_owned(),
            policy: None,
        });
    }
}
