//! Entries: what a run writes down of each step, before and after it happens.
//!
//! Owns their shape, one JSON value a line; what they do to a state is `fold.rs`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use wip_plan::{Action, Address, Doc, Owned, Place, Relation};

/// One line of the journal.
///
/// Whatever the next stored state says otherwise than the last one stands in an entry: the
/// state is the fold of the journal and nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Entry {
    /// A call is about to go out.
    Begin {
        /// For what.
        address: Address,
        /// What the call does.
        action: Action,
        /// Where.
        place: Place,
        /// In which way the resource is ours once the call succeeds.
        relation: Relation,
        /// The cloud's id, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// What must be there before it.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        needs: BTreeSet<Address>,
        /// What is wanted; there for a create, an update and an adoption.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        doc: Option<Doc>,
    },
    /// It is there, as `owned` says: created or updated, or found to be so.
    Made {
        /// What.
        address: Address,
        /// How it is now.
        owned: Owned,
    },
    /// It is not there any more, or was never made.
    Gone {
        /// What.
        address: Address,
    },
    /// The call failed.
    Failed {
        /// For what.
        address: Address,
        /// The cause, in one line, without secrets.
        reason: String,
        /// The call certainly had no effect: the resource is as it was before it began.
        /// Without this it is in doubt until it is observed.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        certain: bool,
    },
    /// It was there and is ours now, or shared.
    Adopted {
        /// What.
        address: Address,
        /// How it is now.
        owned: Owned,
    },
    /// It has another address from now on. One entry, so that no crash can lose the old one
    /// without keeping the new one.
    Moved {
        /// The address up to now; where nothing stands under it, nothing happens.
        from: Address,
        /// The address from now on; where something stands under it, nothing happens.
        to: Address,
    },
    /// It is left alone and not remembered any more.
    Forgotten {
        /// What.
        address: Address,
    },
}

impl Entry {
    /// What the entry is about; of a move, the new address.
    pub fn address(&self) -> &Address {
        match self {
            Self::Begin { address, .. }
            | Self::Made { address, .. }
            | Self::Gone { address }
            | Self::Failed { address, .. }
            | Self::Adopted { address, .. }
            | Self::Moved { to: address, .. }
            | Self::Forgotten { address } => address,
        }
    }

    /// The document in it, if there is one.
    pub(crate) fn doc(&self) -> Option<&Doc> {
        match self {
            Self::Begin { doc, .. } => doc.as_ref(),
            Self::Made { owned, .. } | Self::Adopted { owned, .. } => Some(&owned.doc),
            Self::Gone { .. }
            | Self::Failed { .. }
            | Self::Moved { .. }
            | Self::Forgotten { .. } => None,
        }
    }
}
