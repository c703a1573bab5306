//! What is wanted and there already.
//!
//! Owns the choice between adopt, update, replace and nothing, and the three-way edits.
//! What is not wanted is `unwanted`'s.

use super::decision::{Case, Decision};
use super::guardrails::interruption;
use super::whose::Whose;
use crate::diff::{additions, diff, touches};
use crate::{Action, Doc, Edit, Existing, Owned, Owner, Relation, Sighting, Step};

/// Why something of ours is adopted.
const TAKEN_BACK: &str = "bears our mark, and the state does not know it: taken back";

/// It is wanted and live, and the state does not know it.
pub(super) fn meet(case: &Case<'_>, doc: &Doc, live: &Sighting) -> Decision {
    let unasked = |what: &str| {
        Decision::Blocked(format!(
            "{what}; wip adopt {} takes it over",
            case.us.address
        ))
    };
    let doc = &beside(case, doc, live);
    let edits = edits(case, Relation::Made, doc, live, None);
    match (case.whose(live), case.info.existing) {
        (Whose::Ours | Whose::OursRenamed, _) => take_back(case, doc, live, edits),
        (Whose::AnotherState(reason), _) => Decision::Blocked(reason),
        (Whose::AnotherSpace(_) | Whose::Nobody, Existing::Shared) => share(case, doc, live, edits),
        (Whose::Nobody, Existing::Part) => join(case, doc, live, edits),
        (Whose::AnotherSpace(reason), Existing::Ask | Existing::Part) => Decision::Blocked(reason),
        (Whose::Nobody, Existing::Ask) if case.adopt => adopt(case, doc, live, edits),
        (Whose::Nobody, Existing::Ask) if case.owned.is_some_and(|owned| !owned.doubtful) => {
            unasked("was deleted and made again outside wip, and is not ours")
        }
        (Whose::Nobody, Existing::Ask) => unasked("exists and is not ours"),
    }
}

/// It is wanted, live, and the state knows it.
pub(super) fn keep(case: &Case<'_>, doc: &Doc, owned: &Owned, live: &Sighting) -> Decision {
    let whose = case.whose(live);
    match (&whose, owned.relation) {
        (Whose::AnotherState(reason), _) => return Decision::Blocked(reason.clone()),
        (Whose::AnotherSpace(_), Relation::Shared) => {}
        (Whose::AnotherSpace(reason), _) => return Decision::Blocked(reason.clone()),
        (Whose::Nobody, Relation::Made | Relation::Adopted) if not_the_one(owned, live) => {
            return meet(case, doc, live);
        }
        (Whose::Nobody, _) if untold(owned, live) => {
            return Decision::Blocked(format!(
                "{UNTOLD}; wip adopt {} takes it over",
                case.us.address
            ));
        }
        _ => {}
    }

    let doc = &beside(case, doc, live);
    let edits = edits(case, owned.relation, doc, live, Some(&owned.doc));
    let unmarked = match whose {
        Whose::Ours => None,
        Whose::OursRenamed => Some("its mark names the address that it had before"),
        _ if live.owner == Owner::Unmarked => Some("its mark was taken off"),
        _ => None,
    };
    let remark = unmarked.filter(|_| owned.relation != Relation::Shared);
    let behind = behind(case, owned, doc, live);
    let step = Step {
        mark: remark.is_some(),
        ..present(case, Action::Update, owned.relation, doc, live)
    };
    match (edits.is_empty(), remark, behind) {
        (false, _, _) => change(case, step, edits, live),
        (true, Some(reason), _) => Decision::Steps(vec![Step {
            reason: Some(reason.to_owned()),
            ..step
        }]),
        (true, None, Some(reason)) => Decision::Steps(vec![Step {
            action: Action::Adopt,
            reason: Some(reason),
            ..step
        }]),
        (true, None, None) => Decision::Unchanged,
    }
}

/// Whether what lives is another object than the one that the state knows: made again by
/// somebody else, or never made by us at all. Only for what bears no mark.
pub(super) fn not_the_one(owned: &Owned, live: &Sighting) -> bool {
    let other_id = matches!((&owned.id, &live.id), (Some(ours), Some(theirs)) if ours != theirs);
    other_id || (owned.doubtful && live.owner == Owner::Unmarked)
}

/// Whether a run that died may have left something else than what lives, so that it is not ours to delete.
///
/// What can bear no mark is ours where it is just what that run was about: nothing else could tell. Of what is a part of
/// something, the look shows as ours only what the state or such a run meant.
pub(super) fn in_doubt(case: &Case<'_>, owned: &Owned, live: &Sighting) -> bool {
    let is_told = live.owner == Owner::Unmarkable && live.doc == owned.doc;
    owned.doubtful && !is_told && case.info.existing != Existing::Part
}

/// What is wanted, less what somebody else put there; all of it where somebody asked to take that over.
pub(super) fn beside(case: &Case<'_>, doc: &Doc, live: &Sighting) -> Doc {
    match case.adopt {
        true => doc.clone(),
        false => (case.info.beside)(doc, &live.doc),
    }
}

/// Why nothing is done about what [`untold`] is said of.
pub(super) const UNTOLD: &str =
    "bears no mark of wip's any more: its mark was taken off, or somebody made it again";

/// Whether nobody can tell that what lives is what the state knows: it bears no mark, and no id of the cloud's says so.
/// What is shared bears none of ours.
pub(super) fn untold(owned: &Owned, live: &Sighting) -> bool {
    owned.relation != Relation::Shared
        && live.owner == Owner::Unmarked
        && (owned.id.is_none() || live.id.is_none())
}

/// Why the state has to be written although the cloud is as it should be.
fn behind(case: &Case<'_>, owned: &Owned, doc: &Doc, live: &Sighting) -> Option<String> {
    let needs = case.want.map(|want| &want.needs);
    if case.moved_from.is_some() {
        Some("renamed; only the state is behind".to_owned())
    } else if owned.doubtful {
        Some("begun by a run that died, and found done".to_owned())
    } else if owned.doc != *doc {
        Some("already so; only the state is behind".to_owned())
    } else if owned.id != live.id || owned.given != live.given {
        Some("the state does not have the id that it has now".to_owned())
    } else if needs != Some(&owned.needs) {
        Some("the state does not have what it needs now".to_owned())
    } else {
        None
    }
}

fn take_back(case: &Case<'_>, doc: &Doc, live: &Sighting, edits: Vec<Edit>) -> Decision {
    let step = Step {
        mark: case.whose(live) == Whose::OursRenamed,
        reason: Some(TAKEN_BACK.to_owned()),
        ..present(case, Action::Adopt, relation_of(live), doc, live)
    };
    change(case, step, edits, live)
}

/// How something is ours that bears our mark and that the state does not know.
fn relation_of(live: &Sighting) -> Relation {
    match &live.owner {
        Owner::Marked(mark) if mark.adopted => Relation::Adopted,
        _ => Relation::Made,
    }
}

fn adopt(case: &Case<'_>, doc: &Doc, live: &Sighting, edits: Vec<Edit>) -> Decision {
    let step = Step {
        mark: live.owner != Owner::Unmarkable,
        ..present(case, Action::Adopt, Relation::Adopted, doc, live)
    };
    change(case, step, edits, live)
}

fn share(case: &Case<'_>, doc: &Doc, live: &Sighting, edits: Vec<Edit>) -> Decision {
    let action = if edits.is_empty() {
        Action::Adopt
    } else {
        Action::Update
    };
    change(
        case,
        present(case, action, Relation::Shared, doc, live),
        edits,
        live,
    )
}

/// What is there stays somebody else's; what is added is ours.
fn join(case: &Case<'_>, doc: &Doc, live: &Sighting, edits: Vec<Edit>) -> Decision {
    let action = match (edits.is_empty(), case.adopt) {
        (true, _) | (_, true) => Action::Adopt,
        (false, false) => Action::Update,
    };
    let step = present(case, action, Relation::Made, doc, live);
    change(case, step, edits, live)
}

/// A step over what is live, without its edits.
pub(super) fn present(
    case: &Case<'_>,
    action: Action,
    relation: Relation,
    doc: &Doc,
    live: &Sighting,
) -> Step {
    Step {
        id: live.id.clone(),
        given: live.given.clone(),
        before: Some(live.doc.clone()),
        after: Some(doc.clone()),
        ..case.step(action, relation)
    }
}

/// Of what is shared only additions count: the rest is somebody else's.
fn edits(
    case: &Case<'_>,
    relation: Relation,
    doc: &Doc,
    live: &Sighting,
    stored: Option<&Doc>,
) -> Vec<Edit> {
    match (case.info.existing, relation) {
        (Existing::Part, _) | (Existing::Ask, Relation::Made | Relation::Adopted) => {
            diff(&live.doc, doc, stored)
        }
        (Existing::Shared, _) | (_, Relation::Shared) => additions(&live.doc, doc, stored),
    }
}

/// `step` with its edits, where they may be made; in two steps, where they replace it.
fn change(case: &Case<'_>, step: Step, edits: Vec<Edit>, live: &Sighting) -> Decision {
    if !edits.is_empty() && !live.objections.is_empty() && !case.guardrails.remove_denies {
        return Decision::Blocked(format!(
            "{}; only --remove-denies goes around it",
            live.objections.join("; ")
        ));
    }
    // What was applied counts before what is there: to take drift out again interrupts nobody who was let in.
    let applied = case.owned.map(|owned| &owned.doc);
    if let (Some(before), Some(after)) = (applied.or(step.before.as_ref()), &step.after)
        && !case.guardrails.allow_interruption
        && let Some(why) = (case.info.interrupts)(before, after)
    {
        return Decision::Held(vec![Step { edits, ..step }], interruption(&why));
    }
    let replacing = case
        .info
        .fields
        .iter()
        .find(|field| field.replaces && edits.iter().any(|edit| touches(edit, field.path)));
    let Some(field) = replacing else {
        return Decision::Steps(vec![Step { edits, ..step }]);
    };
    let means = format!(
        "a change of `{}` means to delete it and make it anew",
        field.path
    );
    let way = "write into the file what is there, or delete it by hand";
    let reason = format!("`{}` cannot be changed in place", field.path);
    replace(case, Step { edits, ..step }, live, (&means, way), reason)
}

/// Two steps in the place of one that would change what lives: it goes, and what is wanted is made.
///
/// Blocked where it may not go: `refused` says what that would mean, and the way out.
pub(super) fn replace(
    case: &Case<'_>,
    step: Step,
    live: &Sighting,
    refused: (&str, &str),
    reason: String,
) -> Decision {
    let marked = matches!(case.whose(live), Whose::Ours | Whose::OursRenamed);
    let owned = case.owned.filter(|owned| owned.relation == step.relation);
    let may_go = owned.is_some_and(|owned| match owned.relation {
        Relation::Made => marked || !in_doubt(case, owned, live),
        Relation::Adopted => false,
        // Only our addition goes; the other may be there already, then the next run shares it.
        Relation::Shared => true,
    });
    if !may_go {
        let (means, way) = refused;
        return Decision::Blocked(format!(
            "{means}, and wip deletes only what its state says it made; {way}"
        ));
    }
    let delete = Step {
        replace: true,
        id: step.id,
        before: step.before,
        reason: Some(reason.clone()),
        ..case.step(Action::Delete, step.relation)
    };
    let create = Step {
        replace: true,
        after: step.after,
        edits: step.edits,
        reason: Some(reason),
        ..case.step(Action::Create, Relation::Made)
    };
    Decision::Steps(vec![delete, create])
}
