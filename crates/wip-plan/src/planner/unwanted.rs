//! What is ours and no longer wanted.
//!
//! Owns the choice between delete and forget: nothing that is not ours is deleted.

use super::decision::{Case, Decision};
use super::existing::{UNTOLD, in_doubt, not_the_one, untold};
use super::whose::Whose;
use crate::{Action, Owned, Relation, Sighting, Step};

/// It is live, the state knows it, and nobody wants it.
pub(super) fn let_go(case: &Case<'_>, owned: &Owned, live: &Sighting) -> Decision {
    let whose = case.whose(live);
    let marked = matches!(whose, Whose::Ours | Whose::OursRenamed);
    let stays = (case.info.stays)(&live.doc, owned.relation);
    match (whose, owned.relation) {
        (Whose::AnotherState(reason), _) => case.forget(Some(reason)),
        (Whose::AnotherSpace(reason), Relation::Made | Relation::Adopted) => {
            case.forget(Some(reason))
        }
        // Our addition may be on it, and bears no mark of the whole.
        (_, Relation::Shared) if let Some(reason) = stays => stay(case, live, reason),
        _ if !marked && in_doubt(case, owned, live) => case.forget(Some(
            "begun by a run that died, and what is there bears no mark of ours".to_owned(),
        )),
        (_, Relation::Made | Relation::Adopted) if !marked && not_the_one(owned, live) => {
            case.forget(Some("was deleted and made again outside wip".to_owned()))
        }
        _ if !marked && untold(owned, live) => Decision::Blocked(format!(
            "{UNTOLD}; wip state forget {} leaves it alone; put back into the file, wip adopt takes it over",
            case.us.address
        )),
        (_, Relation::Adopted) if !case.delete_adopted => Decision::Steps(vec![Step {
            mark: marked,
            id: live.id.clone(),
            reason: Some("was adopted, so it stays".to_owned()),
            ..case.step(Action::Forget, Relation::Adopted)
        }]),
        (_, relation) => match stays {
            Some(reason) => stay(case, live, reason),
            None => Decision::Steps(vec![Step {
                id: live.id.clone(),
                before: Some(live.doc.clone()),
                ..case.step(Action::Delete, relation)
            }]),
        },
    }
}

/// Struck from the state; whatever of ours is on it comes off, its mark or what was added to something shared.
fn stay(case: &Case<'_>, live: &Sighting, reason: String) -> Decision {
    let relation = case.owned.map_or(Relation::Shared, |owned| owned.relation);
    Decision::Steps(vec![Step {
        mark: true,
        id: live.id.clone(),
        reason: Some(reason),
        ..case.step(Action::Forget, relation)
    }])
}
