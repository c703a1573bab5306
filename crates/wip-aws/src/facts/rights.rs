//! What reading the facts asks for.
//!
//! Owns which of it wip can do without: where a plan goes on, and says what it did not see.

use std::collections::BTreeSet;

use wip_space::{ClusterAt, Existing, Method, Space};

use super::{AGENT, usage};
use crate::accounts::{self, of_arn, partition_of_region};
use crate::rights::{Right, asked_arns};
use crate::{pods, storage};

/// The rights for the facts of a Space.
pub(crate) fn rights(space: &Space) -> Vec<Right> {
    [
        issuers(space),
        trust_quotas(space),
        account_usage(space),
        buckets(space),
        keys(space),
        agents(space),
        roles(space),
    ]
    .concat()
}

fn optional(rights: Vec<Right>, without: &'static str) -> impl Iterator<Item = Right> {
    rights.into_iter().map(move |right| right.optional(without))
}

fn issuers(space: &Space) -> Vec<Right> {
    let mut rights = Vec::new();
    // Discovery asks which cluster it is, whatever the method.
    let is_discovered = |name: &str| {
        let discovery = space.discovery.as_ref();
        discovery.is_some_and(|discovery| discovery.cluster == name)
    };
    for identity in &space.identities {
        for (cluster, _) in pods::clusters(space, identity) {
            if !identity.trusts(Method::Irsa) && !is_discovered(cluster.name) {
                continue;
            }
            let is_unsaid = space.clusters.iter().any(|known| {
                known.name == cluster.name
                    && matches!(&known.at, ClusterAt::Eks { issuer: None, .. })
            });
            if is_unsaid {
                let (call, arns) = (["eks:DescribeCluster"], [cluster.arn()]);
                rights.extend(Right::look(cluster.account, "ReadClusters", &call, &arns));
            }
        }
    }
    rights
}

fn trust_quotas(space: &Space) -> Vec<Right> {
    if space.guardrails.trust_policy_quota.is_some() {
        return Vec::new();
    }
    let accounts: BTreeSet<&String> = space
        .identities
        .iter()
        .map(|identity| &identity.account)
        .collect();
    let call = ["servicequotas:GetServiceQuota"];
    let without = "the default of AWS counts, trust policies of 2,048 characters";
    let of = |account| Right::look(account, "OptionalQuota", &call, &["*".to_owned()]);
    let rights = accounts
        .into_iter()
        .flat_map(|account| optional(of(account), without));
    rights.collect()
}

fn account_usage(space: &Space) -> Vec<Right> {
    let call = ["iam:GetAccountSummary"];
    let without = "whether what is made fits the account is not counted before it is made";
    let of = |account| Right::look(account, "OptionalUsage", &call, &["*".to_owned()]);
    let accounts = usage::accounts(space).into_keys();
    accounts
        .flat_map(|account| optional(of(account), without))
        .collect()
}

fn buckets(space: &Space) -> Vec<Right> {
    let mut rights = Vec::new();
    for bucket in storage::buckets(space).values() {
        let partition = partition_of_region(&bucket.region);
        let arns = [format!("arn:{partition}:s3:::{}", bucket.name)];
        let reader = &bucket.reader;
        let (sid, calls): (_, &[_]) = match bucket.asks_key {
            true => (
                "OptionalBuckets",
                &["s3:HeadBucket", "s3:GetBucketEncryption"],
            ),
            false => ("OptionalOwnBuckets", &["s3:HeadBucket"]),
        };
        let without = "whether buckets are there, and which keys encrypt them, is not checked";
        let looks = Right::look(reader, sid, calls, &arns);
        rights.extend(optional(looks, without));
        if bucket.wants_owner_side {
            let call = ["s3:GetBucketPolicy"];
            rights.extend(Right::look(reader, "ReadBucketPolicies", &call, &arns));
        }
        if bucket.asks_block {
            let without = "whether Block Public Access keeps out who reads an issuer's documents shows only in apply";
            let call = ["s3:GetPublicAccessBlock"];
            let looks = Right::look(reader, "OptionalPublicAccess", &call, &arns);
            rights.extend(optional(looks, without));
        }
    }
    rights
}

fn keys(space: &Space) -> Vec<Right> {
    let called = accounts::called(space);
    let mut rights = Vec::new();
    for (arn, user) in storage::keys(space) {
        let Some((account, _)) = of_arn(&arn) else {
            continue;
        };
        let listed = space.kms_keys.iter().find(|key| key.arn == arn);
        let is_needed = match listed {
            Some(listed) => listed.policy,
            None => account != user,
        };
        let reader = match called.contains(account) {
            true => account,
            false => user.as_str(),
        };
        let call = ["kms:GetKeyPolicy"];
        let arns = [arn.clone()];
        let without = "whether keys are there and let IAM decide is not checked";
        match is_needed {
            true => rights.extend(Right::look(reader, "ReadKeyPolicies", &call, &arns)),
            false => {
                let looks = Right::look(reader, "OptionalKeys", &call, &arns);
                rights.extend(optional(looks, without));
            }
        }
    }
    rights
}

fn agents(space: &Space) -> Vec<Right> {
    let mut rights = Vec::new();
    let identities = space.identities.iter();
    for identity in identities.filter(|identity| identity.method == Method::PodIdentity) {
        for (cluster, _) in pods::clusters(space, identity) {
            let without = "whether clusters have the agent of EKS Pod Identity is not checked";
            // An add-on has an id behind its name.
            let addon = cluster.arn().replace(":cluster/", ":addon/") + &format!("/{AGENT}/*");
            let looks = [
                ("eks:DescribeAddon", addon),
                ("eks:DescribeCluster", cluster.arn()),
            ];
            for (call, arn) in looks {
                let look = Right::look(cluster.account, "OptionalAgents", &[call], &[arn]);
                rights.extend(optional(look, without));
            }
        }
    }
    rights
}

fn roles(space: &Space) -> Vec<Right> {
    let identities = space.identities.iter();
    let referred = identities.filter(|identity| identity.role.existing == Existing::Reference);
    let without = "whether roles that the file refers to are there is not checked";
    let looks = referred.flat_map(|identity| {
        let arns = asked_arns(space, identity);
        let looks = Right::look(&identity.account, "OptionalRoles", &["iam:GetRole"], &arns);
        optional(looks, without)
    });
    looks.collect()
}
