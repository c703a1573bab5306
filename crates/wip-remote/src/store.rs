//! A state in a bucket, behind the contract of all stores.
//!
//! Owns what is read and written in which order, and on which conditions.
//! Below the prefix of the URL lie `SPACE/state.yaml`, `SPACE/journal/NUMBER` and `SPACE/lock`.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::sync::Mutex;
use wip_plan::State;
use wip_state::{Answer, Entry, Found, Holder, Loaded, Lock, StateError, Store, Whose};

use crate::journal::{self, Journal, Read};
use crate::lock;
use crate::objects::{Object, Version};
use crate::place::{Doing, Place};
use crate::steady::Written;

const STATE: &str = "state.yaml";
/// How often a journal is read that changes while it is read.
const TRIES: usize = 5;

const READ: Doing = Doing::new("read the state", "nothing was done");
const STORE: Doing = Doing {
    what: "write the new state",
    consequence: "the old state and the journal are as they were: the next run folds the journal in",
    doubt: "it is not known whether it is there; the journal is kept, and the next run sees what came of it",
};
const PUT: Doing = Doing {
    what: "write the state",
    consequence: "the state that was there is as it was",
    doubt: "it is not known whether it is there; look with `wip state pull` and try again",
};

/// A state in a bucket.
pub(crate) struct BucketStore {
    place: Rc<Place>,
    seen: RefCell<Option<Seen>>,
    /// Held while it is written: entries keep their order.
    journal: Mutex<Journal>,
}

/// The state that was last read or written here.
#[derive(Clone, PartialEq, Eq)]
struct Seen {
    lineage: String,
    serial: u64,
    /// None where there is none yet.
    version: Option<Version>,
}

impl Seen {
    fn of(state: &State, version: Option<Version>) -> Self {
        Self {
            lineage: state.lineage.clone(),
            serial: state.serial,
            version,
        }
    }

    fn is(&self, state: &State) -> bool {
        self.lineage == state.lineage && self.serial == state.serial
    }
}

impl BucketStore {
    pub(crate) fn new(place: Place) -> Self {
        Self {
            place: Rc::new(place),
            seen: RefCell::default(),
            journal: Mutex::default(),
        }
    }

    async fn read_state(&self) -> Result<Option<Object>, StateError> {
        self.place.get(STATE, READ).await
    }

    fn found(&self, object: &Option<Object>, journal: Option<Vec<u8>>) -> Found {
        Found {
            state: object.as_ref().map(|object| object.bytes.clone()),
            state_path: self.place.path(STATE),
            journal,
            journal_path: self.place.path(journal::FOLDER),
        }
    }

    fn remember(&self, state: &State, version: Option<Version>) {
        self.seen.replace(Some(Seen::of(state, version)));
    }

    /// Reads the journal, again where a run that goes on changes it meanwhile.
    async fn read_journal(&self) -> Result<Read, StateError> {
        for _ in 0..TRIES {
            if let Some(read) = journal::read(&self.place).await? {
                return Ok(read);
            }
        }
        Err(self.busy())
    }

    fn busy(&self) -> StateError {
        StateError::Overtaken {
            path: self.place.path(journal::FOLDER),
        }
    }

    async fn load(&self, whose: &Whose) -> Result<Loaded, StateError> {
        for _ in 0..TRIES {
            // The journal first: a run stores the state and then removes the journal, so this
            // order finds the same thing twice at worst, and never neither.
            let Some(read) = journal::read(&self.place).await? else {
                continue;
            };
            let object = self.read_state().await?;
            match self.found(&object, read.bytes).load(whose) {
                Ok(mut loaded) => {
                    loaded.leftover |= read.listing.is_remains();
                    self.remember(&loaded.state, object.map(|object| object.version));
                    return Ok(loaded);
                }
                // A part of a journal does not fit the state that was stored after it was read.
                Err(error) => {
                    if journal::list(&self.place).await? == read.listing {
                        return Err(error);
                    }
                }
            }
        }
        Err(self.busy())
    }

    /// Which version is there, where that is the one that `state` builds on.
    async fn base(&self, state: &State) -> Result<Option<Version>, StateError> {
        if let Some(seen) = self.seen.borrow().as_ref().filter(|seen| seen.is(state)) {
            return Ok(seen.version.clone());
        }
        let object = self.read_state().await?;
        match self.in_it(&object)? {
            Some(there) if !Seen::of(&there, None).is(state) => {
                Err(self.changed(state.serial, &object))
            }
            _ => Ok(object.map(|object| object.version)),
        }
    }

    /// The state in an object, whosoever it is.
    fn in_it(&self, object: &Option<Object>) -> Result<Option<State>, StateError> {
        let Some(object) = object else {
            return Ok(None);
        };
        let path = self.place.path(STATE);
        let text = std::str::from_utf8(&object.bytes).map_err(|error| StateError::NotText {
            path: path.clone(),
            at: error.valid_up_to(),
        })?;
        wip_state::read_state(text, &path).map(Some)
    }

    fn changed(&self, expected: u64, object: &Option<Object>) -> StateError {
        let there = self.in_it(object).ok().flatten();
        StateError::Changed {
            path: self.place.path(STATE),
            expected,
            found: there.map_or(0, |state| state.serial),
        }
    }

    /// Writes `text` in the place of `over`.
    async fn swap(
        &self,
        text: &str,
        over: Option<&Version>,
        doing: Doing,
    ) -> Result<Option<Version>, StateError> {
        let bytes = text.as_bytes();
        // What fails now leaves nobody who knows what is there.
        self.seen.replace(None);
        let written = match over {
            None => self.place.create(STATE, bytes, doing).await?,
            Some(version) => self.place.replace(STATE, bytes, version, doing).await?,
        };
        Ok(match written {
            Written::Done(version) => Some(version),
            Written::Moved => None,
        })
    }

    async fn write(&self, state: &mut State) -> Result<(), StateError> {
        let over = self.base(state).await?;
        self.journal.lock().await.flush(&self.place).await?;
        state.serial += 1;
        let text = wip_state::write_state(state);
        state.serial -= 1;
        match self.swap(&text?, over.as_ref(), STORE).await? {
            Some(version) => {
                state.serial += 1;
                self.remember(state, Some(version));
                Ok(())
            }
            None => Err(self.changed(state.serial, &self.read_state().await?)),
        }
    }

    async fn overwrite(&self, state: &State, over: Option<&State>) -> Result<(), StateError> {
        let object = self.read_state().await?;
        let expected = over.map_or(0, |over| over.serial);
        let is_over = match (&object, over) {
            (None, _) => true,
            (Some(object), Some(over)) => object.bytes == wip_state::write_state(over)?.as_bytes(),
            (Some(_), None) => false,
        };
        if !is_over {
            return Err(self.changed(expected, &object));
        }
        let version = object.map(|object| object.version);
        let text = wip_state::write_state(state)?;
        match self.swap(&text, version.as_ref(), PUT).await? {
            Some(version) => {
                self.remember(state, Some(version));
                Ok(())
            }
            None => Err(self.changed(expected, &self.read_state().await?)),
        }
    }
}

impl Store for BucketStore {
    fn location(&self) -> String {
        self.place.url(STATE)
    }

    fn load<'a>(&'a self, whose: &'a Whose) -> Answer<'a, Loaded> {
        Box::pin(self.load(whose))
    }

    fn stored<'a>(&'a self, whose: &'a Whose) -> Answer<'a, Option<State>> {
        Box::pin(async move {
            let object = self.read_state().await?;
            let stored = self.found(&object, None).stored(whose)?;
            if let Some(state) = &stored {
                self.remember(state, object.map(|object| object.version));
            }
            Ok(stored)
        })
    }

    fn lock<'a>(&'a self, holder: &'a Holder) -> Answer<'a, Box<dyn Lock>> {
        Box::pin(lock::take(&self.place, holder))
    }

    fn unlock<'a>(&'a self, id: &'a str, host: &'a str) -> Answer<'a, Option<Holder>> {
        Box::pin(lock::unlock(&self.place, id, host))
    }

    fn begin_journal<'a>(&'a self, state: &'a State) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut journal = self.journal.lock().await;
            let read = self.read_journal().await?;
            journal.begin(&self.place, read, state).await
        })
    }

    fn append<'a>(&'a self, entries: &'a [Entry], durable: bool) -> Answer<'a, ()> {
        Box::pin(async move {
            if entries.is_empty() {
                return Ok(());
            }
            let lines = wip_state::journal_lines(entries)?;
            let mut journal = self.journal.lock().await;
            journal.append(&self.place, lines, durable).await
        })
    }

    fn store<'a>(&'a self, state: &'a mut State) -> Answer<'a, ()> {
        Box::pin(self.write(state))
    }

    fn drop_journal(&self) -> Answer<'_, ()> {
        Box::pin(async move { self.journal.lock().await.drop_all(&self.place).await })
    }

    fn put<'a>(&'a self, state: &'a State, over: Option<&'a State>) -> Answer<'a, ()> {
        Box::pin(self.overwrite(state, over))
    }
}
