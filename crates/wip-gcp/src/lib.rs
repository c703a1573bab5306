//! Google Cloud: members of allow policies, service accounts and buckets, behind `wip_provider`'s contract.
//!
//! Owns what a Space means on Google Cloud, and every call to it.
//! Knows no engine and no state.

mod client;
mod credential;
mod errors;
mod exchange;
mod facts;
mod kinds;
mod marks;
mod members;
mod notes;
mod places;
mod policy;
mod rights;
mod roles;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use wip_plan::Note;
use wip_provider::{AnyKind, Cloud, CloudError, Mismatch, Trial, erase};
use wip_space::{Cluster, Space};

pub use client::{APIS, Settings};
pub use facts::{Fact, Facts};
pub use notes::{CODES, CodeInfo};
pub use places::projects;
pub use rights::rights;

use client::Clients;

/// Google Cloud, as one Space reaches it.
pub struct Google {
    clients: Clients,
}

impl Google {
    /// The clients for the projects of `space`; nothing is asked before the first call.
    pub fn new(settings: Settings, space: &Space) -> Self {
        Self {
            clients: Clients::new(settings, space),
        }
    }
}

impl Cloud for Google {
    const NAME: &'static str = "gcp";
    type Facts = Facts;

    fn kinds() -> Vec<Box<dyn AnyKind<Self>>> {
        vec![
            erase::<kinds::bucket::Bucket>(),
            erase::<kinds::service_account::ServiceAccount>(),
            erase::<kinds::bucket_members::BucketMembers>(),
            erase::<kinds::secret_members::SecretMembers>(),
            erase::<kinds::project_members::ProjectMembers>(),
            erase::<kinds::service_account_members::ServiceAccountMembers>(),
        ]
    }

    async fn check(&self, _: &Space, owned: &BTreeSet<String>) -> Result<(), Mismatch> {
        self.clients.check(owned).await
    }

    /// Google names a cluster's issuer after the cluster ("About Workload Identity Federation for GKE").
    async fn issuer(&self, cluster: &Cluster) -> Option<Result<String, String>> {
        places::cluster_url(&cluster.at).map(Ok)
    }

    async fn exchange(
        &self,
        space: &Space,
        trial: Trial<'_>,
    ) -> Option<Result<String, CloudError>> {
        exchange::exchange(&self.clients, space, trial).await
    }

    async fn facts(&self, space: &Space) -> Facts {
        facts::read(&self.clients, space).await
    }

    fn notes(space: &Space, facts: &Facts) -> Vec<Note> {
        notes::notes(space, facts)
    }
}
