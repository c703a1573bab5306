//! The state file as text, whatever its version.
//!
//! Owns which version a text is, that it is what wip wrote, and the limits.
//! Each version is a file of its own and is read for ever; written is the oldest of the last two that can say all of it.

mod quote;
mod shape;
mod v1;
mod v2;
mod v3;

use std::borrow::Cow;
use std::path::Path;

use wip_plan::{Address, Doc, State};

use crate::StateError;

/// The newest version that is read.
const NEWEST: u64 = 3;

/// The largest state file, in bytes.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The deepest document. The readers of YAML and of JSON stop at 128.
const MAX_DEPTH: usize = 64;

/// The text of `state`, in version 3 where something needs it, else in version 2.
///
/// # Errors
/// [`StateError::TooDeep`] and [`StateError::TooLarge`] for what could not be read again.
pub fn write(state: &State) -> Result<String, StateError> {
    write_within(state, MAX_BYTES)
}

/// The same with a limit in bytes.
pub(crate) fn write_within(state: &State, limit: u64) -> Result<String, StateError> {
    for (address, owned) in &state.resources {
        for doc in owned.begun.iter().chain([&owned.doc]) {
            check_depth(address, doc)?;
        }
    }
    let body = match v3::is_needed(state) {
        true => v3::body(state),
        false => v2::body(state),
    };
    let text = v2::sealed(&body.map_err(|error| StateError::Unwritable(error.into()))?);
    if text.len() as u64 > limit {
        return Err(StateError::TooLarge {
            what: "the new state".to_owned(),
            limit,
        });
    }
    Ok(text)
}

/// The state that `text` says; `path` is where it comes from, for the errors.
///
/// # Errors
/// For a newer version, for conflict markers, for every text that is not byte for byte what its
/// version writes, and for one whose digest is another's.
pub fn read(text: &str, path: &Path) -> Result<State, StateError> {
    if let Some(line) = text.lines().position(|line| line.starts_with("<<<<<<<")) {
        return Err(StateError::MergeConflict {
            path: path.to_owned(),
            line: line + 1,
        });
    }
    let head = Head::of(text).ok_or_else(|| StateError::NoState {
        path: path.to_owned(),
    })?;
    if head.version > NEWEST {
        return Err(StateError::Version {
            path: path.to_owned(),
            found: head.version,
            newest: NEWEST,
        });
    }
    let (body, digest) = match head.version {
        1 => (Cow::Borrowed(text), None),
        _ => {
            let (body, digest) = v2::opened(text);
            (Cow::Owned(body), Some(digest))
        }
    };
    if let Some(line) = shape::first_foreign_line(&body) {
        return Err(StateError::ForeignLine {
            path: path.to_owned(),
            line,
        });
    }
    let malformed = |source| StateError::Malformed {
        path: path.to_owned(),
        source,
    };
    let version = Version::of(head.version).ok_or_else(|| StateError::NoState {
        path: path.to_owned(),
    })?;
    let state = (version.read)(&body).map_err(malformed)?;
    let canonical = (version.body)(&state).map_err(malformed)?;
    if body != canonical {
        return Err(hand_edited(&body, &canonical, path));
    }
    match digest {
        Some(digest) if digest != v2::digest(&body) => Err(StateError::Altered {
            path: path.to_owned(),
        }),
        _ => Ok(state),
    }
}

/// How the text of one version is read and written, without its digest.
struct Version {
    read: fn(&str) -> Result<State, serde_yaml::Error>,
    body: fn(&State) -> Result<String, serde_yaml::Error>,
}

impl Version {
    fn of(version: u64) -> Option<Self> {
        let fields_of_1 = v1::read::<v1::Resource>;
        Some(match version {
            1 => Self {
                read: fields_of_1,
                body: v1::write,
            },
            2 => Self {
                read: fields_of_1,
                body: v2::body,
            },
            3 => Self {
                read: v1::read::<v3::Resource>,
                body: v3::body,
            },
            _ => return None,
        })
    }
}

/// What stands at the top of every version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    version: u64,
    /// Empty where it cannot be read.
    pub(crate) lineage: String,
    /// 0 where it cannot be read.
    pub(crate) serial: u64,
}

impl Head {
    /// Reads the lines before `resources`; `None` where the first is not the version.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let version = lines
            .next()?
            .strip_prefix("version: ")?
            .trim()
            .parse()
            .ok()?;
        let top: Vec<_> = lines
            .take_while(|line| !line.starts_with("resources:"))
            .take(16)
            .collect();
        let value = |name: &str| {
            let line = top.iter().find_map(|line| line.strip_prefix(name))?;
            Some(line.strip_prefix(": ")?.trim_matches('"'))
        };
        Some(Self {
            version,
            lineage: value("lineage").unwrap_or_default().to_owned(),
            serial: value("serial")
                .and_then(|serial| serial.split(' ').next()?.parse().ok())
                .unwrap_or(0),
        })
    }
}

/// Refuses a document that could be written and not be read again.
pub(crate) fn check_depth(address: &Address, doc: &Doc) -> Result<(), StateError> {
    fn fits(doc: &Doc, left: usize) -> bool {
        match doc {
            Doc::Bool(_) | Doc::Int(_) | Doc::Text(_) => true,
            Doc::Set(members) => left > 0 && members.iter().all(|part| fits(part, left - 1)),
            Doc::Map(parts) => left > 0 && parts.values().all(|part| fits(part, left - 1)),
        }
    }
    if fits(doc, MAX_DEPTH) {
        Ok(())
    } else {
        Err(StateError::TooDeep {
            address: address.clone(),
            limit: MAX_DEPTH,
        })
    }
}

fn hand_edited(found: &str, expected: &str, path: &Path) -> StateError {
    // Split, not `lines`: a missing last line end and a carriage return are differences too.
    let (found, expected): (Vec<_>, Vec<_>) =
        (found.split('\n').collect(), expected.split('\n').collect());
    let line = found
        .iter()
        .zip(&expected)
        .take_while(|(a, b)| a == b)
        .count();
    let show = |lines: &[&str]| {
        lines.get(line).map_or_else(
            || "(end of the file)".to_owned(),
            |text| {
                format!(
                    "`{}`",
                    text.chars().take(200).map(visible).collect::<String>()
                )
            },
        )
    };
    StateError::HandEdited {
        path: path.to_owned(),
        line: line + 1,
        found: show(&found),
        expected: show(&expected),
    }
}

/// A character as a reader can see it.
fn visible(c: char) -> String {
    match c {
        '"' | '\'' | '\\' => c.to_string(),
        c => c.escape_debug().to_string(),
    }
}
