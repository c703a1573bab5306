//! What a Space takes for granted, for a sandbox that starts empty: clusters, buckets, keys and the policies that
//! roles are bounded by or have attached; on Azure subscriptions, groups, storage accounts and vaults; on Google Cloud what
//! `embedded_seed_google` says.
//!
//! Nothing that wip makes is among it.

#[cfg(feature = "azure")]
use std::collections::BTreeMap;

#[cfg(feature = "azure")]
use wip_sandbox::{
    AksSeed, AzureSeed, GroupSeed, IdentitySeed, StorageSeed, SubscriptionSeed, VaultSeed,
};
use wip_sandbox::{BucketSeed, ClusterSeed, ControlPlaneSeed, KeySeed, KubeAt, KubeSeed, Seed};
use wip_space::{
    Access, Bucket, Cluster, ClusterAt, ControlPlane, HostNamespace, Identity, Method, Publish,
    S3Location, Space,
};
#[cfg(feature = "azure")]
use wip_space::{AzureAccess, Container, EntraPrincipal, Vault};

/// The clusters, buckets and keys that the file names.
pub(crate) fn seed(space: &Space) -> Seed {
    let mut seed = Seed {
        clusters: clusters(space),
        azure: azure(space),
        google: google(space),
        kubernetes: kubernetes(space),
        ..Seed::default()
    };
    for identity in &space.identities {
        let account = &identity.account;
        let role = &identity.role;
        for arn in role.permissions_boundary.iter().chain(&role.attach) {
            // AWS's own policies are there by themselves.
            if !arn.contains(":iam::aws:") && !seed.policies.contains(arn) {
                seed.policies.push(arn.clone());
            }
        }
        for at in &identity.restore_from {
            bucket(&mut seed, space, at, account);
        }
        for access in &identity.access {
            match access {
                Access::S3 { at, .. } => bucket(&mut seed, space, at, account),
                Access::SecretsManager { kms_keys, .. }
                | Access::ParameterStore { kms_keys, .. }
                | Access::EbsSnapshots { kms_keys } => {
                    for arn in kms_keys {
                        key(&mut seed, arn);
                    }
                }
                Access::AssumeRole { .. } | Access::Statement(_) => {}
            }
        }
    }
    for listed in &space.buckets {
        let Bucket {
            bucket: name,
            region,
            account,
            own,
            ..
        } = listed;
        if let Some(arn) = listed.kms_key() {
            key(&mut seed, arn);
        }
        if own.create {
            continue;
        }
        let own = space
            .identities
            .first()
            .map(|identity| identity.account.as_str());
        if let Some(account) = account.as_deref().or(own) {
            add_bucket(&mut seed, name, region, account, None);
        }
    }
    for publish in published(space) {
        let Publish {
            bucket,
            region,
            account,
            ..
        } = publish;
        if is_made(space, bucket) {
            continue;
        }
        add_bucket(&mut seed, bucket, region, account, None);
        for known in &mut seed.buckets {
            known.public_policies |= publish.direct && known.name == *bucket;
        }
    }
    for wip_space::KmsKey { arn, .. } in &space.kms_keys {
        key(&mut seed, arn);
    }
    seed
}

/// The API servers of the clusters, with the control planes that the file names; with two where it names none and has them
/// discovered.
fn kubernetes(space: &Space) -> Vec<KubeSeed> {
    let cluster = |cluster: &Cluster| {
        let at = match cluster.at.clone() {
            ClusterAt::Eks {
                account,
                region,
                cluster,
                ..
            } => KubeAt::Eks {
                account,
                region,
                cluster,
            },
            ClusterAt::Aks {
                subscription,
                resource_group,
                cluster,
                ..
            } => KubeAt::Aks {
                subscription,
                resource_group,
                cluster,
            },
            ClusterAt::Gke {
                project,
                location,
                cluster,
                ..
            } => KubeAt::Gke {
                project,
                location,
                cluster,
            },
            ClusterAt::SelfHosted { issuer, .. } => KubeAt::Issuer { url: issuer },
        };
        let planes = space.control_planes.iter();
        let planes = planes.filter(|plane| plane.cluster == cluster.name);
        let mut control_planes: Vec<ControlPlaneSeed> = planes.map(control_plane).collect();
        let discovery = space.discovery.as_ref();
        let discovery = discovery.filter(|discovery| discovery.cluster == cluster.name);
        if let (Some(discovery), true) = (discovery, control_planes.is_empty()) {
            let group = discovery.groups.first().map_or("default", String::as_str);
            control_planes = ["ctp1", "ctp2"]
                .map(|name| ControlPlaneSeed {
                    group: group.to_owned(),
                    name: name.to_owned(),
                    id: Some(id_of(&space.name, name)),
                    host_namespace: None,
                })
                .into();
        }
        let groups = discovery.map(|discovery| discovery.groups.iter().cloned().collect());
        KubeSeed {
            name: cluster.name.clone(),
            at,
            groups: groups.unwrap_or_default(),
            control_planes,
        }
    };
    space.clusters.iter().map(cluster).collect()
}

fn control_plane(plane: &ControlPlane) -> ControlPlaneSeed {
    let (id, host_namespace) = match &plane.host_namespace {
        HostNamespace::OfId(id) => (Some(id.clone()), None),
        HostNamespace::Named(name) => (None, Some(name.clone())),
    };
    ControlPlaneSeed {
        group: plane.group.clone(),
        name: plane.name.clone(),
        id,
        host_namespace,
    }
}

/// An id that follows from the names, so that runs repeat.
fn id_of(space: &str, name: &str) -> String {
    let name = format!("wip sandbox control plane {space} {name}");
    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes()).to_string()
}

/// Subscriptions with their tenants, groups, clusters, storage accounts, vaults, and identities that the file only refers to.
#[cfg(feature = "azure")]
fn azure(space: &Space) -> AzureSeed {
    let mut seed = AzureSeed::default();
    for (id, tenant) in wip_azure::subscriptions(space) {
        // One whose tenant nobody names is a tenant of its own.
        let tenant = tenant.unwrap_or_else(|| id.clone());
        seed.subscriptions.push(SubscriptionSeed {
            id,
            tenant,
            name: None,
        });
    }
    for cluster in &space.clusters {
        if let ClusterAt::Aks {
            subscription,
            resource_group,
            cluster: name,
            issuer,
            ..
        } = &cluster.at
            && seed.subscriptions.iter().any(|it| it.id == *subscription)
        {
            seed.clusters.push(AksSeed {
                subscription: subscription.clone(),
                resource_group: resource_group.clone(),
                name: name.clone(),
                location: None,
                issuer: issuer.clone(),
                oidc_issuer: true,
                workload_identity: true,
            });
        }
    }
    for identity in &space.entra {
        match &identity.principal {
            EntraPrincipal::Application(_) => {}
            EntraPrincipal::Managed(managed) if managed.is_made => {
                group(&mut seed, &managed.subscription, &managed.resource_group);
            }
            EntraPrincipal::Managed(managed) => seed.identities.push(IdentitySeed {
                subscription: managed.subscription.clone(),
                resource_group: managed.resource_group.clone(),
                name: managed.name.clone(),
                location: Some(managed.location.clone()),
                tags: BTreeMap::new(),
            }),
        }
        for at in &identity.restore_from {
            container(&mut seed, space, at);
        }
        for access in &identity.access {
            match access {
                AzureAccess::BlobContainer { at, .. } => container(&mut seed, space, at),
                AzureAccess::KeyVault(it) => vault(&mut seed, it),
                AzureAccess::Role { scope, .. } => {
                    let parts: Vec<&str> = scope.split('/').collect();
                    if let [_, _, subscription, _, name, ..] = parts.as_slice() {
                        group(&mut seed, subscription, name);
                    }
                }
            }
        }
    }
    for listed in &space.containers {
        let is_reached = |it: &SubscriptionSeed| it.id == listed.at.subscription;
        if seed.subscriptions.iter().any(is_reached) {
            container(&mut seed, space, &listed.at);
        }
    }
    seed
}

#[cfg(not(feature = "azure"))]
fn azure(_: &Space) -> wip_sandbox::AzureSeed {
    wip_sandbox::AzureSeed::default()
}

#[cfg(feature = "gcp")]
use super::embedded_seed_google::google;
#[cfg(not(feature = "gcp"))]
fn google(_: &Space) -> wip_sandbox::GoogleSeed {
    wip_sandbox::GoogleSeed::default()
}

#[cfg(feature = "azure")]
fn group(seed: &mut AzureSeed, subscription: &str, name: &str) {
    let groups = &mut seed.resource_groups;
    let is_there = |it: &GroupSeed| it.subscription == subscription && it.name == name;
    if !groups.iter().any(is_there) {
        groups.push(GroupSeed {
            subscription: subscription.to_owned(),
            name: name.to_owned(),
            location: None,
        });
    }
}

/// The account of a container, and the container where wip does not make it.
#[cfg(feature = "azure")]
fn container(seed: &mut AzureSeed, space: &Space, at: &Container) {
    let mut listed = space.containers.iter();
    let is_made = listed.any(|listed| listed.create && listed.at.is(at));
    let accounts = &mut seed.storage_accounts;
    let index = match accounts.iter().position(|it| it.name == at.storage_account) {
        Some(index) => index,
        None => {
            accounts.push(StorageSeed {
                subscription: at.subscription.clone(),
                resource_group: at.resource_group.clone(),
                name: at.storage_account.clone(),
                location: None,
                containers: Vec::new(),
                public_access: false,
            });
            accounts.len() - 1
        }
    };
    let containers = &mut accounts[index].containers;
    if !is_made && !containers.contains(&at.container) {
        containers.push(at.container.clone());
    }
}

#[cfg(feature = "azure")]
fn vault(seed: &mut AzureSeed, at: &Vault) {
    if seed.vaults.iter().all(|it| it.name != at.vault) {
        seed.vaults.push(VaultSeed {
            subscription: at.subscription.clone(),
            resource_group: at.resource_group.clone(),
            name: at.vault.clone(),
            location: None,
            rbac: true,
            access_policies: Vec::new(),
            secrets: BTreeMap::new(),
        });
    }
}

/// Where clusters publish the documents of their issuers.
fn published(space: &Space) -> impl Iterator<Item = &Publish> {
    space
        .clusters
        .iter()
        .filter_map(|cluster| match &cluster.at {
            ClusterAt::SelfHosted { publish, .. } => publish.as_ref(),
            ClusterAt::Eks { .. } | ClusterAt::Aks { .. } | ClusterAt::Gke { .. } => None,
        })
}

fn clusters(space: &Space) -> Vec<ClusterSeed> {
    space
        .clusters
        .iter()
        .filter_map(|cluster| match &cluster.at {
            ClusterAt::Eks {
                account,
                region,
                cluster: name,
                issuer,
                ..
            } => Some(ClusterSeed {
                account: account.clone(),
                region: region.clone(),
                name: name.clone(),
                issuer: issuer.clone(),
                addons: addons(space, &cluster.name),
            }),
            ClusterAt::Aks { .. } | ClusterAt::Gke { .. } | ClusterAt::SelfHosted { .. } => None,
        })
        .collect()
}

/// The agent, where an identity takes it for granted.
fn addons(space: &Space, cluster: &str) -> Vec<String> {
    let uses = |identity: &Identity| {
        identity.method == Method::PodIdentity && identity.subjects.contains_key(cluster)
    };
    let agent = space.identities.iter().any(uses);
    agent
        .then(|| "eks-pod-identity-agent".to_owned())
        .into_iter()
        .collect()
}

fn bucket(seed: &mut Seed, space: &Space, at: &S3Location, account: &str) {
    // What `buckets` says of the same bucket counts for its account.
    let listed = space
        .buckets
        .iter()
        .find(|bucket| bucket.bucket == at.bucket);
    let account = at
        .account
        .as_deref()
        .or(listed.and_then(|bucket| bucket.account.as_deref()))
        .unwrap_or(account);
    if !is_made(space, &at.bucket) {
        add_bucket(seed, &at.bucket, &at.region, account, at.kms_key.clone());
    }
    if let Some(arn) = &at.kms_key {
        key(seed, arn);
    }
}

/// What wip makes is not there before.
fn is_made(space: &Space, bucket: &str) -> bool {
    let mut listed = space.buckets.iter();
    listed.any(|listed| listed.bucket == bucket && listed.own.create)
}

fn add_bucket(seed: &mut Seed, name: &str, region: &str, account: &str, kms_key: Option<String>) {
    if seed.buckets.iter().any(|bucket| bucket.name == name) {
        return;
    }
    seed.buckets.push(BucketSeed {
        account: account.to_owned(),
        region: region.to_owned(),
        name: name.to_owned(),
        kms_key,
        policy: None,
        tags: std::collections::BTreeMap::new(),
        public_policies: false,
    });
}

fn key(seed: &mut Seed, arn: &str) {
    if seed.keys.iter().all(|key| key.arn != arn) {
        seed.keys.push(KeySeed {
            arn: arn.to_owned(),
            policy: None,
        });
    }
}
