//! What is loaded, what is refused, what is written.

use wip_plan::{Action, Cloud, State};
use wip_state::{Entry, StateError, Store, Whose, fold};

use super::*;

const STATE: &str = "a/prod/state.yaml";

fn part(number: u64) -> String {
    format!("{FOLDER}/journal/{number:010}")
}

/// A bucket with a state of serial 1 that holds `a`.
async fn stored(memory: &Memory) -> State {
    let mut state = first();
    state.resources.insert(address("a"), owned("0"));
    store(memory).store(&mut state).await.expect("stored");
    state
}

#[tokio::test]
async fn nothing_there_is_the_first_state_and_writes_nothing() {
    let memory = Memory::default();
    let loaded = store(&memory).load(&whose()).await.expect("loaded");
    assert_eq!(loaded.state, first());
    assert_eq!((loaded.recovered, loaded.leftover), (None, false));
    assert_eq!(store(&memory).stored(&whose()).await.expect("read"), None);
    assert!(memory.texts().is_empty());
}

#[tokio::test]
async fn a_run_leaves_the_state_alone_behind_byte_for_byte() {
    let memory = Memory::default();
    let next = runs(&store(&memory), &mut Told::default())
        .await
        .expect("both runs");
    assert_eq!(next.serial, 2);
    let text = wip_state::write_state(&next).expect("text");
    let texts = memory.texts();
    assert_eq!(texts.get(STATE), Some(&text));
    assert_eq!(texts.len(), 1, "{texts:?}");
    let stored = store(&memory).stored(&whose()).await.expect("read");
    assert_eq!(stored, Some(next));
}

#[tokio::test]
async fn a_durable_append_is_one_object_with_all_that_waited() {
    let memory = Memory::default();
    let store = store(&memory);
    store.begin_journal(&first()).await.expect("begun");
    let groups = [
        (vec![begin("a", Action::Create)], true),
        (vec![made("a", "1")], false),
        (vec![made("b", "1")], false),
        (vec![begin("c", Action::Create)], true),
        (vec![made("c", "1")], false),
    ];
    memory.heal();
    for (group, durable) in &groups {
        store.append(group, *durable).await.expect("written");
    }
    let creates = [part(2), part(3)].map(|part| format!("create {part}"));
    assert_eq!(memory.calls(), creates);

    let all: Vec<Entry> = groups.iter().flat_map(|(group, _)| group.clone()).collect();
    let lines = |entries| {
        let lines = wip_state::journal_lines(entries).expect("lines");
        String::from_utf8(lines).expect("text")
    };
    assert_eq!(memory.texts()[&part(3)], lines(&all[1..4]));
    // What waits goes out before the state that holds it.
    let mut next = fold(first(), &all);
    store.store(&mut next).await.expect("stored");
    assert_eq!(memory.texts()[&part(4)], lines(&all[4..]));
    let loaded = super::store(&memory).load(&whose()).await.expect("loaded");
    assert_eq!((loaded.state, loaded.leftover), (next, true));
}

#[tokio::test]
async fn the_next_run_goes_on_with_the_journal_of_a_dead_one() {
    let memory = Memory::default();
    let before = stored(&memory).await;
    let dead = store(&memory);
    let entries = [begin("a", Action::Update), begin("b", Action::Create)];
    dead.begin_journal(&before).await.expect("begun");
    dead.append(&entries, true).await.expect("written");

    let alive = store(&memory);
    let loaded = alive.load(&whose()).await.expect("loaded");
    assert_eq!(loaded.state, fold(before.clone(), &entries));
    let recovery = loaded.recovered.expect("a recovery");
    assert_eq!(recovery.in_doubt, [address("a"), address("b")]);
    alive.begin_journal(&loaded.state).await.expect("begun");
    let outcome = [begin("b", Action::Create), made("b", "1")];
    alive.append(&outcome, true).await.expect("written");
    assert!(memory.texts().contains_key(&part(3)));
    let all: Vec<_> = entries.into_iter().chain(outcome).collect();
    let loaded = store(&memory).load(&whose()).await.expect("loaded");
    assert_eq!(loaded.state, fold(before, &all));

    // The dead one was only slow.
    let late = dead.append(&[made("a", "1")], true).await;
    assert!(
        matches!(late, Err(StateError::Overtaken { .. })),
        "{late:?}"
    );
}

#[tokio::test]
async fn the_first_lineage_survives_in_the_journal() {
    let memory = Memory::default();
    store(&memory).begin_journal(&first()).await.expect("begun");
    let other = Whose {
        new_lineage: "another".to_owned(),
        ..whose()
    };
    let loaded = store(&memory).load(&other).await.expect("loaded");
    assert_eq!(loaded.state.lineage, LINEAGE);
}

#[tokio::test]
async fn what_is_left_of_a_journal_without_its_first_part_is_no_journal() {
    let memory = Memory::default();
    let state = stored(&memory).await;
    let foreign = format!("{FOLDER}/journal/notes.txt");
    memory.set(&foreign, "not ours");
    memory.set(&part(2), "whatever");
    memory.set(&part(7), "this is");
    let store = store(&memory);
    let loaded = store.load(&whose()).await.expect("loaded");
    assert_eq!((&loaded.state, loaded.leftover), (&state, true));
    store.begin_journal(&state).await.expect("begun");
    let texts = memory.texts();
    assert!(!texts.contains_key(&part(2)) && !texts.contains_key(&part(7)));
    assert!(texts.contains_key(&part(1)) && texts.contains_key(&foreign));
    store.drop_journal().await.expect("dropped");
    assert_eq!(memory.texts().len(), 2);
}

#[tokio::test]
async fn a_gap_in_the_journal_is_named() {
    let memory = Memory::default();
    let store = store(&memory);
    store.begin_journal(&first()).await.expect("begun");
    for name in ["a", "b", "c"] {
        let group = [begin(name, Action::Create)];
        store.append(&group, true).await.expect("written");
    }
    memory.unset(&part(3));
    let words = words(super::store(&memory).load(&whose()).await);
    assert!(
        words.contains("s3://acme-state/a/prod/journal/0000000003 is missing"),
        "{words}"
    );
}

#[tokio::test]
async fn a_journal_that_belongs_elsewhere_is_refused_and_kept() {
    let memory = Memory::default();
    let state = stored(&memory).await;
    let ahead = State {
        serial: 2,
        ..state.clone()
    };
    store(&memory).begin_journal(&ahead).await.expect("begun");
    let store = store(&memory);
    let loaded = words(store.load(&whose()).await);
    assert!(loaded.contains("builds on serial 2"), "{loaded}");
    assert_eq!(words(store.begin_journal(&state).await), loaded);
    assert!(memory.texts().contains_key(&part(1)));
}

#[tokio::test]
async fn a_state_of_another_space_or_cloud_or_of_no_wip_is_refused() {
    let memory = Memory::default();
    stored(&memory).await;
    let other = |space: &str, cloud| Whose {
        space: space.to_owned(),
        cloud,
        ..whose()
    };
    let store = store(&memory);
    let space = words(store.load(&other("other", Cloud::Real)).await);
    assert!(space.contains("belongs to the Space prod"), "{space}");
    let cloud = words(store.load(&other("prod", Cloud::Sandbox)).await);
    assert!(cloud.contains("is about real clouds"), "{cloud}");
    let text = memory.texts()[STATE].clone();
    memory.set(STATE, &text.replace("serial: 1", "serial:  1"));
    let edited = words(store.load(&whose()).await);
    assert!(
        edited.contains("s3://acme-state/a/prod/state.yaml:"),
        "{edited}"
    );
    assert!(
        edited.contains("edited by hand") && !edited.contains("git"),
        "{edited}"
    );
}

#[tokio::test]
async fn a_state_that_changed_meanwhile_is_not_overwritten() {
    let memory = Memory::default();
    let (mine, theirs) = (store(&memory), store(&memory));
    for at_once in [false, true] {
        let mut my = mine.load(&whose()).await.expect("loaded").state;
        let mut their = theirs.load(&whose()).await.expect("loaded").state;
        let serial = my.serial;
        my.resources.insert(address("mine"), owned("1"));
        their.resources.insert(address("theirs"), owned("1"));
        theirs.store(&mut their).await.expect("stored");
        if at_once {
            // Read again under the same store: the state in hand builds on what is not there.
            mine.load(&whose()).await.expect("loaded");
        }
        let error = mine.store(&mut my).await.expect_err("to be refused");
        assert!(
            matches!(error, StateError::Changed { expected, found, .. } if (expected, found) == (serial, serial + 1)),
            "{error}"
        );
        assert!(!error.to_string().contains("git"), "{error}");
        assert_eq!(my.serial, serial);
        let there = store(&memory).load(&whose()).await.expect("loaded").state;
        assert_eq!(there, their);
    }
}

#[tokio::test]
async fn a_store_builds_on_what_it_stored_itself() {
    let memory = Memory::default();
    let store = store(&memory);
    let mut state = store.load(&whose()).await.expect("loaded").state;
    for serial in 1..4 {
        memory.heal();
        store.store(&mut state).await.expect("stored");
        assert_eq!((state.serial, memory.calls().len()), (serial, 1));
    }
    memory.unset(STATE);
    let error = store.store(&mut state).await.expect_err("to be refused");
    assert!(
        matches!(
            error,
            StateError::Changed {
                expected: 3,
                found: 0,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_state_from_elsewhere_is_put_over_the_one_that_was_read() {
    let memory = Memory::default();
    let store = store(&memory);
    let mut state = first();
    state.serial = 7;
    store.put(&state, None).await.expect("put");
    assert_eq!(
        store.stored(&whose()).await.expect("read"),
        Some(state.clone())
    );
    let newer = State {
        serial: 9,
        ..state.clone()
    };
    let none = store.put(&newer, None).await.expect_err("to be refused");
    assert!(
        matches!(none, StateError::Changed { found: 7, .. }),
        "{none}"
    );
    let mut other = state.clone();
    other.resources.insert(address("other"), owned("1"));
    let wrong = store.put(&newer, Some(&other)).await;
    assert!(
        matches!(wrong, Err(StateError::Changed { found: 7, .. })),
        "{wrong:?}"
    );
    store.put(&newer, Some(&state)).await.expect("put");
    let mut next = newer.clone();
    store.store(&mut next).await.expect("stored");
    assert_eq!(next.serial, 10);
}

#[tokio::test]
async fn a_journal_that_was_not_begun_takes_nothing() {
    let memory = Memory::default();
    let appended = store(&memory).append(&[made("a", "1")], true).await;
    assert!(words(appended).contains("cannot write to the journal"));
    assert!(memory.texts().is_empty());
}
