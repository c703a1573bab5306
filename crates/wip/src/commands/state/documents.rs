//! What `wip state` prints for machines.
//!
//! Owns the documents and their form; what they say is the commands'.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use wip_plan::{Address, Owned, Relation};

/// `wip-state-list/1`: what the state knows.
#[derive(Serialize, JsonSchema)]
pub(crate) struct List<'a> {
    #[schemars(extend("const" = "wip-state-list/1"))]
    pub(super) format: &'static str,
    /// The Space's name.
    pub(super) space: &'a str,
    /// The state's lineage.
    pub(super) lineage: &'a str,
    /// Its serial; 0 where none was ever stored.
    pub(super) serial: u64,
    /// What wip owns.
    pub(super) resources: &'a BTreeMap<Address, Owned>,
}

/// `wip-state-show/1`: one resource, as it was last applied.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Show<'a> {
    #[schemars(extend("const" = "wip-state-show/1"))]
    pub(super) format: &'static str,
    /// Which.
    pub(super) address: &'a Address,
    /// What the state says of it.
    pub(super) resource: &'a Owned,
}

/// `wip-state-change/1`: after `wip state mv` and `wip state forget`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Change<'a> {
    #[schemars(extend("const" = "wip-state-change/1"))]
    pub(super) format: &'static str,
    /// The Space's name.
    pub(super) space: &'a str,
    /// Where the state is.
    pub(super) location: &'a str,
    /// The serial that it has now.
    pub(super) serial: u64,
}

/// `wip-state-copy/1`: after `wip state pull` and `wip state push`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Copy<'a> {
    #[schemars(extend("const" = "wip-state-copy/1"))]
    pub(super) format: &'static str,
    /// The Space's name.
    pub(super) space: &'a str,
    /// Where the state was read.
    pub(super) from: &'a str,
    /// Where it was written.
    pub(super) to: &'a str,
    /// The serial of both.
    pub(super) serial: u64,
    /// False where both were the same already.
    pub(super) copied: bool,
}

/// `wip-state-rebuild/1`: a state that was made anew.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Rebuild<'a> {
    #[schemars(extend("const" = "wip-state-rebuild/1"))]
    pub(super) format: &'static str,
    /// The Space's name.
    pub(super) space: &'a str,
    /// Where the state is.
    pub(super) location: &'a str,
    /// Its lineage, as the marks have it.
    pub(super) lineage: &'a str,
    /// What is in it, and in which way it is wip's.
    pub(super) resources: BTreeMap<&'a Address, Relation>,
    /// What bears the mark and could not be taken in, and why.
    pub(super) without: BTreeMap<&'a Address, &'a str>,
}

/// `wip-state-unlock/1`: a lock that was taken away.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Unlock<'a> {
    #[schemars(extend("const" = "wip-state-unlock/1"))]
    pub(super) format: &'static str,
    /// The Space's name.
    pub(super) space: &'a str,
    /// The command that held it; absent where its name was not written to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) command: Option<&'a str>,
    /// The host that held it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) host: Option<&'a str>,
}
