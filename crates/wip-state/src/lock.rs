//! The lock: one run at a time writes a state.
//!
//! The operating system holds it, on an open file, and lets go of it when the process ends,
//! however it ends; no lock is ever taken over because it is old.
//! What stands in the file is for people.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::disk::Effect;
use crate::{Disk, StateError};

/// Who holds a lock. All of it is given by the caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// A UUID made for this run.
    pub id: String,
    /// The machine's name.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// Since when, RFC 3339.
    pub since: String,
    /// What it does: `wip apply space.yaml`.
    pub command: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            host,
            pid,
            since,
            command,
        } = self;
        write!(
            f,
            "`{command}` runs on {host} as process {pid} since {since} (lock {id})"
        )
    }
}

impl Holder {
    /// Whether this holder is a process of the machine `host`, and lives.
    ///
    /// A process of another machine, or one that cannot be asked about, counts as dead: who
    /// unlocks has looked.
    pub fn lives_on(&self, host: &str) -> bool {
        let process = i32::try_from(self.pid)
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        self.host == host
            && process.is_some_and(|process| {
                // EPERM: it is there and is another user's.
                !matches!(
                    rustix::process::test_kill_process(process),
                    Err(rustix::io::Errno::SRCH)
                )
            })
    }
}

/// A lock that is held until this is dropped.
#[derive(Debug)]
pub(crate) struct Guard {
    file: File,
    disk: Disk,
}

/// Locks `path` for `holder`, or says who holds it.
pub(crate) fn lock(path: &Path, holder: &Holder, disk: &Disk) -> Result<Guard, StateError> {
    let failed = |source| StateError::Io {
        doing: "lock",
        path: path.to_owned(),
        consequence: "nothing was done",
        source,
    };
    // Not truncated when opened: what stands there may be the name of the one who holds it.
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    let mut file = file.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let name = io::read_to_string(io::Read::take(&file, 64 * 1024)).unwrap_or_default();
            return Err(StateError::Locked {
                path: path.to_owned(),
                holder: serde_json::from_str(&name).ok(),
            });
        }
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    let mut name = serde_json::to_vec(holder).map_err(|error| failed(error.into()))?;
    name.push(b'\n');
    file.set_len(0).map_err(failed)?;
    disk.write(Effect::WriteLock, &mut file, &name)
        .map_err(failed)?;
    Ok(Guard {
        file,
        disk: disk.clone(),
    })
}

/// Empties the lock file that a run left when it died.
pub(crate) fn unlock(path: &Path, id: &str, disk: &Disk) -> Result<Option<Holder>, StateError> {
    let failed = |source| StateError::Io {
        doing: "unlock",
        path: path.to_owned(),
        consequence: "nothing was unlocked",
        source,
    };
    let nothing = || StateError::NotLocked {
        path: path.to_owned(),
    };
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(nothing()),
        file => file.map_err(failed)?,
    };
    let name = io::read_to_string(io::Read::take(&file, 64 * 1024)).map_err(failed)?;
    let holder: Option<Box<Holder>> = serde_json::from_str(&name).ok();
    match (file.try_lock(), holder) {
        (Err(TryLockError::Error(source)), _) => Err(failed(source)),
        (Err(TryLockError::WouldBlock), Some(holder)) => Err(StateError::HolderLives { holder }),
        (Err(TryLockError::WouldBlock), None) => Err(StateError::Locked {
            path: path.to_owned(),
            holder: None,
        }),
        (Ok(()), Some(holder)) if holder.id != id => Err(StateError::OtherLock {
            path: path.to_owned(),
            wanted: id.to_owned(),
            holder,
        }),
        (Ok(()), Some(holder)) => {
            disk.cut(Effect::ClearLock, &file, 0).map_err(failed)?;
            Ok(Some(*holder))
        }
        // A name that was not written to its end: nobody holds it, and nobody needs it.
        (Ok(()), None) if !name.is_empty() => {
            disk.cut(Effect::ClearLock, &file, 0).map_err(failed)?;
            Ok(None)
        }
        (Ok(()), None) => Err(nothing()),
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // The file stays: who removes a locked file lets two runs hold a lock of one name.
        // A child process that is just beginning may have it open too, so closing is not enough.
        let _ = self.disk.cut(Effect::ClearLock, &self.file, 0);
        let _ = self.file.unlock();
    }
}
