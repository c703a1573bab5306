//! What reading the facts asks for, and asking whose the credentials are.

use wip_space::{AzureAccess, ClusterAt, Container, Space};

use crate::rights::Right;
use crate::{places, roles};

/// The rights for the facts of a Space.
pub(crate) fn rights(space: &Space) -> Vec<Right> {
    [
        subscriptions(space),
        issuers(space),
        identities(space),
        roles(space),
    ]
    .concat()
}

fn subscriptions(space: &Space) -> Vec<Right> {
    let all = places::subscriptions(space).into_keys();
    let of = |id: String| Right::look(&format!("/subscriptions/{id}"), &["arm:Subscriptions_Get"]);
    all.flat_map(of).collect()
}

fn issuers(space: &Space) -> Vec<Right> {
    let is_used = |name: &String| {
        let mut all = space.entra.iter();
        let discovery = space.discovery.as_ref();
        all.any(|identity| identity.subjects.contains_key(name))
            || discovery.is_some_and(|discovery| discovery.cluster == *name)
    };
    let used = space.clusters.iter().filter(|it| is_used(&it.name));
    let asked = used.filter_map(|cluster| match &cluster.at {
        ClusterAt::Aks {
            subscription,
            resource_group,
            issuer: None,
            ..
        } => Some(format!(
            "/subscriptions/{subscription}/resourceGroups/{resource_group}"
        )),
        ClusterAt::Aks { .. }
        | ClusterAt::Eks { .. }
        | ClusterAt::Gke { .. }
        | ClusterAt::SelfHosted { .. } => None,
    });
    asked
        .flat_map(|group| Right::look(&group, &["arm:ManagedClusters_Get"]))
        .collect()
}

fn identities(space: &Space) -> Vec<Right> {
    let mut rights = Vec::new();
    let container = |at: &Container| Right::look(&at.id(), &["arm:BlobContainers_Get"]);
    for identity in &space.entra {
        rights.extend(identity.restore_from.iter().flat_map(container));
        for access in &identity.access {
            match access {
                AzureAccess::BlobContainer { at, .. } => rights.extend(container(at)),
                AzureAccess::KeyVault(vault) => {
                    rights.extend(Right::look(&vault.id(), &["arm:Vaults_Get"]));
                }
                AzureAccess::Role { .. } => {}
            }
        }
    }
    rights
}

fn roles(space: &Space) -> Vec<Right> {
    let named = roles::to_look_up(space).into_iter();
    named
        .flat_map(|(scope, _)| {
            Right::look(
                &scope,
                &["arm:RoleDefinitions_List", "arm:RoleDefinitions_Get"],
            )
        })
        .collect()
}
