//! Renames: the state under the addresses that the file uses now.
//!
//! Owns the turn from old keys into new ones; plans nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Address, Owned, State};

/// A state under its new addresses.
#[derive(Clone, Debug, PartialEq)]
pub struct Renamed {
    /// What wip owns, by new address; `needs` name new addresses too.
    pub resources: BTreeMap<Address, Owned>,
    /// New address → the one that the state still stores.
    pub from: BTreeMap<Address, Address>,
    /// Addresses whose rename cannot be done, and why; they keep their old keys.
    pub refused: BTreeMap<Address, String>,
}

/// The resources of `state` after the renames in `moved` (from → to).
///
/// A chain is followed to its end. A circle, and a rename onto an address that the state
/// holds already, are refused: both addresses are named in [`Renamed::refused`].
pub fn rename(state: &State, moved: &BTreeMap<Address, Address>) -> Renamed {
    let mut refused = BTreeMap::new();
    let mut new_of = BTreeMap::new();
    for old in state.resources.keys().filter(|old| moved.contains_key(old)) {
        match end_of_chain(old, moved) {
            Some(new) => {
                new_of.insert(old.clone(), new.clone());
            }
            None => {
                refused.insert(old.clone(), "`moved` goes in a circle here".to_owned());
            }
        }
    }

    // Taking one rename back can make its old address an obstacle to another.
    while let Some((old, new)) = collision(state, &new_of) {
        let reason = format!(
            "`moved` renames {old} to {new}, but the state holds something else at {new}; \
             strike one of them from the state, or rename to another address"
        );
        new_of.remove(&old);
        refused.insert(old, reason.clone());
        refused.insert(new, reason);
    }

    let now = |address: &Address| new_of.get(address).unwrap_or(address).clone();
    let resources = state
        .resources
        .iter()
        .map(|(address, owned)| {
            let mut owned = owned.clone();
            owned.needs = owned.needs.iter().map(now).collect();
            (now(address), owned)
        })
        .collect();
    let from = new_of.into_iter().map(|(old, new)| (new, old)).collect();
    Renamed {
        resources,
        from,
        refused,
    }
}

/// Where the renames lead from `start`; `None` where they go in a circle.
pub(super) fn end_of_chain<'a>(
    start: &'a Address,
    moved: &'a BTreeMap<Address, Address>,
) -> Option<&'a Address> {
    let mut passed = BTreeSet::from([start]);
    let mut at = start;
    while let Some(next) = moved.get(at) {
        if !passed.insert(next) {
            return None;
        }
        at = next;
    }
    Some(at)
}

/// A rename whose new address is taken, by something that stays or by another rename.
fn collision(state: &State, new_of: &BTreeMap<Address, Address>) -> Option<(Address, Address)> {
    let mut taken: BTreeSet<&Address> = state
        .resources
        .keys()
        .filter(|address| !new_of.contains_key(address))
        .collect();
    new_of
        .iter()
        .find(|(_, new)| !taken.insert(new))
        .map(|(old, new)| (old.clone(), new.clone()))
}
