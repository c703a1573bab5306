//! Calls that are made again where that helps, and writes whose answer was lost.
//!
//! Owns time-outs, pauses, and how a doubtful write is settled: by reading what is there.
//! Knows no provider and nothing of states.

use std::time::Duration;

use tokio::time;

use crate::objects::{Answer, Class, Fault, Object, Objects, Version};

/// One attempt, from the first byte sent to the last byte read.
const ATTEMPT: Duration = Duration::from_secs(30);
/// How often a call is made.
const ATTEMPTS: usize = 6;
/// The pause after the first attempt; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A bucket whose calls are repeated.
pub(crate) struct Steady(Box<dyn Objects>);

/// What became of a write on a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// It is there, as this version.
    Done(Version),
    /// Something else is there.
    Moved,
}

impl Steady {
    pub(crate) fn new(objects: Box<dyn Objects>) -> Self {
        Self(objects)
    }

    /// Reads an object.
    pub(crate) async fn get(&self, key: &str, limit: u64) -> Result<Option<Object>, Fault> {
        again(|| self.0.get(key, limit)).await
    }

    /// The names of all objects below `prefix`, sorted.
    pub(crate) async fn list(&self, prefix: &str) -> Result<Vec<String>, Fault> {
        again(|| self.0.list(prefix)).await
    }

    /// Writes an object that is not there yet; it may be there where this very write was
    /// `tried` before and its end is not known.
    pub(crate) async fn create(
        &self,
        key: &str,
        bytes: &[u8],
        tried: bool,
    ) -> Result<Written, Fault> {
        let mut written = again(|| self.0.create(key, bytes)).await;
        if let Err(fault) = &mut written {
            fault.doubtful |= tried;
        }
        self.settle(key, bytes, written).await
    }

    /// Writes an object in the place of `over`.
    pub(crate) async fn replace(
        &self,
        key: &str,
        bytes: &[u8],
        over: &Version,
    ) -> Result<Written, Fault> {
        let written = again(|| self.0.replace(key, bytes, over)).await;
        self.settle(key, bytes, written).await
    }

    /// Removes an object, with `only` where it is that version; `false` where another is there.
    pub(crate) async fn delete(&self, key: &str, only: Option<&Version>) -> Result<bool, Fault> {
        match again(|| self.0.delete(key, only)).await {
            Ok(()) => Ok(true),
            // Moved on after an attempt that may have removed it: this version is gone.
            Err(fault) if fault.class == Class::Moved => Ok(fault.doubtful),
            Err(fault) => Err(fault),
        }
    }

    /// Where an attempt may have been done, what is there says whether it was ours.
    async fn settle(
        &self,
        key: &str,
        bytes: &[u8],
        written: Result<Version, Fault>,
    ) -> Result<Written, Fault> {
        let fault = match written {
            Ok(version) => return Ok(Written::Done(version)),
            Err(fault) if !fault.doubtful => return moved(fault),
            Err(fault) => fault,
        };
        tracing::debug!(key, %fault, "the answer to a write was lost: reading what is there");
        match self.get(key, bytes.len() as u64).await {
            Ok(Some(object)) if object.bytes == bytes => Ok(Written::Done(object.version)),
            Ok(_) => moved(fault),
            Err(unread) if unread.class == Class::TooLarge => moved(fault),
            Err(unread) => Err(Fault {
                doubtful: true,
                ..unread
            }),
        }
    }
}

fn moved(fault: Fault) -> Result<Written, Fault> {
    match fault.class {
        Class::Moved => Ok(Written::Moved),
        _ => Err(fault),
    }
}

/// Makes a call until it succeeds or nothing speaks for another attempt.
///
/// The fault is doubtful where any attempt was.
async fn again<'a, T>(mut call: impl FnMut() -> Answer<'a, T>) -> Result<T, Fault> {
    let mut pause = FIRST_PAUSE;
    let mut doubtful = false;
    let mut attempt = 1;
    loop {
        let fault = match time::timeout(ATTEMPT, call()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(fault)) => fault,
            Err(_) => Fault::new(
                Class::Lost,
                format!("no answer within {} seconds", ATTEMPT.as_secs()),
            ),
        };
        doubtful |= fault.doubtful;
        if attempt == ATTEMPTS || !fault.class.passes() {
            return Err(Fault { doubtful, ..fault });
        }
        tracing::debug!(%fault, ?pause, "trying again");
        time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        attempt += 1;
    }
}
