//! Methods: whether an identity's method fits its clusters, its account and what it is for.
//!
//! Owns the rules of EKS Pod Identity, and of the methods that a role trusts besides its own.

use std::collections::{BTreeMap, BTreeSet};

use super::access::check_partition;
use super::identity::Home;
use super::place::duplicate;
use crate::Code;
use crate::model::{Cluster, ClusterAt, Component, Isolation, Method};
use crate::problem::Problems;
use crate::raw::{IdentitySpec, IsolationName, MethodName, TrustName};
use crate::read::Spanned;

/// How an identity's workloads prove who they are.
pub(crate) struct Chosen {
    pub(crate) method: Method,
    pub(crate) also_trust: BTreeSet<Method>,
    pub(crate) isolation: Isolation,
    pub(crate) target_role: Option<String>,
}

pub(crate) fn method<'a>(
    spec: &IdentitySpec,
    component: Component,
    home: &Home,
    clusters: impl Iterator<Item = &'a Cluster>,
    problems: &mut Problems,
) -> Option<Chosen> {
    let given = spec.method.as_ref()?;
    let method = of(given.value)?;
    let also_trust = also_trust(spec, method, problems);
    if let Some(field) = spec.pod_identity.as_ref()
        && method != Method::PodIdentity
    {
        problems.add_pair(
            Code::WrongMethod,
            &field.span,
            "`podIdentity` is about identities of that method",
            "not of this method",
            "remove it, or say `method: podIdentity`",
            &given.span,
            "the method",
        );
    }
    let uses_pods = [Some(given), of_list(spec, MethodName::PodIdentity)];
    let uses_pods = uses_pods
        .into_iter()
        .flatten()
        .find(|field| field.value == MethodName::PodIdentity);
    if let Some(field) = uses_pods {
        let clusters: Vec<&Cluster> = clusters.collect();
        fits_clusters(field, home, &clusters, problems);
        is_exact(spec, method, problems);
    }
    let isolation = isolation(spec, component, &also_trust, problems);
    let target_role = target_role(spec, &also_trust, home, problems);
    Some(Chosen {
        method,
        also_trust,
        isolation,
        target_role,
    })
}

/// The method of AWS; `None` of another cloud's.
fn of(name: MethodName) -> Option<Method> {
    match name {
        MethodName::Irsa => Some(Method::Irsa),
        MethodName::PodIdentity => Some(Method::PodIdentity),
        MethodName::EntraWorkloadIdentity
        | MethodName::GkePrincipal
        | MethodName::GkeServiceAccount => None,
    }
}

/// Where `alsoTrust` names a method.
fn of_list(spec: &IdentitySpec, name: MethodName) -> Option<&Spanned<MethodName>> {
    let mut named = spec.also_trust.get()?.iter();
    named.find(|field| field.value == name)
}

fn also_trust(spec: &IdentitySpec, method: Method, problems: &mut Problems) -> BTreeSet<Method> {
    let mut besides = BTreeMap::new();
    let Some(field) = spec.also_trust.as_ref() else {
        return BTreeSet::new();
    };
    if field.value.is_empty() && !spec.flawed {
        problems.add(
            Code::EmptyList,
            &field.span,
            "`alsoTrust` is empty, so that it says nothing",
            "empty",
            "name the method that the role trusted before, or remove the line",
        );
    }
    for name in &field.value {
        let Some(other) = of(name.value) else {
            problems.add(
                Code::WrongMethod,
                &name.span,
                "a role of AWS trusts nobody who comes by a method of another cloud",
                "of another cloud",
                "make an identity of that method beside this one, for other workloads",
            );
            continue;
        };
        if other == method {
            problems.add(
                Code::WrongMethod,
                &name.span,
                "this is the identity's own method, which its role trusts anyway",
                "the method itself",
                "name the other method, which the role trusted before",
            );
        } else if let Some(first) = besides.insert(other, &name.span) {
            duplicate(&name.span, Some(first), "this method", problems);
        }
    }
    besides.into_keys().collect()
}

/// Associations are of EKS clusters, and name a role of the cluster's own account.
///
/// Source: CreatePodIdentityAssociation (Amazon EKS API reference).
fn fits_clusters(
    field: &Spanned<MethodName>,
    home: &Home,
    clusters: &[&Cluster],
    problems: &mut Problems,
) {
    let other = clusters
        .iter()
        .find(|cluster| !matches!(cluster.at, ClusterAt::Eks { .. }));
    if let Some(other) = other {
        problems.add(
            Code::WrongMethod,
            &field.span,
            format!(
                "Pod Identity works on EKS alone, and the cluster `{}` is none",
                other.name
            ),
            "needs EKS",
            "use `irsa`, or narrow the identity by `clusters`",
        );
        return;
    }
    let abroad = clusters
        .iter()
        .find(|cluster| cluster.account() != Some(&home.account));
    if let Some(abroad) = abroad {
        problems.add(
            Code::WrongMethod,
            &field.span,
            format!(
                "the role of a Pod Identity lives in its cluster's account, and `{}` is in account {}, not in {}",
                abroad.name,
                abroad.account().unwrap_or_default(),
                home.account
            ),
            "in another account",
            "make an identity for each account, narrowed by `clusters`",
        );
    }
}

/// An association names one service account: there are no patterns.
fn is_exact(spec: &IdentitySpec, method: Method, problems: &mut Problems) {
    let pattern = spec
        .trust
        .as_ref()
        .filter(|trust| trust.value != TrustName::Exact);
    if let Some(trust) = pattern
        && method == Method::PodIdentity
    {
        problems.add(
            Code::WrongMethod,
            &trust.span,
            "Pod Identity has an association for each service account, and no patterns",
            "a pattern",
            "remove the line: there is room for 5,000 associations in a cluster",
        );
    }
}

/// The role that the workloads act as: of the same partition, and for this method alone.
fn target_role(
    spec: &IdentitySpec,
    also_trust: &BTreeSet<Method>,
    home: &Home,
    problems: &mut Problems,
) -> Option<String> {
    let given = spec.pod_identity.get()?;
    let field = given.target_role_arn.as_ref()?;
    check_partition(&field.value, &field.span, &home.partition, problems);
    if also_trust.contains(&Method::Irsa) {
        problems.add(
            Code::WrongMethod,
            &field.span,
            "pods that come by `irsa` act as the identity's own role, which has no access beside a target",
            "not beside `irsa`",
            "give the access to the role itself as long as it also trusts `irsa`",
        );
    }
    Some(field.value.to_string())
}

fn isolation(
    spec: &IdentitySpec,
    component: Component,
    also_trust: &BTreeSet<Method>,
    problems: &mut Problems,
) -> Isolation {
    let field = spec
        .pod_identity
        .get()
        .and_then(|given| given.isolation.as_ref());
    let Some(field) = field else {
        return Isolation::Shared;
    };
    match field.value {
        IsolationName::Shared => Isolation::Shared,
        IsolationName::SessionPolicy => {
            if component != Component::Backup {
                problems.add(
                    Code::WrongMethod,
                    &field.span,
                    "a session policy confines a control plane to its own backups, and this is no identity of backups",
                    "for backups alone",
                    "use `shared`, or `sessionTags`",
                );
            }
            Isolation::SessionPolicy
        }
        IsolationName::SessionTags => {
            if also_trust.contains(&Method::Irsa) {
                problems.add(
                    Code::WrongMethod,
                    &field.span,
                    "sessions of `irsa` have no tags, and would lose all access",
                    "not beside `irsa`",
                    "use `shared` as long as the role also trusts `irsa`",
                );
            }
            Isolation::SessionTags
        }
    }
}
