//! The lock in a bucket, alone and beside that of a folder.

use wip_state::{Disk, FolderStore, Store};

use super::memory::Trick;
use super::*;
use crate::guarded;
use crate::objects::Class;

const LOCK: &str = "a/prod/lock";

#[tokio::test]
async fn a_second_run_is_told_who_holds_the_lock() {
    let memory = Memory::default();
    let first = store(&memory).lock(&holder("first")).await.expect("locked");
    let words = words(store(&memory).lock(&holder("second")).await);
    for part in [
        "s3://acme-state/a/prod/lock",
        "runner-7",
        "4711",
        "lock first",
        "wip state unlock first",
    ] {
        assert!(words.contains(part), "{words}");
    }
    first.release().await.expect("released");
    assert!(memory.texts().is_empty());
    let second = store(&memory)
        .lock(&holder("second"))
        .await
        .expect("locked");
    second.release().await.expect("released");
}

#[tokio::test]
async fn a_lock_that_is_let_go_of_while_it_is_looked_at_is_taken() {
    let memory = Memory::default();
    let first = store(&memory).lock(&holder("first")).await.expect("locked");
    let store = store(&memory);
    let by = holder("second");
    let second = async {
        let mut second = std::pin::pin!(store.lock(&by));
        // Up to where it has seen that there is one.
        while memory.calls().len() < 3 {
            assert!(futures_util::poll!(&mut second).is_pending());
        }
        memory.unset(LOCK);
        second.await.expect("locked")
    };
    second.await.release().await.expect("released");
    drop(first);
}

#[tokio::test]
async fn a_lock_that_was_taken_away_is_not_released_and_the_run_is_told() {
    let memory = Memory::default();
    let mine = store(&memory).lock(&holder("mine")).await.expect("locked");
    store(&memory)
        .unlock("mine", "another")
        .await
        .expect("unlocked");
    let theirs = store(&memory)
        .lock(&holder("theirs"))
        .await
        .expect("locked");
    let words = words(mine.release().await);
    assert!(
        words.contains("taken away") && words.contains("lock theirs"),
        "{words}"
    );
    theirs.release().await.expect("released");
}

/// Between reading our lock and removing it somebody took it away, and somebody else took it:
/// theirs is not removed.
#[tokio::test]
async fn a_removal_is_of_one_version() {
    let memory = Memory::default();
    let mine = store(&memory).lock(&holder("mine")).await.expect("locked");
    memory.heal();
    let mut release = mine.release();
    while memory.calls().len() < 2 {
        assert!(futures_util::poll!(&mut release).is_pending());
    }
    store(&memory)
        .unlock("mine", "another")
        .await
        .expect("unlocked");
    let theirs = store(&memory)
        .lock(&holder("theirs"))
        .await
        .expect("locked");
    let words = words(release.await);
    assert!(words.contains("lock theirs"), "{words}");
    theirs.release().await.expect("released");
}

/// The answer to the removal is lost, and before it is repeated somebody else takes the lock.
#[tokio::test(start_paused = true)]
async fn a_lock_that_is_gone_after_a_lost_answer_was_released() {
    let memory = Memory::default();
    let mine = store(&memory).lock(&holder("mine")).await.expect("locked");
    memory.heal();
    memory.trick(2, Trick::Lose);
    let (release, theirs) = futures_util::join!(mine.release(), async {
        while memory.texts().contains_key(LOCK) {
            tokio::task::yield_now().await;
        }
        store(&memory).lock(&holder("theirs")).await
    });
    release.expect("released");
    theirs.expect("locked").release().await.expect("released");
}

#[tokio::test]
async fn only_the_lock_that_is_named_and_whose_holder_is_dead_is_taken_away() {
    let memory = Memory::default();
    let store = store(&memory);
    let none = store.unlock("first", "runner-7").await;
    assert!(
        matches!(none, Err(StateError::NotLocked { .. })),
        "{none:?}"
    );
    let mut holder = holder("first");
    holder.pid = std::process::id();
    let held = store.lock(&holder).await.expect("locked");
    let other = words(store.unlock("second", "runner-7").await);
    assert!(other.contains("is first, not second"), "{other}");
    let lives = store.unlock("first", "runner-7").await;
    assert!(
        matches!(lives, Err(StateError::HolderLives { .. })),
        "{lives:?}"
    );
    let was = store.unlock("first", "runner-8").await.expect("unlocked");
    assert_eq!(was, Some(holder));
    drop(held);
    memory.set(LOCK, "{}");
    let foreign = words(store.unlock("first", "runner-7").await);
    assert!(foreign.contains("not a lock that wip wrote"), "{foreign}");
    let locked = store.lock(&super::holder("next")).await;
    assert!(matches!(locked, Err(StateError::ForeignLock { .. })));
}

fn both(folder: &std::path::Path, memory: &Memory) -> Box<dyn Store> {
    let folder = FolderStore::new(folder, Disk::default());
    guarded(Box::new(folder), Box::new(store(memory)))
}

#[tokio::test]
async fn a_folder_with_a_lock_in_a_bucket_takes_both_and_lets_go_of_both() {
    let (one, two) = (tempfile::tempdir(), tempfile::tempdir());
    let (one, two) = (one.expect("a folder"), two.expect("a folder"));
    let memory = Memory::default();
    let lock = both(one.path(), &memory)
        .lock(&holder("first"))
        .await
        .expect("locked");
    // Another machine has another folder, and another run here has another bucket.
    let there = words(both(two.path(), &memory).lock(&holder("second")).await);
    assert!(there.contains("s3://acme-state/a/prod/lock"), "{there}");
    let here = words(
        both(one.path(), &Memory::default())
            .lock(&holder("third"))
            .await,
    );
    assert!(here.contains(".wip-lock"), "{here}");
    lock.release().await.expect("released");
    // What the bucket refused is not held in the folder either.
    let lock = both(two.path(), &memory)
        .lock(&holder("second"))
        .await
        .expect("locked");
    lock.release().await.expect("released");

    let memory = Memory::default();
    memory.down(1, Class::Denied);
    assert!(
        both(one.path(), &memory)
            .lock(&holder("first"))
            .await
            .is_err()
    );
    memory.heal();
    let next = runs(&*both(one.path(), &memory), &mut Told::default()).await;
    assert_eq!(next.expect("both runs").serial, 2);
    assert!(one.path().join("state.yaml").exists() && memory.texts().is_empty());
}

#[tokio::test]
async fn a_dead_run_is_unlocked_in_both() {
    let dir = tempfile::tempdir().expect("a folder");
    let memory = Memory::default();
    let store = both(dir.path(), &memory);
    // It died: the system let go of the folder, nobody of the bucket.
    drop(store.lock(&holder("dead")).await.expect("locked"));
    assert!(store.lock(&holder("next")).await.is_err());
    let was = store.unlock("dead", "runner-8").await.expect("unlocked");
    assert_eq!(was, Some(holder("dead")));
    let none = store.unlock("dead", "runner-8").await;
    assert!(
        matches!(none, Err(StateError::NotLocked { .. })),
        "{none:?}"
    );
}
