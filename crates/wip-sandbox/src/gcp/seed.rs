//! What a run takes for granted at Google Cloud: projects, clusters, buckets, secrets, service accounts, and their policies.
//!
//! Seeding adds what is missing and overwrites nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{accounts, clusters, policy, projects, secrets, storage};
use crate::db::Db;

/// What should be there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GoogleSeed {
    /// Projects.
    pub projects: Vec<ProjectSeed>,
    /// GKE clusters.
    pub clusters: Vec<GkeSeed>,
    /// Service accounts.
    pub accounts: Vec<ServiceAccountSeed>,
    /// Buckets.
    pub buckets: Vec<GcsSeed>,
    /// Secrets.
    pub secrets: Vec<SecretSeed>,
}

/// A project.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectSeed {
    /// Id.
    pub id: String,
    /// Number.
    pub number: u64,
    /// Allow policy.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub policy: Map<String, Value>,
}

/// A GKE cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GkeSeed {
    /// Id of the project.
    pub project: String,
    /// Region or zone.
    pub location: String,
    /// Name.
    pub name: String,
    /// Whether it has the project's workload pool.
    #[serde(default = "yes")]
    pub workload_identity: bool,
    /// Whether its nodes have the metadata server of GKE.
    #[serde(default = "yes")]
    pub metadata_server: bool,
}

fn yes() -> bool {
    true
}

/// A service account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceAccountSeed {
    /// Id of the project.
    pub project: String,
    /// What stands before the `@`.
    pub id: String,
    /// Description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Allow policy.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub policy: Map<String, Value>,
}

/// A bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GcsSeed {
    /// Id of the project.
    pub project: String,
    /// Name, which no other bucket has.
    pub name: String,
    /// Location, `EU` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Whether access is uniform over the bucket.
    #[serde(default = "yes")]
    pub uniform: bool,
    /// Labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Objects, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub objects: BTreeMap<String, String>,
    /// Allow policy.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub policy: Map<String, Value>,
}

/// A secret with one version.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretSeed {
    /// Id of the project.
    pub project: String,
    /// Name.
    pub name: String,
    /// What is in it.
    pub value: String,
    /// Allow policy.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub policy: Map<String, Value>,
}

impl GoogleSeed {
    /// Adds what is missing.
    pub(crate) fn plant(&self, db: &mut Db) {
        for project in &self.projects {
            projects::plant(db, &project.id, project.number);
            policy::plant(db, &projects::policy_key(&project.id), &project.policy);
        }
        for cluster in &self.clusters {
            clusters::plant(db, cluster);
        }
        for account in &self.accounts {
            accounts::plant(db, account);
        }
        for bucket in &self.buckets {
            storage::plant(db, bucket);
        }
        for secret in &self.secrets {
            secrets::plant(db, secret);
        }
    }
}
