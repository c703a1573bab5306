//! The folder store: what is loaded, what is refused, what is written.

use std::fs;

use tempfile::{TempDir, tempdir};
use wip_plan::{Action, Cloud, State};

use super::{LINEAGE, address, begin, failed, made, owned, state, whose};
use crate::folder::settled;
use crate::recovery::Found;
use crate::{Disk, Effect, Entry, FolderStore, Loaded, StateError, fold};

fn folder() -> (TempDir, FolderStore) {
    let dir = tempdir().expect("a folder");
    let store = FolderStore::new(dir.path().join("state/prod"), Disk::default());
    (dir, store)
}

fn load(store: &FolderStore) -> Result<Loaded, StateError> {
    store.load(&whose("prod", Cloud::Real, LINEAGE))
}

/// A store with a state of serial 1 that holds `a`.
fn stored() -> (TempDir, FolderStore, State) {
    let (dir, store) = folder();
    let mut state = state(0, [(address("a"), owned("0"))]);
    store.store(&mut state).expect("stored");
    (dir, store, state)
}

fn words<T: std::fmt::Debug>(result: Result<T, StateError>) -> String {
    result.expect_err("to fail").to_string()
}

#[test]
fn nothing_there_is_the_first_state_and_writes_nothing() {
    let (_dir, store) = folder();
    let loaded = load(&store).expect("loaded");
    assert_eq!(loaded.state, state(0, []));
    assert_eq!((loaded.recovered, loaded.leftover), (None, false));
    assert!(!store.state_path().parent().expect("a folder").exists());
}

#[test]
fn a_run_leaves_the_state_alone_behind() {
    let (_dir, store) = folder();
    let mut state = load(&store).expect("loaded").state;
    store.begin_journal(&state).expect("begun");
    let entries = [begin("a", Action::Create, Some("1")), made("a", "1")];
    store.append(&entries[..1], true).expect("written");
    store.append(&entries[1..], false).expect("written");
    state = fold(state, &entries);
    store.store(&mut state).expect("stored");
    store.drop_journal().expect("dropped");
    assert_eq!(state.serial, 1);
    assert_eq!(load(&store).expect("loaded").state, state);
    let names = fs::read_dir(store.state_path().parent().expect("a folder")).expect("a folder");
    let names: Vec<_> = names
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(names, ["state.yaml"]);
}

#[test]
fn the_journal_is_these_lines() {
    let (_dir, store) = folder();
    store.begin_journal(&state(0, [])).expect("begun");
    let entries = [
        begin("a", Action::Create, Some("1")),
        made("a", "1\n2"),
        failed("b", false),
        failed("b", true),
        super::gone("c"),
        super::moved("d", "e"),
        Entry::Adopted {
            address: address("f"),
            owned: owned("0"),
        },
        Entry::Forgotten {
            address: address("g"),
        },
    ];
    store.append(&entries, true).expect("written");
    let text = fs::read_to_string(store.journal_path()).expect("the journal");
    assert_eq!(text, include_str!("journal-1.jsonl"));
    let folded = load(&store).expect("loaded").state;
    assert_eq!(folded, fold(state(0, []), &entries));
}

#[test]
fn the_first_lineage_survives_in_the_journal() {
    let (_dir, store) = folder();
    store.begin_journal(&state(0, [])).expect("begun");
    store
        .append(&[begin("a", Action::Create, Some("1"))], true)
        .expect("written");
    let loaded = store
        .load(&whose("prod", Cloud::Real, "another"))
        .expect("loaded");
    assert_eq!(loaded.state.lineage, LINEAGE);
    let recovery = loaded.recovered.expect("a recovery");
    assert_eq!((recovery.entries, recovery.torn), (1, false));
    assert_eq!(recovery.in_doubt, [address("a")]);
}

#[test]
fn the_next_run_goes_on_with_the_journal_of_a_dead_one() {
    let (_dir, store, _) = stored();
    let before = load(&store).expect("loaded").state;
    let first = [
        begin("a", Action::Update, Some("1")),
        begin("b", Action::Create, Some("1")),
    ];
    store.begin_journal(&before).expect("begun");
    store.append(&first, true).expect("written");
    let torn = fs::read_to_string(store.journal_path()).expect("the journal") + "{\"made\":{\"addr";
    fs::write(store.journal_path(), torn).expect("a write");

    let loaded = load(&store).expect("loaded");
    assert!(loaded.recovered.clone().expect("a recovery").torn);
    assert_eq!(loaded.state, fold(before.clone(), &first));
    store.begin_journal(&loaded.state).expect("begun");
    let second = [made("a", "1"), made("b", "1")];
    store.append(&second, false).expect("written");
    let all: Vec<_> = first.into_iter().chain(second).collect();
    let loaded = load(&store).expect("loaded");
    assert_eq!(loaded.state, fold(before, &all));
    assert_eq!(loaded.recovered.expect("a recovery").in_doubt, []);
}

#[test]
fn a_journal_that_is_in_the_state_is_only_left_over() {
    let (_dir, store, mut state) = stored();
    let entries = [begin("b", Action::Create, Some("1")), made("b", "1")];
    store.begin_journal(&state).expect("begun");
    store.append(&entries, true).expect("written");
    state = fold(state, &entries);
    store.store(&mut state).expect("stored");
    let loaded = load(&store).expect("loaded");
    assert_eq!((&loaded.state, loaded.leftover), (&state, true));
    assert_eq!(loaded.recovered, None);

    store.begin_journal(&state).expect("begun");
    let loaded = load(&store).expect("loaded");
    assert_eq!(
        (
            loaded.leftover,
            loaded.recovered.expect("a recovery").entries
        ),
        (false, 0)
    );
}

#[test]
fn a_journal_that_belongs_elsewhere_is_refused_and_kept() {
    let entries = [begin("b", Action::Create, Some("1"))];
    let journal_of = |of: &State| {
        let (dir, store, state) = stored();
        let other = FolderStore::new(dir.path().join("other"), Disk::default());
        other.begin_journal(of).expect("begun");
        other.append(&entries, true).expect("written");
        fs::copy(other.journal_path(), store.journal_path()).expect("copied");
        let loaded = words(load(&store));
        assert_eq!(words(store.begin_journal(&state)), loaded);
        assert!(store.journal_path().exists());
        loaded
    };
    let of = |serial| state(serial, []);
    assert!(journal_of(&of(2)).contains("builds on serial 2"), "ahead");
    assert!(
        journal_of(&of(0)).contains("comes from another run"),
        "behind"
    );
    let lineage = "other".to_owned();
    assert!(journal_of(&State { lineage, ..of(1) }).contains("its lineage is other"));
    let space = "other".to_owned();
    assert!(journal_of(&State { space, ..of(1) }).contains("Space other, not to prod"));
    let cloud = Cloud::Sandbox;
    assert!(journal_of(&State { cloud, ..of(1) }).contains("the sandbox"));
}

#[test]
fn a_journal_that_was_read_before_the_run_ended_is_read_again() {
    let (_dir, store, mut state) = stored();
    let read = |journal: Option<Vec<u8>>| Found {
        state: fs::read(store.state_path()).ok(),
        state_path: store.state_path(),
        journal,
        journal_path: store.journal_path(),
    };
    let entries = [begin("b", Action::Create, Some("1")), made("b", "1")];
    store.begin_journal(&state).expect("begun");
    store.append(&entries[..1], true).expect("written");
    let part = fs::read(store.journal_path()).expect("the journal");
    state = fold(state, &entries);
    store.store(&mut state).expect("stored");
    let whose = whose("prod", Cloud::Real, LINEAGE);
    let mut reads = [Some(part.clone()), None].into_iter();
    let next = || Ok(read(reads.next().expect("a read")));
    assert_eq!(settled(next, &whose).expect("loaded").state, state);
    // One that stays as it is does not fit.
    assert!(settled(|| Ok(read(Some(part.clone()))), &whose).is_err());
}

#[test]
fn a_lost_state_beside_its_journal_is_not_a_first_state() {
    let (_dir, store, state) = stored();
    store.begin_journal(&state).expect("begun");
    fs::remove_file(store.state_path()).expect("removed");
    assert!(matches!(
        load(&store),
        Err(StateError::JournalAhead {
            journal: 1,
            state: 0,
            ..
        })
    ));
}

#[test]
fn a_broken_line_is_named_and_a_torn_one_is_left_out() {
    let (_dir, store, state) = stored();
    store.begin_journal(&state).expect("begun");
    store
        .append(&[made("b", "1"), made("c", "1")], true)
        .expect("written");
    let whole = fs::read_to_string(store.journal_path()).expect("the journal");
    for (from, to, line) in [
        (
            "\"made\":{\"address\":\"aws/iam-role:prod/b",
            "\"made\":{\"adr",
            2,
        ),
        ("\"format\"", "\"f\"", 1),
    ] {
        fs::write(store.journal_path(), whole.replacen(from, to, 1)).expect("a write");
        let words = words(load(&store));
        assert!(
            words.contains(&format!("journal.jsonl:{line}: ")),
            "{words}"
        );
    }
    let newer = whole.replacen("wip-journal/1\"", "wip-journal/2\",\"x\":1", 1);
    fs::write(store.journal_path(), newer).expect("a write");
    assert!(words(load(&store)).contains("newer wip"));
    for length in 0..whole.len() {
        fs::write(store.journal_path(), &whole[..length]).expect("a write");
        let loaded = load(&store).expect("loaded");
        let lines = whole[..length].matches('\n').count();
        let found = loaded.recovered.map_or(0, |recovery| recovery.entries + 1);
        assert_eq!(found, lines, "cut at {length}");
    }
}

#[test]
fn a_state_of_another_space_or_cloud_is_refused() {
    let (_dir, store, _) = stored();
    let other = words(store.load(&whose("other", Cloud::Real, LINEAGE)));
    assert!(
        other.contains("belongs to the Space prod, not to other"),
        "{other}"
    );
    let sandbox = words(store.load(&whose("prod", Cloud::Sandbox, LINEAGE)));
    assert!(sandbox.contains("is about real clouds"), "{sandbox}");
    fs::write(store.state_path(), b"version: \xff").expect("a write");
    assert!(words(load(&store)).contains("byte 9 is not UTF-8"));
}

#[test]
fn a_file_beyond_the_limit_is_not_read() {
    let (_dir, store, _) = stored();
    let file = fs::File::create(store.state_path()).expect("a file");
    file.set_len(64 * 1024 * 1024 + 1).expect("a sparse file");
    let words = words(load(&store));
    assert!(
        words.contains("state.yaml is larger than 67108864 bytes"),
        "{words}"
    );
}

#[test]
fn a_state_that_changed_meanwhile_is_not_overwritten() {
    let (_dir, store, mut mine) = stored();
    let mut theirs = mine.clone();
    theirs.resources.insert(address("theirs"), owned("1"));
    store.store(&mut theirs).expect("stored");
    let error = store.store(&mut mine).expect_err("to be refused");
    assert!(
        matches!(
            error,
            StateError::Changed {
                expected: 1,
                found: 2,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(mine.serial, 1);
    assert_eq!(load(&store).expect("loaded").state, theirs);
    let mut foreign = State {
        lineage: "other".to_owned(),
        ..theirs
    };
    assert!(matches!(
        store.store(&mut foreign),
        Err(StateError::Changed { .. })
    ));
}

#[test]
fn a_folder_that_vanishes_half_way_loses_no_more_than_it_held() {
    let (_dir, store, mut state) = stored();
    store.begin_journal(&state).expect("begun");
    fs::remove_dir_all(store.state_path().parent().expect("a folder")).expect("removed");
    let words = words(store.append(&[begin("b", Action::Create, Some("1"))], true));
    assert!(
        words.contains("it is gone") && words.contains("were not begun"),
        "{words}"
    );
    assert!(!store.journal_path().exists());
    // What the run remembers is all that is left: it is stored anew.
    store.store(&mut state).expect("stored");
    store.drop_journal().expect("nothing to drop");
    assert_eq!(load(&store).expect("loaded").state, state);
}

#[test]
fn a_file_in_the_way_of_the_folder_is_named() {
    let dir = tempdir().expect("a folder");
    fs::write(dir.path().join("state"), "").expect("a write");
    let store = FolderStore::new(dir.path().join("state/prod"), Disk::default());
    let words = words(store.lock(&super::holder("mine")));
    assert!(
        words.contains("state/prod: a file is in the way"),
        "{words}"
    );
    assert!(words.contains("nothing was done"), "{words}");
}

#[test]
fn the_journal_grows_by_what_is_said_and_syncs_once_per_group() {
    let bytes = |resources: usize| {
        let disk = Disk::default();
        let dir = tempdir().expect("a folder");
        let store = FolderStore::new(dir.path(), disk.clone());
        store.begin_journal(&state(0, [])).expect("begun");
        let names: Vec<_> = (0..resources)
            .map(|number| format!("identity-{number:04}"))
            .collect();
        for group in names.chunks(10) {
            let begun = group
                .iter()
                .map(|name| begin(name, Action::Create, Some("/")));
            store
                .append(&begun.collect::<Vec<_>>(), true)
                .expect("written");
            for name in group {
                store.append(&[made(name, "/")], false).expect("written");
            }
        }
        store.append(&[], true).expect("nothing to write");
        let effects = disk.effects();
        let count = |wanted| effects.iter().filter(|effect| **effect == wanted).count();
        assert_eq!(count(Effect::SyncJournal), 1 + resources / 10);
        assert_eq!(count(Effect::AppendJournal), resources / 10 + resources);
        let entries = load(&store)
            .expect("loaded")
            .recovered
            .expect("a recovery")
            .entries;
        assert_eq!(entries, 2 * resources);
        fs::metadata(store.journal_path())
            .expect("the journal")
            .len()
    };
    let (some, many) = (bytes(500), bytes(5000));
    let header = bytes(0);
    assert_eq!(many - header, 10 * (some - header));
}

#[test]
fn a_state_from_elsewhere_is_put_only_over_the_one_that_was_seen() {
    let dir = tempdir().expect("a folder");
    let store = FolderStore::new(dir.path().join("state/prod"), Disk::default());
    let mine = state(7, [(address("a"), owned("1"))]);
    store.put(&mine, None).expect("put");
    let text = fs::read_to_string(store.state_path()).expect("the state");
    assert_eq!(text, crate::write_state(&mine).expect("text"));

    let next = state(9, [(address("a"), owned("2"))]);
    for wrong in [None, Some(&next)] {
        let error = store.put(&next, wrong).expect_err("to be refused");
        assert!(matches!(error, StateError::Changed { .. }), "{error}");
        assert_eq!(fs::read_to_string(store.state_path()).expect("it"), text);
    }
    store.put(&next, Some(&mine)).expect("put");
    let stored = store.stored(&whose("prod", Cloud::Real, LINEAGE));
    assert_eq!(stored.expect("read"), Some(next));
}
