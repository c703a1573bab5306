//! States and locks in a bucket: two runs at once, a run that is killed, a machine that dies.
//!
//! The bucket is the sandbox's own; those of others are `peers`' to test.
//! Not here: what one object at a time promises (`wip-remote`).

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::examples::example;
use crate::running::{Running, called, every};
use crate::sandbox::{Sandbox, said};

const APPLY: &[&str] = &["apply", "--auto-approve"];
/// Where the states are.
const STATES: &str = "--state=s3://acme-states/wip";
/// Where the locks are, for states in a folder.
const LOCKS: &str = "--lock=s3://acme-states/locks";

/// A sandbox with the example's Space file and a bucket for states.
fn sandbox(name: &str) -> Sandbox {
    let sandbox = Sandbox::new(&format!("buckets-{name}"));
    sandbox.write(&example("eks-irsa").0);
    sandbox.seed(&json!({ "buckets": [
        { "account": "111122223333", "region": "eu-west-1", "name": "acme-states" },
    ]}));
    sandbox
}

/// `wip ARGUMENTS --sandbox WHERE`, with the sandbox's S3 as the one of the states.
fn wip(sandbox: &Sandbox, arguments: &[&str], place: &str) -> Command {
    let mut command = sandbox.plain(arguments);
    command
        .args(["--sandbox", place])
        .env("AWS_ENDPOINT_URL_S3", sandbox.url())
        .env("AWS_ACCESS_KEY_ID", "111122223333")
        .env("AWS_SECRET_ACCESS_KEY", "sandbox")
        .env("AWS_REGION", "eu-west-1");
    command
}

/// Runs it to its end, which is `code`; answers what it said.
fn run(sandbox: &Sandbox, arguments: &[&str], place: &str, code: i32) -> String {
    let output = wip(sandbox, arguments, place).output();
    let output = output.expect("wip starts");
    let words = said(&output);
    assert_eq!(output.status.code(), Some(code), "{words}");
    words
}

/// Starts an apply that is held in the middle of its work.
fn held(sandbox: &Sandbox, place: &str) -> Running {
    sandbox.set_faults(&every("CreateRole", "held"));
    let holder = Running::start(sandbox, "holder", &mut wip(sandbox, APPLY, place));
    called(sandbox, "CreateRole", 3);
    holder
}

/// The id of the lock that a message names.
fn lock_id(words: &str) -> String {
    let (_, rest) = words.split_once("(lock ").expect("a lock is named");
    rest.split(')').next().unwrap_or_default().to_owned()
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).expect("a file")
}

#[test]
fn one_of_two_applies_on_a_bucket_runs_and_the_other_explains() {
    for place in [STATES, LOCKS] {
        let sandbox = sandbox(if place == STATES { "state" } else { "lock" });
        let holder = held(&sandbox, place);
        let before = sandbox.dump();
        let mut second = wip(&sandbox, APPLY, place);
        if place == LOCKS {
            // As on another machine: nothing but the bucket is shared.
            second.arg("--state=elsewhere");
        }
        let output = second.output().expect("wip starts");
        let words = said(&output);
        assert_eq!(output.status.code(), Some(1), "{words}");
        assert!(words.contains("error[WIP0210]"), "{words}");
        assert!(
            words.contains(&format!("as process {} since 20", holder.id())),
            "{words}"
        );
        assert_eq!(sandbox.dump(), before, "{words}");
        sandbox.set_faults(&json!([]));
        let (status, words) = holder.end();
        assert_eq!(status.code(), Some(0), "{words}");
        run(&sandbox, &["plan", "--detailed-exitcode"], place, 0);
        assert!(!sandbox.dump().contains("/lock"), "the lock is gone");
        sandbox.remove();
    }
}

#[test]
fn a_killed_run_leaves_its_lock_until_somebody_takes_it_away() {
    let sandbox = sandbox("killed");
    let holder = held(&sandbox, STATES);
    let words = run(&sandbox, APPLY, STATES, 1);
    let id = lock_id(&words);
    let alive = run(&sandbox, &["state", "unlock", &id], STATES, 1);
    assert!(alive.contains("still alive"), "{alive}");
    assert!(alive.contains(&holder.id().to_string()), "{alive}");

    holder.signal("KILL");
    let (status, words) = holder.end();
    assert_eq!(status.signal(), Some(9), "{words}");
    sandbox.set_faults(&json!([]));
    let words = run(&sandbox, APPLY, STATES, 1);
    assert!(words.contains(&format!("wip state unlock {id}")), "{words}");
    let other = run(&sandbox, &["state", "unlock", "another"], STATES, 1);
    assert!(other.contains(&id), "{other}");
    run(&sandbox, &["state", "unlock", &id], STATES, 0);

    let words = run(&sandbox, APPLY, STATES, 0);
    assert!(words.contains("an earlier run did not finish"), "{words}");
    run(&sandbox, &["plan", "--detailed-exitcode"], STATES, 0);
    assert!(
        !sandbox.dump().contains("/journal/"),
        "the journal is folded in"
    );
    sandbox.remove();
}

#[test]
fn a_state_in_a_bucket_is_the_file_that_git_would_hold() {
    let sandbox = sandbox("same");
    run(&sandbox, APPLY, STATES, 0);
    run(&sandbox, &["state", "pull", "--to=pulled"], STATES, 0);
    let pulled = text(&sandbox.folder().join("pulled/prod-eu/state.yaml"));

    // The same Space, applied into a folder: nothing is left to do, and the state is the same.
    run(&sandbox, APPLY, "--state=state", 0);
    let kept = text(&sandbox.folder().join("state/prod-eu/state.yaml"));
    assert_eq!(pulled, kept);

    // Each goes on by itself, and neither may overwrite the other.
    let forget = ["state", "forget", "aws/iam-role:prod-eu/backup"];
    run(&sandbox, &forget, STATES, 0);
    let words = run(&sandbox, &["state", "push", "--from=pulled"], STATES, 1);
    assert!(words.contains("error[WIP0266]"), "{words}");
    assert!(words.contains("that is older"), "{words}");
    run(&sandbox, &["state", "pull", "--to=pulled"], STATES, 0);
    let list = run(&sandbox, &["state", "list"], "--state=pulled", 0);
    assert!(!list.contains("prod-eu/backup"), "{list}");
    sandbox.remove();
}

#[test]
fn a_bucket_that_is_not_there_is_named() {
    let sandbox = sandbox("missing");
    let words = run(&sandbox, APPLY, "--state=s3://acme-nostates/wip", 1);
    assert!(words.contains("error[WIP0207]"), "{words}");
    assert!(words.contains("there is no such bucket"), "{words}");
    assert!(words.contains("nothing was done"), "{words}");
    sandbox.remove();
}
