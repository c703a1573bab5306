//! The fold: what a journal makes of the state that it builds on.
//!
//! Pure. The serial stays as it is: it counts stored states, not entries.

use std::collections::{BTreeMap, BTreeSet};

use wip_plan::{Action, Address, Owned, State};

use crate::Entry;

/// The state after `entries`.
///
/// What was begun and has no outcome is `doubtful`: a create and an adoption stand in the
/// state as they were wanted, an update and a delete as the resource was last applied, an update with what it was to become.
/// A failure leaves the doubt, unless it is certain that the call had no effect: then the
/// resource is again as it was before that call.
/// Folding the same entries once more changes nothing.
pub fn fold(mut state: State, entries: &[Entry]) -> State {
    let mut before: BTreeMap<&Address, Option<Owned>> = BTreeMap::new();
    for entry in entries {
        let address = entry.address();
        match entry {
            Entry::Begin { action, .. } => {
                if *action != Action::Forget {
                    before.insert(address, state.resources.get(address).cloned());
                    begin(&mut state, entry);
                }
            }
            Entry::Made { owned, .. } | Entry::Adopted { owned, .. } => {
                before.remove(address);
                let owned = Owned {
                    doubtful: false,
                    begun: BTreeSet::new(),
                    ..owned.clone()
                };
                state.resources.insert(address.clone(), owned);
            }
            Entry::Gone { .. } | Entry::Forgotten { .. } => {
                before.remove(address);
                state.resources.remove(address);
            }
            Entry::Moved { from, to } => {
                before.remove(to);
                before.remove(from);
                rename(&mut state, from, to);
            }
            Entry::Failed { certain, .. } => {
                if let Some(was) = before.remove(address)
                    && *certain
                {
                    restore(&mut state, address, was);
                }
            }
        }
    }
    state
}

fn begin(state: &mut State, entry: &Entry) {
    let Entry::Begin {
        address,
        action,
        place,
        relation,
        id,
        needs,
        doc,
    } = entry
    else {
        return;
    };
    let known = state.resources.get_mut(address);
    match (known, doc) {
        // What is created was seen to be absent: an older entry says nothing about it.
        (Some(owned), doc) if *action != Action::Create => {
            owned.doubtful = true;
            owned.begun.extend(doc.iter().cloned());
            owned.begun.remove(&owned.doc);
        }
        (_, Some(doc)) => {
            let owned = Owned {
                place: place.clone(),
                relation: *relation,
                id: id.clone(),
                // What it made of it, the next look tells.
                given: BTreeMap::new(),
                needs: needs.clone(),
                doc: doc.clone(),
                doubtful: true,
                begun: BTreeSet::new(),
            };
            state.resources.insert(address.clone(), owned);
        }
        (Some(owned), None) => owned.doubtful = true,
        (None, None) => {}
    }
}

/// What needs the old address needs the new one afterwards.
fn rename(state: &mut State, from: &Address, to: &Address) {
    if state.resources.contains_key(to) {
        return;
    }
    let Some(owned) = state.resources.remove(from) else {
        return;
    };
    state.resources.insert(to.clone(), owned);
    for owned in state.resources.values_mut() {
        if owned.needs.remove(from) {
            owned.needs.insert(to.clone());
        }
    }
}

fn restore(state: &mut State, address: &Address, was: Option<Owned>) {
    match was {
        Some(owned) => state.resources.insert(address.clone(), owned),
        None => state.resources.remove(address),
    };
}
