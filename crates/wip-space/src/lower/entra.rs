//! Identities of method `entraWorkloadIdentity`: where each lives, and what it may reach.
//!
//! Owns the rules that are Azure's alone; whom an identity admits is `subjects`'s.

use std::collections::{BTreeMap, BTreeSet};

use super::entra_access::{access, say_subscriptions};
use super::identity::Scope;
use crate::Code;
use crate::model::{
    Application, Cluster, ClusterAt, Component, EntraIdentity, EntraPrincipal, ManagedIdentity,
    Subject,
};
use crate::problem::Problems;
use crate::raw::{
    ApplicationSpec, IdentityName, IdentitySpec, Location, ManagedExistingName,
    ManagedIdentitySpec, TrustName,
};
use crate::read::Spanned;

/// The identity that `spec` means.
pub(crate) fn identity(
    name: &Spanned<IdentityName>,
    spec: &IdentitySpec,
    component: Component,
    subjects: BTreeMap<String, BTreeSet<Subject>>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<EntraIdentity> {
    fields_of_others(spec, problems);
    is_exact(spec, problems);
    fits_clusters(spec, subjects.keys(), scope, problems);
    let clusters: Vec<&Cluster> = subjects
        .keys()
        .filter_map(|cluster| scope.clusters.get(cluster))
        .collect();
    let tenant = tenant(name, &clusters, problems);
    let principal = principal(name, spec, &clusters, tenant.as_ref(), scope, problems);
    let subscription = match &principal {
        Some(EntraPrincipal::Managed(managed)) => Some(managed.subscription.as_str()),
        Some(EntraPrincipal::Application(_)) => only_subscription(&clusters),
        None => None,
    };
    if let (Some(EntraPrincipal::Application(_)), None) = (&principal, subscription) {
        say_subscriptions(spec, scope, problems);
    }
    let access = access(spec, component, subscription, scope, problems);
    Some(EntraIdentity {
        name: name.value.to_string(),
        component,
        subjects,
        tenant: of_application(principal.as_ref()).or(tenant?),
        principal: principal?,
        access,
        restore_from: BTreeSet::new(),
    })
}

/// What only identities of another cloud have.
fn fields_of_others(spec: &IdentitySpec, problems: &mut Problems) {
    if let Some(field) = spec.service_account.as_ref() {
        problems.add(
            Code::WrongMethod,
            &field.span,
            "`serviceAccount` is about service accounts of Google Cloud, and this identity is one of Azure",
            "of another cloud",
            "remove it",
        );
    }
    let given = [
        ("role", spec.role.as_ref().map(|field| &field.span)),
        ("account", spec.account.as_ref().map(|field| &field.span)),
        (
            "podIdentity",
            spec.pod_identity.as_ref().map(|field| &field.span),
        ),
        (
            "alsoTrust",
            spec.also_trust.as_ref().map(|field| &field.span),
        ),
    ];
    for (name, span) in given {
        if let Some(span) = span {
            problems.add(
                Code::WrongMethod,
                span,
                format!("`{name}` is about roles of AWS, and this identity is one of Azure"),
                "of another cloud",
                "remove it",
            );
        }
    }
}

/// Clusters whose issuer Azure's part of wip knows.
fn fits_clusters<'a>(
    spec: &IdentitySpec,
    mut clusters: impl Iterator<Item = &'a String>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) {
    let gke = clusters.find(|name| {
        let cluster = scope.clusters.get(name);
        cluster.is_some_and(|cluster| matches!(cluster.at, ClusterAt::Gke { .. }))
    });
    if let (Some(gke), Some(method)) = (gke, spec.method.as_ref()) {
        problems.add(
            Code::WrongMethod,
            &method.span,
            format!("wip makes no credentials of Azure for GKE clusters yet, and `{gke}` is one"),
            "not on GKE",
            "use `gkePrincipal`, or narrow the identity by `clusters`",
        );
    }
}

/// A federated credential names one subject (Entra docs, "Workload identity federation": no wildcards).
fn is_exact(spec: &IdentitySpec, problems: &mut Problems) {
    let trust = spec.trust.as_ref();
    if let Some(trust) = trust.filter(|trust| trust.value != TrustName::Exact) {
        problems.add(
            Code::WrongMethod,
            &trust.span,
            "a federated credential names one service account, and there are no patterns",
            "a pattern",
            "remove the line: wip makes a credential for each host namespace, at most 20 of them",
        );
    }
}

/// The tenant of its clusters; `Some(None)` where they name none.
fn tenant(
    name: &Spanned<IdentityName>,
    clusters: &[&Cluster],
    problems: &mut Problems,
) -> Option<Option<String>> {
    let tenants: BTreeSet<&str> = clusters
        .iter()
        .filter_map(|it| azure(it))
        .map(|it| it.0)
        .collect();
    if tenants.len() > 1 {
        problems.add(
            Code::WrongPlace,
            &name.span,
            format!("the clusters of `{}` are in several tenants", &*name.value),
            "one identity cannot serve them all",
            "make an identity for each tenant, narrowed by `clusters`",
        );
        return None;
    }
    Some(tenants.first().map(|tenant| (*tenant).to_owned()))
}

/// Tenant and subscription of an AKS cluster.
fn azure(cluster: &Cluster) -> Option<(&str, &str)> {
    match &cluster.at {
        ClusterAt::Aks {
            tenant,
            subscription,
            ..
        } => Some((tenant, subscription)),
        ClusterAt::Eks { .. } | ClusterAt::Gke { .. } | ClusterAt::SelfHosted { .. } => None,
    }
}

/// The tenant that an application is registered in.
fn of_application(principal: Option<&EntraPrincipal>) -> Option<String> {
    match principal? {
        EntraPrincipal::Application(application) => Some(application.tenant.clone()),
        EntraPrincipal::Managed(_) => None,
    }
}

/// The subscription of its clusters, where they are all in one.
fn only_subscription<'a>(clusters: &[&'a Cluster]) -> Option<&'a str> {
    let all = clusters.iter().filter_map(|cluster| azure(cluster));
    let all: BTreeSet<&str> = all.map(|(_, subscription)| subscription).collect();
    all.first().copied().filter(|_| all.len() == 1)
}

/// A managed identity or an application; `of_clusters` is the tenant of its clusters, `None` where they are in several.
fn principal(
    name: &Spanned<IdentityName>,
    spec: &IdentitySpec,
    clusters: &[&Cluster],
    of_clusters: Option<&Option<String>>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<EntraPrincipal> {
    match (spec.identity.as_ref(), spec.application.as_ref()) {
        (Some(identity), Some(application)) => {
            problems.add_pair(
                Code::WrongMethod,
                &application.span,
                format!("`{}` has both `identity` and `application`", &*name.value),
                "a second one",
                "remove one of the two: its workloads sign in as one",
                &identity.span,
                "the first one",
            );
            None
        }
        (None, None) => {
            if !spec.flawed {
                problems.add(
                    Code::WrongMethod,
                    &name.span,
                    format!("`{}` needs `identity` or `application`", &*name.value),
                    "nothing to sign in as",
                    "add `identity: { resourceGroup: …, location: … }`, or `application: { displayName: … }`",
                );
            }
            None
        }
        (Some(identity), None) => {
            managed(name, identity, clusters, scope, problems).map(EntraPrincipal::Managed)
        }
        (None, Some(given)) => {
            application(name, given, of_clusters?, scope, problems).map(EntraPrincipal::Application)
        }
    }
}

fn application(
    name: &Spanned<IdentityName>,
    field: &Spanned<ApplicationSpec>,
    of_clusters: &Option<String>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<Application> {
    let given = &field.value;
    let tenant = match (given.tenant.as_ref(), of_clusters) {
        (Some(tenant), Some(other)) if *other != *tenant.value => {
            problems.add(
                Code::WrongPlace,
                &tenant.span,
                format!(
                    "the clusters of `{}` are in the tenant {other}",
                    &*name.value
                ),
                "another tenant",
                "remove the line: the application is registered in the tenant of its clusters",
            );
            return None;
        }
        (Some(tenant), _) => tenant.value.to_string(),
        (None, Some(tenant)) => tenant.clone(),
        (None, None) if given.flawed || !scope.clusters.complete() => return None,
        (None, None) => {
            problems.add(
                Code::WhichAccount,
                &field.span,
                "which tenant is the application registered in?",
                "no tenant",
                "add `tenant: GUID`: the clusters are in none",
            );
            return None;
        }
    };
    let unique_name = match given.unique_name.get() {
        Some(name) => name.to_string(),
        None => format!("{}-{}", scope.space, &*name.value),
    };
    Some(Application {
        tenant,
        unique_name,
        display_name: given.display_name.get()?.to_string(),
    })
}

fn managed(
    name: &Spanned<IdentityName>,
    field: &Spanned<ManagedIdentitySpec>,
    clusters: &[&Cluster],
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<ManagedIdentity> {
    let given: &ManagedIdentitySpec = &field.value;
    let own = clusters.iter().filter_map(|cluster| azure(cluster));
    let subscriptions: BTreeSet<&str> = own.map(|(_, subscription)| subscription).collect();
    let subscription = match (given.subscription.get(), subscriptions.first()) {
        (Some(subscription), _) => subscription.to_string(),
        (None, Some(only)) if subscriptions.len() == 1 => (*only).to_owned(),
        _ if given.flawed || !scope.clusters.complete() => return None,
        _ => {
            problems.add(
                Code::WhichAccount,
                &field.span,
                "which subscription does the managed identity live in?",
                "no subscription",
                "add `subscription: GUID`: the clusters do not lead to exactly one",
            );
            return None;
        }
    };
    if let Some(location) = given.location.as_ref() {
        has_credentials(location, problems);
    }
    let own_name = match given.name.get() {
        Some(name) => name.to_string(),
        None => format!("{}-{}", scope.space, &*name.value),
    };
    Some(ManagedIdentity {
        subscription,
        resource_group: given.resource_group.get()?.to_string(),
        name: own_name,
        location: given.location.get()?.to_string(),
        is_made: given.existing.or(ManagedExistingName::Manage) == ManagedExistingName::Manage,
    })
}

/// Identities of these regions have no federated credentials ("Unsupported regions (user-assigned managed identities)" in
/// "Important considerations and restrictions for federated identity credentials", Entra docs).
const WITHOUT_CREDENTIALS: [&str; 2] = ["malaysiasouth", "newzealandnorth"];

fn has_credentials(location: &Spanned<Location>, problems: &mut Problems) {
    if WITHOUT_CREDENTIALS.contains(&&*location.value) {
        problems.add(
            Code::WrongPlace,
            &location.span,
            format!(
                "managed identities in {} take no federated credentials",
                &*location.value
            ),
            "no credentials there",
            "put the identity in another region: its workloads may run in any",
        );
    }
}
