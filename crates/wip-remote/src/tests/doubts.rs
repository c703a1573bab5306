//! Calls that fail, and calls whose answer is lost: one by one, at every call of two runs.

use std::collections::BTreeMap;

use wip_state::Store;

use super::memory::Trick;
use super::*;
use crate::objects::Class;

/// What both runs leave where nothing goes wrong, and how many calls they make.
async fn undisturbed() -> (BTreeMap<String, String>, usize) {
    let memory = Memory::default();
    let done = runs(&store(&memory), &mut Told::default()).await;
    done.expect("both runs");
    (memory.texts(), memory.calls().len())
}

#[tokio::test(start_paused = true)]
async fn what_passes_and_what_is_lost_changes_nothing() {
    let (expected, calls) = undisturbed().await;
    let tricks = [
        Trick::Lose,
        Trick::Hang,
        Trick::Fail(Class::Lost),
        Trick::Fail(Class::Busy),
        Trick::Fail(Class::Unreached),
    ];
    for number in 1..=calls {
        for one in tricks {
            for two in tricks {
                let memory = Memory::default();
                memory.trick(number, one);
                memory.trick(number + 1, two);
                let done = runs(&store(&memory), &mut Told::default()).await;
                done.unwrap_or_else(|error| panic!("{number} {one:?} {two:?}: {error}"));
                assert_eq!(memory.texts(), expected, "{number} {one:?} {two:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_goes_away_loses_nothing_that_was_durable() {
    let (_, calls) = undisturbed().await;
    for number in 1..=calls {
        for class in [Class::Denied, Class::Lost] {
            let memory = Memory::default();
            memory.down(number, class);
            let (mut told, mut last) = (Told::default(), first());
            let process = store(&memory);
            let [one, two] = script();
            let ended = async {
                last = run(&process, &one, &mut told).await?;
                run(&process, &two, &mut told).await
            };
            let words = words(ended.await);
            assert!(
                words.starts_with("cannot ") && words.contains("s3://acme-state/a/prod/"),
                "{words}"
            );
            memory.heal();

            let store = store(&memory);
            let lock = store.unlock("run", "another-machine").await;
            assert!(matches!(
                lock,
                Ok(Some(_)) | Err(StateError::NotLocked { .. })
            ));
            let loaded = store.load(&whose()).await;
            let loaded = loaded.unwrap_or_else(|error| panic!("{number} {class:?}: {error}"));
            let possible = possible(&told, &last);
            assert!(
                possible.contains(&loaded.state),
                "{number} {class:?}: {loaded:#?}"
            );
            run(&store, &[vec![made("z", "9")]], &mut Told::default())
                .await
                .unwrap_or_else(|error| panic!("{number} {class:?}: {error}"));
        }
    }
}

/// Somebody else's object of the same length is there, and an answer was lost before: it is not
/// taken for ours.
#[tokio::test(start_paused = true)]
async fn another_object_than_ours_is_not_taken_for_ours() {
    let memory = Memory::default();
    let theirs = store(&memory).lock(&holder("theirs")).await;
    memory.heal();
    memory.trick(1, Trick::Fail(Class::Lost));
    let mine = store(&memory).lock(&holder("it's me")).await;
    let Err(StateError::Locked { holder, .. }) = mine else {
        panic!("two have the lock");
    };
    assert_eq!(holder.expect("a holder").id, "theirs");
    theirs.expect("locked").release().await.expect("released");

    let (mine, theirs) = (store(&memory), store(&memory));
    let mut my = mine.load(&whose()).await.expect("loaded").state;
    let mut their = theirs.load(&whose()).await.expect("loaded").state;
    my.resources.insert(address("a"), owned("1"));
    their.resources.insert(address("a"), owned("2"));
    theirs.store(&mut their).await.expect("stored");
    memory.heal();
    memory.trick(1, Trick::Fail(Class::Lost));
    let error = mine.store(&mut my).await.expect_err("to be refused");
    assert!(
        matches!(
            error,
            StateError::Changed {
                expected: 0,
                found: 1,
                ..
            }
        ),
        "{error}"
    );
}

/// Nobody said whether these steps are in the journal, so the next append finds out first.
#[tokio::test(start_paused = true)]
async fn an_append_that_stays_in_doubt_is_settled_by_the_next() {
    for trick in [Trick::Lose, Trick::Fail(Class::Lost)] {
        let memory = Memory::default();
        let store = store(&memory);
        store.begin_journal(&first()).await.expect("begun");
        memory.heal();
        memory.trick(1, trick);
        memory.down(2, Class::Unreached);
        let one = [begin("a", wip_plan::Action::Create)];
        let refused = store.append(&one, true).await;
        assert!(words(refused).contains("cannot be reached"));
        memory.heal();
        let two = [begin("b", wip_plan::Action::Create)];
        store.append(&two, true).await.expect("written");
        let all: Vec<_> = one.into_iter().chain(two).collect();
        let loaded = super::store(&memory).load(&whose()).await.expect("loaded");
        assert_eq!(loaded.state, fold(first(), &all), "{trick:?}");
    }
}

/// What is left of a journal that could not be removed whole is a journal, or none.
#[tokio::test(start_paused = true)]
async fn a_journal_is_removed_from_its_first_part_on() {
    let memory = Memory::default();
    let store = store(&memory);
    store.begin_journal(&first()).await.expect("begun");
    for name in ["a", "b"] {
        let group = [begin(name, wip_plan::Action::Create)];
        store.append(&group, true).await.expect("written");
    }
    memory.heal();
    // A list, the first part, and then the others.
    memory.trick(3, Trick::DieBefore);
    let died = memory.until_death(store.drop_journal()).await;
    assert!(died.is_none());
    let left: Vec<_> = memory.texts().into_keys().collect();
    let parts = [2, 3].map(|part| format!("{FOLDER}/journal/{part:010}"));
    assert_eq!(left, parts);
}

/// Nobody knows what became of the write: the message says so, and the next run finds out.
#[tokio::test(start_paused = true)]
async fn a_write_that_stays_in_doubt_says_so() {
    let memory = Memory::default();
    let store = store(&memory);
    let mut state = store.load(&whose()).await.expect("loaded").state;
    memory.heal();
    memory.trick(1, Trick::Lose);
    memory.down(2, Class::Unreached);
    let words = words(store.store(&mut state).await);
    assert!(
        words.contains("it is not known whether it is there"),
        "{words}"
    );
    assert_eq!(state.serial, 0);
    memory.heal();
    let loaded = super::store(&memory).load(&whose()).await.expect("loaded");
    assert_eq!(loaded.state.serial, 1);
}

/// A step that was said not to have begun is not in the journal; what had ended before it is.
#[tokio::test(start_paused = true)]
async fn what_could_not_begin_is_not_written_later() {
    let memory = Memory::default();
    let store = store(&memory);
    store.begin_journal(&first()).await.expect("begun");
    let one = [begin("a", wip_plan::Action::Create)];
    store.append(&one, true).await.expect("written");
    let two = [made("a", "1")];
    store.append(&two, false).await.expect("kept");
    memory.heal();
    memory.down(1, Class::Denied);
    let three = [begin("b", wip_plan::Action::Create)];
    let refused = store.append(&three, true).await;
    assert!(words(refused).contains("these steps were not begun"));
    memory.heal();
    let all: Vec<_> = one.into_iter().chain(two).collect();
    let mut next = fold(first(), &all);
    store.store(&mut next).await.expect("stored");
    let loaded = super::store(&memory).load(&whose()).await.expect("loaded");
    assert_eq!((loaded.state, loaded.leftover), (next, true));
}
