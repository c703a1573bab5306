//! What is bound to an id that the plan makes anew.
//!
//! Owns that such a thing is made anew too, in two steps; which links there are is the wants'.

use std::collections::BTreeMap;

use super::decision::Decision;
use super::desk::Desk;
use super::existing::{beside, present, replace};
use crate::{Action, Address, Seen};

/// Replaces everything that is live and bound to something that `decisions` make anew.
///
/// Again and again, because what is replaced here may have others bound to it.
pub(super) fn rebind(decisions: &mut BTreeMap<Address, Decision>, desk: &Desk<'_>) {
    loop {
        let bound: Vec<(Address, Decision)> = desk
            .wants()
            .filter_map(|want| {
                let decision = decisions.get(&want.address)?;
                let mut links = want.links.iter();
                let root = links.find(|link| decisions.get(*link).is_some_and(is_made))?;
                let replaced = replacement(&want.address, decision, root, desk)?;
                Some((want.address.clone(), replaced))
            })
            .collect();
        if bound.is_empty() {
            return;
        }
        decisions.extend(bound);
    }
}

fn is_made(decision: &Decision) -> bool {
    matches!(decision, Decision::Steps(steps) if steps.iter().any(|step| step.action == Action::Create))
}

/// The two steps; `None` where it is made anew already, nothing may be done, or nothing is there that could be bound to what
/// was.
fn replacement(
    address: &Address,
    decision: &Decision,
    root: &Address,
    desk: &Desk<'_>,
) -> Option<Decision> {
    let Some(Seen::Present(live)) = desk.seen(address) else {
        return None;
    };
    let case = desk.case(address)?;
    let step = match decision {
        Decision::Steps(_) if is_made(decision) => return None,
        Decision::Steps(steps) => steps.first()?.clone(),
        Decision::Unchanged => {
            let doc = case.want?.doc.as_ref().ok()?;
            let doc = beside(&case, doc, live);
            present(&case, Action::Update, case.owned?.relation, &doc, live)
        }
        Decision::Blocked(_) | Decision::Held(..) | Decision::Nothing => return None,
    };
    let reason = format!("bound to {root}, which is made anew");
    let way = "delete it by hand, and plan again";
    Some(replace(&case, step, live, (&reason, way), reason.clone()))
}
