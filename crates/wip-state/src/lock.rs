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

/// A lock that is held until this is dropped.
#[derive(Debug)]
pub struct Guard {
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

impl Drop for Guard {
    fn drop(&mut self) {
        // The file stays: who removes a locked file lets two runs hold a lock of one name.
        // A child process that is just beginning may have it open too, so closing is not enough.
        let _ = self.disk.cut(Effect::ClearLock, &self.file, 0);
        let _ = self.file.unlock();
    }
}
