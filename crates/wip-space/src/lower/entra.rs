//! Identities of method `entraWorkloadIdentity`: where each lives, and what it may reach.
//!
//! Owns the rules that are Azure's alone; whom an identity admits is `subjects`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::identity::Scope;
use super::place::exactly_one;
use super::{container, forbid};
use crate::Code;
use crate::model::{
    Application, AzureAccess, Cluster, ClusterAt, Component, Container, EntraIdentity,
    EntraPrincipal, ManagedIdentity, Subject, Vault,
};
use crate::problem::Problems;
use crate::raw::{
    AccessSpec, ApplicationSpec, AzureRoleAccess, BlobContainerAccess, Guid, IdentityName,
    IdentitySpec, KeyVaultAccess, Location, ManagedExistingName, ManagedIdentitySpec, TrustName,
    VerbName,
};
use crate::read::{Field, Spanned};

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

fn access(
    spec: &IdentitySpec,
    component: Component,
    subscription: Option<&str>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Vec<AzureAccess> {
    let Some(field) = spec.access.as_ref() else {
        return Vec::new();
    };
    if field.value.is_empty() && !spec.flawed {
        problems.add(
            Code::EmptyAccess,
            &field.span,
            "the identity may reach nothing",
            "no access",
            "add what it may reach: `- blobContainer: { storageAccount: …, resourceGroup: …, container: … }`",
        );
    }
    let one = |item| one(item, component, subscription, scope, problems);
    field.value.iter().filter_map(one).collect()
}

fn one(
    item: &Spanned<AccessSpec>,
    component: Component,
    own: Option<&str>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<AzureAccess> {
    let spec = &item.value;
    if spec.is_of_aws() || spec.is_of_google() {
        of_another_cloud(&item.span, "Azure", problems);
        return None;
    }
    let count = [
        spec.blob_container.is_some(),
        spec.key_vault.is_some(),
        spec.azure_role.is_some(),
    ];
    match count.iter().filter(|given| **given).count() {
        1 => {}
        0 if spec.flawed => return None,
        count => {
            let names = "`blobContainer`, `keyVault`, `azureRole`";
            exactly_one(&item.span, names, count > 1, problems);
            return None;
        }
    }
    if let Some(blobs) = spec.blob_container.as_ref() {
        return blob_container(blobs, component, own, scope, problems);
    }
    if let Some(vault) = spec.key_vault.get() {
        return key_vault(vault, own);
    }
    azure_role(spec.azure_role.get()?, scope, problems)
}

/// Reports containers and vaults that name no subscription, where nothing else leads to one.
fn say_subscriptions(spec: &IdentitySpec, scope: &Scope<'_>, problems: &mut Problems) {
    let items = spec.access.get().map(Vec::as_slice).unwrap_or_default();
    for item in items {
        let of_blobs = item.value.blob_container.get();
        let of_vault = item.value.key_vault.get();
        let of_blobs = of_blobs.map(|it| (&it.subscription, it.flawed));
        let of_vault = of_vault.map(|it| (&it.subscription, it.flawed));
        let is_silent = |(subscription, flawed): (&Field<Guid>, bool)| {
            subscription.get().is_none() && !flawed && scope.clusters.complete()
        };
        if of_blobs.or(of_vault).is_some_and(is_silent) {
            problems.add(
                Code::WhichAccount,
                &item.span,
                "which subscription is it in?",
                "no subscription",
                "add `subscription: GUID`: an application is in none, and its clusters do not lead to exactly one",
            );
        }
    }
}

/// Reports access to one cloud by an identity of another.
pub(crate) fn of_another_cloud(span: &Range<usize>, cloud: &str, problems: &mut Problems) {
    problems.add(
        Code::WrongMethod,
        span,
        format!("an identity of {cloud} reaches nothing in another cloud"),
        "of another cloud",
        "move it to an identity of a method of that cloud",
    );
}

fn subscription(given: &Field<Guid>, own: Option<&str>) -> Option<String> {
    match given.get() {
        Some(given) => Some(given.to_string()),
        None => own.map(str::to_owned),
    }
}

/// Backup reads, writes, lists and deletes; what Vector's sink `azure_blob` needs is a blob put and a look at the container, and
/// of Azure's own roles the least with both is the same one.
fn blob_container(
    field: &Spanned<BlobContainerAccess>,
    component: Component,
    own: Option<&str>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<AzureAccess> {
    let given = &field.value;
    let writes = match (given.allow.as_ref(), component) {
        (Some(allow), _) if allow.value.is_empty() => {
            problems.add(
                Code::EmptyList,
                &allow.span,
                "`allow` is empty",
                "allows nothing",
                "add `allow: [read, list]`, and `write` or `delete` where that is needed",
            );
            return None;
        }
        (Some(allow), _) => allow
            .value
            .iter()
            .any(|verb| matches!(verb.value, VerbName::Write | VerbName::Delete)),
        (None, Component::Backup | Component::Billing) => true,
        (None, Component::SharedSecrets | Component::Custom) => {
            if !given.flawed {
                problems.add(
                    Code::SayAllow,
                    &field.span,
                    "what it may do with the blobs does not follow from what it is for",
                    "needs `allow`",
                    "add `allow: [read, list]`, and `write` or `delete` where that is needed",
                );
            }
            return None;
        }
    };
    let at = Container {
        subscription: subscription(&given.subscription, own)?,
        resource_group: given.resource_group.get()?.to_string(),
        storage_account: given.storage_account.get()?.to_string(),
        container: given.container.get()?.to_string(),
    };
    container::agree(&scope.storage.containers, &at, &field.span, problems);
    Some(AzureAccess::BlobContainer { at, writes })
}

fn key_vault(given: &KeyVaultAccess, own: Option<&str>) -> Option<AzureAccess> {
    Some(AzureAccess::KeyVault(Vault {
        subscription: subscription(&given.subscription, own)?,
        resource_group: given.resource_group.get()?.to_string(),
        vault: given.vault.get()?.to_string(),
    }))
}

fn azure_role(
    given: &AzureRoleAccess,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<AzureAccess> {
    let (role, at) = (given.role.as_ref()?, given.scope.as_ref()?);
    forbid::azure_role(role, scope.guardrails, problems);
    let subscription = at.value.split('/').nth(2).unwrap_or_default();
    if !scope.subscriptions.contains(subscription) {
        problems.add(
            Code::WrongPlace,
            &at.span,
            "the scope is in a subscription that nothing else in the file is in",
            format!("in {subscription}"),
            "check the GUID; where it is right, name the subscription where something lies in it",
        );
    }
    Some(AzureAccess::Role {
        role: role.value.to_string(),
        scope: at.value.to_string(),
    })
}
