//! What a state and the journal beside it come to.
//!
//! Owns the decision; pure, reads no file.

use std::path::Path;

use wip_plan::{Address, Cloud, State};

use crate::journal::{Journal, Standing};
use crate::{StateError, fold};

/// What was found of a Space.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// What wip owns, with the journal of a run that died folded in.
    pub state: State,
    /// There when a run left its journal: it died, or it is still going on.
    /// The next apply has to store this state even when it has nothing else to do.
    pub recovered: Option<Recovery>,
    /// A journal lies there that is in the state already: the run died after storing it.
    /// [`crate::FolderStore::drop_journal`] removes it.
    pub leftover: bool,
}

/// What the journal of a run that did not finish had to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// How many entries were folded in.
    pub entries: usize,
    /// What is in doubt now: begun, and no outcome known. To be observed.
    pub in_doubt: Vec<Address>,
    /// The last line was not written to its end and is left out.
    pub torn: bool,
}

/// Folds `journal` into `state`, where it is not in it already.
///
/// Without a state file it is the first state, serial 0; its lineage is that of the journal
/// if there is one, because what the dead run made bears that, and `new_lineage` otherwise.
pub(crate) fn recover(
    state: Option<State>,
    journal: Option<Journal>,
    journal_path: &Path,
    (space, cloud, new_lineage): (&str, Cloud, &str),
) -> Result<Loaded, StateError> {
    let state = state.unwrap_or_else(|| State {
        space: space.to_owned(),
        cloud,
        lineage: journal
            .as_ref()
            .map_or(new_lineage, |j| &j.header.lineage)
            .to_owned(),
        serial: 0,
        resources: Default::default(),
    });
    let Some(journal) = journal else {
        return Ok(Loaded {
            state,
            recovered: None,
            leftover: false,
        });
    };
    Ok(match journal.standing(&state, journal_path)? {
        Standing::Folded => Loaded {
            state,
            recovered: None,
            leftover: true,
        },
        Standing::Open => {
            let state = fold(state, &journal.entries);
            let doubtful = state.resources.iter().filter(|(_, owned)| owned.doubtful);
            let recovery = Recovery {
                entries: journal.entries.len(),
                in_doubt: doubtful.map(|(address, _)| address.clone()).collect(),
                torn: journal.torn,
            };
            Loaded {
                state,
                recovered: Some(recovery),
                leftover: false,
            }
        }
    })
}
