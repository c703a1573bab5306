//! What must be read of EKS before an association can be wanted: how many there are, and whether the agent is.
//!
//! Owns the calls, and the room that they leave.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use wip_provider::{Class, CloudError};
use wip_space::{Method, Space, Subject};

use super::Fact;
use crate::accounts::place;
use crate::client::{Call, Client, Clients};
use crate::kinds::pod_identity_association::list;
use crate::pods::{self, EksCluster};
use crate::sizes::thousands;

/// The most associations of a cluster, which cannot be raised ("Learn how EKS Pod Identity grants pods access to AWS
/// services", Amazon EKS user guide).
pub(crate) const MOST: usize = 5_000;

/// The add-on whose agent hands out the credentials ("Set up the Amazon EKS Pod Identity Agent", Amazon EKS user guide).
pub(crate) const AGENT: &str = "eks-pod-identity-agent";

/// What is known of EKS Pod Identity in a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodFacts {
    /// Its associations.
    pub associations: Fact<Associations>,
    /// Whether the agent is there: as an add-on, or built into EKS Auto Mode.
    pub agent: Fact<bool>,
}

/// The associations of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Associations {
    /// How many there are of service accounts that the file does not name.
    pub others: usize,
    /// Those of the file's that are there: `NAMESPACE/NAME`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub there: BTreeSet<String>,
    /// Those that are not.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub missing: BTreeSet<String>,
}

impl Associations {
    /// How many there will be.
    pub(crate) fn total(&self) -> usize {
        self.others + self.there.len() + self.missing.len()
    }
}

/// Whether there is room for an association.
pub(crate) enum Room {
    /// It is there, or fits.
    There,
    /// Why not.
    Full(String),
}

impl PodFacts {
    /// Whether there is room for the association of a service account.
    pub(crate) fn room(&self, namespace: &str, name: &str) -> Room {
        match &self.associations {
            Fact::Unreadable(why) => Room::Full(why.clone()),
            Fact::Known(known) if known.total() > MOST => {
                match known.missing.contains(&format!("{namespace}/{name}")) {
                    true => Room::Full(format!(
                        "{} of {} pod identity associations that a cluster holds would be used; \
                         `method: irsa` with `trust: hostPattern` needs none, `clusters` or `controlPlanes` narrow the \
                         identity, and another cluster has room of its own",
                        thousands(known.total()),
                        thousands(MOST),
                    )),
                    false => Room::There,
                }
            }
            Fact::Known(_) => Room::There,
        }
    }
}

/// Reads the facts of each cluster that has an identity with EKS Pod Identity.
pub(super) async fn read(clients: &Clients, space: &Space) -> BTreeMap<String, PodFacts> {
    let mut wanted: BTreeMap<&str, (EksCluster<'_>, BTreeSet<String>)> = BTreeMap::new();
    let identities = space.identities.iter();
    for identity in identities.filter(|identity| identity.method == Method::PodIdentity) {
        for (cluster, subjects) in pods::clusters(space, identity) {
            let (_, names) = wanted
                .entry(cluster.name)
                .or_insert_with(|| (cluster, BTreeSet::new()));
            names.extend(subjects.iter().filter_map(name));
        }
    }
    let reads = wanted.into_iter().map(async |(name, (cluster, names))| {
        (name.to_owned(), of_cluster(clients, cluster, names).await)
    });
    join_all(reads).await.into_iter().collect()
}

fn name(subject: &Subject) -> Option<String> {
    match subject {
        Subject::Exact {
            namespace,
            service_account,
        } => Some(format!("{namespace}/{service_account}")),
        Subject::Pattern { .. } => None,
    }
}

async fn of_cluster(
    clients: &Clients,
    cluster: EksCluster<'_>,
    names: BTreeSet<String>,
) -> PodFacts {
    let at = place(cluster.account, cluster.region);
    let client = match clients.at(&at).await {
        Ok(client) => client,
        Err(error) => {
            return PodFacts {
                associations: Fact::refused(&error),
                agent: Fact::refused(&error),
            };
        }
    };
    let (listed, agent) = futures_util::join!(
        list(&client, cluster.eks_name, None),
        agent(&client, cluster.eks_name),
    );
    let associations = match listed {
        Ok(listed) => {
            let there: BTreeSet<String> = listed
                .iter()
                .map(|one| format!("{}/{}", one.namespace, one.service_account))
                .collect();
            clients.keep_listing(&at, cluster.eks_name, listed);
            Fact::Known(Associations {
                others: there.difference(&names).count(),
                missing: names.difference(&there).cloned().collect(),
                there: names.intersection(&there).cloned().collect(),
            })
        }
        Err(error) if error.class == Class::Missing => Fact::Unreadable(format!(
            "there is no EKS cluster {} in {at}",
            cluster.eks_name
        )),
        Err(error) => Fact::refused(&error),
    };
    let agent = match agent {
        Ok(there) => Fact::Known(there),
        Err(error) => Fact::refused(&error),
    };
    PodFacts {
        associations,
        agent,
    }
}

/// Whether pods get credentials at all; Auto Mode has the agent built in.
async fn agent(client: &Client, cluster: &str) -> Result<bool, CloudError> {
    let ask = || {
        let ask = client.eks().describe_addon();
        ask.cluster_name(cluster).addon_name(AGENT).send()
    };
    match client.call(Call::read("eks:DescribeAddon"), ask).await {
        Ok(_) => return Ok(true),
        Err(error) if error.class == Class::Missing => {}
        Err(error) => return Err(error),
    }
    let ask = || client.eks().describe_cluster().name(cluster).send();
    let found = client.call(Call::read("eks:DescribeCluster"), ask).await?;
    let compute = found.cluster.and_then(|cluster| cluster.compute_config);
    Ok(compute
        .and_then(|compute| compute.enabled)
        .unwrap_or_default())
}
