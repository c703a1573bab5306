//! What wip remembers between runs: the state file, the journal beside it, and the lock.
//!
//! Owns the formats of all three, the fold of a journal into a state, and the folder
//! `state/<space>` in which they lie.
//! Knows no kind of resource, asks no cloud, reads no clock and no environment: lineage,
//! lock id, host and time are given by the caller.
//!
//! One run of apply, in order:
//!
//! 1. [`FolderStore::lock`]
//! 2. [`FolderStore::load`]
//! 3. [`FolderStore::begin_journal`]
//! 4. [`FolderStore::append`] with `durable` before the calls go out, without it afterwards
//! 5. [`FolderStore::store`] of `fold(loaded, entries)`
//! 6. [`FolderStore::drop_journal`]
//!
//! The process may die between, and within, any two of these.

mod disk;
mod entry;
mod error;
mod fold;
mod format;
mod journal;
mod lock;
mod recovery;
mod store;

pub use disk::{Disk, Effect};
#[cfg(debug_assertions)]
pub use disk::{Point, PointError};
pub use entry::Entry;
pub use error::StateError;
pub use fold::fold;
pub use format::{read as read_state, write as write_state};
pub use lock::{Guard, Holder};
pub use recovery::{Loaded, Recovery};
pub use store::FolderStore;

#[cfg(test)]
mod tests;
