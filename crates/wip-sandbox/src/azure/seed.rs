//! What a run takes for granted at Azure: subscriptions, groups, AKS clusters, storage accounts, vaults, identities.
//!
//! Seeding adds what is missing and overwrites nothing. A resource brings its group along; its subscription must be there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::arm;
use crate::db::Db;

/// What should be there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AzureSeed {
    /// Subscriptions, and with them their tenants.
    pub subscriptions: Vec<SubscriptionSeed>,
    /// Resource groups.
    pub resource_groups: Vec<GroupSeed>,
    /// AKS clusters.
    pub clusters: Vec<AksSeed>,
    /// Managed identities.
    pub identities: Vec<IdentitySeed>,
    /// Storage accounts.
    pub storage_accounts: Vec<StorageSeed>,
    /// Key vaults.
    pub vaults: Vec<VaultSeed>,
}

/// A subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionSeed {
    /// Id, a UUID.
    pub id: String,
    /// Id of the tenant that it belongs to, a UUID.
    pub tenant: String,
    /// Name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A resource group.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupSeed {
    /// Id of the subscription.
    pub subscription: String,
    /// Name.
    pub name: String,
    /// Region, `westeurope` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// An AKS cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AksSeed {
    /// Id of the subscription.
    pub subscription: String,
    /// Name of the resource group.
    pub resource_group: String,
    /// Name.
    pub name: String,
    /// Region, `westeurope` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Issuer URL, with `https://` and a trailing slash; follows from tenant, region and names when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Whether the OIDC issuer is switched on.
    #[serde(default = "yes")]
    pub oidc_issuer: bool,
    /// Whether workload identity is switched on.
    #[serde(default = "yes")]
    pub workload_identity: bool,
}

fn yes() -> bool {
    true
}

/// A user-assigned managed identity.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentitySeed {
    /// Id of the subscription.
    pub subscription: String,
    /// Name of the resource group.
    pub resource_group: String,
    /// Name.
    pub name: String,
    /// Region, `westeurope` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// A storage account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageSeed {
    /// Id of the subscription.
    pub subscription: String,
    /// Name of the resource group.
    pub resource_group: String,
    /// Name, which no other account of Azure has.
    pub name: String,
    /// Region, `westeurope` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Names of its blob containers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<String>,
    /// Whether its containers may be public (`allowBlobPublicAccess`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub public_access: bool,
}

/// A key vault.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultSeed {
    /// Id of the subscription.
    pub subscription: String,
    /// Name of the resource group.
    pub resource_group: String,
    /// Name, which no other vault of Azure has.
    pub name: String,
    /// Region, `westeurope` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Whether role assignments decide, and not access policies.
    #[serde(default = "yes")]
    pub rbac: bool,
    /// Access policies, as in `Vaults_Get`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_policies: Vec<Value>,
    /// Secrets by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
}

impl AzureSeed {
    /// Adds what is missing.
    pub(crate) fn plant(&self, db: &mut Db) {
        for subscription in &self.subscriptions {
            arm::plant_subscription(db, subscription);
        }
        for group in &self.resource_groups {
            let location = group.location.as_deref().unwrap_or("westeurope");
            arm::plant_group(db, &group.subscription, &group.name, location);
        }
        for cluster in &self.clusters {
            arm::plant_cluster(db, cluster);
        }
        for identity in &self.identities {
            arm::identities::plant(db, identity);
        }
        for account in &self.storage_accounts {
            arm::storage::plant(db, account);
        }
        for vault in &self.vaults {
            arm::vaults::plant(db, vault);
        }
    }
}
