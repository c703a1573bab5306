//! What the reader should know of Azure besides the plan.

use wip_plan::Note;
use wip_space::Space;

use crate::facts::{Fact, Facts};
use crate::kinds::federated_credential::{MOST, Room};
use crate::places;

/// A code of this crate, and what `wip explain` says of it.
pub struct CodeInfo {
    /// `WIP0340`.
    pub code: &'static str,
    /// In a few words.
    pub title: &'static str,
    /// What it means and what to do.
    pub text: &'static str,
}

const NEARLY_FULL: &str = "WIP0340";
pub(crate) const LEFT_OVER: &str = "WIP0341";
const STRANGER: &str = "WIP0342";

/// The codes of the notes of this crate.
pub const CODES: &[CodeInfo] = &[
    CodeInfo {
        code: NEARLY_FULL,
        title: "A managed identity or an application is nearly full",
        text: "A managed identity or an application has room for 20 federated credentials, and each control plane needs one. When it is full, no \
               other control plane fits: divide the Space before that.",
    },
    CodeInfo {
        code: LEFT_OVER,
        title: "A role assignment is left over",
        text: "A role assignment bears the mark of this state, and neither the file nor the state means it. Azure keeps the \
               assignments of an identity that was deleted, and a run that died may have left one too. wip deletes nothing that its state does not hold: the note names the command that \
               does. Assignments that bear no mark of wip are not looked at: whose an object id was only Microsoft Graph says.",
    },
    CodeInfo {
        code: STRANGER,
        title: "Somebody else may sign in as an identity",
        text: "An identity that wip made has a federated credential that is neither in the file nor wip's, and whoever has a token \
               of that issuer and subject may do what the identity may. wip deletes only what it made: whether anybody needs it, you know.",
    },
];

/// How many may be left before it is worth saying.
const LEFT: usize = 4;

/// The notes of a Space.
pub(crate) fn notes(space: &Space, facts: &Facts) -> Vec<Note> {
    let mut notes = Vec::new();
    for identity in &space.entra {
        let Some(Fact::Known(live)) = facts.credentials.get(&identity.principal.id()) else {
            continue;
        };
        // What any wip made and nobody wants is on its way out.
        let live = live.as_deref().unwrap_or_default();
        let room = Room::of(identity, live, facts, "wip-");
        let note = |code: &str, text: String| Note {
            code: code.to_owned(),
            address: Some(places::address(identity, &space.name)),
            text,
            of_change: false,
        };
        let used = room.wanted + room.foreign.len();
        if used + LEFT > MOST && used <= MOST {
            let text = format!("{used} of {MOST} federated credentials are used");
            notes.push(note(NEARLY_FULL, text));
        }
        // Whom an identity of others admits is theirs to say.
        if identity.principal.is_made() {
            notes.extend(room.foreign.into_iter().map(|theirs| {
                let text = format!(
                    "{} of {} may sign in as it, too: the federated credential {} is neither in the file nor wip's; delete it, \
                     unless somebody needs it",
                    theirs.subject, theirs.issuer, theirs.name
                );
                note(STRANGER, text)
            }));
        }
    }
    notes
}
