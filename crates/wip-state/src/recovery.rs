//! What a state and the journal beside it come to.
//!
//! Owns the decision; pure, reads no file.

use std::path::{Path, PathBuf};

use wip_plan::{Address, State};

use crate::journal::{Journal, Standing};
use crate::{StateError, Whose, fold, format};

/// What a store found of a Space, in bytes.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The state, where there is one.
    pub state: Option<Vec<u8>>,
    /// Where it is, for messages.
    pub state_path: PathBuf,
    /// The journal, where there is one: all of it, in order.
    pub journal: Option<Vec<u8>>,
    /// Where it is, for messages.
    pub journal_path: PathBuf,
}

impl Found {
    /// What state and journal come to.
    ///
    /// # Errors
    /// For bytes that wip did not write, or that do not belong here or together.
    pub fn load(&self, whose: &Whose) -> Result<Loaded, StateError> {
        let journal = match &self.journal {
            Some(bytes) => Journal::read(bytes, &self.journal_path)?,
            None => None,
        };
        recover(self.stored(whose)?, journal, &self.journal_path, whose)
    }

    /// The state alone, as it is stored.
    ///
    /// # Errors
    /// For bytes that wip did not write, or that do not belong here.
    pub fn stored(&self, whose: &Whose) -> Result<Option<State>, StateError> {
        let path = self.state_path.as_path();
        let Some(bytes) = &self.state else {
            return Ok(None);
        };
        let text = std::str::from_utf8(bytes).map_err(|error| StateError::NotText {
            path: path.to_owned(),
            at: error.valid_up_to(),
        })?;
        let state = format::read(text, path)?;
        if state.space != whose.space {
            return Err(StateError::OtherSpace {
                path: path.to_owned(),
                found: state.space,
                wanted: whose.space.clone(),
            });
        }
        if state.cloud != whose.cloud {
            return Err(StateError::OtherCloud {
                path: path.to_owned(),
                found: state.cloud,
            });
        }
        Ok(Some(state))
    }

    /// Whether a run that builds on `state` has to begin a new journal, where it has read this
    /// one: `false` where it goes on with it.
    ///
    /// A torn line at its end is not there.
    ///
    /// # Errors
    /// For a journal that does not belong to `state`.
    pub fn is_done(&self, state: &State) -> Result<bool, StateError> {
        let path = self.journal_path.as_path();
        let journal = match &self.journal {
            Some(bytes) => Journal::read(bytes, path)?,
            None => None,
        };
        journal.map_or(Ok(true), |journal| {
            Ok(journal.standing(state, path)? == Standing::Folded)
        })
    }
}

/// What was found of a Space.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// What wip owns, with the journal of a run that died folded in.
    pub state: State,
    /// There when a run left its journal: it died, or it is still going on.
    /// The next apply has to store this state even when it has nothing else to do.
    pub recovered: Option<Recovery>,
    /// A journal lies there that is in the state already: the run died after storing it.
    /// [`crate::Store::drop_journal`] removes it.
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
fn recover(
    state: Option<State>,
    journal: Option<Journal>,
    journal_path: &Path,
    whose: &Whose,
) -> Result<Loaded, StateError> {
    let state = state.unwrap_or_else(|| State {
        space: whose.space.clone(),
        cloud: whose.cloud,
        lineage: journal
            .as_ref()
            .map_or(&whose.new_lineage, |j| &j.header.lineage)
            .clone(),
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
