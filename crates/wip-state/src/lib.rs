//! What wip remembers between runs: the state file, the journal beside it, and the lock.
//!
//! Owns the formats of all three, the fold of a journal into a state, and the folder
//! `state/<space>` in which they lie.
//! Knows no kind of resource, asks no cloud, reads no clock and no environment: lineage,
//! lock id, host and time are given by the caller.
//!
//! One run of apply, in order:
//!
//! 1. [`Store::lock`]
//! 2. [`Store::load`]
//! 3. [`Store::begin_journal`]
//! 4. [`Store::append`] with `durable` before the calls go out, without it afterwards
//! 5. [`Store::store`] of `fold(loaded, entries)`
//! 6. [`Store::drop_journal`]
//! 7. [`Lock::release`]
//!
//! The process may die between, and within, any two of these.

mod blocking;
mod disk;
mod entry;
mod error;
mod fold;
mod folder;
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
pub use folder::FolderStore;
pub use format::{MAX_BYTES as MAX_STATE, read as read_state, write as write_state};
pub use journal::{MAX_BYTES as MAX_JOURNAL, head as journal_head, to_lines as journal_lines};
pub use lock::Holder;
pub use recovery::{Found, Loaded, Recovery};
pub use store::{Answer, Lock, Store, Whose};

#[cfg(test)]
mod tests;
