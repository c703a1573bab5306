//! The folder store behind the contract of all stores: its file work, off the thread that waits
//! for the clouds.
//!
//! Owns that alone; what is done to the files is `folder`'s.

use wip_plan::State;

use crate::lock::Guard;
use crate::store::{Answer, Lock, Store, Whose};
use crate::{Entry, FolderStore, Holder, Loaded, StateError};

/// Does `work` on a thread that may block.
async fn off<T: Send + 'static>(
    store: &FolderStore,
    work: impl FnOnce(&FolderStore) -> Result<T, StateError> + Send + 'static,
) -> Result<T, StateError> {
    let store = store.clone();
    tokio::task::spawn_blocking(move || work(&store))
        .await
        .map_err(|_| StateError::Writer)?
}

impl Store for FolderStore {
    fn location(&self) -> String {
        self.state_path().display().to_string()
    }

    fn load<'a>(&'a self, whose: &'a Whose) -> Answer<'a, Loaded> {
        let whose = whose.clone();
        Box::pin(off(self, move |store| store.load(&whose)))
    }

    fn stored<'a>(&'a self, whose: &'a Whose) -> Answer<'a, Option<State>> {
        let whose = whose.clone();
        Box::pin(off(self, move |store| store.stored(&whose)))
    }

    fn lock<'a>(&'a self, holder: &'a Holder) -> Answer<'a, Box<dyn Lock>> {
        let holder = holder.clone();
        Box::pin(async move {
            let guard = off(self, move |store| store.lock(&holder)).await?;
            Ok(Box::new(guard) as Box<dyn Lock>)
        })
    }

    fn unlock<'a>(&'a self, id: &'a str, _host: &'a str) -> Answer<'a, Option<Holder>> {
        let id = id.to_owned();
        Box::pin(off(self, move |store| store.unlock(&id)))
    }

    fn begin_journal<'a>(&'a self, state: &'a State) -> Answer<'a, ()> {
        let state = state.clone();
        Box::pin(off(self, move |store| store.begin_journal(&state)))
    }

    fn append<'a>(&'a self, entries: &'a [Entry], durable: bool) -> Answer<'a, ()> {
        let entries = entries.to_vec();
        Box::pin(off(self, move |store| store.append(&entries, durable)))
    }

    fn store<'a>(&'a self, state: &'a mut State) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut next = state.clone();
            *state = off(self, move |store| store.store(&mut next).map(|()| next)).await?;
            Ok(())
        })
    }

    fn drop_journal(&self) -> Answer<'_, ()> {
        Box::pin(off(self, FolderStore::drop_journal))
    }

    fn put<'a>(&'a self, state: &'a State, over: Option<&'a State>) -> Answer<'a, ()> {
        let (state, over) = (state.clone(), over.cloned());
        Box::pin(off(self, move |store| store.put(&state, over.as_ref())))
    }
}

impl Lock for Guard {
    fn release(self: Box<Self>) -> Answer<'static, ()> {
        Box::pin(async move {
            tokio::task::spawn_blocking(move || drop(self))
                .await
                .map_err(|_| StateError::Writer)
        })
    }
}
