//! What the steps of one address do to who may do what.
//!
//! Owns "before" and "after" of grants; the join itself is [`crate::grants`]'.

use std::collections::BTreeSet;

use crate::diff::apply;
use crate::grants::grants;
use crate::{Action, Grant, KindInfo, Owned, Relation, Step};

/// Who gains and who loses what by the steps of one address.
#[derive(Debug, Default)]
pub(super) struct Effect {
    pub(super) grants: BTreeSet<Grant>,
    pub(super) revokes: BTreeSet<Grant>,
    /// Those of `revokes` that wip gave; the rest is drift that is taken out.
    pub(super) revokes_of_ours: BTreeSet<Grant>,
}

/// What `steps`, all of one address, do.
pub(super) fn effect(info: &KindInfo, owned: Option<&Owned>, steps: &[Step]) -> Effect {
    let Some(last) = steps.last() else {
        return Effect::default();
    };
    let live = steps.iter().find_map(|step| step.before.as_ref());
    let of = |doc| grants(info, &last.address, doc);
    let ours = owned.map(|owned| of(&owned.doc)).unwrap_or_default();
    let mut before = live.map(of).unwrap_or_default();
    let after = match (last.action, live) {
        (Action::Forget, _) => return Effect::default(),
        (Action::Delete, _) => BTreeSet::new(),
        (Action::Create, _) | (_, None) => last.after.as_ref().map(of).unwrap_or_default(),
        (Action::Update | Action::Adopt, Some(live)) => of(&apply(live, &last.edits)),
    };
    if last.action == Action::Delete && last.relation == Relation::Shared {
        // Only our addition is taken back.
        before.retain(|grant| ours.contains(grant));
    }
    let revokes: BTreeSet<Grant> = before.difference(&after).cloned().collect();
    Effect {
        grants: after.difference(&before).cloned().collect(),
        revokes_of_ours: revokes.intersection(&ours).cloned().collect(),
        revokes,
    }
}
