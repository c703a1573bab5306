//! What reading the facts asks for, and asking whose the credentials are.

use wip_space::{ClusterAt, Space};

use super::read::{CLUSTER, buckets};
use crate::client::PROJECT;
use crate::kinds::{bucket, service_account};
use crate::places;
use crate::rights::Right;

/// The rights for the facts of a Space.
pub(crate) fn rights(space: &Space) -> Vec<Right> {
    let mut rights = Vec::new();
    for project in places::projects(space).into_keys() {
        rights.extend(Right::look(&project, &[PROJECT]));
    }
    for cluster in places::used(space) {
        if let ClusterAt::Gke { project, .. } = &cluster.at {
            rights.extend(Right::look(project, &[CLUSTER]));
        }
    }
    for project in buckets(space).into_values() {
        rights.extend(Right::look(&project, &[bucket::READ]));
    }
    for email in places::referred(space) {
        let project = email.split_once('@').map_or("", |(_, host)| host);
        let project = project.split('.').next().unwrap_or_default();
        rights.extend(Right::look(project, &[service_account::READ]));
    }
    rights
}
