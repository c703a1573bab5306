//! Discovery: where control planes are read from, and what is found.

use std::collections::BTreeSet;

use super::HostNamespace;

/// Where control planes are read from at plan time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovery {
    /// The cluster of the Space that is read.
    pub cluster: String,
    /// A context of the kubeconfig; the current one, or the cluster that wip runs in, when not given.
    pub context: Option<String>,
    /// Only these groups; all when empty.
    pub groups: BTreeSet<String>,
}

/// A control plane that was found on the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Discovered {
    /// Its group.
    pub group: String,
    /// Its name.
    pub name: String,
    /// Where its components run.
    pub host_namespace: HostNamespace,
}
