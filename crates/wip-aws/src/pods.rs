//! Which EKS clusters' pods an identity is for.
//!
//! Owns what follows from the file alone for EKS Pod Identity; asks nobody.

use std::collections::BTreeSet;

use wip_policy::{Principals, Statement};
use wip_space::{ClusterAt, Existing, Identity, Isolation, Space, Subject};

use crate::kinds::iam_role::role_arn;
use crate::trust::{Pods, Trust};

/// An EKS cluster of the Space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EksCluster<'a> {
    /// Its name in the file.
    pub(crate) name: &'a str,
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    pub(crate) partition: &'a str,
    /// Its name in EKS.
    pub(crate) eks_name: &'a str,
}

impl EksCluster<'_> {
    pub(crate) fn arn(&self) -> String {
        let Self {
            partition,
            region,
            account,
            eks_name,
            ..
        } = self;
        format!("arn:{partition}:eks:{region}:{account}:cluster/{eks_name}")
    }
}

/// The EKS clusters of an identity, each with whom it admits there.
pub(crate) fn clusters<'a>(
    space: &'a Space,
    identity: &'a Identity,
) -> Vec<(EksCluster<'a>, &'a BTreeSet<Subject>)> {
    let clusters = space.clusters.iter();
    let found = clusters.filter_map(|cluster| {
        let subjects = identity.subjects.get(&cluster.name)?;
        match &cluster.at {
            ClusterAt::Eks {
                account,
                region,
                cluster: eks_name,
                partition,
                ..
            } => Some((
                EksCluster {
                    name: &cluster.name,
                    account,
                    region,
                    partition,
                    eks_name,
                },
                subjects,
            )),
            ClusterAt::Aks { .. } | ClusterAt::Gke { .. } | ClusterAt::SelfHosted { .. } => None,
        }
    });
    found.collect()
}

/// The trust in the pods of an identity, where it admits any: limited to its clusters, and to the namespaces and service
/// accounts of its workloads where their sessions' tags are to be asked for.
pub(crate) fn trust(space: &Space, identity: &Identity, tags: bool) -> Option<Pods> {
    let mut pods = Pods::default();
    for (cluster, subjects) in clusters(space, identity) {
        for subject in subjects {
            if let Subject::Exact {
                namespace,
                service_account,
            } = subject
                && tags
            {
                pods.namespaces.insert(namespace.clone());
                pods.service_accounts.insert(service_account.clone());
            }
        }
        if !subjects.is_empty() {
            pods.clusters.insert(cluster.arn());
            pods.accounts.insert(cluster.account.to_owned());
        }
    }
    (!pods.clusters.is_empty()).then_some(pods)
}

/// The tag that EKS puts on sessions, as their own policies see it ("Grant Pods access to AWS resources based on tags",
/// Amazon EKS user guide).
pub(crate) const SESSION_NAMESPACE: &str = "aws:PrincipalTag/kubernetes-namespace";

/// Statements that hold only for sessions of the namespaces that the trust admits.
pub(crate) fn only_tagged(trust: &Trust, statements: Vec<Statement>) -> Vec<Statement> {
    let Some(pods) = &trust.pods else {
        return statements;
    };
    let tagged =
        |statement: Statement| statement.when("StringEquals", SESSION_NAMESPACE, &pods.namespaces);
    statements.into_iter().map(tagged).collect()
}

/// What the role of an identity with a target needs: to assume that one.
///
/// Source: "Access AWS Resources using EKS Pod Identity Target IAM Roles", Amazon EKS user guide.
pub(crate) fn assume_target(target: &str) -> Statement {
    Statement::allow(["sts:AssumeRole", "sts:TagSession"], [target]).with_sid("AssumeTarget")
}

/// The identities of the Space whose target is this identity's role.
pub(crate) fn chained<'a>(
    space: &'a Space,
    identity: &Identity,
) -> impl Iterator<Item = &'a Identity> {
    let arn = role_arn(identity);
    let others = space.identities.iter();
    others.filter(move |other| other.target_role.as_ref() == Some(&arn))
}

/// The identity of the Space whose role an identity has as its target, where wip writes its trust.
pub(crate) fn managed_target<'a>(space: &'a Space, identity: &Identity) -> Option<&'a Identity> {
    let target = identity.target_role.as_ref()?;
    let mut managed = space
        .identities
        .iter()
        .filter(|other| other.role.existing != Existing::Reference && role_arn(other) == *target);
    managed.next()
}

/// What the trust of an identity's role must have for those whose target it is.
pub(crate) fn chained_trust(space: &Space, identity: &Identity) -> Vec<Statement> {
    chained(space, identity)
        .flat_map(|other| target_trust(space, other))
        .collect()
}

/// What the trust of the target must have: it asks for the tags of the sessions, or, where those are off, for the
/// external ids that EKS makes of region, account, cluster, namespace and service account (the same page).
pub(crate) fn target_trust(space: &Space, identity: &Identity) -> Vec<Statement> {
    let none = Vec::<String>::new;
    let role = || Principals::aws([role_arn(identity)]);
    if identity.isolation != Isolation::SessionPolicy {
        let Some(pods) = trust(space, identity, true) else {
            return Vec::new();
        };
        let admitting = Statement::allow(["sts:AssumeRole", "sts:TagSession"], none());
        return vec![
            admitting
                .with_principal(role())
                .when(
                    "StringEquals",
                    "aws:RequestTag/eks-cluster-arn",
                    &pods.clusters,
                )
                .when(
                    "StringEquals",
                    "aws:RequestTag/kubernetes-namespace",
                    &pods.namespaces,
                )
                .when(
                    "StringEquals",
                    "aws:RequestTag/kubernetes-service-account",
                    &pods.service_accounts,
                ),
        ];
    }
    let external_ids = clusters(space, identity)
        .into_iter()
        .flat_map(|(cluster, subjects)| {
            subjects.iter().filter_map(move |subject| match subject {
                Subject::Exact {
                    namespace,
                    service_account,
                } => Some(format!(
                    "{}/{}/{}/{namespace}/{service_account}",
                    cluster.region, cluster.account, cluster.eks_name
                )),
                Subject::Pattern { .. } => None,
            })
        });
    let external_ids: BTreeSet<String> = external_ids.collect();
    if external_ids.is_empty() {
        return Vec::new();
    }
    vec![
        Statement::allow(["sts:AssumeRole"], none())
            .with_principal(role())
            .when("StringEquals", "sts:ExternalId", &external_ids),
        Statement::allow(["sts:TagSession"], none()).with_principal(role()),
    ]
}
