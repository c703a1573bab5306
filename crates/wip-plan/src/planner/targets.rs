//! Plans of a part: the targeted addresses and what they need.
//!
//! Owns what is kept and the note about what is left out.

use std::collections::{BTreeMap, BTreeSet};

use super::decision::Decision;
use super::order::Links;
use crate::{Address, Note};

/// Leaves only `target` and, transitively, what it waits for; says what was left out.
///
/// A target that is neither wanted nor in the state is blocked.
pub(super) fn narrow(
    decisions: &mut BTreeMap<Address, Decision>,
    links: &Links<'_>,
    target: &BTreeSet<Address>,
) -> Option<Note> {
    if target.is_empty() {
        return None;
    }
    for address in target {
        decisions.entry(address.clone()).or_insert_with(|| {
            Decision::Blocked("is neither in the file nor in the state".to_owned())
        });
    }

    let mut kept = BTreeSet::new();
    let mut open: Vec<Address> = target.iter().cloned().collect();
    while let Some(address) = open.pop() {
        if !kept.insert(address.clone()) {
            continue;
        }
        match decisions.get(&address) {
            Some(Decision::Steps(steps)) => {
                open.extend(links.waits_for(&address, steps).into_iter().cloned());
            }
            _ => open.extend(links.needs(&address).cloned()),
        }
    }
    let left_out: Vec<String> = decisions
        .iter()
        .filter(|(address, decision)| {
            !kept.contains(address)
                && (matches!(decision, Decision::Steps(_)) || decision.is_blocked())
        })
        .map(|(address, _)| address.to_string())
        .collect();
    decisions.retain(|address, _| kept.contains(address));
    (!left_out.is_empty()).then(|| Note {
        code: "WIP0301".to_owned(),
        address: None,
        text: format!(
            "--target leaves out {} of the plan: {}",
            left_out.len(),
            left_out.join(", ")
        ),
        of_change: false,
    })
}
