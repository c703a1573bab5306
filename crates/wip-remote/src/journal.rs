//! The journal in a bucket: numbered objects, whose bytes one after the other are the journal.
//!
//! Owns their numbers, what waits to be written, and the order in which they come and go.
//! Object 1 begins with the journal's first line: it is made first and removed first, so that
//! objects without it are what is left of a journal that was being removed.
//! What the bytes say is `wip-state`'s.

use futures_util::stream::{self, StreamExt, TryStreamExt};
use wip_state::{Found, MAX_JOURNAL, StateError};

use crate::objects::{Class, Fault};
use crate::place::{Doing, Place};
use crate::steady::Written;

/// The folder of the objects.
pub(crate) const FOLDER: &str = "journal/";
/// Calls in flight at once.
const AT_ONCE: usize = 10;

const READ: Doing = Doing::new("read the journal", "nothing was done");
const BEGIN: Doing = Doing::new("begin the journal", "nothing was done in any cloud");
const APPEND: Doing = Doing::new(
    "write to the journal",
    "these steps were not begun; what went before is in the journal, and applying again goes on from there",
);
const FLUSH: Doing = Doing::new(
    "write to the journal",
    "the old state is as it was; applying again looks at the last steps first",
);
const DROP: Doing = Doing::new(
    "remove the journal",
    "the state is stored; the next run sees that the journal is in it",
);

/// The end of the journal that this run writes.
#[derive(Default)]
pub(crate) struct Journal {
    /// The number of the next object; none before the journal was begun.
    next: Option<u64>,
    /// The content of that object, where it was sent and nobody said what became of it.
    sent: Option<Vec<u8>>,
    /// What goes into the next one.
    waiting: Vec<u8>,
}

/// What lies in the folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listing(Vec<u64>);

/// What was read.
pub(crate) struct Read {
    pub(crate) listing: Listing,
    /// All of it, in order; none where there is none, or where its first object is gone.
    pub(crate) bytes: Option<Vec<u8>>,
}

impl Listing {
    /// Objects whose first one is gone.
    pub(crate) fn is_remains(&self) -> bool {
        self.0.first().is_some_and(|first| *first != 1)
    }
}

/// The name of an object; sorted by name they are sorted by number.
fn name(number: u64) -> String {
    format!("{FOLDER}{number:010}")
}

/// What lies there; objects that are not ours do not count.
pub(crate) async fn list(place: &Place) -> Result<Listing, StateError> {
    let folder = place.location.key(FOLDER);
    let names = place.objects.list(&folder).await;
    let names = names.map_err(|fault| place.problem(fault, FOLDER, READ))?;
    let numbers = names.iter().filter_map(|key| {
        let digits = key.strip_prefix(&folder)?;
        let is_ours = digits.len() == 10 && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse().ok().filter(|_| is_ours)
    });
    Ok(Listing(numbers.collect()))
}

/// Reads the journal; `None` where it changed meanwhile.
pub(crate) async fn read(place: &Place) -> Result<Option<Read>, StateError> {
    let listing = list(place).await?;
    if listing.0.is_empty() || listing.is_remains() {
        return Ok(Some(Read {
            listing,
            bytes: None,
        }));
    }
    let reads = listing
        .0
        .iter()
        .map(|number| async move { place.get(&name(*number), READ).await });
    let mut reads = stream::iter(reads).buffered(AT_ONCE);
    let (mut bytes, mut whole) = (Vec::new(), true);
    while let Some(object) = reads.try_next().await? {
        let Some(object) = object else {
            whole = false;
            break;
        };
        bytes.extend(object.bytes);
        if bytes.len() as u64 > MAX_JOURNAL {
            return Err(StateError::TooLarge {
                what: place.url(FOLDER),
                limit: MAX_JOURNAL,
            });
        }
    }
    drop(reads);
    let gap = (1..)
        .zip(&listing.0)
        .find(|(expected, found)| expected != *found);
    match (whole, gap) {
        (true, None) => Ok(Some(Read {
            listing,
            bytes: Some(bytes),
        })),
        // What is not there is being removed, or was never written: looking again says which.
        _ if list(place).await? != listing => Ok(None),
        (true, Some((missing, _))) => Err(StateError::JournalGap {
            path: place.path(&name(missing)),
        }),
        (false, _) => Ok(None),
    }
}

impl Journal {
    /// Begins the journal of a run that builds on `state`, or goes on with the one of `read`.
    pub(crate) async fn begin(
        &mut self,
        place: &Place,
        read: Read,
        state: &wip_plan::State,
    ) -> Result<(), StateError> {
        *self = Self::default();
        let last = read.listing.0.last().copied();
        let found = Found {
            journal: read.bytes,
            journal_path: place.path(FOLDER),
            ..Found::default()
        };
        if !found.is_done(state)? {
            self.next = last.map(|last| last + 1);
            return Ok(());
        }
        remove(place, read.listing, BEGIN).await?;
        let head = wip_state::journal_head(state)?;
        self.next = Some(1);
        self.waiting = head;
        self.write(place, BEGIN).await
    }

    /// Adds `lines`; with `durable` they, and all before them, are written when this answers.
    pub(crate) async fn append(
        &mut self,
        place: &Place,
        lines: Vec<u8>,
        durable: bool,
    ) -> Result<(), StateError> {
        let before = self.waiting.len();
        self.waiting.extend(lines);
        if !durable {
            return Ok(());
        }
        let written = self.write(place, APPEND).await;
        if written.is_err() && self.sent.is_none() {
            // Nothing of it is there: what was to begin did not, what had ended still waits.
            self.waiting.truncate(before);
        }
        written
    }

    /// Writes what waits.
    pub(crate) async fn flush(&mut self, place: &Place) -> Result<(), StateError> {
        self.write(place, FLUSH).await
    }

    async fn write(&mut self, place: &Place, doing: Doing) -> Result<(), StateError> {
        loop {
            let tried = self.sent.is_some();
            if !tried && self.waiting.is_empty() {
                return Ok(());
            }
            let Some(number) = self.next else {
                let fault = Fault::new(Class::Other, "this run has not begun it");
                return Err(place.problem(fault, FOLDER, doing));
            };
            // Remembered before it is sent: who drops this future does not know what became of it.
            let bytes = match self.sent.take() {
                Some(bytes) => bytes,
                None => std::mem::take(&mut self.waiting),
            };
            let bytes = self.sent.insert(bytes);
            let key = place.location.key(&name(number));
            match place.objects.create(&key, bytes, tried).await {
                Ok(Written::Done(_)) => {
                    self.sent = None;
                    self.next = Some(number + 1);
                }
                Ok(Written::Moved) => {
                    return Err(StateError::Overtaken {
                        path: place.path(&name(number)),
                    });
                }
                Err(fault) => {
                    if !fault.doubtful {
                        self.waiting = self.sent.take().unwrap_or_default();
                    }
                    return Err(place.problem(fault, &name(number), doing));
                }
            }
        }
    }

    /// Removes the journal.
    pub(crate) async fn drop_all(&mut self, place: &Place) -> Result<(), StateError> {
        *self = Self::default();
        remove(place, list(place).await?, DROP).await
    }
}

/// Removes what was listed, the first object first and alone.
async fn remove(place: &Place, listing: Listing, doing: Doing) -> Result<(), StateError> {
    let delete = |number: u64| async move { place.delete(&name(number), None, doing).await };
    let mut numbers = listing.0.into_iter();
    if let Some(first) = numbers.next() {
        delete(first).await?;
    }
    let rest = stream::iter(numbers.map(delete)).buffer_unordered(AT_ONCE);
    rest.try_for_each(|_| async { Ok(()) }).await
}
