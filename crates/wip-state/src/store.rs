//! What every place offers that keeps states: a folder, or a bucket.
//!
//! Owns the contract; how it is kept is each store's own.

use futures_util::future::LocalBoxFuture;
use wip_plan::{Cloud, State};

use crate::{Entry, Holder, Loaded, StateError};

/// What a store answers, at some time.
pub type Answer<'a, T> = LocalBoxFuture<'a, Result<T, StateError>>;

/// Whose state is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    /// The Space.
    pub space: String,
    /// Of which clouds.
    pub cloud: Cloud,
    /// The lineage of the first state, where there is none yet: a UUID.
    pub new_lineage: String,
}

/// A place that keeps the state of one Space, the journal of its run, and its lock.
///
/// What the crate says about the order of one run holds for every store, and so does this:
/// the process may die between, and within, any two calls.
pub trait Store {
    /// Where the state is, for people: a path, or a URL.
    fn location(&self) -> String;

    /// Reads the state, with the journal of a run that died folded in; where there is none it
    /// is the first state, serial 0.
    ///
    /// Writes nothing and needs no lock.
    fn load<'a>(&'a self, whose: &'a Whose) -> Answer<'a, Loaded>;

    /// Reads the state as it is stored, without the journal; `None` where there is none.
    fn stored<'a>(&'a self, whose: &'a Whose) -> Answer<'a, Option<State>>;

    /// Takes the lock, or says at once who holds it ([`StateError::Locked`]).
    fn lock<'a>(&'a self, holder: &'a Holder) -> Answer<'a, Box<dyn Lock>>;

    /// Takes away the lock `id` of a run that died, and answers whose it was.
    ///
    /// Refuses another id, and a holder that is alive on `host`, which is this machine.
    fn unlock<'a>(&'a self, id: &'a str, host: &'a str) -> Answer<'a, Option<Holder>>;

    /// Begins the journal of a run that builds on `state`, as it was loaded.
    fn begin_journal<'a>(&'a self, state: &'a State) -> Answer<'a, ()>;

    /// Writes `entries` behind the journal's end, all at once; with `durable` they outlive
    /// the machine when this answers.
    fn append<'a>(&'a self, entries: &'a [Entry], durable: bool) -> Answer<'a, ()>;

    /// Stores `state`, whole or not at all, and raises its serial by one; refuses to overwrite
    /// a state that it does not build on ([`StateError::Changed`]).
    fn store<'a>(&'a self, state: &'a mut State) -> Answer<'a, ()>;

    /// Removes the journal, after its state was stored; where there is none, that is fine.
    fn drop_journal(&self) -> Answer<'_, ()>;

    /// Puts a state from elsewhere here, byte for byte what [`crate::write_state`] makes of it.
    ///
    /// `over` is the state that is overwritten, as [`Store::stored`] answered it.
    fn put<'a>(&'a self, state: &'a State, over: Option<&'a State>) -> Answer<'a, ()>;
}

/// A lock that is held.
///
/// One that is dropped without being released is let go of where the operating system does
/// that (a folder), and stays where nobody does (a bucket).
pub trait Lock {
    /// Lets go of it.
    fn release(self: Box<Self>) -> Answer<'static, ()>;
}
