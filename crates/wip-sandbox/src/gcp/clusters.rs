//! Kubernetes Engine: clusters, their workload pools, and the issuers of their tokens.
//!
//! Source: `container.projects.locations.clusters.get` and `Cluster` in the discovery document of version 1.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{Call, Refusal, result};
use super::{no_method, projects, rights};
use crate::db::Db;
use crate::gcp::seed::GkeSeed;
use crate::http::{Answer, Request};

/// Where the records of clusters are; each has an `issuer`.
pub(crate) const PREFIX: &str = "gcp/cluster/";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cluster {
    pub(crate) project: String,
    location: String,
    name: String,
    /// Its URL, which is also who its tokens are issued by.
    pub(crate) issuer: String,
    pub(crate) workload_identity: bool,
    /// Whether the nodes have the metadata server of GKE.
    metadata_server: bool,
}

/// The URL of a cluster.
pub(crate) fn url(project: &str, location: &str, name: &str) -> String {
    format!(
        "https://container.googleapis.com/v1/projects/{project}/locations/{location}/clusters/{name}"
    )
}

/// Adds a cluster that is missing.
pub(crate) fn plant(db: &mut Db, seed: &GkeSeed) {
    let GkeSeed {
        project,
        location,
        name,
        workload_identity,
        metadata_server,
    } = seed;
    let key = format!("{PREFIX}{project}/{location}/{name}");
    if db.get_at_once::<Value>(&key).is_none() {
        let cluster = Cluster {
            project: project.clone(),
            location: location.clone(),
            name: name.clone(),
            issuer: url(project, location, name),
            workload_identity: *workload_identity,
            metadata_server: *metadata_server,
        };
        db.put(&key, &cluster);
    }
}

/// The cluster of a URL.
pub(super) fn of_url(db: &Db, url: &str) -> Option<Cluster> {
    let mut all = db.scan::<Cluster>(PREFIX).map(|(_, cluster)| cluster);
    all.find(|cluster| cluster.issuer == url)
}

/// Whether a project has its workload identity pool, which comes with the first cluster that uses it.
pub(super) fn has_pool(db: &Db, project: &str) -> bool {
    let prefix = format!("{PREFIX}{project}/");
    let mut all = db.scan::<Cluster>(&prefix);
    all.any(|(_, cluster)| cluster.workload_identity)
}

pub(super) fn operation(method: &str, path: &[&str]) -> &'static str {
    match (method, path) {
        ("GET", ["v1", "projects", _, "locations", _, "clusters", _]) => "clusters.get",
        _ => "",
    }
}

pub(super) fn handle(
    call: &mut Call<'_>,
    request: &Request,
    path: &[&str],
) -> Result<Answer, Refusal> {
    let [
        "v1",
        "projects",
        project,
        "locations",
        location,
        "clusters",
        name,
    ] = path
    else {
        return Err(no_method());
    };
    if request.method != "GET" {
        return Err(no_method());
    }
    call.resource = Some((*name).to_owned());
    let full = format!("projects/{project}/locations/{location}/clusters/{name}");
    let denied = || {
        Refusal::denied(format!(
            "Required \"container.clusters.get\" permission(s) for \"{full}\"."
        ))
    };
    let home = projects::find(call.db, project).ok_or_else(denied)?;
    let resource = projects::resource(&home);
    rights::check(call, "container.clusters.get", &resource, denied)?;
    let key = format!("{PREFIX}{}/{location}/{name}", home.id);
    let cluster: Cluster = call
        .db
        .get(&key)
        .ok_or_else(|| Refusal::not_found(format!("Not found: {full}.")))?;
    let mode = match cluster.metadata_server {
        true => json!({ "mode": "GKE_METADATA" }),
        false => json!({ "mode": "GCE_METADATA" }),
    };
    let mut shown = json!({
        "name": cluster.name,
        "location": cluster.location,
        "selfLink": cluster.issuer,
        "status": "RUNNING",
        "nodePools": [{ "name": "default-pool", "config": { "workloadMetadataConfig": mode } }],
    });
    if cluster.workload_identity {
        shown["workloadIdentityConfig"] =
            json!({ "workloadPool": format!("{}.svc.id.goog", cluster.project) });
    }
    Ok(result(&shown))
}
