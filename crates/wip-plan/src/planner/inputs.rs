//! What planning takes: values that somebody else has read.
//!
//! Owns their shape; decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::Room;
use crate::{Address, Cloud, KindInfo, Note, Seen, State, Stray, Want};

/// Everything that a plan is computed from.
#[derive(Clone, Debug)]
pub struct Inputs<'a> {
    /// The Space's name, as its file says it.
    pub space: &'a str,
    /// The clouds that it is planned for.
    pub cloud: Cloud,
    /// What wip owns, as stored: `moved` is not applied to it yet.
    pub state: &'a State,
    /// What the file asks for.
    pub wants: Vec<Want>,
    /// What was observed, of every address of wants and state *after* [`crate::rename`]. An
    /// address that is missing here is blocked.
    pub seen: BTreeMap<Address, Seen>,
    /// What bears our mark and nobody asked about.
    pub strays: Vec<Stray>,
    /// What the reader should know, found before planning.
    pub notes: Vec<Note>,
    /// How much more the accounts hold.
    pub rooms: Vec<Room>,
    /// What there is to know of each kind, by its name.
    pub kinds: &'a BTreeMap<&'static str, KindInfo>,
    /// Renames that the file tells of: from, to.
    pub moved: &'a BTreeMap<Address, Address>,
    /// What a plan may do without being asked again.
    pub guardrails: Guardrails,
    /// What is planned.
    pub mode: Mode,
    /// Plan only these and what they need; empty for everything.
    pub target: BTreeSet<Address>,
}

/// What a plan may do without being asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guardrails {
    /// How many grants that wip gave a plan may take away (`guardrails.maxRevokes`).
    pub max_revokes: u32,
    /// The same for this one run (`--allow-revokes N`); the larger of the two counts.
    pub allow_revokes: Option<u32>,
    /// Whether everything may be destroyed (`guardrails.allowDestroy`, or the name typed in).
    pub allow_destroy: bool,
    /// Whether an update may go around what a sighting objects to (`--remove-denies`).
    pub remove_denies: bool,
    /// Whether workloads may lose their access until they restart (`--allow-interruption`).
    pub allow_interruption: bool,
}

impl Default for Guardrails {
    fn default() -> Self {
        Self {
            max_revokes: 1,
            allow_revokes: None,
            allow_destroy: false,
            remove_denies: false,
            allow_interruption: false,
        }
    }
}

/// What is planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Make it so.
    Apply,
    /// Want nothing any more.
    Destroy {
        /// Delete what was adopted too, instead of forgetting it.
        adopted: bool,
    },
    /// Take over what exists, and nothing else.
    Adopt(AdoptWhat),
}

/// What is taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdoptWhat {
    /// Whatever is wanted, exists and is not ours.
    All,
    /// These addresses.
    These(BTreeSet<Address>),
}

impl AdoptWhat {
    /// Whether `address` is asked for.
    pub fn contains(&self, address: &Address) -> bool {
        match self {
            Self::All => true,
            Self::These(addresses) => addresses.contains(address),
        }
    }
}
