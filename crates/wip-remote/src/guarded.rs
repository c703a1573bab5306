//! A store of another kind whose lock is in a bucket as well: runs on several machines exclude
//! each other, and the state stays where it is.
//!
//! Owns the order in which the two locks are taken; everything else is the store's own.

use wip_plan::State;
use wip_state::{Answer, Entry, Holder, Loaded, Lock, StateError, Store, Whose};

/// A store, and a second one that only locks.
pub(crate) struct Guarded {
    store: Box<dyn Store>,
    locks: Box<dyn Store>,
}

impl Guarded {
    pub(crate) fn new(store: Box<dyn Store>, locks: Box<dyn Store>) -> Self {
        Self { store, locks }
    }
}

/// Both locks, held.
struct Both {
    own: Box<dyn Lock>,
    shared: Box<dyn Lock>,
}

impl Lock for Both {
    fn release(self: Box<Self>) -> Answer<'static, ()> {
        Box::pin(async move {
            // Both are let go of, whatever becomes of the first.
            let shared = self.shared.release().await;
            let own = self.own.release().await;
            shared.and(own)
        })
    }
}

impl Store for Guarded {
    fn location(&self) -> String {
        self.store.location()
    }

    fn load<'a>(&'a self, whose: &'a Whose) -> Answer<'a, Loaded> {
        self.store.load(whose)
    }

    fn stored<'a>(&'a self, whose: &'a Whose) -> Answer<'a, Option<State>> {
        self.store.stored(whose)
    }

    fn lock<'a>(&'a self, holder: &'a Holder) -> Answer<'a, Box<dyn Lock>> {
        Box::pin(async move {
            // Its own first: the system lets go of it if this run dies before the second.
            let own = self.store.lock(holder).await?;
            match self.locks.lock(holder).await {
                Ok(shared) => Ok(Box::new(Both { own, shared }) as Box<dyn Lock>),
                Err(error) => {
                    // Why the other could not be had is what the reader needs.
                    let _ = own.release().await;
                    Err(error)
                }
            }
        })
    }

    fn unlock<'a>(&'a self, id: &'a str, host: &'a str) -> Answer<'a, Option<Holder>> {
        Box::pin(async move {
            // The folder's first: it knows better who is alive.
            let own = self.store.unlock(id, host).await;
            if matches!(own, Err(StateError::HolderLives { .. })) {
                return own;
            }
            // Runs that died at different times leave locks of different ids: each is for itself.
            match (own, self.locks.unlock(id, host).await) {
                (Ok(holder), _) | (_, Ok(holder)) => Ok(holder),
                (Err(StateError::NotLocked { .. }), shared) => shared,
                (own, _) => own,
            }
        })
    }

    fn begin_journal<'a>(&'a self, state: &'a State) -> Answer<'a, ()> {
        self.store.begin_journal(state)
    }

    fn append<'a>(&'a self, entries: &'a [Entry], durable: bool) -> Answer<'a, ()> {
        self.store.append(entries, durable)
    }

    fn store<'a>(&'a self, state: &'a mut State) -> Answer<'a, ()> {
        self.store.store(state)
    }

    fn drop_journal(&self) -> Answer<'_, ()> {
        self.store.drop_journal()
    }

    fn put<'a>(&'a self, state: &'a State, over: Option<&'a State>) -> Answer<'a, ()> {
        self.store.put(state, over)
    }
}
