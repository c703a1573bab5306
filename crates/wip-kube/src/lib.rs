//! The cluster side of workload identity: discovery, Helm values, manifests, findings, restarts, tokens.
//!
//! Owns what a Space's cluster says and what it must be told.
//! Knows no cloud: what was applied there comes in as names and values.

mod client;
mod discovery;
mod error;
mod expected;
mod findings;
mod keys;
mod labels;
mod manifests;
mod observed;
mod restart;
#[cfg(test)]
mod tests;
mod token;
mod values;
mod yaml;

pub use client::{Kube, contexts};
pub use discovery::{Ask, Found, FoundControlPlane, Standing, check_cluster, discover};
pub use error::KubeError;
pub use expected::{Applied, Expected, How, expected};
pub use findings::{Finding, findings};
pub use keys::{ClusterKey, signing_key_in, signing_keys};
pub use manifests::{Manifest, manifests};
pub use observed::{Observed, observe};
pub use restart::{Progress, Restart, restart, restarts};
pub use token::{Claims, audiences, token};
pub use values::{Inexpressible, Values, values};
pub use yaml::documents;
