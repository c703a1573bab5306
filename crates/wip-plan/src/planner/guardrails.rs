//! What a plan may not do without being asked again.
//!
//! Owns the brakes: too many grants taken away, a destroy that nobody allowed, and access that is gone until pods restart.

use std::collections::{BTreeMap, BTreeSet};

use super::decision::Decision;
use super::desk::Desk;
use super::effects::Effect;
use crate::{Action, Address, Guardrails, Step};

/// Blocks every step that takes a grant of ours away, where there are more than allowed.
pub(super) fn limit_revokes(
    decisions: &mut BTreeMap<Address, Decision>,
    effects: &BTreeMap<Address, Effect>,
    guardrails: Guardrails,
) {
    let revoking = || {
        effects
            .iter()
            .filter(|(_, effect)| !effect.revokes_of_ours.is_empty())
    };
    let count: usize = revoking()
        .map(|(_, effect)| effect.revokes_of_ours.len())
        .sum();
    let allowed = guardrails
        .max_revokes
        .max(guardrails.allow_revokes.unwrap_or(0));
    if u32::try_from(count).is_ok_and(|count| count <= allowed) {
        return;
    }
    let is = if allowed == 1 { "is" } else { "are" };
    let reasons: Vec<(Address, String)> = revoking()
        .map(|(address, effect)| {
            let own = effect.revokes_of_ours.len();
            let noun = if own == 1 { "grant" } else { "grants" };
            let whose: BTreeSet<&str> = effect
                .revokes_of_ours
                .iter()
                .map(|grant| grant.who.as_str())
                .collect();
            let reason = format!(
                "takes away {own} {noun} of {}; the plan takes away {count} in all, {allowed} {is} \
                 allowed: --allow-revokes {count} lets it",
                few(&whose),
            );
            (address.clone(), reason)
        })
        .collect();
    for (address, reason) in reasons {
        if let Some(decision) = decisions.get_mut(&address) {
            decision.hold(reason);
        }
    }
}

/// Blocks every step, unless a destroy is allowed.
pub(super) fn forbid_destroy(decisions: &mut BTreeMap<Address, Decision>, guardrails: Guardrails) {
    if guardrails.allow_destroy {
        return;
    }
    for decision in decisions.values_mut() {
        decision
            .hold("guardrails.allowDestroy is false; set it, or type the Space's name when asked");
    }
}

/// Blocks the end of what workloads come by that are to come by another way: until they restart they would come by none.
pub(super) fn hold_the_stranding(
    decisions: &mut BTreeMap<Address, Decision>,
    desk: &Desk<'_>,
    guardrails: Guardrails,
) {
    if guardrails.allow_interruption {
        return;
    }
    for (address, decision) in decisions.iter_mut() {
        let Decision::Steps(steps) = decision else {
            continue;
        };
        let [
            Step {
                action: Action::Delete,
                before: Some(gone),
                ..
            },
        ] = steps.as_slice()
        else {
            continue;
        };
        let edges = desk.edges_of_needed(address);
        let strands = desk.info(address).map(|info| info.strands);
        if let Some(why) = strands.and_then(|strands| strands(gone, &edges)) {
            decision.hold(interruption(&why));
        }
    }
}

/// Nothing is done that takes access from whoever keeps it by another way, unless that was allowed.
pub(super) fn interruption(why: &str) -> String {
    format!("{why}; only --allow-interruption goes around it")
}

/// The first three, and how many more.
fn few(names: &BTreeSet<&str>) -> String {
    let first: Vec<&str> = names.iter().copied().take(3).collect();
    let first = first.join(", ");
    match names.len().saturating_sub(3) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
