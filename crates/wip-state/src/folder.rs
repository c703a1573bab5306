//! The folder store: `state.yaml`, `journal.jsonl` and the lock in one folder.
//!
//! Owns the names of the files and the order of what is done to them.
//! Not what is in them.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use wip_plan::State;

use crate::disk::Effect;
use crate::format::{self, Head};
use crate::journal;
use crate::lock::{self, Guard, Holder};
use crate::recovery::{Found, Loaded};
use crate::{Disk, Entry, StateError, Whose};

/// A state in a folder of its own, `state/<space>`.
///
/// In the folder lie `state.yaml` and, while a run goes on or after one has died,
/// `journal.jsonl`: both belong into git.
/// `.wip-lock` and `.wip-state.tmp` (a state that is not written to its end) do not: ignore
/// `.wip-*` there.
///
/// A clone is the same store. All methods block.
#[derive(Clone, Debug)]
pub struct FolderStore {
    folder: PathBuf,
    disk: Disk,
    appending: Arc<Mutex<()>>,
}

/// How often a state and a journal are read that another run writes meanwhile.
const READS: usize = 5;

/// What state and journal come to; part of a journal does not fit the state that was stored after it was read, so both are
/// read again until they stay the same.
pub(crate) fn settled(
    mut read: impl FnMut() -> Result<Found, StateError>,
    whose: &Whose,
) -> Result<Loaded, StateError> {
    let mut found = read()?;
    for _ in 0..READS {
        let Err(error) = found.load(whose) else {
            break;
        };
        let again = read()?;
        if (&again.journal, &again.state) == (&found.journal, &found.state) {
            return Err(error);
        }
        found = again;
    }
    found.load(whose)
}

impl FolderStore {
    /// The store in `folder`, which need not be there.
    pub fn new(folder: impl Into<PathBuf>, disk: Disk) -> Self {
        Self {
            folder: folder.into(),
            disk,
            appending: Arc::default(),
        }
    }

    /// Where the state is, or will be: `state/<space>/state.yaml`.
    pub(crate) fn state_path(&self) -> PathBuf {
        self.folder.join("state.yaml")
    }

    /// Where the journal of a run is.
    pub(crate) fn journal_path(&self) -> PathBuf {
        self.folder.join("journal.jsonl")
    }

    /// Where the lock is.
    pub(crate) fn lock_path(&self) -> PathBuf {
        self.folder.join(".wip-lock")
    }

    fn new_state_path(&self) -> PathBuf {
        self.folder.join(".wip-state.tmp")
    }

    /// Reads the state, with the journal of a run that died folded in; where there is none it
    /// is the first state, serial 0.
    ///
    /// Writes nothing and needs no lock; what another run does meanwhile is seen before or
    /// after, never half.
    ///
    /// # Errors
    /// For a state or journal that cannot be read or does not belong here.
    pub(crate) fn load(&self, whose: &Whose) -> Result<Loaded, StateError> {
        let read = || {
            // The journal first: a run stores the state and then drops the journal, so this order
            // finds the same thing twice at worst, and never neither.
            let journal = read_bounded(&self.journal_path(), journal::MAX_BYTES)?;
            Ok(Found {
                journal,
                ..self.found()?
            })
        };
        settled(read, whose)
    }

    /// The state as it is stored, without the journal.
    pub(crate) fn stored(&self, whose: &Whose) -> Result<Option<State>, StateError> {
        self.found()?.stored(whose)
    }

    fn found(&self) -> Result<Found, StateError> {
        Ok(Found {
            state: read_bounded(&self.state_path(), format::MAX_BYTES)?,
            state_path: self.state_path(),
            journal: None,
            journal_path: self.journal_path(),
        })
    }

    /// Takes the lock, or says at once who holds it. Makes the folder if it is not there.
    ///
    /// # Errors
    /// [`StateError::Locked`] when another run holds it: the caller may try again.
    pub(crate) fn lock(&self, holder: &Holder) -> Result<Guard, StateError> {
        self.make_folder("nothing was done")?;
        lock::lock(&self.lock_path(), holder, &self.disk)
    }

    /// Takes the name of a run that died off the lock, and answers whose it was.
    ///
    /// The system has let go of the lock already when that run died: who still holds it is
    /// alive, on this machine or on another that shares the folder.
    ///
    /// # Errors
    /// For another id, and where the lock is held.
    pub(crate) fn unlock(&self, id: &str) -> Result<Option<Holder>, StateError> {
        lock::unlock(&self.lock_path(), id, &self.disk)
    }

    /// Begins the journal of a run that builds on `state`, as it was loaded.
    ///
    /// Goes on with a journal that is folded into it already (a torn line is cut off with the
    /// next that is written); removes one that is in the stored state.
    ///
    /// # Errors
    /// For a journal that does not belong to `state`; then nothing was done.
    pub(crate) fn begin_journal(&self, state: &State) -> Result<(), StateError> {
        let path = self.journal_path();
        let failed = io_error("begin the journal", &path, "nothing was done in any cloud");
        let found = Found {
            journal: read_bounded(&path, journal::MAX_BYTES)?,
            journal_path: path.clone(),
            ..Found::default()
        };
        if !found.is_done(state)? {
            return Ok(());
        }
        if found.journal.is_some() {
            self.drop_journal()?;
        }
        self.make_folder("nothing was done in any cloud")?;
        let mut file = File::create(&path).map_err(&failed)?;
        let header = journal::head(state)?;
        self.disk
            .write(Effect::WriteHeader, &mut file, &header)
            .map_err(&failed)?;
        self.disk
            .sync(Effect::SyncJournal, &file)
            .map_err(&failed)?;
        self.disk.sync_folder(&self.folder).map_err(&failed)
    }

    /// Writes `entries` behind the journal's end, all at once.
    ///
    /// With `durable` they are on the disk when this returns: one call, and one sync, for all
    /// steps that wait to begin. Without it they survive the end of the process, and not
    /// that of the machine.
    ///
    /// # Errors
    /// When the journal cannot be written. Then nothing more may be begun: a step in
    /// `entries` counts as not begun, though the journal may say that it was.
    pub(crate) fn append(&self, entries: &[Entry], durable: bool) -> Result<(), StateError> {
        if entries.is_empty() {
            return Ok(());
        }
        let path = self.journal_path();
        let failed = io_error(
            "write to the journal",
            &path,
            if durable {
                "these steps were not begun; what went before is in the journal, and applying again goes on from there"
            } else {
                "what became of these steps is not written down; applying again looks at them first"
            },
        );
        let lines = journal::to_lines(entries)?;
        let _alone = self
            .appending
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // Opened anew each time, and never made: into a journal that somebody removed one
        // could go on writing without an error.
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .open(&path)
            .map_err(&failed)?;
        self.cut_torn(&mut file).map_err(&failed)?;
        self.disk
            .write(Effect::AppendJournal, &mut file, &lines)
            .map_err(&failed)?;
        if durable {
            self.disk
                .sync(Effect::SyncJournal, &file)
                .map_err(&failed)?;
        }
        Ok(())
    }

    /// Cuts off what an earlier write, of this run or of one that died, could not finish.
    fn cut_torn(&self, file: &mut File) -> io::Result<()> {
        let length = file.seek(SeekFrom::End(0))?;
        let mut last = [b'\n'];
        if length > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        if last == [b'\n'] {
            return Ok(());
        }
        file.rewind()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        self.disk.cut(Effect::CutJournal, file, whole as u64)
    }

    /// Stores `state`, whole or not at all, and raises its serial by one.
    ///
    /// # Errors
    /// [`StateError::Changed`] when another state than the one that it builds on is there.
    /// After any error the old state and the journal are as they were, and so is `state`.
    pub(crate) fn store(&self, state: &mut State) -> Result<(), StateError> {
        const KEPT: &str =
            "the old state and the journal are as they were: the next run folds the journal in";
        self.check_unchanged(state)?;
        self.sync_journal(KEPT)?;
        state.serial += 1;
        let stored = format::write(state).and_then(|text| self.replace(&text, KEPT));
        if stored.is_err() {
            state.serial -= 1;
        }
        stored
    }

    /// Puts a state from elsewhere in the place of `over`.
    ///
    /// # Errors
    /// [`StateError::Changed`] when something else is there; then, and after any other error,
    /// what was there is as it was.
    pub(crate) fn put(&self, state: &State, over: Option<&State>) -> Result<(), StateError> {
        let none = State {
            lineage: String::new(),
            serial: 0,
            ..state.clone()
        };
        self.check_unchanged(over.unwrap_or(&none))?;
        format::write(state)
            .and_then(|text| self.replace(&text, "the state that was there is as it was"))
    }

    /// The journal is durable before the state that holds it. A machine that stopped between
    /// the two, and lost outcomes, would otherwise leave a journal that is not in the state.
    fn sync_journal(&self, kept: &'static str) -> Result<(), StateError> {
        let path = self.journal_path();
        let failed = io_error("make durable the journal", &path, kept);
        match OpenOptions::new().append(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            opened => {
                let file = opened.map_err(&failed)?;
                self.disk.sync(Effect::SyncJournal, &file).map_err(&failed)
            }
        }
    }

    fn replace(&self, text: &str, kept: &'static str) -> Result<(), StateError> {
        self.make_folder(kept)?;
        let (path, new) = (self.state_path(), self.new_state_path());
        let failed = io_error("write the new state", &new, kept);
        let mut file = File::create(&new).map_err(&failed)?;
        self.disk
            .write(Effect::WriteState, &mut file, text.as_bytes())
            .map_err(&failed)?;
        self.disk.sync(Effect::SyncState, &file).map_err(&failed)?;
        let failed = io_error("put the new state in the place of", &path, kept);
        self.disk
            .rename(Effect::RenameState, &new, &path)
            .map_err(failed)?;
        let failed = io_error(
            "make durable the name of",
            &path,
            "the new state is written, but may be lost if the machine fails now",
        );
        self.disk.sync_folder(&self.folder).map_err(failed)
    }

    /// Refuses to overwrite a state that this run has not read.
    fn check_unchanged(&self, state: &State) -> Result<(), StateError> {
        let path = self.state_path();
        let mut top = Vec::new();
        match File::open(&path) {
            Ok(file) => file.take(16 * 1024).read_to_end(&mut top),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => Err(error),
        }
        .map_err(io_error(
            "read",
            &path,
            "the new state was not written, the journal is kept",
        ))?;
        match Head::of(&String::from_utf8_lossy(&top)) {
            Some(head) if head.lineage == state.lineage && head.serial == state.serial => Ok(()),
            head => Err(StateError::Changed {
                path,
                expected: state.serial,
                found: head.map_or(0, |head| head.serial),
            }),
        }
    }

    /// Removes the journal, after its state was stored; where there is none, that is fine.
    ///
    /// # Errors
    /// When it cannot be removed; the next run sees that it is folded in already.
    pub(crate) fn drop_journal(&self) -> Result<(), StateError> {
        let path = self.journal_path();
        let failed = io_error(
            "remove the journal",
            &path,
            "the state is stored; the next run sees that the journal is in it",
        );
        match self.disk.remove(Effect::RemoveJournal, &path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            done => done.map_err(&failed)?,
        }
        self.disk.sync_folder(&self.folder).map_err(&failed)
    }

    fn make_folder(&self, consequence: &'static str) -> Result<(), StateError> {
        let failed = io_error("make the folder", &self.folder, consequence);
        self.disk.make_folder(&self.folder).map_err(failed)
    }
}

fn io_error(
    doing: &'static str,
    path: &Path,
    consequence: &'static str,
) -> impl Fn(io::Error) -> StateError + use<> {
    let path = path.to_owned();
    move |source| StateError::Io {
        doing,
        path: path.clone(),
        consequence,
        source,
    }
}

/// The bytes of a file; `None` where there is none.
fn read_bounded(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, StateError> {
    let failed = io_error("read", path, "nothing was done");
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(&failed)?,
    };
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(&failed)?;
    if bytes.len() as u64 > limit {
        return Err(StateError::TooLarge {
            what: path.display().to_string(),
            limit,
        });
    }
    Ok(Some(bytes))
}
