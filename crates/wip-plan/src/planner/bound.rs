//! What is bound to an id that the plan makes anew.
//!
//! Owns that such a thing is made anew too, in two steps; which links there are is the wants'.

use std::collections::BTreeMap;

use super::decision::Decision;
use super::desk::Desk;
use crate::{Action, Address, Relation, Seen, Step};

/// Replaces everything that is live and bound to something that `decisions` make anew.
///
/// Again and again, because what is replaced here may have others bound to it.
pub(super) fn rebind(decisions: &mut BTreeMap<Address, Decision>, desk: &Desk<'_>) {
    loop {
        let bound: Vec<(Address, Decision)> = desk
            .wants()
            .filter(|want| !is_settled(decisions.get(&want.address)))
            .filter_map(|want| {
                let mut links = want.links.iter();
                let root = links.find(|link| is_made(decisions.get(*link)))?;
                Some((
                    want.address.clone(),
                    replacement(&want.address, root, desk)?,
                ))
            })
            .collect();
        if bound.is_empty() {
            return;
        }
        decisions.extend(bound);
    }
}

/// Whether nothing is left to do here: it is made anew already, or nothing may be done.
fn is_settled(decision: Option<&Decision>) -> bool {
    is_made(decision)
        || matches!(
            decision,
            Some(Decision::Blocked(_) | Decision::Nothing) | None
        )
}

fn is_made(decision: Option<&Decision>) -> bool {
    matches!(decision, Some(Decision::Steps(steps)) if steps.iter().any(|step| step.action == Action::Create))
}

/// The two steps; `None` where nothing is there that could be bound to what was.
fn replacement(address: &Address, root: &Address, desk: &Desk<'_>) -> Option<Decision> {
    let Some(Seen::Present(live)) = desk.seen(address) else {
        return None;
    };
    let reason = format!("bound to {root}, which is made anew");
    let relation = match desk.owned(address) {
        Some(owned) if owned.relation != Relation::Adopted => owned.relation,
        _ => {
            let way = "delete it by hand, and plan again";
            return Some(Decision::Blocked(format!(
                "{reason}, and wip deletes only what its state says it made; {way}"
            )));
        }
    };
    let case = desk.case(address)?;
    let after = case.want?.doc.as_ref().ok()?.clone();
    let delete = Step {
        replace: true,
        id: live.id.clone(),
        before: Some(live.doc.clone()),
        reason: Some(reason.clone()),
        ..case.step(Action::Delete, relation)
    };
    let create = Step {
        replace: true,
        after: Some(after),
        reason: Some(reason),
        ..case.step(Action::Create, Relation::Made)
    };
    Some(Decision::Steps(vec![delete, create]))
}
