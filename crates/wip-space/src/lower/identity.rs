//! Identities: whom each admits, and where its role lives.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::control_plane::{Planes, unknown};
use super::place::Clusters;
use super::storage::Storage;
use super::{access, role};
use crate::Code;
use crate::model::{
    Cluster, Component, ControlPlane, Guardrails, Identity, Method, RestoreSource, S3Location,
    Subject, TrustScope,
};
use crate::problem::Problems;
use crate::raw::{
    ComponentName, IdentityName, IdentitySpec, MethodName, RoleDefaults, Selector, Spec, TrustName,
};
use crate::read::{Spanned, nearest};

/// What an identity's fields refer to.
pub(crate) struct Scope<'a> {
    pub(crate) space: &'a str,
    pub(crate) clusters: &'a Clusters,
    pub(crate) planes: &'a Planes,
    pub(crate) storage: &'a Storage,
    pub(crate) guardrails: &'a Guardrails,
    pub(crate) role: Option<&'a RoleDefaults>,
}

/// An identity, and the places that clashes with others are shown at.
pub(crate) struct Found {
    pub(crate) identity: Identity,
    pub(crate) span: Range<usize>,
    pub(crate) role_span: Range<usize>,
    /// The control planes that it serves: cluster, group, name.
    planes: BTreeSet<(String, String, String)>,
}

pub(crate) fn identities(spec: &Spec, scope: &Scope<'_>, problems: &mut Problems) -> Vec<Found> {
    let entries = spec
        .identities
        .get()
        .map(|entries| entries.0.as_slice())
        .unwrap_or_default();
    let mut all: Vec<Found> = entries
        .iter()
        .filter_map(|(name, spec)| identity(name, spec, scope, problems))
        .collect();
    add_restores(&mut all, scope);
    all
}

fn identity(
    name: &Spanned<IdentityName>,
    spec: &Spanned<IdentitySpec>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<Found> {
    let given = &spec.value;
    let component = component(name, given, problems);
    let clusters = clusters(given, scope, problems);
    let planes = planes(given, &clusters, scope, problems);
    let trust = trust(given, component, &planes, scope, problems);
    let subjects = subjects(
        given, component?, trust, &clusters, &planes, scope, problems,
    );
    let home = home(name, given, subjects.keys(), scope, problems);
    let access = access::access(given, component?, home.as_ref(), scope, problems);
    let role = role::role(name, given, home.as_ref(), scope, problems)?;
    let home = home?;
    match given.method.get()? {
        MethodName::Irsa => {}
    }
    let identity = Identity {
        name: name.value.to_string(),
        component: component?,
        method: Method::Irsa,
        trust,
        subjects,
        access,
        restore_from: Vec::new(),
        account: home.account,
        partition: home.partition,
        role,
    };
    let role_span = given.role.get().and_then(|role| role.name.as_ref());
    let planes = planes.iter().map(|plane| {
        (
            plane.cluster.clone(),
            plane.group.clone(),
            plane.name.clone(),
        )
    });
    Some(Found {
        identity,
        role_span: role_span.map_or(&name.span, |name| &name.span).clone(),
        span: name.span.clone(),
        planes: planes.collect(),
    })
}

fn component(
    name: &Spanned<IdentityName>,
    spec: &IdentitySpec,
    problems: &mut Problems,
) -> Option<Component> {
    let implied = match &*name.value {
        "backup" => Some(Component::Backup),
        "billing" => Some(Component::Billing),
        "sharedSecrets" => Some(Component::SharedSecrets),
        _ => None,
    };
    let given = spec
        .component
        .as_ref()
        .map(|component| match component.value {
            ComponentName::Backup => Component::Backup,
            ComponentName::Billing => Component::Billing,
            ComponentName::SharedSecrets => Component::SharedSecrets,
        });
    if let (Some(implied), Some(given), Some(field)) = (implied, given, spec.component.as_ref())
        && implied != given
    {
        problems.add(
            Code::WhoseIdentity,
            &field.span,
            format!(
                "the name `{}` already says which component this is for",
                &*name.value
            ),
            "another component",
            "give the identity another name, or remove the line",
        );
    }
    match (implied.or(given), spec.workloads.as_ref()) {
        (Some(component), None) => Some(component),
        (None, Some(workloads)) => {
            if workloads.value.is_empty() && !spec.flawed {
                problems.add(
                    Code::EmptyList,
                    &workloads.span,
                    "an identity without a component needs at least one workload",
                    "no workload",
                    "add `{ namespace: …, serviceAccount: … }`",
                );
            }
            Some(Component::Custom)
        }
        (Some(_), Some(workloads)) => {
            problems.add(
                Code::WhoseIdentity,
                &workloads.span,
                "an identity of a component does not name its workloads",
                "these follow from the component",
                "remove `workloads`, or move them to an identity of their own",
            );
            None
        }
        (None, None) => {
            if !spec.flawed {
                let help = match nearest(&name.value, ["backup", "billing", "sharedSecrets"].into_iter()) {
                    Some(near) => format!("did you mean `{near}`? else add `component` or `workloads`"),
                    None => "add `component: backup` (or billing, sharedSecrets), or `workloads: [{ namespace: …, serviceAccount: … }]`".to_owned(),
                };
                let message = format!("`{}` does not say whom it admits", &*name.value);
                problems.add(
                    Code::WhoseIdentity,
                    &name.span,
                    message,
                    "no component, no workloads",
                    help,
                );
            }
            None
        }
    }
}

/// The clusters that an identity is for: those it names, or all.
fn clusters<'a>(
    spec: &IdentitySpec,
    scope: &Scope<'a>,
    problems: &mut Problems,
) -> Vec<&'a Cluster> {
    let all = scope.clusters.known.iter().map(|cluster| &cluster.value);
    let Some(named) = spec.clusters.as_ref() else {
        return all.collect();
    };
    if named.value.is_empty() {
        empty(&named.span, "clusters", problems);
    }
    let mut wanted = BTreeSet::new();
    for name in &named.value {
        scope.clusters.refer(&name.value, &name.span, problems);
        if !wanted.insert(name.value.to_string()) {
            let what = format!("the cluster `{}`", &*name.value);
            super::place::duplicate(&name.span, None, &what, problems);
        }
    }
    all.filter(|cluster| wanted.contains(&cluster.name))
        .collect()
}

fn empty(span: &Range<usize>, what: &str, problems: &mut Problems) {
    problems.add(
        Code::EmptyList,
        span,
        format!("`{what}` is empty, so that nothing would be meant"),
        "empty",
        "name at least one, or remove the line to mean all",
    );
}

/// The control planes that an identity is for: those on its clusters that it selects.
fn planes<'a>(
    spec: &IdentitySpec,
    clusters: &[&Cluster],
    scope: &Scope<'a>,
    problems: &mut Problems,
) -> Vec<&'a ControlPlane> {
    let on_clusters = scope.planes.known.iter().map(|plane| &plane.value);
    let on_clusters =
        on_clusters.filter(|plane| clusters.iter().any(|cluster| cluster.name == plane.cluster));
    let Some(field) = spec.control_planes.as_ref() else {
        return on_clusters.collect();
    };
    let selector = &field.value;
    let before = problems.count();
    if selector.groups.is_none() && selector.names.is_none() && !selector.flawed {
        empty(&field.span, "controlPlanes", problems);
    }
    check_selector(selector, scope.planes, problems);
    let chosen: Vec<&ControlPlane> = on_clusters
        .filter(|plane| selects(selector, plane))
        .collect();
    let sure = !selector.flawed && scope.planes.all_named && scope.clusters.complete();
    let all_valid = scope.planes.known.len() == scope.planes.names.len();
    if chosen.is_empty() && sure && all_valid && problems.count() == before {
        problems.add(
            Code::UnknownControlPlane,
            &field.span,
            "no control plane matches all of this",
            "selects nothing",
            "groups and names must both match, on one of the identity's clusters",
        );
    }
    chosen
}

fn check_selector(selector: &Selector, planes: &Planes, problems: &mut Problems) {
    let groups: BTreeSet<&str> = planes
        .names
        .iter()
        .map(|(group, _)| group.as_str())
        .collect();
    if let Some(given) = selector.groups.as_ref() {
        if given.value.is_empty() {
            empty(&given.span, "groups", problems);
        }
        for group in &given.value {
            if planes.all_named && !groups.contains(&*group.value) {
                let known: Vec<&str> = groups.iter().copied().collect();
                let help = match nearest(&group.value, groups.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if known.is_empty() => "the file has no control planes".to_owned(),
                    None => format!("known groups: {}", known.join(", ")),
                };
                let message = format!("no control plane is in group `{}`", &*group.value);
                problems.add(
                    Code::UnknownControlPlane,
                    &group.span,
                    message,
                    "unknown group",
                    help,
                );
            }
        }
    }
    if let Some(given) = selector.names.as_ref() {
        if given.value.is_empty() {
            empty(&given.span, "names", problems);
        }
        for name in &given.value {
            let known = planes
                .names
                .iter()
                .any(|(group, own)| named(&name.value, group, own));
            if planes.all_named && !known {
                unknown(&name.value, &planes.full_names(), &name.span, problems);
            }
        }
    }
}

/// Whether `NAME` or `GROUP/NAME` means this control plane.
fn named(selected: &str, group: &str, name: &str) -> bool {
    match selected.split_once('/') {
        Some((in_group, of_name)) => in_group == group && of_name == name,
        None => selected == name,
    }
}

fn selects(selector: &Selector, plane: &ControlPlane) -> bool {
    let group = selector
        .groups
        .get()
        .is_none_or(|groups| groups.iter().any(|group| *group.value == *plane.group));
    let name = selector.names.get().is_none_or(|names| {
        names
            .iter()
            .any(|name| named(&name.value, &plane.group, &plane.name))
    });
    group && name
}

fn trust(
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
        TrustName::Exact => return TrustScope::Exact,
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
            .any(|workload: &Spanned<crate::raw::WorkloadSpec>| {
                workload.value.host_namespaces.or(false)
            })
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

fn subjects(
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
    named: Option<&Spanned<crate::raw::ClusterName>>,
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

/// Where an identity's role lives.
pub(crate) struct Home {
    pub(crate) account: String,
    pub(crate) partition: String,
}

fn home<'a>(
    name: &Spanned<IdentityName>,
    spec: &IdentitySpec,
    clusters: impl Iterator<Item = &'a String>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<Home> {
    let clusters: Vec<&Cluster> = clusters
        .filter_map(|name| scope.clusters.get(name))
        .collect();
    let accounts: BTreeSet<&str> = clusters.iter().map(|cluster| cluster.account()).collect();
    let partitions: BTreeSet<&str> = clusters.iter().map(|cluster| cluster.partition()).collect();
    if partitions.len() > 1 {
        problems.add(
            Code::WrongPlace,
            &name.span,
            format!(
                "the clusters of `{}` are in several partitions",
                &*name.value
            ),
            "one role cannot serve them all",
            "make an identity for each partition, narrowed by `clusters`",
        );
        return None;
    }
    let account = match (spec.account.get(), accounts.first()) {
        (Some(account), _) => account.to_string(),
        (None, Some(only)) if accounts.len() == 1 => (*only).to_owned(),
        (None, Some(_)) => {
            let list = accounts.iter().copied().collect::<Vec<_>>().join(", ");
            problems.add(
                Code::WhichAccount,
                &name.span,
                format!(
                    "the clusters of `{}` are in several accounts: {list}",
                    &*name.value
                ),
                "which account does its role live in?",
                "add `account: \"…\"` to the identity",
            );
            return None;
        }
        (None, None) => return None,
    };
    Some(Home {
        account,
        partition: (*partitions.first()?).to_owned(),
    })
}

/// What the control planes of backup identities restore from, beyond their own places.
fn add_restores(all: &mut [Found], scope: &Scope<'_>) {
    let backups: Vec<(usize, Vec<S3Location>)> = all
        .iter()
        .enumerate()
        .filter(|(_, found)| found.identity.component == Component::Backup)
        .map(|(index, found)| (index, access::places(&found.identity)))
        .collect();
    for (index, own) in &backups {
        let mut sources: BTreeSet<S3Location> = BTreeSet::new();
        for plane in &scope.planes.known {
            let plane = &plane.value;
            let key = (
                plane.cluster.clone(),
                plane.group.clone(),
                plane.name.clone(),
            );
            if !all[*index].planes.contains(&key) {
                continue;
            }
            for source in &plane.restore_from {
                match source {
                    RestoreSource::S3(place) => {
                        let identity = &all[*index].identity;
                        sources.insert(scope.storage.with_account(place, &identity.account));
                    }
                    RestoreSource::ControlPlane(group, name) => {
                        let serving = backups.iter().filter(|(other, _)| {
                            all[*other]
                                .planes
                                .iter()
                                .any(|(_, g, n)| g == group && n == name)
                        });
                        sources.extend(serving.flat_map(|(_, places)| places.iter().cloned()));
                    }
                }
            }
        }
        let sources = sources.into_iter().filter(|place| !own.contains(place));
        all[*index].identity.restore_from = sources.collect();
    }
}
