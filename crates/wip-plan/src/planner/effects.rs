//! What the steps of one address do to who may do what.
//!
//! Owns "before" and "after" of grants; the join itself is [`crate::grants`]'.

use std::collections::BTreeSet;

use crate::diff::apply;
use crate::grants::grants;
use crate::{Action, Doc, Grant, KindInfo, Owned, Relation, Step};

/// Who gains and who loses what by the steps of one address.
#[derive(Debug, Default)]
pub(super) struct Effect {
    pub(super) grants: BTreeSet<Grant>,
    pub(super) revokes: BTreeSet<Grant>,
    /// Those of `revokes` that wip gave; the rest is drift that is taken out.
    pub(super) revokes_of_ours: BTreeSet<Grant>,
}

/// What `steps`, all of one address, do.
///
/// Errors: why that cannot be told, in words.
pub(super) fn effect(
    info: &KindInfo,
    owned: Option<&Owned>,
    steps: &[Step],
) -> Result<Effect, String> {
    let Some(last) = steps.last().filter(|last| last.action != Action::Forget) else {
        return Ok(Effect::default());
    };
    let live = steps.iter().find_map(|step| step.before.as_ref());
    let of = |what: &str, doc: Option<&Doc>| {
        let granted = doc.map(|doc| grants(info, &last.address, doc));
        granted
            .transpose()
            .map(Option::unwrap_or_default)
            .map_err(|error| format!("who gains and loses what cannot be told: {what}: {error}"))
    };
    let ours = of(
        "the state's document, which another wip may have written",
        owned.map(|owned| &owned.doc),
    )?;
    let mut before = of("what is there", live)?;
    let after = match (last.action, live) {
        (Action::Delete, _) => BTreeSet::new(),
        (Action::Update | Action::Adopt, Some(live)) => {
            of("what is to be", Some(&apply(live, &last.edits)))?
        }
        _ => of("what is wanted", last.after.as_ref())?,
    };
    if last.action == Action::Delete && last.relation == Relation::Shared {
        // Only our addition is taken back.
        before.retain(|grant| ours.contains(grant));
    }
    let revokes: BTreeSet<Grant> = before.difference(&after).cloned().collect();
    Ok(Effect {
        grants: after.difference(&before).cloned().collect(),
        revokes_of_ours: revokes.intersection(&ours).cloned().collect(),
        revokes,
    })
}
