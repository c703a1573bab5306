//! Many at once, interleaved at every call.

use futures_util::future::join_all;
use wip_state::Store;

use super::*;

#[tokio::test(start_paused = true)]
async fn one_of_many_gets_the_lock() {
    let memory = Memory::default();
    let mut winners = 0;
    for round in 0..20 {
        let writers = (0..16).map(|writer| {
            let store = store(&memory);
            async move { store.lock(&holder(&format!("{round}-{writer}"))).await }
        });
        let mut locks = Vec::new();
        for taken in join_all(writers).await {
            match taken {
                Ok(lock) => locks.push(lock),
                Err(StateError::Locked { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        winners += locks.len();
        for lock in locks {
            lock.release().await.expect("released");
        }
    }
    assert_eq!(winners, 20);
}

#[tokio::test(start_paused = true)]
async fn one_of_many_stores_what_it_made_of_the_same_state() {
    let memory = Memory::default();
    for round in 1..=20 {
        let writers = (0..16).map(|writer| {
            let store = store(&memory);
            async move {
                let mut state = store.load(&whose()).await?.state;
                let name = format!("{round}-{writer}");
                state.resources.insert(address(&name), owned("1"));
                tokio::task::yield_now().await;
                store.store(&mut state).await
            }
        });
        let ends = join_all(writers).await;
        let won = ends.iter().filter(|end| end.is_ok()).count();
        let changed = |end: &Result<_, _>| matches!(end, Err(StateError::Changed { .. }));
        let lost = ends.iter().filter(|end| changed(end)).count();
        assert_eq!((won, lost), (1, 15));
        let state = store(&memory).load(&whose()).await.expect("loaded").state;
        assert_eq!(
            (state.serial, state.resources.len()),
            (round, round as usize)
        );
    }
}

/// Who only looks, while runs go on, sees one state or the next, and never an error.
#[tokio::test(start_paused = true)]
async fn who_loads_while_runs_go_on_sees_before_or_after() {
    let memory = Memory::default();
    let writer = async {
        for _ in 0..5 {
            let done = runs(&store(&memory), &mut Told::default()).await;
            done.expect("both runs");
        }
    };
    let reader = async {
        let (store, mut loads) = (store(&memory), 0);
        loop {
            let loaded = store.load(&whose()).await;
            loaded.unwrap_or_else(|error| panic!("after {loads} loads: {error}"));
            loads += 1;
        }
    };
    tokio::select! {
        biased;
        () = writer => {}
        () = reader => {}
    }
}

/// Parts that were listed and are gone when they are read belong to a run that ended meanwhile.
#[tokio::test]
async fn a_gap_that_is_gone_when_one_looks_again_is_none() {
    let memory = Memory::default();
    for part in [1, 3] {
        memory.set(&format!("{FOLDER}/journal/{part:010}"), "");
    }
    let (store, whose) = (store(&memory), whose());
    let mut load = Store::load(&store, &whose);
    while memory.calls().len() < 4 {
        assert!(futures_util::poll!(&mut load).is_pending());
        // What waits within it is only polled again once the runtime woke it.
        tokio::task::yield_now().await;
    }
    assert_eq!(memory.calls()[3], "list a/prod/journal/");
    for part in [1, 3] {
        memory.unset(&format!("{FOLDER}/journal/{part:010}"));
    }
    let loaded = load.await.expect("loaded");
    assert_eq!((loaded.state, loaded.leftover), (first(), false));
}
