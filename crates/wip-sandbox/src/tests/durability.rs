//! What a folder keeps when its process ends at any moment.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use super::{create, get, next, outcome, request};
use crate::{FaultClass, Options, Quotas, Sandbox, Seed};

fn open(dir: &Path) -> Sandbox {
    Sandbox::open(dir, Options::default()).unwrap()
}

#[test]
fn every_answered_change_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = open(dir.path());
    for name in ["a", "b", "c"] {
        assert_eq!(outcome(&sandbox, &create(name)).0, 200);
    }
    assert_eq!(
        outcome(&sandbox, &request("DeleteRole", &[("RoleName", "b")])).0,
        200
    );
    assert_eq!(outcome(&sandbox, &create("a")).0, 409);
    let dump = sandbox.dump();
    // Not dropped: a killed process flushes nothing.
    std::mem::forget(sandbox);
    let again = open(dir.path());
    assert_eq!(again.dump(), dump);
    assert_eq!(outcome(&again, &get("a")).0, 200);
    assert_eq!(outcome(&again, &get("b")).0, 404);
}

#[test]
fn a_line_cut_short_is_dropped_wherever_it_was_cut() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = open(dir.path());
    outcome(&sandbox, &create("a"));
    let before = sandbox.dump();
    let file = dir.path().join("world.jsonl");
    let whole = fs::read(&file).unwrap();
    outcome(&sandbox, &create("b"));
    let after = sandbox.dump();
    drop(sandbox);
    let longer = fs::read(&file).unwrap();
    // Each opening waits for the disk, so not every place is tried.
    let places = (whole.len()..longer.len()).step_by(23);
    for cut in places.chain([whole.len() + 1, longer.len() - 1, longer.len()]) {
        fs::write(&file, &longer[..cut]).unwrap();
        let wanted = if cut == longer.len() { &after } else { &before };
        assert_eq!(open(dir.path()).dump(), *wanted, "cut at {cut}");
    }
}

#[test]
fn opening_writes_the_file_without_what_was_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = open(dir.path());
    for _ in 0..5 {
        outcome(&sandbox, &create("a"));
        outcome(&sandbox, &request("DeleteRole", &[("RoleName", "a")]));
    }
    let size = || fs::metadata(dir.path().join("world.jsonl")).unwrap().len();
    let long = size();
    let reopened = open(dir.path());
    assert!(size() < long / 2);
    // What is not in the dump is kept too: ids go on where they were.
    outcome(&reopened, &create("a"));
    let dump = reopened.dump();
    outcome(&sandbox, &create("a"));
    assert_eq!(sandbox.dump(), dump);
}

#[test]
fn a_refused_call_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = open(dir.path());
    outcome(&sandbox, &create("a"));
    let written = fs::read(dir.path().join("world.jsonl")).unwrap();
    outcome(&sandbox, &create("a"));
    outcome(&sandbox, &get("a"));
    sandbox.set_faults(next("CreateRole", FaultClass::InternalError));
    outcome(&sandbox, &create("b"));
    assert_eq!(fs::read(dir.path().join("world.jsonl")).unwrap(), written);
}

#[test]
fn a_file_of_another_format_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("world.jsonl");
    for text in [
        "{\"format\":\"wip-sandbox/9\"}\n",
        "{\"format\":\"wip-sandbox/1\"}\nnot json\n",
    ] {
        fs::write(&file, text).unwrap();
        let error = Sandbox::open(dir.path(), Options::default()).err().unwrap();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData, "{error}");
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            text,
            "and left as it is"
        );
    }
}

#[test]
fn a_damaged_line_in_the_middle_is_not_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    outcome(&open(dir.path()), &create("a"));
    let path = dir.path().join("world.jsonl");
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"torn\n[]\n").unwrap();
    assert!(Sandbox::open(dir.path(), Options::default()).is_err());
}

#[test]
fn seeding_twice_changes_nothing_and_quotas_last() {
    let dir = tempfile::tempdir().unwrap();
    let seed: Seed = serde_json::from_str(
        r#"{"roles":[{"account":"111122223333","name":"seeded"}],"quotas":{"roles":1}}"#,
    )
    .unwrap();
    let sandbox = open(dir.path());
    sandbox.seed(&seed).unwrap();
    let dump = sandbox.dump();
    sandbox.seed(&seed).unwrap();
    assert_eq!(sandbox.dump(), dump);
    drop(sandbox);
    let sandbox = open(dir.path());
    assert_eq!(
        outcome(&sandbox, &create("b")),
        (409, "LimitExceeded".to_owned())
    );
    let raised = Seed {
        quotas: Some(Quotas::default()),
        ..Seed::default()
    };
    sandbox.seed(&raised).unwrap();
    assert_eq!(outcome(&sandbox, &create("b")).0, 200);
}
