//! What must be read of Google Cloud before anything can be wanted.
//!
//! Owns the facts as a value, which a saved plan keeps.
//! How they are read is `facts::read`'s; what follows from them is the kinds' and `notes`'s.

mod read;
mod rights;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wip_provider::CloudError;

pub(crate) use read::read;
pub(crate) use rights::rights;

/// What was read of Google Cloud.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Facts {
    /// The number of each project, by its id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers: BTreeMap<String, Fact<u64>>,
    /// By the cluster's name within the Space: its node pools without the metadata server of GKE. One without workload identity is
    /// unreadable.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub clusters: BTreeMap<String, Fact<Vec<String>>>,
    /// Whether access to each bucket is uniform; none where it is not there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub buckets: BTreeMap<String, Fact<Option<bool>>>,
    /// Whether each service account is there that the file only refers to, by its e-mail.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<String, Fact<bool>>,
}

/// A fact, or why it cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fact<T> {
    /// It is so.
    Known(T),
    /// It could not be read, for this reason.
    Unreadable(String),
}

impl<T> Fact<T> {
    pub(crate) fn of(read: Result<T, CloudError>) -> Self {
        match read {
            Ok(value) => Self::Known(value),
            Err(error) => Self::Unreadable(error.to_string()),
        }
    }
}

/// What a fact says, or why it says nothing.
pub(crate) fn known<T: Clone>(fact: Option<&Fact<T>>) -> Result<T, String> {
    match fact {
        Some(Fact::Known(value)) => Ok(value.clone()),
        Some(Fact::Unreadable(why)) => Err(why.clone()),
        None => Err("nothing is known of it".to_owned()),
    }
}
