//! SIGINT and SIGTERM, before an apply, in its middle, while it verifies; and a second one.
//!
//! No test waits for a clock: the sandbox holds a call back until the test has seen what it wants.
//! Not here: SIGKILL, which nobody can catch (`kills.rs`).

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::examples::example;
use crate::running::{Running, called, count, every};
use crate::sandbox::Sandbox;

const APPLY: &[&str] = &["apply", "--auto-approve"];
/// Both end a run in the same way.
const SIGNALS: [&str; 2] = ["INT", "TERM"];
/// The three roles of the example.
const ROLES: usize = 3;
/// Far less than an attempt of a call may take (30 s).
const AT_ONCE: Duration = Duration::from_secs(10);

/// A sandbox with the example in it, and a clean log.
fn sandbox(name: &str) -> Sandbox {
    let sandbox = Sandbox::new(&format!("signals-{name}"));
    sandbox.write(&example("eks-irsa").0);
    sandbox.run(&["plan", "--detailed-exitcode"], 2);
    sandbox.clear_log();
    sandbox
}

/// An apply of at most so many steps at once.
fn apply(sandbox: &Sandbox, parallelism: usize) -> Running {
    let mut command = sandbox.wip(APPLY);
    command.env("WIP_PARALLELISM", parallelism.to_string());
    Running::start(sandbox, "apply", &mut command)
}

fn state(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.folder().join("state/prod-eu/state.yaml")).unwrap_or_default()
}

/// The roles that the state holds.
fn roles_in_state(sandbox: &Sandbox) -> usize {
    state(sandbox).matches("\n  aws/iam-role:").count()
}

fn has_journal(sandbox: &Sandbox) -> bool {
    sandbox
        .folder()
        .join("state/prod-eu/journal.jsonl")
        .exists()
}

/// Another apply does what is left, and nothing is left then.
fn finish(sandbox: Sandbox) -> String {
    sandbox.set_faults(&json!([]));
    let words = sandbox.run(APPLY, 0);
    assert_eq!(roles_in_state(&sandbox), ROLES);
    assert!(!has_journal(&sandbox));
    sandbox.run(&["plan", "--detailed-exitcode"], 0);
    sandbox.remove();
    words
}

#[test]
fn a_signal_lets_the_calls_in_flight_finish_and_saves_the_state() {
    for signal in SIGNALS {
        let sandbox = sandbox(&format!("first-{signal}"));
        sandbox.set_faults(&every("CreateRole", "held"));
        let mut apply = apply(&sandbox, 2);
        called(&sandbox, "CreateRole", 2);
        apply.signal(signal);
        apply.says("stopping: calls in flight finish");
        assert!(apply.goes_on(), "its calls are not answered yet");
        assert!(has_journal(&sandbox));
        sandbox.set_faults(&json!([]));
        let (status, words) = apply.end();
        assert_eq!(status.code(), Some(130), "{signal}: {words}");
        assert!(
            words.contains("applied in part: 3 done, 0 failed, 0 skipped, 1 not begun"),
            "{words}"
        );
        assert_eq!(count(&sandbox, "CreateRole"), 2, "nothing new begins");
        // What was begun is whole: a role is more than one call.
        assert_eq!(count(&sandbox, "PutRolePolicy"), 2);
        assert_eq!(roles_in_state(&sandbox), 2);
        assert!(!has_journal(&sandbox));
        sandbox.run(&["plan", "--detailed-exitcode"], 2);
        let words = finish(sandbox);
        assert!(words.contains("applied: 1 done"), "{words}");
    }
}

#[test]
fn a_second_signal_stops_at_once_and_leaves_the_journal() {
    for (first, second) in [("INT", "INT"), ("TERM", "INT")] {
        let sandbox = sandbox(&format!("second-{first}-{second}"));
        sandbox.set_faults(&every("CreateRole", "hang"));
        let mut apply = apply(&sandbox, 1);
        called(&sandbox, "CreateRole", 1);
        apply.signal(first);
        apply.says("stopping: calls in flight finish");
        let signalled = Instant::now();
        apply.signal(second);
        let (status, words) = apply.end();
        assert!(signalled.elapsed() < AT_ONCE, "{:?}", signalled.elapsed());
        assert_eq!(status.code(), Some(130), "{words}");
        assert!(words.contains("stopped at once"), "{words}");
        assert!(has_journal(&sandbox));
        assert_eq!(state(&sandbox), "", "the state of before");
        let words = finish(sandbox);
        assert!(words.contains("an earlier run did not finish"), "{words}");
    }
}

#[test]
fn a_signal_ends_verifying() {
    for signal in SIGNALS {
        let sandbox = sandbox(&format!("verifying-{signal}"));
        sandbox.set_faults(&every("PutRolePolicy", "held"));
        let mut apply = apply(&sandbox, ROLES);
        called(&sandbox, "PutRolePolicy", ROLES);
        sandbox.clear_log();
        // Lets the writes go, and holds what looks at them.
        sandbox.set_faults(&every("GetRole", "held"));
        apply.says("applied: 4 done");
        called(&sandbox, "GetRole", 1);
        apply.signal(signal);
        let (status, words) = apply.end();
        assert_eq!(status.code(), Some(130), "{signal}: {words}");
        assert!(words.contains("not verified"), "{words}");
        assert_eq!(roles_in_state(&sandbox), ROLES);
        finish(sandbox);
    }
}

#[test]
fn a_signal_before_anything_is_begun_stops_at_once_and_leaves_no_lock() {
    for signal in SIGNALS {
        let sandbox = sandbox(&format!("before-{signal}"));
        sandbox.set_faults(&every("DescribeCluster", "held"));
        let apply = apply(&sandbox, 1);
        called(&sandbox, "DescribeCluster", 1);
        apply.signal(signal);
        let (status, words) = apply.end();
        assert_eq!(status.code(), Some(130), "{signal}: {words}");
        assert!(words.contains("nothing was done"), "{words}");
        assert_eq!(state(&sandbox), "");
        assert!(!has_journal(&sandbox));
        finish(sandbox);
    }
}
