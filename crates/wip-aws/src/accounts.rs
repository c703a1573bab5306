//! Which accounts a Space is about, and in which partition each lies.
//!
//! Owns what follows from the file alone; asks nobody.

use std::collections::{BTreeMap, BTreeSet};

use wip_plan::Place;
use wip_space::{Access, ClusterAt, Space};

use crate::{issuers, storage};

/// A place of AWS; an empty region is for what is global.
pub(crate) fn place(account: &str, region: &str) -> Place {
    Place {
        cloud: "aws".to_owned(),
        account: account.to_owned(),
        region: region.to_owned(),
    }
}

/// The region that serves the global services of a partition ("IAM endpoints and quotas", AWS General Reference).
pub(crate) fn home_region(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => "us-east-1",
    }
}

/// The partition of a region.
pub(crate) fn partition_of_region(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// The end of a partition's host names, as `kms:ViaService` has it ("AWS KMS condition keys").
pub(crate) fn dns_suffix(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "amazonaws.com.cn",
        _ => "amazonaws.com",
    }
}

/// Account and region of an ARN.
pub(crate) fn of_arn(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.split(':').skip(3);
    let (region, account) = (parts.next()?, parts.next()?);
    (!account.is_empty()).then_some((account, region))
}

/// The accounts that wip calls: those of clusters, of roles, of what it makes, sets, or writes statements and documents into, and of what is
/// accessed where the file says how to reach them.
pub(crate) fn called(space: &Space) -> BTreeSet<String> {
    let clusters = space
        .clusters
        .iter()
        .filter_map(|cluster| match &cluster.at {
            ClusterAt::Eks { account, .. } | ClusterAt::SelfHosted { account, .. } => {
                Some(account.clone())
            }
            ClusterAt::Aks { .. } | ClusterAt::Gke { .. } => None,
        });
    let roles = space
        .identities
        .iter()
        .map(|identity| identity.account.clone());
    let buckets = space
        .buckets
        .iter()
        .filter(|bucket| bucket.has_statements() || bucket.is_managed());
    let buckets = buckets.filter_map(|bucket| storage::owner(space, bucket));
    let keys = space.kms_keys.iter().filter(|key| key.policy);
    let keys = keys.filter_map(|key| of_arn(&key.arn).map(|(account, _)| account.to_owned()));
    let published = issuers::published(space).map(|issuer| issuer.publish.account.clone());
    let reachable = accessed(space).into_iter();
    let reachable = reachable.filter(|account| space.aws.accounts.contains_key(account));
    clusters
        .chain(roles)
        .chain(buckets)
        .chain(keys)
        .chain(published)
        .chain(reachable)
        .collect()
}

fn accessed(space: &Space) -> BTreeSet<String> {
    let mut accounts = BTreeSet::new();
    for identity in &space.identities {
        let given = identity.access.iter().filter_map(|access| match access {
            Access::S3 { at, .. } => Some(at),
            _ => None,
        });
        for at in given.chain(&identity.restore_from) {
            accounts.extend(at.account.clone());
            let key = at.kms_key.as_deref().and_then(of_arn);
            accounts.extend(key.map(|(account, _)| account.to_owned()));
        }
    }
    accounts
}

/// The partition of each account that the Space names.
pub(crate) fn partitions(space: &Space) -> BTreeMap<String, String> {
    let clusters = space
        .clusters
        .iter()
        .filter_map(|cluster| match &cluster.at {
            ClusterAt::Eks {
                account, partition, ..
            }
            | ClusterAt::SelfHosted {
                account, partition, ..
            } => Some((account.clone(), partition.clone())),
            ClusterAt::Aks { .. } | ClusterAt::Gke { .. } => None,
        });
    let roles = space.identities.iter();
    let roles = roles.map(|identity| (identity.account.clone(), identity.partition.clone()));
    let buckets = space.buckets.iter().filter_map(|bucket| {
        let partition = partition_of_region(&bucket.region);
        Some((storage::owner(space, bucket)?, partition.to_owned()))
    });
    let keys = space.kms_keys.iter().filter_map(|key| {
        let (account, region) = of_arn(&key.arn)?;
        Some((account.to_owned(), partition_of_region(region).to_owned()))
    });
    let published = issuers::published(space).map(|issuer| {
        let partition = partition_of_region(&issuer.publish.region);
        (issuer.publish.account.clone(), partition.to_owned())
    });
    let buckets = buckets.chain(published);
    buckets.chain(keys).chain(clusters).chain(roles).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_names_account_and_region() {
        assert_eq!(
            of_arn("arn:aws:kms:eu-west-1:444455556666:key/k"),
            Some(("444455556666", "eu-west-1"))
        );
        assert_eq!(of_arn("arn:aws:s3:::bucket"), None);
        assert_eq!(of_arn("bucket"), None);
    }

    /// The account of a bucket stands at the access alone; no cluster, role or entry of the file names it.
    #[test]
    fn the_account_of_every_policy_that_is_written_is_called() {
        let file = r#"
apiVersion: wip/v1alpha1
kind: Space
metadata: { name: demo }
spec:
  clusters:
    - { name: c0, selfHosted: { issuer: "https://oidc.example.com/c0", account: "111122223333" } }
  buckets:
    - s3: { bucket: acme-data, region: eu-west-1, policy: true }
  identities:
    app:
      method: irsa
      workloads: [ { namespace: a, serviceAccount: sa } ]
      access: [ { s3: { bucket: acme-data, region: eu-west-1, account: "444455556666", allow: [read] } } ]
"#;
        let space = wip_space::parse("space.yaml", file.as_bytes())
            .unwrap_or_else(|problems| panic!("{problems:?}"));
        assert!(called(&space).contains("444455556666"));
    }
}
