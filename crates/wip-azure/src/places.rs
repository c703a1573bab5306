//! Which subscriptions and tenants a Space is about, and what ids say of where things are.

use std::collections::{BTreeMap, BTreeSet};

use wip_plan::{Address, Place};
use wip_space::{AzureAccess, ClusterAt, EntraIdentity, EntraPrincipal, Space};

/// The place of everything in a subscription: no kind of Azure here is looked for by region.
pub(crate) fn place(subscription: &str) -> Place {
    Place {
        cloud: "azure".to_owned(),
        account: subscription.to_owned(),
        region: String::new(),
    }
}

/// The place of what an identity signs in as: its subscription, or the tenant of an application.
pub(crate) fn home(identity: &EntraIdentity) -> Place {
    place(&identity.principal.account())
}

/// The tenant that an account stands for; `None` of a subscription.
pub(crate) fn tenant_of(account: &str) -> Option<&str> {
    account.strip_prefix(TENANTS)
}

const TENANTS: &str = "tenants/";

/// Tenant and key of the application of an id; `None` of a resource id.
pub(crate) fn application(id: &str) -> Option<(&str, &str)> {
    let (tenant, rest) = id
        .strip_prefix('/')?
        .strip_prefix(TENANTS)?
        .split_once('/')?;
    Some((tenant, rest.strip_prefix("applications/")?))
}

/// What the thing of an id is called.
pub(crate) fn noun(id: &str) -> &'static str {
    match application(id) {
        Some(_) => "application",
        None => "managed identity",
    }
}

/// The address of what an identity signs in as.
pub(crate) fn address(identity: &EntraIdentity, space: &str) -> Address {
    let kind = match &identity.principal {
        EntraPrincipal::Managed(_) => "azure/identity",
        EntraPrincipal::Application(_) => "azure/application",
    };
    Address::new(kind, space, &identity.name)
}

/// What has to be there before anything of an identity: what it signs in as, where wip makes that.
pub(crate) fn needs(identity: &EntraIdentity, space: &str) -> BTreeSet<Address> {
    match identity.principal.is_made() {
        true => BTreeSet::from([address(identity, space)]),
        false => BTreeSet::new(),
    }
}

/// The accounts of the tenants that applications are registered in.
pub(crate) fn tenants(space: &Space) -> BTreeSet<String> {
    let all = space.entra.iter().filter_map(|it| match &it.principal {
        EntraPrincipal::Application(_) => Some(it.principal.account()),
        EntraPrincipal::Managed(_) => None,
    });
    all.collect()
}

/// The subscription of a resource id: `/subscriptions/GUID/…`.
pub(crate) fn subscription_of(id: &str) -> &str {
    id.split('/').nth(2).unwrap_or_default()
}

/// Every subscription that wip calls, with the tenant that the file says it is in; `None` where it does not.
pub fn subscriptions(space: &Space) -> BTreeMap<String, Option<String>> {
    let mut all: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut add = |subscription: &str, tenant: Option<&String>| {
        let known = all.entry(subscription.to_owned()).or_default();
        *known = known.take().or(tenant.cloned());
    };
    for identity in &space.entra {
        for subscription in of_identity(identity) {
            add(subscription, identity.tenant.as_ref());
        }
    }
    let made = space.containers.iter().filter(|it| it.create);
    let only = only_tenant(space);
    made.for_each(|it| add(&it.at.subscription, only.as_ref()));
    let used: BTreeSet<&String> = space
        .entra
        .iter()
        .flat_map(|it| it.subjects.keys())
        .collect();
    for cluster in &space.clusters {
        if let ClusterAt::Aks {
            tenant,
            subscription,
            ..
        } = &cluster.at
            && used.contains(&cluster.name)
        {
            add(subscription, Some(tenant));
        }
    }
    all
}

/// The tenant of the file's AKS clusters, where they are all in one.
pub(crate) fn only_tenant(space: &Space) -> Option<String> {
    let tenants = space
        .clusters
        .iter()
        .filter_map(|cluster| match &cluster.at {
            ClusterAt::Aks { tenant, .. } => Some(tenant),
            ClusterAt::Eks { .. } | ClusterAt::Gke { .. } | ClusterAt::SelfHosted { .. } => None,
        });
    let tenants: BTreeSet<&String> = tenants.collect();
    tenants
        .first()
        .filter(|_| tenants.len() == 1)
        .map(|tenant| (*tenant).clone())
}

fn of_identity(identity: &EntraIdentity) -> BTreeSet<&str> {
    let access = identity.access.iter().map(|access| match access {
        AzureAccess::BlobContainer { at, .. } => at.subscription.as_str(),
        AzureAccess::KeyVault(vault) => vault.subscription.as_str(),
        AzureAccess::Role { scope, .. } => subscription_of(scope),
    });
    let restores = identity
        .restore_from
        .iter()
        .map(|at| at.subscription.as_str());
    let own = match &identity.principal {
        EntraPrincipal::Managed(managed) => Some(managed.subscription.as_str()),
        EntraPrincipal::Application(_) => None,
    };
    access.chain(restores).chain(own).collect()
}
