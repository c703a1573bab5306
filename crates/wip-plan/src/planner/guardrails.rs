//! What a plan may not do without being asked again.
//!
//! Owns the two brakes: too many grants taken away, and a destroy that nobody allowed.

use std::collections::{BTreeMap, BTreeSet};

use super::decision::Decision;
use super::effects::Effect;
use crate::{Address, Guardrails};

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
        decisions.insert(address, Decision::Blocked(reason));
    }
}

/// Blocks every step, unless a destroy is allowed.
pub(super) fn forbid_destroy(decisions: &mut BTreeMap<Address, Decision>, guardrails: Guardrails) {
    if guardrails.allow_destroy {
        return;
    }
    for decision in decisions.values_mut() {
        if matches!(decision, Decision::Steps(_)) {
            *decision = Decision::Blocked(
                "guardrails.allowDestroy is false; set it, or type the Space's name when asked"
                    .to_owned(),
            );
        }
    }
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
