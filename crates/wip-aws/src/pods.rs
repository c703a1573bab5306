//! Which EKS clusters' pods an identity is for.
//!
//! Owns what follows from the file alone for EKS Pod Identity; asks nobody.

use std::collections::BTreeSet;

use wip_policy::Statement;
use wip_space::{ClusterAt, Identity, Space, Subject};

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
            ClusterAt::SelfHosted { .. } => None,
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
