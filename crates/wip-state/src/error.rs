//! What can go wrong with the state, in words.
//!
//! Owns the sentences: what, where, and what to do. Exit codes are the front end's.

use std::io;
use std::path::{Path, PathBuf};

use wip_plan::{Address, Cloud};

use crate::Holder;

/// Why the state cannot be read, written or locked.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The disk refused.
    #[error("cannot {doing} {}: {}; {consequence}", path.display(), hint(source))]
    Io {
        /// What was to be done: `write the new state`.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// What was and what was not done.
        consequence: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A bucket refused, or could not be asked.
    #[error("cannot {doing} {url}: {why}; {consequence}")]
    Remote {
        /// What was to be done: `write the new state`.
        doing: &'static str,
        /// With which object.
        url: String,
        /// What is wrong, and what to do about it.
        why: &'static str,
        /// What was and what was not done.
        consequence: &'static str,
        /// What the server said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The thread that works on files came to an end.
    #[error("the thread that works on files came to an end")]
    Writer,
    /// Another run holds the lock.
    #[error("the state is locked ({}): {}; wait until that run has ended, or give --lock-timeout{}", path.display(), holder.as_deref().map_or("the run that holds it has not written its name yet".to_owned(), Holder::to_string), if_it_died(path, holder.as_deref()))]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Who holds it, where that can be read.
        holder: Option<Box<Holder>>,
    },
    /// There is no lock to take away.
    #[error("{} is not locked; there is nothing to unlock", path.display())]
    NotLocked {
        /// The lock.
        path: PathBuf,
    },
    /// The lock is another than the one that was named.
    #[error("the lock of {} is {}, not {wanted}: {holder}; nothing was unlocked", path.display(), holder.id)]
    OtherLock {
        /// The lock.
        path: PathBuf,
        /// The id that was named.
        wanted: String,
        /// Who holds it.
        holder: Box<Holder>,
    },
    /// Who holds the lock is alive.
    #[error("nothing was unlocked: {holder}, which is this machine, and it is still alive; end that process first (kill {}), it saves what it has done", holder.pid)]
    HolderLives {
        /// Who it is.
        holder: Box<Holder>,
    },
    /// Somebody else took the lock away from this run.
    #[error("the lock ({}) was taken away from this run while it went on, {}; everything up to here is done; `wip plan` shows whether another run wrote at the same time", path.display(), holder.as_deref().map_or("and nobody holds it now".to_owned(), |holder| format!("and now {holder}")))]
    LockLost {
        /// The lock.
        path: PathBuf,
        /// Who holds it now.
        holder: Option<Box<Holder>>,
    },
    /// What stands where a lock would.
    #[error("{} is not a lock that wip wrote; nothing was done: look at it, and remove it by hand", path.display())]
    ForeignLock {
        /// The lock.
        path: PathBuf,
    },
    /// Git left conflict markers.
    #[error("{}:{line}: a merge conflict is not resolved; take one side whole (git checkout --ours or --theirs), then `wip plan` shows what the other side did", path.display())]
    MergeConflict {
        /// The file.
        path: PathBuf,
        /// The first marker, from 1.
        line: usize,
    },
    /// The text is not what wip writes.
    #[error("{}:{line}: the state was edited by hand: it says {found}, wip wrote {expected}; {} and use `wip adopt`, `wip state mv` or `wip state forget` instead", path.display(), back(path))]
    HandEdited {
        /// The file.
        path: PathBuf,
        /// The first line that differs, from 1.
        line: usize,
        /// What stands there, quoted.
        found: String,
        /// What would stand there, quoted.
        expected: String,
    },
    /// Each line is one that wip writes, and all together are not.
    #[error("{}: wip did not write this state: it was edited by hand, or git merged the states of two runs; {}, or take one side of the merge whole: then `wip plan` shows what the other side did", path.display(), back(path))]
    Altered {
        /// The file.
        path: PathBuf,
    },
    /// A line that no version of wip writes.
    #[error("{}:{line}: the state was edited by hand: wip writes no such line; {} and use `wip adopt`, `wip state mv` or `wip state forget` instead", path.display(), back(path))]
    ForeignLine {
        /// The file.
        path: PathBuf,
        /// The first such line, from 1.
        line: usize,
    },
    /// The text is no state at all.
    #[error("{} is not a state that wip wrote: its first line after the comments is not `version: N`; {}", path.display(), back(path))]
    NoState {
        /// The file.
        path: PathBuf,
    },
    /// The text has not the shape of its version.
    #[error("{} was edited by hand or is damaged; {}", path.display(), back(path))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        source: serde_yaml::Error,
    },
    /// The bytes are no text.
    #[error("{} is damaged: byte {at} is not UTF-8; {}", path.display(), back(path))]
    NotText {
        /// The file.
        path: PathBuf,
        /// The first byte that is wrong, from 0.
        at: usize,
    },
    /// A version that this wip does not know.
    #[error("{} has version {found}, this wip reads up to {newest}: it was written by a newer wip; upgrade wip", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The newest that is known.
        newest: u64,
    },
    /// Too many bytes.
    #[error("{what} is larger than {limit} bytes; divide the Space into several")]
    TooLarge {
        /// A path, or what would be written.
        what: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// A document that could be written and not read again.
    #[error("the document of {address} is nested deeper than {limit}; nothing was written")]
    TooDeep {
        /// Of what.
        address: Address,
        /// The deepest that is written.
        limit: usize,
    },
    /// A value that has no YAML or no JSON.
    #[error(
        "the state or the journal cannot be put into words; nothing was written, what was is kept"
    )]
    Unwritable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Of another Space.
    #[error("{} belongs to the Space {found}, not to {wanted}; check --state and the Space's metadata.name", path.display())]
    OtherSpace {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Whose it should be.
        wanted: String,
    },
    /// Of the sandbox where the real clouds are meant, or the reverse.
    #[error("{} is about {}; {}", path.display(), match found { Cloud::Sandbox => "the sandbox", Cloud::Real => "real clouds" }, match found { Cloud::Sandbox => "give --sandbox, or another folder with --state", Cloud::Real => "leave --sandbox away, or give another folder with --state" })]
    OtherCloud {
        /// The file.
        path: PathBuf,
        /// What it is about.
        found: Cloud,
    },
    /// Journal and state do not belong together.
    #[error("{} belongs to another state: its lineage is {journal}, that of the state beside it is {state}; put the state back that it belongs to, or move the journal away and run `wip plan`: what it made bears its lineage", path.display())]
    OtherLineage {
        /// The journal.
        path: PathBuf,
        /// Its lineage.
        journal: String,
        /// That of the state.
        state: String,
    },
    /// The state is older than the journal.
    #[error("{} builds on serial {journal}, the state beside it is at {state}: the state was taken back; put the newer one back ({}), or `wip state pull` it", path.display(), if is_url(path) { "the bucket may have kept it" } else { "git log -- state.yaml" })]
    JournalAhead {
        /// The journal.
        path: PathBuf,
        /// The serial that it builds on.
        journal: u64,
        /// That of the state.
        state: u64,
    },
    /// The state is newer than the journal, and the journal is not in it.
    #[error("{} is what a run left that began at serial {journal}, but the state beside it is at {state} and comes from another run; put the state of serial {journal} back and apply, or remove the journal and run `wip plan`: what it made bears our mark and is found", path.display())]
    JournalBehind {
        /// The journal.
        path: PathBuf,
        /// The serial that it builds on.
        journal: u64,
        /// That of the state.
        state: u64,
    },
    /// A line that is no entry, with whole lines behind it.
    #[error("{}:{line}: the journal is damaged; {}, or, if only this line is broken, remove it: what it was about is then in doubt and is observed again", path.display(), back(path))]
    JournalBroken {
        /// The journal.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A journal of a format that this wip does not know.
    #[error("{} has the format {found:?}: it was written by a newer wip; upgrade wip", path.display())]
    JournalFormat {
        /// The journal.
        path: PathBuf,
        /// Its format.
        found: String,
    },
    /// A part of the journal is gone.
    #[error("{} is missing, and later parts of the journal are there: put it back from an older version of the bucket, or remove them too and run `wip plan`: what they made bears our mark and is found", path.display())]
    JournalGap {
        /// The part.
        path: PathBuf,
    },
    /// Another run writes the same journal.
    #[error("another run writes {} at the same time; nothing more was begun here: let one of them end, then apply again", path.display())]
    Overtaken {
        /// The journal, or the part that the other run wrote.
        path: PathBuf,
    },
    /// Somebody stored another state meanwhile.
    #[error("{} changed while this run was going on: it is at serial {found}, this run began at {expected}; the new state was not written and the journal is kept: put the state of serial {expected} back ({}) and apply again", path.display(), if is_url(path) { "the bucket may have kept it" } else { "git checkout" })]
    Changed {
        /// The state file.
        path: PathBuf,
        /// The serial that the run builds on.
        expected: u64,
        /// What is there now.
        found: u64,
    },
}

/// Whether it is an object in a bucket, and no file.
fn is_url(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.contains("://"))
}

/// How to get back what was there before.
fn back(path: &Path) -> String {
    match is_url(path) {
        true => "take it back to an older version, which the bucket may have kept".to_owned(),
        false => format!("take it back (git checkout -- {})", path.display()),
    }
}

/// What the system does for a folder somebody has to do for a bucket.
fn if_it_died(path: &Path, holder: Option<&Holder>) -> String {
    match holder {
        Some(holder) if is_url(path) => {
            format!("; if it has died, `wip state unlock {}`", holder.id)
        }
        _ => String::new(),
    }
}

/// What a person can do about what the system said.
fn hint(error: &io::Error) -> &'static str {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::StorageFull | Kind::QuotaExceeded => "the disk is full, free some space",
        Kind::ReadOnlyFilesystem => "the file system is read-only",
        Kind::PermissionDenied => "this user may not, check the owner and the mode of the folder",
        Kind::NotFound => "it is gone, somebody removed or moved it or its folder",
        Kind::NotADirectory => "a file is in the way of the folder",
        Kind::IsADirectory => "a folder is in its place",
        _ => "the system refused",
    }
}
