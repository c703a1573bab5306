//! What is to be done about one address.
//!
//! Owns the decision: one `match` over what is wanted, owned and live.
//! Order, guardrails and targets come later and only take away.

use std::collections::{BTreeMap, BTreeSet};

use super::existing::{keep, meet};
use super::unwanted::let_go;
use super::whose::{Us, Whose, whose};
use crate::diff::{diff, touches};
use crate::{
    Action, Address, Doc, Guardrails, KindInfo, Owned, Place, Relation, Seen, Sighting, Step, Want,
};

/// Everything that is known about one address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case<'a> {
    pub(super) us: Us<'a>,
    /// Where it is wanted; where it lives, when it is not wanted.
    pub(super) place: &'a Place,
    pub(super) info: &'a KindInfo,
    pub(super) want: Option<&'a Want>,
    pub(super) owned: Option<&'a Owned>,
    pub(super) seen: &'a Seen,
    /// The key that the state still stores it under.
    pub(super) moved_from: Option<&'a Address>,
    pub(super) guardrails: Guardrails,
    /// Somebody asked to take it over.
    pub(super) adopt: bool,
    /// What was adopted is deleted, not forgotten.
    pub(super) delete_adopted: bool,
}

/// What is to be done about one address.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Decision {
    /// It is neither wanted nor ours.
    Nothing,
    /// It is as it should be.
    Unchanged,
    /// Nothing may be done.
    Blocked(String),
    /// The same, because of a guardrail that can be let down: then it would be these steps.
    Held(Vec<Step>, String),
    /// One step, or the delete and the create of a replacement.
    Steps(Vec<Step>),
}

impl Decision {
    /// Nothing may be done, whatever the reason.
    pub(super) fn is_blocked(&self) -> bool {
        matches!(self, Self::Blocked(_) | Self::Held(..))
    }

    /// Holds the steps back, if there are any.
    pub(super) fn hold(&mut self, reason: impl Into<String>) {
        if let Self::Steps(steps) = self {
            *self = Self::Held(std::mem::take(steps), reason.into());
        }
    }

    /// Something adopted that is struck from the state and goes on living.
    pub(super) fn is_left_alone(&self) -> bool {
        matches!(self, Self::Steps(steps) if matches!(
            steps.as_slice(),
            [step] if step.action == Action::Forget && step.relation == Relation::Adopted
        ))
    }
}

/// What is to be done about `case`.
pub(super) fn decide(case: &Case<'_>) -> Decision {
    use Decision::{Blocked, Nothing};
    let doc = case.want.map(|want| want.doc.as_ref());
    match (doc, case.owned, case.seen) {
        (None, None, Seen::Absent | Seen::Unreadable(_)) => Nothing,
        (None, None, Seen::Present(live)) => match case.whose(live) {
            Whose::Ours | Whose::OursRenamed => Blocked(STRAY.to_owned()),
            _ => Nothing,
        },

        (Some(Err(reason)), _, _) => Blocked(reason.clone()),
        (_, _, Seen::Unreadable(why)) => Blocked(why.clone()),
        (Some(Ok(_)), Some(owned), _) if case.place_differs(owned) => Blocked(format!(
            "it lives in {} and is wanted in {}; take it out of the file, apply, and put it in again",
            owned.place, case.place
        )),

        (Some(Ok(doc)), None, Seen::Absent) => case.create(doc, None),
        (Some(Ok(doc)), Some(owned), Seen::Absent) => case.create(
            doc,
            (!owned.doubtful).then(|| "was deleted outside wip".to_owned()),
        ),
        (Some(Ok(doc)), None, Seen::Present(live)) => meet(case, doc, live),
        (Some(Ok(doc)), Some(owned), Seen::Present(live)) => keep(case, doc, owned, live),

        (None, Some(_), Seen::Absent) => case.forget(Some("already gone".to_owned())),
        (None, Some(owned), Seen::Present(live)) => let_go(case, owned, live),
    }
}

/// What is said of a live resource that bears our mark and that no state knows.
pub(super) const STRAY: &str = "bears our mark but neither state nor journal knows it: a run that died made it, or the state is \
     older than it; `wip state pull` gets a newer state, and put back into the file it is taken back";

impl Case<'_> {
    /// Whose mark `live` bears.
    pub(super) fn whose(&self, live: &Sighting) -> Whose {
        whose(&live.owner, self.us)
    }

    fn place_differs(&self, owned: &Owned) -> bool {
        self.want.is_some_and(|want| want.place != owned.place)
    }

    /// A step of this address, with nothing live and nothing wanted.
    pub(super) fn step(&self, action: Action, relation: Relation) -> Step {
        let depends_on = match (action, self.want, self.owned) {
            (Action::Delete | Action::Forget, _, Some(owned)) => owned.needs.clone(),
            (_, Some(want), _) => want.needs.clone(),
            (_, None, Some(owned)) => owned.needs.clone(),
            (_, None, None) => BTreeSet::new(),
        };
        Step {
            address: self.us.address.clone(),
            place: self.place.clone(),
            action,
            moved_from: self.moved_from.cloned(),
            relation,
            replace: false,
            mark: false,
            id: None,
            given: BTreeMap::new(),
            before: None,
            after: None,
            edits: Vec::new(),
            needs: BTreeSet::new(),
            depends_on,
            reason: None,
        }
    }

    /// With the id that it had, where it was there before: some clouds give it back.
    fn create(&self, doc: &Doc, reason: Option<String>) -> Decision {
        Decision::Steps(vec![Step {
            after: Some(doc.clone()),
            id: self
                .owned
                .filter(|owned| self.is_same(owned, doc))
                .and_then(|owned| owned.id.clone()),
            reason,
            ..self.step(Action::Create, Relation::Made)
        }])
    }

    /// Whether what is wanted is what the state has, as far as a change of it would not replace it.
    fn is_same(&self, owned: &Owned, doc: &Doc) -> bool {
        let edits = diff(&owned.doc, doc, None);
        let mut replacing = self.info.fields.iter().filter(|field| field.replaces);
        !replacing.any(|field| edits.iter().any(|edit| touches(edit, field.path)))
    }

    /// Strike it from the state.
    pub(super) fn forget(&self, reason: Option<String>) -> Decision {
        let relation = self.owned.map_or(Relation::Made, |owned| owned.relation);
        Decision::Steps(vec![Step {
            reason,
            ..self.step(Action::Forget, relation)
        }])
    }
}
