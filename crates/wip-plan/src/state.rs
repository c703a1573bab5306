//! The state as a value: what wip owns, and as it was last applied.
//!
//! Owns no file format and no lock.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Address, Doc, Place};

/// What wip owns of one Space.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The Space's name.
    pub space: String,
    /// The clouds that it is about.
    pub cloud: Cloud,
    /// A UUID made with the first state; the mark on what wip makes names it.
    pub lineage: String,
    /// Goes up by one with each stored state; 0 before the first.
    pub serial: u64,
    /// What wip owns.
    pub resources: BTreeMap<Address, Owned>,
}

/// Which clouds a state is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Cloud {
    /// The real ones.
    Real,
    /// The embedded sandbox.
    Sandbox,
}

/// One resource that wip owns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Owned {
    /// Where it lives.
    pub place: Place,
    /// In which way it is ours.
    pub relation: Relation,
    /// The id that the cloud gave it, where that is not its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What else the cloud made of it and others need: `clientId`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given: BTreeMap<String, String>,
    /// What must be there before it: it is deleted before those are.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub needs: BTreeSet<Address>,
    /// Its spec as last applied.
    pub doc: Doc,
    /// Begun and never finished, as far as the journal knows: it may or may not be there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubtful: bool,
    /// What runs that died had begun to turn it into, each once.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub begun: BTreeSet<Doc>,
}

/// In which way a resource is ours.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Relation {
    /// Created by wip; deleted when no longer wanted.
    Made,
    /// Taken over because somebody asked; deleted only by `wip destroy --adopted`.
    Adopted,
    /// Used and added to; only our addition is taken back.
    Shared,
}
