//! What a Space means on Azure: identities of Microsoft Entra, and what they may reach.

use std::collections::{BTreeMap, BTreeSet};

use super::{Component, Subject};
use crate::OnDestroy;

/// One identity of method `entraWorkloadIdentity`: what it signs in as, which workloads, and what they may reach.
#[derive(Clone, Debug, PartialEq)]
pub struct EntraIdentity {
    /// Its name within the Space.
    pub name: String,
    /// What it is for.
    pub component: Component,
    /// Whom it admits, by cluster, each by its name; a cluster with an empty set has nobody yet.
    pub subjects: BTreeMap<String, BTreeSet<Subject>>,
    /// The tenant that it lives in (a GUID); `None` where no cluster of it names one.
    pub tenant: Option<String>,
    /// What its workloads sign in as.
    pub principal: EntraPrincipal,
    /// What it may reach.
    pub access: Vec<AzureAccess>,
    /// The containers that its control planes restore from: read and list only.
    pub restore_from: BTreeSet<Container>,
}

/// What workloads sign in to Azure as.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntraPrincipal {
    /// A managed identity of a subscription.
    Managed(ManagedIdentity),
    /// An application of a tenant, with its service principal.
    Application(Application),
}

impl EntraPrincipal {
    /// What tells it from all others: the resource id of a managed identity, `/tenants/TENANT/applications/NAME` of an
    /// application.
    pub fn id(&self) -> String {
        match self {
            Self::Managed(managed) => managed.id(),
            Self::Application(application) => application.id(),
        }
    }

    /// Its name, which stands at the end of its id.
    pub fn name(&self) -> &str {
        match self {
            Self::Managed(managed) => &managed.name,
            Self::Application(application) => &application.unique_name,
        }
    }

    /// Where it is: the subscription of a managed identity, `tenants/TENANT` of an application.
    pub fn account(&self) -> String {
        match self {
            Self::Managed(managed) => managed.subscription.clone(),
            Self::Application(application) => format!("tenants/{}", application.tenant),
        }
    }

    /// Whether wip makes it; otherwise it must exist.
    pub fn is_made(&self) -> bool {
        match self {
            Self::Managed(managed) => managed.is_made,
            Self::Application(_) => true,
        }
    }
}

/// An application of Microsoft Entra.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Application {
    /// The tenant that it is registered in, a GUID in lower case.
    pub tenant: String,
    /// The key that whoever registers it chooses, which no other application of the tenant has and which never changes.
    pub unique_name: String,
    /// Its name for people, at most 256 characters; others may have the same.
    pub display_name: String,
}

impl Application {
    /// What stands for a resource id, which applications do not have.
    pub fn id(&self) -> String {
        format!("/tenants/{}/applications/{}", self.tenant, self.unique_name)
    }
}

/// A user-assigned managed identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ManagedIdentity {
    /// Its subscription, a GUID in lower case.
    pub subscription: String,
    /// Its resource group.
    pub resource_group: String,
    /// Its name, 3 to 128 characters.
    pub name: String,
    /// Its region: `westeurope`.
    pub location: String,
    /// Whether wip makes it; otherwise it must exist, and only credentials and assignments are wip's.
    pub is_made: bool,
}

impl ManagedIdentity {
    /// Its resource id.
    pub fn id(&self) -> String {
        let group = group_id(&self.subscription, &self.resource_group);
        format!(
            "{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{}",
            self.name
        )
    }
}

/// Something that an identity may reach on Azure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AzureAccess {
    /// Blobs in a container.
    BlobContainer {
        /// Which.
        at: Container,
        /// Whether blobs may be written and deleted too.
        writes: bool,
    },
    /// Secrets in a vault, which may be read and listed.
    KeyVault(Vault),
    /// A role at a scope.
    Role {
        /// The role's name (`Storage Blob Data Reader`), or the GUID of its definition in lower case.
        role: String,
        /// The resource id of a subscription, a resource group or a resource.
        scope: String,
    },
}

/// A container of blobs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Container {
    /// Its subscription.
    pub subscription: String,
    /// Its resource group.
    pub resource_group: String,
    /// Its storage account.
    pub storage_account: String,
    /// Its name.
    pub container: String,
}

impl Container {
    /// Whether both are the same one: names of storage accounts are taken once in all of Azure.
    pub fn is(&self, other: &Self) -> bool {
        self.storage_account == other.storage_account && self.container == other.container
    }

    /// The resource id of its storage account.
    pub fn account_id(&self) -> String {
        let group = group_id(&self.subscription, &self.resource_group);
        format!(
            "{group}/providers/Microsoft.Storage/storageAccounts/{}",
            self.storage_account
        )
    }

    /// Its resource id.
    pub fn id(&self) -> String {
        let account = self.account_id();
        format!(
            "{account}/blobServices/default/containers/{}",
            self.container
        )
    }
}

/// A container that `buckets` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobContainer {
    /// Where it is.
    pub at: Container,
    /// Whether wip makes it where there is none; nothing of one that wip does not make is wip's.
    pub create: bool,
    /// What becomes of one that wip made.
    pub on_destroy: OnDestroy,
}

/// A key vault.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Vault {
    /// Its subscription.
    pub subscription: String,
    /// Its resource group.
    pub resource_group: String,
    /// Its name.
    pub vault: String,
}

impl Vault {
    /// Its resource id.
    pub fn id(&self) -> String {
        let group = group_id(&self.subscription, &self.resource_group);
        format!("{group}/providers/Microsoft.KeyVault/vaults/{}", self.vault)
    }
}

fn group_id(subscription: &str, group: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{group}")
}
