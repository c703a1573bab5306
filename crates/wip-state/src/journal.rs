//! The journal as text: a header, then one entry a line, all JSON.
//!
//! Owns its format (`wip-journal/1`) and whether it belongs to a state.
//! Reads and writes no file.

use std::path::Path;

use serde::{Deserialize, Serialize};
use wip_plan::{Cloud, State};

use crate::format::{self, check_depth};
use crate::{Entry, StateError, fold};

/// The largest journal, in bytes: each resource of the largest state, begun and made.
pub const MAX_BYTES: u64 = 4 * format::MAX_BYTES;

/// The format that this version writes.
const FORMAT: &str = "wip-journal/1";

/// The first line: which state the entries build on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Header {
    format: String,
    space: String,
    cloud: Cloud,
    pub(crate) lineage: String,
    serial: u64,
}

/// Only what tells one format from another.
#[derive(Deserialize)]
struct AnyHeader {
    format: String,
}

/// A journal that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Journal {
    pub(crate) header: Header,
    pub(crate) entries: Vec<Entry>,
    /// Something stands behind the last line's end.
    pub(crate) torn: bool,
}

/// How a journal stands to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It builds on this state and is not in it yet.
    Open,
    /// It is in the state already.
    Folded,
}

impl Header {
    pub(crate) fn of(state: &State) -> Self {
        Self {
            format: FORMAT.to_owned(),
            space: state.space.clone(),
            cloud: state.cloud,
            lineage: state.lineage.clone(),
            serial: state.serial,
        }
    }
}

/// The line with which the journal of a run that builds on `state` begins, with its end.
///
/// # Errors
/// None that is known: a header is plain text.
pub fn head(state: &State) -> Result<Vec<u8>, StateError> {
    to_line(&Header::of(state))
}

/// `entries` as lines, each with its end.
///
/// # Errors
/// [`StateError::TooDeep`] for a document that could not be read again.
pub fn to_lines(entries: &[Entry]) -> Result<Vec<u8>, StateError> {
    let mut lines = Vec::new();
    for entry in entries {
        if let Some(doc) = entry.doc() {
            check_depth(entry.address(), doc)?;
        }
        lines.extend(to_line(entry)?);
    }
    Ok(lines)
}

fn to_line<T: Serialize>(value: &T) -> Result<Vec<u8>, StateError> {
    let mut line =
        serde_json::to_vec(value).map_err(|error| StateError::Unwritable(error.into()))?;
    line.push(b'\n');
    Ok(line)
}

impl Journal {
    /// Reads a journal; `None` where not even the header was written to its end, because
    /// then nothing was begun.
    pub(crate) fn read(bytes: &[u8], path: &Path) -> Result<Option<Self>, StateError> {
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        let mut lines = bytes[..whole]
            .split_inclusive(|byte| *byte == b'\n')
            .zip(1..);
        let Some((first, _)) = lines.next() else {
            return Ok(None);
        };
        let broken = |line| {
            move |source| StateError::JournalBroken {
                path: path.to_owned(),
                line,
                source,
            }
        };
        let any: AnyHeader = serde_json::from_slice(first).map_err(broken(1))?;
        if any.format != FORMAT {
            return Err(StateError::JournalFormat {
                path: path.to_owned(),
                found: any.format,
            });
        }
        let header = serde_json::from_slice(first).map_err(broken(1))?;
        let entries = lines
            .map(|(line, number)| serde_json::from_slice(line).map_err(broken(number)))
            .collect::<Result<_, _>>()?;
        Ok(Some(Self {
            header,
            entries,
            torn: whole < bytes.len(),
        }))
    }

    /// How it stands to `state`, which is the one that lies beside it.
    ///
    /// A run stores the new state first and drops its journal then, so a journal may build on
    /// the state before this one; that it is in it already shows in that folding it changes
    /// nothing.
    pub(crate) fn standing(&self, state: &State, path: &Path) -> Result<Standing, StateError> {
        let (header, path) = (&self.header, path.to_owned());
        if header.space != state.space {
            return Err(StateError::OtherSpace {
                path,
                found: header.space.clone(),
                wanted: state.space.clone(),
            });
        }
        if header.cloud != state.cloud {
            return Err(StateError::OtherCloud {
                path,
                found: header.cloud,
            });
        }
        if header.lineage != state.lineage {
            return Err(StateError::OtherLineage {
                path,
                journal: header.lineage.clone(),
                state: state.lineage.clone(),
            });
        }
        if header.serial == state.serial {
            return Ok(Standing::Open);
        }
        if header.serial > state.serial {
            return Err(StateError::JournalAhead {
                path,
                journal: header.serial,
                state: state.serial,
            });
        }
        if fold(state.clone(), &self.entries) == *state {
            return Ok(Standing::Folded);
        }
        Err(StateError::JournalBehind {
            path,
            journal: header.serial,
            state: state.serial,
        })
    }
}
