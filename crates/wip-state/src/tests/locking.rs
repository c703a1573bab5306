//! The lock, and the death of who holds it.

use std::fs;
use std::process::Command;

use tempfile::tempdir;

use super::holder;
use crate::{Disk, Effect, FolderStore, Point, StateError};

#[test]
fn a_second_run_is_told_who_holds_the_lock() {
    let dir = tempdir().expect("a folder");
    let store = FolderStore::new(dir.path().join("state/prod"), Disk::default());
    let guard = store.lock(&holder("first")).expect("the lock");
    let error = store.lock(&holder("second")).expect_err("to be refused");
    let words = error.to_string();
    for part in [
        "wip apply space.yaml",
        "runner-7",
        "4711",
        "2026-01-02T03:04:05Z",
        "lock first",
    ] {
        assert!(words.contains(part), "{words}");
    }
    assert!(matches!(error, StateError::Locked { holder: Some(by), .. } if by.id == "first"));
    drop(guard);
    assert_eq!(fs::read(store.lock_path()).expect("the file"), b"");
    drop(store.lock(&holder("second")).expect("the lock"));
}

#[test]
fn a_name_that_is_not_written_yet_is_no_way_in() {
    let dir = tempdir().expect("a folder");
    let store = FolderStore::new(dir.path(), Disk::default());
    let _guard = store.lock(&holder("first")).expect("the lock");
    for content in ["", "{\"id\":", "\u{0}"] {
        fs::write(store.lock_path(), content).expect("a write");
        let error = store.lock(&holder("second")).expect_err("to be refused");
        assert!(matches!(error, StateError::Locked { holder: None, .. }));
    }
}

#[test]
fn what_a_dead_run_left_in_the_file_is_no_lock() {
    let dir = tempdir().expect("a folder");
    let store = FolderStore::new(dir.path(), Disk::default());
    let long = "x".repeat(10_000);
    fs::write(store.lock_path(), long).expect("a write");
    let _guard = store.lock(&holder("mine")).expect("the lock");
    let error = store.lock(&holder("second")).expect_err("to be refused");
    assert!(matches!(error, StateError::Locked { holder: Some(by), .. } if by.id == "mine"));
}

#[test]
fn a_lock_that_cannot_be_written_is_not_held() {
    let dir = tempdir().expect("a folder");
    let full = Disk::failing(Point {
        effect: 1,
        torn: true,
    });
    let store = FolderStore::new(dir.path(), full);
    let words = store
        .lock(&holder("first"))
        .expect_err("to fail")
        .to_string();
    assert!(
        words.contains("disk is full") && words.contains("nothing was done"),
        "{words}"
    );
    let store = FolderStore::new(dir.path(), Disk::default());
    drop(store.lock(&holder("second")).expect("the lock"));
}

/// Where the test below, run once more as a process of its own, finds its folder and point.
const CHILD: &str = "WIP_STATE_TEST_CHILD";

#[test]
fn a_disk_that_kills_does_so_before_the_effect_and_the_system_unlocks() {
    if let Ok(child) = std::env::var(CHILD) {
        let (point, folder) = child.split_once(' ').expect("a point and a folder");
        let disk = Disk::killing(point.parse().expect("a point"));
        let store = FolderStore::new(folder, disk);
        let guard = store.lock(&holder("child"));
        store
            .begin_journal(&super::state(0, []))
            .expect("a journal");
        drop(guard);
        // Not reached: there are more effects than the point.
        std::process::exit(7);
    }
    let expected = Disk::default();
    let whole = tempdir().expect("a folder");
    let store = FolderStore::new(whole.path(), expected.clone());
    let guard = store.lock(&holder("child")).expect("the lock");
    store
        .begin_journal(&super::state(0, []))
        .expect("a journal");
    drop(guard);
    let header = fs::read(store.journal_path()).expect("the journal");
    let written = [
        Effect::WriteLock,
        Effect::WriteHeader,
        Effect::SyncJournal,
        Effect::SyncFolder,
    ];
    assert_eq!(expected.effects()[..4], written);

    let lines = |point: &str| {
        let dir = tempdir().expect("a folder");
        let exe = std::env::current_exe().expect("this program");
        let status = Command::new(exe)
            .args(["--exact", "--quiet", "tests::locking::a_disk_that_kills_does_so_before_the_effect_and_the_system_unlocks"])
            .env(CHILD, format!("{point} {}", dir.path().display()))
            .status()
            .expect("a child");
        assert_eq!(status.code(), None, "killed, not ended: {status}");
        let store = FolderStore::new(dir.path(), Disk::default());
        drop(
            store
                .lock(&holder("next"))
                .expect("the lock of a dead process is free"),
        );
        fs::read(store.journal_path()).ok()
    };
    assert_eq!(lines("1"), None);
    assert_eq!(lines("2"), Some(Vec::new()));
    assert_eq!(lines("2.5"), Some(header[..header.len() / 2].to_vec()));
    assert_eq!(lines("3"), Some(header));
}

#[test]
fn points_are_numbers_from_one_and_halves() {
    assert_eq!(
        "12".parse(),
        Ok(Point {
            effect: 12,
            torn: false
        })
    );
    assert_eq!(
        "3.5".parse(),
        Ok(Point {
            effect: 3,
            torn: true
        })
    );
    for text in ["", "0", "0.5", "-1", "1.25", "x"] {
        let error = text.parse::<Point>().expect_err(text);
        assert!(error.to_string().contains("no write"), "{error}");
    }
}

#[test]
fn only_the_lock_that_is_named_and_that_nobody_holds_is_taken_away() {
    let dir = tempdir().expect("a folder");
    let store = FolderStore::new(dir.path(), Disk::default());
    let none = store.unlock("first").expect_err("to be refused");
    assert!(matches!(none, StateError::NotLocked { .. }), "{none}");
    let guard = store.lock(&holder("first")).expect("the lock");
    let lives = store.unlock("first").expect_err("to be refused");
    assert!(matches!(lives, StateError::HolderLives { .. }), "{lives}");
    assert!(lives.to_string().contains("4711"), "{lives}");
    drop(guard);
    let free = store.unlock("first").expect_err("to be refused");
    assert!(matches!(free, StateError::NotLocked { .. }), "{free}");

    let died = serde_json::to_vec(&holder("first")).expect("JSON");
    fs::write(store.lock_path(), died).expect("a write");
    let other = store.unlock("second").expect_err("to be refused");
    assert!(matches!(other, StateError::OtherLock { .. }), "{other}");
    let was = store.unlock("first").expect("unlocked");
    assert_eq!(was, Some(holder("first")));
    assert_eq!(fs::read(store.lock_path()).expect("the file"), b"");
}

#[test]
fn a_holder_lives_only_as_a_process_of_this_machine() {
    let mut holder = holder("first");
    holder.pid = std::process::id();
    assert!(holder.lives_on("runner-7"));
    assert!(!holder.lives_on("runner-8"));
    let mut child = Command::new("true").spawn().expect("a process");
    child.wait().expect("its end");
    holder.pid = child.id();
    assert!(!holder.lives_on("runner-7"));
}
