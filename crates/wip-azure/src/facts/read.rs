//! Reading the facts, all at once.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use wip_provider::{Class, CloudError};
use wip_rest::Call;
use wip_space::{AzureAccess, Cluster, ClusterAt, Container, Space, nearest};

use super::{Credential, Fact, Facts};
use crate::client::Clients;
use crate::{credentials, places, roles, versions};

/// Reads everything that the Space's identities on Azure depend on.
pub(crate) async fn read(clients: &Clients, space: &Space) -> Facts {
    let ids: Vec<String> = space.entra.iter().map(|it| it.principal.id()).collect();
    let is_used = |cluster: &&Cluster| {
        let mut all = space.entra.iter();
        all.any(|identity| identity.subjects.contains_key(&cluster.name))
    };
    let used = space.clusters.iter().filter(is_used);
    let containers = containers(space);
    let vaults = vaults(space);
    let named = roles::to_look_up(space);
    let (issuers, listings, containers, vaults, definitions) = futures_util::join!(
        join_all(used.map(|it| async { (it.name.clone(), issuer(clients, it).await) })),
        join_all(ids.iter().map(|id| listing(clients, id))),
        join_all(containers.values().map(|at| container(clients, at))),
        join_all(vaults.iter().map(|id| vault(clients, id))),
        join_all(
            named
                .iter()
                .map(|(scope, role)| definition(clients, scope, role))
        ),
    );
    Facts {
        issuers: issuers.into_iter().collect(),
        credentials: listings.into_iter().collect(),
        containers: containers.into_iter().collect(),
        vaults: vaults.into_iter().collect(),
        roles: definitions.into_iter().collect(),
    }
}

/// Who issues the tokens of a cluster; AKS is asked where the file does not say.
pub(crate) async fn issuer(clients: &Clients, cluster: &Cluster) -> Fact<String> {
    let (subscription, group, aks) = match &cluster.at {
        ClusterAt::SelfHosted { issuer, .. }
        | ClusterAt::Eks {
            issuer: Some(issuer),
            ..
        }
        | ClusterAt::Aks {
            issuer: Some(issuer),
            ..
        } => return Fact::Known(issuer.clone()),
        ClusterAt::Eks { .. } => {
            return Fact::Unreadable(format!(
                "the file must name the `issuer` of the EKS cluster {}: credentials of Azure do not ask EKS for it",
                cluster.name
            ));
        }
        ClusterAt::Gke { .. } => {
            let why = "credentials of Azure trust no GKE cluster yet";
            return Fact::Unreadable(why.to_owned());
        }
        ClusterAt::Aks {
            subscription,
            resource_group,
            cluster,
            ..
        } => (subscription, resource_group, cluster),
    };
    let group_id = format!("/subscriptions/{subscription}/resourceGroups/{group}");
    let id = format!("{group_id}/providers/Microsoft.ContainerService/managedClusters/{aks}");
    let call = Call::read("arm:ManagedClusters_Get");
    let live: Aks = match clients.get(call, &id, versions::CLUSTERS).await {
        Err(error) => return Fact::of(Err(error)),
        Ok(None) => {
            return Fact::Unreadable(format!(
                "there is no AKS cluster {aks} in the resource group {group} of subscription {subscription}"
            ));
        }
        Ok(Some(live)) => live,
    };
    let turn_on = |what: &str, flags: &str| {
        Fact::Unreadable(format!(
            "{what} of the AKS cluster {aks} is switched off; turn it on: \
             az aks update --subscription {subscription} --resource-group {group} --name {aks} {flags}"
        ))
    };
    let oidc = live.properties.oidc_issuer_profile.unwrap_or_default();
    let workloads = live.properties.security_profile;
    let workloads = workloads.and_then(|profile| profile.workload_identity);
    let issuer = oidc
        .issuer_url
        .filter(|url| oidc.enabled && !url.is_empty());
    match (issuer, workloads.is_some_and(|it| it.enabled)) {
        (None, _) => turn_on(
            "the OIDC issuer",
            "--enable-oidc-issuer --enable-workload-identity",
        ),
        (Some(_), false) => turn_on("workload identity", "--enable-workload-identity"),
        (Some(issuer), true) => Fact::Known(issuer),
    }
}

#[derive(Deserialize)]
struct Aks {
    properties: AksProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AksProperties {
    oidc_issuer_profile: Option<OidcIssuerProfile>,
    security_profile: Option<SecurityProfile>,
}

#[derive(Default, Deserialize)]
struct OidcIssuerProfile {
    #[serde(default)]
    enabled: bool,
    /// The specification writes `issuerURL`; what `az` prints is `issuerUrl`.
    #[serde(rename = "issuerURL", alias = "issuerUrl")]
    issuer_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecurityProfile {
    workload_identity: Option<Enabled>,
}

#[derive(Deserialize)]
struct Enabled {
    #[serde(default)]
    enabled: bool,
}

async fn listing(clients: &Clients, id: &str) -> (String, Fact<Option<Vec<Credential>>>) {
    let listed = credentials::list(clients, id).await;
    if let Ok(Some(listed)) = &listed {
        clients.keep_listing(id, listed.clone());
    }
    (id.to_owned(), Fact::of(listed))
}

fn containers(space: &Space) -> BTreeMap<String, &Container> {
    let all = space.entra.iter().flat_map(|identity| {
        let given = identity.access.iter().filter_map(|access| match access {
            AzureAccess::BlobContainer { at, .. } => Some(at),
            AzureAccess::KeyVault(_) | AzureAccess::Role { .. } => None,
        });
        given.chain(&identity.restore_from)
    });
    let made = space.containers.iter().filter(|it| it.create);
    let all = all.chain(made.map(|it| &it.at));
    all.map(|at| (at.id(), at)).collect()
}

async fn container(clients: &Clients, at: &Container) -> (String, Fact<bool>) {
    let call = Call::read("arm:BlobContainers_Get");
    let id = at.id();
    let answer = clients.call(call, Method::GET, &id, versions::STORAGE, None);
    let fact = match answer.await {
        Ok(_) => Fact::Known(true),
        Err(error) if error.class != Class::Missing => Fact::of(Err(error)),
        Err(error) => match error.code.as_deref() {
            // The account, or the group ("Resolve resource not found errors", ARM docs).
            Some("ResourceNotFound" | "ResourceGroupNotFound" | "ParentResourceNotFound") => {
                Fact::Unreadable(format!(
                    "there is no storage account {} in the resource group {} of subscription {}",
                    at.storage_account, at.resource_group, at.subscription
                ))
            }
            _ => Fact::Known(false),
        },
    };
    (id, fact)
}

fn vaults(space: &Space) -> Vec<String> {
    let all = space.entra.iter().flat_map(|identity| &identity.access);
    let mut ids: Vec<String> = all
        .filter_map(|access| match access {
            AzureAccess::KeyVault(vault) => Some(vault.id()),
            AzureAccess::BlobContainer { .. } | AzureAccess::Role { .. } => None,
        })
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

#[derive(Deserialize)]
struct LiveVault {
    properties: VaultProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VaultProperties {
    enable_rbac_authorization: Option<bool>,
}

async fn vault(clients: &Clients, id: &str) -> (String, Fact<Option<bool>>) {
    let call = Call::read("arm:Vaults_Get");
    let live: Result<Option<LiveVault>, _> = clients.get(call, id, versions::VAULTS).await;
    // Without a word access policies decide (Vaults_Get: `enableRbacAuthorization`).
    let by_roles = |live: LiveVault| live.properties.enable_rbac_authorization.unwrap_or(false);
    (id.to_owned(), Fact::of(live.map(|live| live.map(by_roles))))
}

#[derive(Deserialize)]
struct LiveRole {
    name: String,
    #[serde(default)]
    properties: RoleProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleProperties {
    #[serde(default)]
    role_name: String,
}

/// The GUID of a role that is named, or that is given by its GUID.
async fn definition(clients: &Clients, scope: &str, role: &str) -> (String, Fact<String>) {
    let subscription = places::subscription_of(scope);
    let id = format!("{scope}/providers/Microsoft.Authorization/roleDefinitions");
    let found = match uuid::Uuid::parse_str(role).is_ok() {
        true => {
            let call = Call::read("arm:RoleDefinitions_Get");
            let id = format!("{id}/{role}");
            clients.get(call, &id, versions::AUTHORIZATION).await
        }
        false => {
            // A quote within a text of OData is two of them.
            let filter = format!("roleName eq '{}'", role.replace('\'', "''"));
            let filter = format!(
                "&$filter={}",
                utf8_percent_encode(&filter, NON_ALPHANUMERIC)
            );
            let listed = definitions(clients, &id, &filter).await;
            listed.map(|all| all.into_iter().next())
        }
    };
    let fact = match found {
        Ok(Some(LiveRole { name, .. })) => Fact::Known(name.to_lowercase()),
        Ok(None) => Fact::Unreadable(no_role(clients, &id, role, subscription).await),
        Err(error) => Fact::of(Err(error)),
    };
    (format!("{subscription}/{role}"), fact)
}

async fn definitions(
    clients: &Clients,
    id: &str,
    filter: &str,
) -> Result<Vec<LiveRole>, CloudError> {
    let call = Call::read("arm:RoleDefinitions_List");
    clients
        .list(call, id, versions::AUTHORIZATION, filter)
        .await
}

/// That there is no such role, with the nearest name that there is.
async fn no_role(clients: &Clients, id: &str, role: &str, subscription: &str) -> String {
    // Who may not list all of them gets no name.
    let all = definitions(clients, id, "").await.unwrap_or_default();
    let names = all.iter().map(|role| role.properties.role_name.as_str());
    let help = match nearest(role, names) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!(
            "`az role definition list --subscription {subscription} --query '[].roleName'` names those that there are"
        ),
    };
    format!("there is no role `{role}` in subscription {subscription}; {help}")
}
