//! Whom an identity admits on each cluster.

use std::collections::{BTreeMap, BTreeSet};

use super::identity::Scope;
use crate::Code;
use crate::model::{Cluster, Component, ControlPlane, Subject, TrustScope};
use crate::problem::Problems;
use crate::raw::{ClusterName, IdentitySpec, TrustName, WorkloadSpec};
use crate::read::Spanned;

pub(crate) fn trust(
    spec: &IdentitySpec,
    component: Option<Component>,
    planes: &[&ControlPlane],
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> TrustScope {
    let Some(field) = spec.trust.as_ref() else {
        return TrustScope::Exact;
    };
    let pattern = match field.value {
        // What a whole cluster means is the method's to say.
        TrustName::Exact | TrustName::Cluster => return TrustScope::Exact,
        TrustName::HostPattern => TrustScope::HostPattern,
        TrustName::AnyNamespace => TrustScope::AnyNamespace,
    };
    if let Some(selector) = spec.control_planes.as_ref() {
        problems.add_pair(
            Code::PatternMisses,
            &field.span,
            "a pattern admits every control plane of the cluster, not only those that are selected",
            "catches all of them",
            "use `trust: exact`, or remove `controlPlanes`",
            &selector.span,
            "selected here",
        );
    }
    if pattern == TrustScope::AnyNamespace {
        if !scope.guardrails.allow_any_namespace {
            problems.add(
                Code::AnyNamespace,
                &field.span,
                "`anyNamespace` would admit a service account of every namespace",
                "a guardrail forbids this",
                "use `hostPattern`, or say `guardrails: { allowAnyNamespace: true }`",
            );
        }
        return pattern;
    }
    for plane in planes {
        let namespace = plane.host_namespace.name();
        if !(namespace.starts_with("mxp-") && namespace.ends_with("-system")) {
            let place = scope
                .planes
                .known
                .iter()
                .find(|known| known.value == **plane);
            let place = place.map_or(&field.span, |known| &known.span);
            problems.add_pair(
                Code::PatternMisses,
                &field.span,
                format!(
                    "`mxp-*-system` does not match `{namespace}`: its workloads would be left out"
                ),
                format!("misses {}/{}", plane.group, plane.name),
                "use `trust: exact`, which admits each by its name",
                place,
                "has a host namespace of its own",
            );
        }
    }
    let hosts = |workloads: &Vec<Spanned<_>>| {
        workloads
            .iter()
            .any(|workload: &Spanned<WorkloadSpec>| workload.value.host_namespaces.or(false))
    };
    if component == Some(Component::Custom) && !spec.workloads.get().is_some_and(hosts) {
        problems.add(
            Code::PatternMisses,
            &field.span,
            "`hostPattern` is about host namespaces, and no workload here is in them",
            "matches none of the workloads",
            "use `trust: exact`, or `hostNamespaces: true` instead of `namespace`",
        );
    }
    pattern
}

pub(crate) fn subjects(
    spec: &IdentitySpec,
    component: Component,
    trust: TrustScope,
    clusters: &[&Cluster],
    planes: &[&ControlPlane],
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> BTreeMap<String, BTreeSet<Subject>> {
    let mut subjects: BTreeMap<String, BTreeSet<Subject>> = BTreeMap::new();
    if let Some(service_account) = component.service_account() {
        for cluster in clusters {
            let set = host_subjects(&cluster.name, service_account, trust, planes);
            subjects.insert(cluster.name.clone(), set);
        }
        return subjects;
    }
    let mut in_hosts = false;
    for workload in spec.workloads.get().into_iter().flatten() {
        let given = &workload.value;
        let hosts = given.host_namespaces.or(false);
        in_hosts |= hosts || given.flawed;
        match (given.namespace.as_ref(), hosts) {
            (Some(namespace), true) => {
                super::place::exactly_one(
                    &namespace.span,
                    "`namespace` and `hostNamespaces: true`",
                    true,
                    problems,
                );
            }
            (None, false) if !given.flawed => {
                super::place::exactly_one(
                    &workload.span,
                    "`namespace` and `hostNamespaces: true`",
                    false,
                    problems,
                );
            }
            _ => {}
        }
        let on = on_clusters(given.cluster.as_ref(), clusters, spec, scope, problems);
        let Some(service_account) = given.service_account.get() else {
            continue;
        };
        for cluster in on {
            let set = subjects.entry(cluster.name.clone()).or_default();
            match given.namespace.get() {
                Some(namespace) if trust != TrustScope::AnyNamespace => {
                    set.insert(Subject::Exact {
                        namespace: namespace.to_string(),
                        service_account: service_account.to_string(),
                    });
                }
                _ => set.extend(host_subjects(&cluster.name, service_account, trust, planes)),
            }
        }
    }
    if let Some(selector) = spec.control_planes.as_ref()
        && !in_hosts
    {
        problems.add(
            Code::WhoseIdentity,
            &selector.span,
            "`controlPlanes` narrows host namespaces, and no workload here is in them",
            "narrows nothing",
            "remove it, or use `hostNamespaces: true` instead of `namespace`",
        );
    }
    subjects
}

/// The clusters of one workload: the one that it names, or all of its identity.
fn on_clusters<'a>(
    named: Option<&Spanned<ClusterName>>,
    clusters: &[&'a Cluster],
    spec: &IdentitySpec,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Vec<&'a Cluster> {
    let Some(named) = named else {
        return clusters.to_vec();
    };
    let known = scope.clusters.refer(&named.value, &named.span, problems);
    let own: Vec<_> = clusters
        .iter()
        .copied()
        .filter(|own| own.name == *named.value)
        .collect();
    if known && own.is_empty() && scope.clusters.get(&named.value).is_some() && !spec.flawed {
        problems.add(
            Code::UnknownCluster,
            &named.span,
            format!("`{}` is not one of the identity's clusters", &*named.value),
            "not among `clusters`",
            "add it to the identity's `clusters`, or remove it here",
        );
    }
    own
}

/// A service account in the host namespaces of one cluster.
fn host_subjects(
    cluster: &str,
    service_account: &str,
    trust: TrustScope,
    planes: &[&ControlPlane],
) -> BTreeSet<Subject> {
    let pattern = |namespace: &str| {
        BTreeSet::from([Subject::Pattern {
            namespace: namespace.to_owned(),
            service_account: service_account.to_owned(),
        }])
    };
    match trust {
        TrustScope::HostPattern => pattern("mxp-*-system"),
        TrustScope::AnyNamespace => pattern("*"),
        TrustScope::Exact => {
            let planes = planes.iter().filter(|plane| plane.cluster == cluster);
            let exact = planes.map(|plane| Subject::Exact {
                namespace: plane.host_namespace.name(),
                service_account: service_account.to_owned(),
            });
            exact.collect()
        }
    }
}
