//! Azure: managed identities and applications, their federated credentials, role assignments, access policies of vaults and containers, behind `wip_provider`'s contract.
//!
//! Owns what a Space means on Azure, and every call to it.
//! Knows no engine and no state.

mod client;
mod credential;
mod credentials;
mod errors;
mod exchange;
mod facts;
mod graph;
mod kinds;
mod marks;
mod notes;
mod places;
mod rights;
mod roles;
#[cfg(test)]
mod tests;
mod versions;

use std::collections::BTreeSet;

use wip_plan::Note;
use wip_provider::{AnyKind, Cloud, CloudError, Mismatch, Trial, erase};
use wip_space::{Cluster, ClusterAt, Space};

pub use client::{APIS, Settings};
pub use facts::{Credential, Fact, Facts};
pub use notes::{CODES, CodeInfo};
pub use places::subscriptions;
pub use rights::{rights, tenant_rights};

use client::Clients;

/// Azure, as one Space reaches it.
pub struct Azure {
    clients: Clients,
}

impl Azure {
    /// The clients for the subscriptions of `space`; nothing is asked before the first call.
    pub fn new(settings: Settings, space: &Space) -> Self {
        Self {
            clients: Clients::new(settings, space),
        }
    }
}

impl Cloud for Azure {
    const NAME: &'static str = "azure";
    type Facts = Facts;

    fn kinds() -> Vec<Box<dyn AnyKind<Self>>> {
        vec![
            erase::<kinds::blob_container::BlobContainer>(),
            erase::<kinds::identity::Identity>(),
            erase::<kinds::existing_identity::ExistingIdentity>(),
            erase::<kinds::application::Application>(),
            erase::<kinds::federated_credential::FederatedCredential>(),
            erase::<kinds::role_assignment::RoleAssignment>(),
            erase::<kinds::key_vault_access_policy::KeyVaultAccessPolicy>(),
        ]
    }

    async fn check(&self, _: &Space, owned: &BTreeSet<String>) -> Result<(), Mismatch> {
        self.clients.check(owned).await
    }

    async fn issuer(&self, cluster: &Cluster) -> Option<Result<String, String>> {
        match &cluster.at {
            ClusterAt::Aks { .. } => Some(facts::issuer(&self.clients, cluster).await.result()),
            _ => None,
        }
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
