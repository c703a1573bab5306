//! The planner: wanted, live and owned in, everything that apply will do out.
//!
//! Owns the order of the work: decide about each address alone, then let targets,
//! guardrails and what is blocked take away, then sort.
//! Does no I/O and knows no kind but through [`crate::KindInfo`].

mod bound;
mod decision;
mod desk;
mod effects;
mod existing;
mod guardrails;
mod inputs;
mod moved;
mod order;
mod rooms;
mod targets;
mod unwanted;
mod whose;

use std::collections::BTreeMap;

pub use inputs::{AdoptWhat, Guardrails, Inputs, Mode};
pub use moved::{Renamed, rename};
pub use rooms::Room;

use crate::{Action, Address, Blocked, Grant, KindInfo, Note, Plan, Step};
use decision::Decision;
use desk::Desk;
use effects::{Effect, effect};
use order::{Links, sort, spread};

/// The plan that makes the live clouds what the file asks for.
///
/// Deterministic: equal inputs give equal plans.
pub fn plan(inputs: Inputs<'_>) -> Plan {
    let renamed = rename(inputs.state, inputs.moved);
    let desk = Desk::new(&inputs, &renamed);
    let links = Links::new(desk.wants(), &renamed.resources, inputs.kinds);
    let mut notes = inputs.notes.clone();

    let mut decisions = desk.decisions();
    if matches!(inputs.mode, Mode::Apply) {
        bound::rebind(&mut decisions, &desk);
    }
    keep_what_stays_used(&mut decisions, &desk);
    notes.extend(desk.already_ours());
    if matches!(inputs.mode, Mode::Destroy { .. }) {
        guardrails::forbid_destroy(&mut decisions, inputs.guardrails);
    }
    guardrails::hold_the_stranding(&mut decisions, &desk, inputs.guardrails);
    block_untold(&mut decisions, &desk);
    notes.extend(targets::narrow(&mut decisions, &links, &inputs.target));
    spread(&mut decisions, &links);
    break_circles(&mut decisions, &links);
    notes.extend(rooms::limit(&mut decisions, &inputs.rooms));
    spread(&mut decisions, &links);
    if matches!(inputs.mode, Mode::Apply) {
        let effects = effects(&decisions, &desk);
        guardrails::limit_revokes(&mut decisions, &effects, inputs.guardrails);
        spread(&mut decisions, &links);
    }

    let steps = break_circles(&mut decisions, &links);
    let effects = effects(&decisions, &desk);
    let all = |of: fn(&Effect) -> Vec<Grant>| -> Vec<Grant> {
        let mut all: Vec<Grant> = effects.values().flat_map(of).collect();
        all.sort();
        all
    };
    notes.retain(|note| {
        let address = note.address.as_ref();
        let decision = address.and_then(|address| decisions.get(address));
        !note.of_change || matches!(decision, Some(Decision::Steps(_)))
    });
    notes.extend(desk.remarks(&decisions));
    notes.extend(steps.iter().filter_map(|step| warning(step, inputs.kinds)));
    let (unchanged, blocked) = outcome(&decisions);
    notes.sort();
    notes.dedup();
    Plan {
        format: "wip-plan/1".to_owned(),
        space: inputs.space.to_owned(),
        cloud: inputs.cloud,
        lineage: inputs.state.lineage.clone(),
        serial: inputs.state.serial,
        steps,
        unchanged,
        blocked,
        notes,
        grants: all(|effect| effect.grants.iter().cloned().collect()),
        revokes: all(|effect| effect.revokes.iter().cloned().collect()),
    }
}

/// What a kind has to say of a change of what is live.
fn warning(step: &Step, kinds: &BTreeMap<&'static str, KindInfo>) -> Option<Note> {
    let (before, after) = (step.before.as_ref()?, step.after.as_ref()?);
    let (code, text) = (kinds.get(step.address.kind())?.warns)(before, after)?;
    Some(Note {
        code: code.to_owned(),
        address: Some(step.address.clone()),
        text,
        of_change: true,
    })
}

/// What something adopted needs that is left alone stays as well: forgotten, not deleted.
fn keep_what_stays_used(decisions: &mut BTreeMap<Address, Decision>, desk: &Desk<'_>) {
    let staying: Vec<(Address, Address)> = decisions
        .iter()
        .filter(|(_, decision)| decision.is_left_alone())
        .filter_map(|(address, _)| Some((address, desk.owned(address)?)))
        .flat_map(|(address, owned)| {
            let needs = owned.needs.iter();
            needs.map(|needed| (needed.clone(), address.clone()))
        })
        .collect();
    for (needed, user) in staying {
        if let Some(Decision::Steps(steps)) = decisions.get_mut(&needed)
            && let [step] = steps.as_mut_slice()
            && step.action == Action::Delete
        {
            step.action = Action::Forget;
            step.mark = desk.bears_our_mark(&needed);
            step.before = None;
            step.reason = Some(format!("{user} uses it, and stays"));
        }
    }
}

/// Blocks every step of which nobody can tell who gains and loses what: no guardrail would see it.
fn block_untold(decisions: &mut BTreeMap<Address, Decision>, desk: &Desk<'_>) {
    let untold: Vec<(Address, String)> = each_effect(decisions, desk)
        .filter_map(|(address, effect)| Some((address.clone(), effect.err()?)))
        .collect();
    for (address, reason) in untold {
        decisions.insert(address, Decision::Blocked(reason));
    }
}

/// The sorted steps; what needs itself is blocked, and with it what waits for it.
fn break_circles(decisions: &mut BTreeMap<Address, Decision>, links: &Links<'_>) -> Vec<Step> {
    loop {
        let circle = match sort(decisions, links) {
            Ok(steps) => return steps,
            Err(circle) => circle,
        };
        let names: Vec<String> = circle.iter().map(Address::to_string).collect();
        let reason = format!("needs itself, in a circle: {}", names.join(" → "));
        for address in circle {
            decisions.insert(address, Decision::Blocked(reason.clone()));
        }
        spread(decisions, links);
    }
}

/// What all steps do; those of which that cannot be told are blocked by now.
fn effects(decisions: &BTreeMap<Address, Decision>, desk: &Desk<'_>) -> BTreeMap<Address, Effect> {
    each_effect(decisions, desk)
        .filter_map(|(address, effect)| Some((address.clone(), effect.ok()?)))
        .collect()
}

fn each_effect<'a>(
    decisions: &'a BTreeMap<Address, Decision>,
    desk: &'a Desk<'_>,
) -> impl Iterator<Item = (&'a Address, Result<Effect, String>)> {
    decisions.iter().filter_map(|(address, decision)| {
        let Decision::Steps(steps) = decision else {
            return None;
        };
        let info = desk.info(address)?;
        Some((address, effect(info, desk.owned(address), steps)))
    })
}

fn outcome(decisions: &BTreeMap<Address, Decision>) -> (Vec<Address>, Vec<Blocked>) {
    let mut unchanged = Vec::new();
    let mut blocked = Vec::new();
    for (address, decision) in decisions {
        match decision {
            Decision::Unchanged => unchanged.push(address.clone()),
            Decision::Blocked(reason) => blocked.push(Blocked {
                address: address.clone(),
                reason: reason.clone(),
                held: Vec::new(),
            }),
            Decision::Held(steps, reason) => blocked.push(Blocked {
                address: address.clone(),
                reason: reason.clone(),
                held: steps.clone(),
            }),
            Decision::Nothing | Decision::Steps(_) => {}
        }
    }
    (unchanged, blocked)
}

#[cfg(test)]
mod tests;
