//! Grants: who may do what, as a join of what specs mean.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Address;

/// One thing that a spec means.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edge {
    /// This subject acts as the resource.
    ActsAs {
        /// Its name: `system:serviceaccount:NS:SA`.
        who: String,
        /// Who vouches for it: the issuer of its cluster, without `https://`; empty where its
        /// name says all. Two clusters may have service accounts of one name.
        at: String,
    },
    /// Who acts as the resource may do this.
    May {
        /// In words: `s3 read, write, list, delete`.
        verb: String,
        /// On what: `acme-backups/prod-eu/*`.
        on: String,
    },
}

/// Who may do what, and through which resource.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Grant {
    /// The subject.
    pub who: String,
    /// Who vouches for it, where its name does not say all: the issuer of its cluster.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub at: String,
    /// What it may do.
    pub verb: String,
    /// On what.
    pub on: String,
    /// The resource that grants it.
    pub via: Address,
}
