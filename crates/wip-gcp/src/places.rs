//! Which projects a Space is about, and what its principals are called.

use std::collections::{BTreeMap, BTreeSet};

use wip_plan::{Address, Place};
use wip_space::{
    Cluster, ClusterAt, GoogleAccess, GoogleIdentity, GooglePrincipal, GoogleResource,
    ServiceAccount, Space,
};

/// The place of everything in a project: no kind here is looked for by region.
pub(crate) fn place(project: &str) -> Place {
    Place {
        cloud: "gcp".to_owned(),
        account: project.to_owned(),
        region: String::new(),
    }
}

/// Every project that wip calls, with the number that the file says it has; `None` where it does not.
pub fn projects(space: &Space) -> BTreeMap<String, Option<u64>> {
    let mut all: BTreeMap<String, Option<u64>> = BTreeMap::new();
    let mut add = |project: &str, number: Option<u64>| {
        let known = all.entry(project.to_owned()).or_default();
        *known = known.or(number);
    };
    for identity in &space.google {
        add(&identity.home, None);
        for project in identity.projects.values() {
            add(project, None);
        }
        for access in &identity.access {
            match access {
                GoogleAccess::Bucket { .. } => {}
                GoogleAccess::Secrets { project, .. } => add(project, None),
                GoogleAccess::Role { on, .. } => match on {
                    GoogleResource::Project(project) | GoogleResource::Secret(project, _) => {
                        add(project, None);
                    }
                    GoogleResource::Bucket(_) => {}
                },
            }
        }
    }
    for bucket in space.gcs_buckets.iter().filter(|bucket| bucket.create) {
        add(&bucket.project, None);
    }
    for cluster in used(space) {
        if let ClusterAt::Gke {
            project, number, ..
        } = &cluster.at
        {
            add(project, *number);
        }
    }
    all
}

/// The clusters that identities of Google Cloud are for.
pub(crate) fn used(space: &Space) -> Vec<&Cluster> {
    let names: BTreeSet<&String> = space
        .google
        .iter()
        .flat_map(|identity| identity.projects.keys())
        .collect();
    let clusters = space.clusters.iter();
    clusters.filter(|it| names.contains(&it.name)).collect()
}

/// The pool of identities that the clusters of a project share.
pub(crate) fn pool(project: &str) -> String {
    format!("{project}.svc.id.goog")
}

/// The URL of a GKE cluster, by which its principals are named.
pub(crate) fn cluster_url(at: &ClusterAt) -> Option<String> {
    match at {
        ClusterAt::Gke {
            project,
            location,
            cluster,
            ..
        } => Some(format!(
            "https://container.googleapis.com/v1/projects/{project}/locations/{location}/clusters/{cluster}"
        )),
        ClusterAt::Eks { .. } | ClusterAt::Aks { .. } | ClusterAt::SelfHosted { .. } => None,
    }
}

/// The service account of an identity, where it is one.
pub(crate) fn account(identity: &GoogleIdentity) -> Option<&ServiceAccount> {
    match &identity.principal {
        GooglePrincipal::ServiceAccount(account) => Some(account),
        GooglePrincipal::Direct => None,
    }
}

/// The service accounts that the file only refers to, by their e-mails.
pub(crate) fn referred(space: &Space) -> BTreeSet<String> {
    let all = space.google.iter().filter_map(account);
    all.filter(|account| !account.is_made)
        .map(ServiceAccount::email)
        .collect()
}

/// The address of the service account that an identity makes.
pub(crate) fn account_address(identity: &GoogleIdentity, space: &str) -> Option<Address> {
    account(identity)
        .filter(|account| account.is_made)
        .map(|_| Address::new("gcp/service-account", space, &identity.name))
}

/// Whether the file lets wip make a bucket.
pub(crate) fn is_made(space: &Space, bucket: &str) -> bool {
    let mut listed = space.gcs_buckets.iter();
    listed.any(|listed| listed.create && listed.bucket == bucket)
}
