//! What a Space means on Google Cloud: who its workloads are there, and what they may reach.

use std::collections::{BTreeMap, BTreeSet};

use super::{Component, Names, Subject};
use crate::OnDestroy;

/// One identity of method `gkePrincipal` or `gkeServiceAccount`: which workloads, and what they may reach.
#[derive(Clone, Debug, PartialEq)]
pub struct GoogleIdentity {
    /// Its name within the Space.
    pub name: String,
    /// What it is for.
    pub component: Component,
    /// Whom it admits, by cluster, each by its name; a cluster with an empty set has nobody yet.
    pub subjects: BTreeMap<String, BTreeSet<Subject>>,
    /// The project of each of its clusters.
    pub projects: BTreeMap<String, String>,
    /// Whether it admits every service account of its clusters instead.
    pub whole_clusters: bool,
    /// Who its workloads are in policies.
    pub principal: GooglePrincipal,
    /// What it may reach.
    pub access: Vec<GoogleAccess>,
    /// The places that its control planes restore from: read and list only.
    pub restore_from: BTreeSet<GcsLocation>,
    /// The project that stands for it where nothing else says which: its account's, or that of its first cluster.
    pub home: String,
}

/// Who workloads are in policies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GooglePrincipal {
    /// Themselves: principals of the workload identity pools of their projects.
    Direct,
    /// A service account that they act as.
    ServiceAccount(ServiceAccount),
}

/// A service account of IAM.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceAccount {
    /// The project that it is in.
    pub project: String,
    /// What stands before the `@`, 6 to 30 characters.
    pub id: String,
    /// Whether wip makes it; otherwise it must exist, and only who may act as it is wip's.
    pub is_made: bool,
}

impl ServiceAccount {
    /// Its e-mail, which is its name everywhere.
    pub fn email(&self) -> String {
        format!("{}@{}.iam.gserviceaccount.com", self.id, self.project)
    }
}

/// Something that an identity may reach on Google Cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GoogleAccess {
    /// Objects in a bucket.
    Bucket {
        /// Where.
        at: GcsLocation,
        /// The roles that it gets there.
        roles: BTreeSet<String>,
    },
    /// What is in secrets.
    Secrets {
        /// Their project.
        project: String,
        /// Which.
        names: Names,
    },
    /// A role on a resource.
    Role {
        /// `roles/…`, `projects/…/roles/…` or `organizations/…/roles/…`.
        role: String,
        /// On what.
        on: GoogleResource,
    },
}

/// A place in a bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GcsLocation {
    /// The bucket's name.
    pub bucket: String,
    /// The prefix, `""` for the whole bucket; never begins with `/`.
    pub prefix: String,
}

/// Something that has a policy of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GoogleResource {
    /// A project, by its id.
    Project(String),
    /// A bucket, by its name.
    Bucket(String),
    /// A secret: project and name.
    Secret(String, String),
}

/// A bucket that `buckets` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GcsBucket {
    /// Its name.
    pub bucket: String,
    /// The project that it is made in.
    pub project: String,
    /// Where its objects lie, in upper case: `EU`, `EUROPE-NORTH1`; empty where wip does not make it.
    pub location: String,
    /// Whether wip makes it where there is none; nothing of one that wip does not make is wip's.
    pub create: bool,
    /// What becomes of one that wip made.
    pub on_destroy: OnDestroy,
}
