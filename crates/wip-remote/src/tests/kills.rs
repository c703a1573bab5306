//! A run that dies before or after any call, and the one that comes after it.

use std::collections::BTreeSet;

use wip_state::{Store, fold};

use super::memory::Trick;
use super::*;

/// How many calls both runs make.
async fn calls() -> usize {
    let memory = Memory::default();
    let done = runs(&store(&memory), &mut Told::default()).await;
    done.expect("both runs");
    memory.calls().len()
}

/// Unlocks after a dead run, where it died with the lock.
async fn unlock(store: &dyn Store) {
    match store.unlock("run", "another-machine").await {
        Ok(Some(_)) | Err(StateError::NotLocked { .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_dies_anywhere_leaves_what_was_durable_and_invents_nothing() {
    let calls = calls().await;
    assert!(calls > 25, "{calls}");
    let mut seen = BTreeSet::new();
    for number in 1..=calls {
        for trick in [Trick::DieBefore, Trick::DieAfter] {
            let memory = Memory::default();
            memory.trick(number, trick);
            let (mut told, mut last) = (Told::default(), first());
            let process = store(&memory);
            let [one, two] = script();
            let ended = memory
                .until_death(async {
                    last = run(&process, &one, &mut told).await?;
                    run(&process, &two, &mut told).await
                })
                .await;
            assert!(ended.is_none(), "{number} {trick:?}: {ended:?}");
            drop(process);
            memory.heal();

            let store = store(&memory);
            unlock(&store).await;
            let loaded = store.load(&whose()).await;
            let loaded = loaded.unwrap_or_else(|error| panic!("{number} {trick:?}: {error}"));
            let possible = possible(&told, &last);
            assert!(
                possible.contains(&loaded.state),
                "{number} {trick:?}: {loaded:#?}"
            );
            seen.insert((loaded.recovered.is_some(), loaded.leftover));

            let next = run(&store, &[vec![made("z", "9")]], &mut Told::default()).await;
            let next = next.unwrap_or_else(|error| panic!("{number} {trick:?}: {error}"));
            assert_eq!(next.serial, loaded.state.serial + 1);
            assert_eq!(memory.texts().len(), 1, "{number} {trick:?}");
        }
    }
    let ways = [(false, false), (false, true), (true, false)];
    assert_eq!(
        seen,
        BTreeSet::from(ways),
        "each way to find a journal was met"
    );
}

#[tokio::test(start_paused = true)]
async fn an_append_that_was_given_up_is_written_before_the_next() {
    for trick in [Trick::DieBefore, Trick::DieAfter] {
        let memory = Memory::default();
        let store = store(&memory);
        store.begin_journal(&first()).await.expect("begun");
        memory.heal();
        memory.trick(1, trick);
        let one = [begin("a", wip_plan::Action::Create)];
        let given_up = memory.until_death(store.append(&one, true)).await;
        assert!(given_up.is_none());
        memory.heal();
        let two = [begin("b", wip_plan::Action::Create)];
        store.append(&two, true).await.expect("written");
        let loaded = super::store(&memory).load(&whose()).await.expect("loaded");
        let all: Vec<_> = one.into_iter().chain(two).collect();
        assert_eq!(loaded.state, fold(first(), &all), "{trick:?}");
    }
}
