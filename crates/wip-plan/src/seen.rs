//! What was observed in the live cloud.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Address, Doc, Mark, Place};

/// One look at a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// It is not there.
    Absent,
    /// It is there.
    Present(Sighting),
    /// It could not be read; everything that depends on it is blocked with this reason.
    Unreadable(String),
}

/// A live resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sighting {
    /// The id that the cloud gave it, where that is not its name.
    pub id: Option<String>,
    /// What else the cloud made of it and others need: `clientId`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given: BTreeMap<String, String>,
    /// Its spec, parsed into the type that is also wanted.
    pub doc: Doc,
    /// Whose mark it bears.
    pub owner: Owner,
    /// Why wip must not change it unasked, in words (a foreign Deny on a role, say).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objections: Vec<String>,
    /// What a reader of the plan should know of it as it is, in words (a trust that admits more than it seems to, say).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// Whose mark a live resource bears.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Owner {
    /// No mark of wip's.
    Unmarked,
    /// A mark of wip's, ours or another's.
    Marked(Mark),
    /// The kind has nowhere to put a mark; the state alone says whose it is.
    Unmarkable,
}

/// A live resource that bears our Space's mark and that nobody asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// The address that its mark names.
    pub address: Address,
    /// The lineage that its mark names: that of the state, or another.
    pub lineage: String,
    /// Where it was found.
    pub place: Place,
    /// Its name in the cloud.
    pub name: String,
}
