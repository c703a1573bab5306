//! The disk: every durable effect of this crate goes through here.
//!
//! Owns the order of effects as a thing that tests can stop: each has a name and a number,
//! from 1, in the order in which they happen, and in debug builds a [`Disk`] can be told to
//! kill the process, or to fail, exactly before one of them.
//! Knows nothing of states and journals. Reads no environment: the command line turns
//! `WIP_TEST_KILL_AT_WRITE=N` into [`Disk::killing`].

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

#[cfg(debug_assertions)]
use std::sync::{Arc, Mutex, PoisonError};

/// What is done to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A folder on the way to the state is made.
    MakeFolder,
    /// Who holds the lock is written into the lock file.
    WriteLock,
    /// The lock file is emptied.
    ClearLock,
    /// The header of a new journal is written.
    WriteHeader,
    /// Entries are written behind the journal's end.
    AppendJournal,
    /// The journal is made durable: before calls go out, and before the state that holds it
    /// is stored.
    SyncJournal,
    /// A torn line is cut off the journal.
    CutJournal,
    /// The journal is removed.
    RemoveJournal,
    /// The new state is written beside the old one.
    WriteState,
    /// The new state is made durable.
    SyncState,
    /// The new state takes the place of the old one.
    RenameState,
    /// The names in a folder are made durable.
    SyncFolder,
}

/// The disk, as it is or, in debug builds, with a point at which it stops.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    #[cfg(debug_assertions)]
    fault: Option<(Point, Fault)>,
    #[cfg(debug_assertions)]
    effects: Arc<Mutex<Vec<Effect>>>,
}

/// One effect of a run: `12`, or `12.5` for its middle.
#[cfg(debug_assertions)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Which effect, from 1.
    pub effect: usize,
    /// After half of the bytes of a write; before the effect where it writes none.
    pub torn: bool,
}

/// A text that names no point.
#[cfg(debug_assertions)]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no write: give a number from 1, or one and a half like `3.5` for a torn write"
)]
pub struct PointError(String);

#[cfg(debug_assertions)]
impl std::str::FromStr for Point {
    type Err = PointError;

    fn from_str(text: &str) -> Result<Self, PointError> {
        let number = text.strip_suffix(".5");
        match number.unwrap_or(text).parse() {
            Ok(effect) if effect > 0 => Ok(Self {
                effect,
                torn: number.is_some(),
            }),
            _ => Err(PointError(text.to_owned())),
        }
    }
}

#[cfg(debug_assertions)]
#[derive(Clone, Copy, Debug)]
enum Fault {
    Kill,
    Fail,
}

/// What an effect may do.
enum Leave {
    All,
    #[cfg(debug_assertions)]
    Half(Fault),
}

#[cfg(debug_assertions)]
impl Disk {
    /// A disk that runs `kill -9` on this process at `point`.
    pub fn killing(point: Point) -> Self {
        Self {
            fault: Some((point, Fault::Kill)),
            ..Self::default()
        }
    }

    /// A disk that is full from `point` on: that effect and all later ones fail.
    pub fn failing(point: Point) -> Self {
        Self {
            fault: Some((point, Fault::Fail)),
            ..Self::default()
        }
    }

    /// The effects up to now, the one that failed included.
    pub fn effects(&self) -> Vec<Effect> {
        self.effects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn leave(&self, effect: Effect) -> io::Result<Leave> {
        let mut effects = self.effects.lock().unwrap_or_else(PoisonError::into_inner);
        effects.push(effect);
        let number = effects.len();
        drop(effects);
        match self.fault {
            Some((point, fault)) if number == point.effect && point.torn => Ok(Leave::Half(fault)),
            Some((point, fault)) if number >= point.effect => Err(fault.strike()),
            _ => Ok(Leave::All),
        }
    }
}

#[cfg(debug_assertions)]
impl Fault {
    fn strike(self) -> io::Error {
        if matches!(self, Self::Kill) {
            let pid = std::process::id().to_string();
            let _ = std::process::Command::new("kill")
                .args(["-9", &pid])
                .status();
            std::process::abort();
        }
        io::Error::from(io::ErrorKind::StorageFull)
    }
}

#[cfg(not(debug_assertions))]
impl Disk {
    fn leave(&self, _: Effect) -> io::Result<Leave> {
        Ok(Leave::All)
    }
}

impl Disk {
    /// Does `act`, unless the disk stops before or in the middle of it.
    fn act<T>(&self, effect: Effect, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self.leave(effect)? {
            Leave::All => act(),
            #[cfg(debug_assertions)]
            Leave::Half(fault) => Err(fault.strike()),
        }
    }

    /// Writes `bytes` at the end of, or into, `file`.
    pub(crate) fn write(&self, effect: Effect, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        match self.leave(effect)? {
            Leave::All => file.write_all(bytes),
            #[cfg(debug_assertions)]
            Leave::Half(fault) => {
                file.write_all(&bytes[..bytes.len() / 2])?;
                Err(fault.strike())
            }
        }
    }

    /// Makes what was written to `file` durable.
    pub(crate) fn sync(&self, effect: Effect, file: &File) -> io::Result<()> {
        self.act(effect, || file.sync_all())
    }

    /// Makes the names in `folder` durable.
    pub(crate) fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.act(Effect::SyncFolder, || File::open(folder)?.sync_all())
    }

    /// Cuts `file` to `length` bytes.
    pub(crate) fn cut(&self, effect: Effect, file: &File, length: u64) -> io::Result<()> {
        self.act(effect, || file.set_len(length))
    }

    /// Gives a file the name of another, whose content is gone then.
    pub(crate) fn rename(&self, effect: Effect, from: &Path, to: &Path) -> io::Result<()> {
        self.act(effect, || fs::rename(from, to))
    }

    /// Removes a file.
    pub(crate) fn remove(&self, effect: Effect, path: &Path) -> io::Result<()> {
        self.act(effect, || fs::remove_file(path))
    }

    /// Makes `folder` and what is missing above it, durably.
    pub(crate) fn make_folder(&self, folder: &Path) -> io::Result<()> {
        if folder.as_os_str().is_empty() || folder.is_dir() {
            return Ok(());
        }
        let above = folder.parent().unwrap_or(Path::new(""));
        self.make_folder(above)?;
        self.act(Effect::MakeFolder, || match fs::create_dir(folder) {
            // Another run was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            done => done,
        })?;
        let above = if above.as_os_str().is_empty() {
            Path::new(".")
        } else {
            above
        };
        self.sync_folder(above)
    }
}
