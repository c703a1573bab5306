//! How the facts are read: all at once, each once.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use futures_util::join;
use serde::Deserialize;
use wip_rest::Call;
use wip_space::{Cluster, ClusterAt, Space};

use super::{Fact, Facts};
use crate::client::{Api, Clients};
use crate::kinds::{bucket, service_account};
use crate::policy::Holder;
use crate::{places, roles};

/// The call that says what a cluster is.
pub(crate) const CLUSTER: &str = "container:clusters.get";

/// Reads the facts of a Space.
pub(crate) async fn read(clients: &Clients, space: &Space) -> Facts {
    if space.google.is_empty() && space.gcs_buckets.iter().all(|bucket| !bucket.create) {
        return Facts::default();
    }
    let numbers = places::projects(space)
        .into_keys()
        .map(|project| async move {
            let number = clients.number(&project).await;
            (project, Fact::of(number))
        });
    let clusters = places::used(space)
        .into_iter()
        .map(|cluster| async move { (cluster.name.clone(), of_cluster(clients, cluster).await) });
    let buckets = buckets(space)
        .into_iter()
        .map(|(bucket, project)| async move {
            let uniform = bucket::uniform(clients, &bucket, &project).await;
            (bucket, Fact::of(uniform))
        });
    let accounts = places::referred(space).into_iter().map(|email| async move {
        let there = service_account::exists(clients, &email).await;
        (email, Fact::of(there))
    });
    let (numbers, clusters, buckets, accounts) = join!(
        join_all(numbers),
        join_all(clusters),
        join_all(buckets),
        join_all(accounts)
    );
    Facts {
        numbers: numbers.into_iter().collect(),
        clusters: clusters.into_iter().collect(),
        buckets: buckets.into_iter().collect(),
        accounts: accounts.into_iter().collect(),
    }
}

/// The buckets that are looked at, each with the project that stands for it.
pub(super) fn buckets(space: &Space) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for identity in &space.google {
        for holder in roles::asked(identity).into_keys() {
            if let Holder::Bucket(name) = holder {
                all.entry(name).or_insert_with(|| identity.home.clone());
            }
        }
    }
    for listed in space.gcs_buckets.iter().filter(|listed| listed.create) {
        all.insert(listed.bucket.clone(), listed.project.clone());
    }
    all
}

async fn of_cluster(clients: &Clients, cluster: &Cluster) -> Fact<Vec<String>> {
    let ClusterAt::Gke {
        project,
        location,
        cluster,
        ..
    } = &cluster.at
    else {
        return Fact::Unreadable("it is no GKE cluster".to_owned());
    };
    let path = format!("/v1/projects/{project}/locations/{location}/clusters/{cluster}");
    let call = Call::read(CLUSTER);
    let live: Gke = match clients.get(call, (Api::Container, project), &path).await {
        Err(error) => return Fact::of(Err(error)),
        Ok(None) => {
            return Fact::Unreadable(format!(
                "there is no GKE cluster {cluster} in {location} of project {project}"
            ));
        }
        Ok(Some(live)) => live,
    };
    let pool = live.workload_identity_config.workload_pool;
    if pool != places::pool(project) {
        return Fact::Unreadable(format!(
            "workload identity of the GKE cluster {cluster} is switched off; turn it on, and then for each node pool: \
             gcloud container clusters update {cluster} --project {project} --location {location} --workload-pool {}",
            places::pool(project)
        ));
    }
    if live.autopilot.enabled {
        return Fact::Known(Vec::new());
    }
    let bare = live.node_pools.into_iter().filter(|pool| {
        let mode = &pool.config.workload_metadata_config.mode;
        mode != "GKE_METADATA"
    });
    Fact::Known(bare.map(|pool| pool.name).collect())
}

/// A cluster as GKE has it (`Cluster` of its API).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Gke {
    #[serde(default)]
    workload_identity_config: WorkloadIdentity,
    #[serde(default)]
    autopilot: Autopilot,
    #[serde(default)]
    node_pools: Vec<NodePool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WorkloadIdentity {
    #[serde(default)]
    workload_pool: String,
}

#[derive(Default, Deserialize)]
struct Autopilot {
    #[serde(default)]
    enabled: bool,
}

#[derive(Deserialize)]
struct NodePool {
    #[serde(default)]
    name: String,
    #[serde(default)]
    config: NodeConfig,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeConfig {
    #[serde(default)]
    workload_metadata_config: Metadata,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    mode: String,
}
