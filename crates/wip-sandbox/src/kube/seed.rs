//! What a run takes for granted of Kubernetes: clusters with their groups and control planes.
//!
//! Seeding adds what is missing and overwrites nothing.

use serde::{Deserialize, Serialize};

use super::call::{Call, Cluster, cluster_key};
use super::spaces::{self, Host};
use crate::aws::eks;
use crate::azure;
use crate::db::Db;
use crate::gcp;

/// A cluster with its API server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KubeSeed {
    /// Its name, as the Space file has it: the API server is at `/_kube/NAME`.
    pub name: String,
    /// What it is.
    pub at: KubeAt,
    /// Groups without control planes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Control planes, whose groups come by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub control_planes: Vec<ControlPlaneSeed>,
}

/// What a cluster is. Its issuer is that of the cluster at its cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KubeAt {
    /// A cluster of EKS.
    Eks {
        /// Account, 12 digits.
        account: String,
        /// Region.
        region: String,
        /// Name at EKS.
        cluster: String,
    },
    /// A cluster of AKS.
    Aks {
        /// Subscription.
        subscription: String,
        /// Resource group.
        resource_group: String,
        /// Name at AKS.
        cluster: String,
    },
    /// A cluster of GKE.
    Gke {
        /// Id of the project.
        project: String,
        /// Region or zone.
        location: String,
        /// Name at GKE.
        cluster: String,
    },
    /// Any other.
    Issuer {
        /// Its issuer.
        url: String,
    },
}

/// A control plane that is ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlPlaneSeed {
    /// Its group.
    pub group: String,
    /// Its name.
    pub name: String,
    /// Its id; exactly one of this and `host_namespace`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its host namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_namespace: Option<String>,
}

impl KubeSeed {
    /// Adds what is missing; nothing of a cluster that is at no cloud of the world.
    pub(crate) fn plant(&self, db: &mut Db) {
        let key = cluster_key(&self.name);
        if db.get_at_once::<Cluster>(&key).is_none() {
            let Some(issuer) = self.at.issuer(db) else {
                return;
            };
            let at = self.at.clone();
            db.put(&key, &Cluster { at, issuer });
        }
        let Ok(mut call) = Call::new(db, &self.name) else {
            return;
        };
        for group in &self.groups {
            spaces::plant_group(&mut call, group);
        }
        for plane in &self.control_planes {
            let host = match (&plane.id, &plane.host_namespace) {
                (Some(id), _) => Host::Id(id),
                (None, Some(namespace)) => Host::Namespace(namespace),
                (None, None) => continue,
            };
            spaces::plant(&mut call, &plane.group, &plane.name, host);
        }
    }
}

impl KubeAt {
    /// Who the tokens of the cluster are issued by.
    fn issuer(&self, db: &Db) -> Option<String> {
        match self {
            Self::Eks {
                account,
                region,
                cluster,
            } => eks::issuer_of(db, account, region, cluster),
            Self::Aks {
                subscription,
                resource_group,
                cluster,
            } => azure::issuer_of(db, subscription, resource_group, cluster),
            Self::Gke {
                project,
                location,
                cluster,
            } => Some(gcp::issuer_of(project, location, cluster)),
            Self::Issuer { url } => Some(url.clone()),
        }
    }
}
