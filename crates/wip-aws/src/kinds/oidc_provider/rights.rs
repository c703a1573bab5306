//! What calls about OIDC providers ask for.
//!
//! Owns the ARN of a provider whose issuer only EKS knows: a pattern of the region's issuers.

use wip_space::{Cluster, ClusterAt, Existing, Method, Space};

use crate::accounts::dns_suffix;
use crate::kinds::iam_role::provider_arn;
use crate::rights::Right;

/// What makes, changes and deletes a provider.
const WRITES: &[&str] = &[
    "iam:CreateOpenIDConnectProvider",
    "iam:TagOpenIDConnectProvider",
    "iam:UntagOpenIDConnectProvider",
    "iam:AddClientIDToOpenIDConnectProvider",
    "iam:DeleteOpenIDConnectProvider",
];

/// The rights for the providers of a Space.
pub(crate) fn rights(space: &Space) -> Vec<Right> {
    let mut rights = Vec::new();
    let trusting = space.identities.iter().filter(|identity| {
        identity.trusts(Method::Irsa) && identity.role.existing != Existing::Reference
    });
    for identity in trusting {
        let (account, partition) = (&identity.account, &identity.partition);
        let clusters = space.clusters.iter();
        let clusters = clusters.filter(|cluster| identity.subjects.contains_key(&cluster.name));
        let arns: Vec<String> = clusters
            .map(|cluster| provider_arn(partition, account, &issuer(cluster)))
            .collect();
        if arns.is_empty() {
            continue;
        }
        let read = ["iam:GetOpenIDConnectProvider"];
        rights.extend(Right::look(account, "ReadProviders", &read, &arns));
        rights.extend(Right::change(account, "WriteProviders", WRITES, &arns));
        // One that others trust is not deleted: a listing says who may, and each of those what it says by now.
        let everything = ["*".to_owned()];
        let roles = [format!("arn:{partition}:iam::{account}:role/*")];
        let list = ["iam:ListRoles"];
        rights.extend(Right::change(account, "FindTrusting", &list, &everything));
        let ask = ["iam:GetRole"];
        rights.extend(Right::change(account, "AskTrusting", &ask, &roles));
    }
    rights
}

/// The issuer of a cluster; where only EKS knows it, the pattern that it has ("IAM roles for service accounts", Amazon EKS
/// user guide).
fn issuer(cluster: &Cluster) -> String {
    match &cluster.at {
        // The Space file lets no role of AWS trust one.
        ClusterAt::Aks { .. } | ClusterAt::Gke { .. } => String::new(),
        ClusterAt::SelfHosted { issuer, .. }
        | ClusterAt::Eks {
            issuer: Some(issuer),
            ..
        } => issuer.clone(),
        ClusterAt::Eks {
            region, partition, ..
        } => format!("https://oidc.eks.{region}.{}/id/*", dns_suffix(partition)),
    }
}
