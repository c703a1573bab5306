//! States, journals and locks in buckets: S3, Azure Blob Storage, Google Cloud Storage.
//!
//! Owns the URLs, the credentials for them, and how one object at a time, written on a
//! condition, keeps what [`wip_state::Store`] promises.
//! What is in state and journal is `wip-state`'s; the bucket itself is made by somebody else.
//!
//! From the outside in: [`open`] → `store` → `journal` and `lock` → `place` (names, and words for
//! failures) → `steady` (tries again, settles doubts) → `objects` (the contract of a bucket) →
//! `bucket` with `s3` and `azure`, or `gcs`.
//!
//! One process writes at a time, because it holds the lock. Where somebody took that away from
//! it, the conditions still hold: a state is only written over the one that it builds on, and an
//! object of a journal only where there is none, so that the second writer is told.

mod answers;
mod azure;
mod bucket;
mod connected;
mod gcs;
mod guarded;
mod journal;
mod location;
mod lock;
mod near;
mod objects;
mod place;
mod s3;
mod steady;
mod store;
mod watch;

use wip_state::Store;

pub use location::UrlError;

/// The store of the state of `space` at `url`: `s3://BUCKET/PREFIX`,
/// `azblob://ACCOUNT/CONTAINER/PREFIX` (or `https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX`)
/// or `gs://BUCKET/PREFIX`.
///
/// Nothing is asked before the store is used. `env` answers the variables that name endpoints;
/// credentials are found in the process's own environment and files, by the libraries of each
/// cloud.
///
/// # Errors
/// For a URL that names no such place.
pub fn open(
    url: &str,
    space: &str,
    env: impl Fn(&str) -> Option<String> + 'static,
) -> Result<Box<dyn Store>, UrlError> {
    let location = location::Location::parse(url, space)?;
    let objects = connected::Connected::new(location.clone(), Box::new(env));
    Ok(Box::new(store::BucketStore::new(place::Place {
        location,
        objects: steady::Steady::new(Box::new(objects)),
    })))
}

/// `store`, whose runs also take the lock that `locks` keeps.
///
/// Both are locked for a run, `store` first. Of `locks` nothing else is used.
pub fn guarded(store: Box<dyn Store>, locks: Box<dyn Store>) -> Box<dyn Store> {
    Box::new(guarded::Guarded::new(store, locks))
}

#[cfg(test)]
mod tests;
