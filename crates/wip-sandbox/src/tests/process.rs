//! One server per folder; a task here is what a process is outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::{Ended, Options, join_or_start, running, serve_folder};

const LONG: Duration = Duration::from_secs(600);

fn start(dir: &Path, idle: Duration) -> JoinHandle<std::io::Result<Ended>> {
    let dir = PathBuf::from(dir);
    tokio::spawn(async move { serve_folder(&dir, Options::default(), idle).await })
}

#[tokio::test]
async fn the_first_starts_and_the_others_join() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = None;
    let url = join_or_start(dir.path(), || {
        server = Some(start(dir.path(), LONG));
        Ok(())
    })
    .await
    .unwrap();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    let joined = join_or_start(dir.path(), || panic!("there is one already"))
        .await
        .unwrap();
    assert_eq!(joined, url);
    // A second process that was started anyway ends by itself.
    assert_eq!(
        start(dir.path(), LONG).await.unwrap().unwrap(),
        Ended::ServedByAnother
    );
    server.unwrap().abort();
}

#[tokio::test]
async fn what_a_killed_server_left_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path(), LONG);
    let url = join_or_start(dir.path(), || Ok(())).await.unwrap();
    server.abort();
    assert!(server.await.unwrap_err().is_cancelled());
    assert_eq!(
        fs::read_to_string(dir.path().join("endpoint"))
            .unwrap()
            .trim(),
        url,
        "left over"
    );
    assert_eq!(running(dir.path()).await.unwrap(), None);
    let server = start(dir.path(), LONG);
    let again = join_or_start(dir.path(), || Ok(())).await.unwrap();
    assert_ne!(again, url);
    server.abort();
}

#[tokio::test]
async fn the_server_of_another_folder_is_not_believed() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = start(other.path(), LONG);
    join_or_start(other.path(), || Ok(())).await.unwrap();
    fs::copy(other.path().join("endpoint"), dir.path().join("endpoint")).unwrap();
    assert_eq!(running(dir.path()).await.unwrap(), None);
    assert!(running(other.path()).await.unwrap().is_some());
    server.abort();
}

#[tokio::test]
async fn a_server_that_nobody_asks_ends_and_cleans_up() {
    let dir = tempfile::tempdir().unwrap();
    let ended = start(dir.path(), Duration::from_millis(30))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ended, Ended::Idle);
    assert!(!dir.path().join("endpoint").exists());
    assert_eq!(
        start(dir.path(), Duration::from_millis(1))
            .await
            .unwrap()
            .unwrap(),
        Ended::Idle,
        "the lock is free"
    );
}

#[tokio::test]
async fn a_start_that_fails_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let error = join_or_start(dir.path(), || Err(std::io::Error::other("no such program"))).await;
    assert_eq!(error.unwrap_err().to_string(), "no such program");
}
