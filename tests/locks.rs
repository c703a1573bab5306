//! Two runs at once on one state: one works, the other says who, or waits.
//!
//! The holder is held in the middle of a call by the sandbox, for as long as a test looks.
//! Not here: the lock itself (`wip-state`).

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use serde_json::{Value, json};

use crate::examples::example;
use crate::running::{Running, called, every};
use crate::sandbox::{Sandbox, said};

const APPLY: &[&str] = &["apply", "--auto-approve"];

/// A sandbox in which an apply is in the middle of its work.
fn held(name: &str) -> (Sandbox, Running) {
    let sandbox = Sandbox::new(&format!("locks-{name}"));
    sandbox.write(&example("eks-irsa").0);
    sandbox.set_faults(&every("CreateRole", "held"));
    let holder = Running::start(&sandbox, "holder", &mut sandbox.wip(APPLY));
    // All three of the example: from now on the holder asks nothing more by itself.
    called(&sandbox, "CreateRole", 3);
    (sandbox, holder)
}

fn host() -> String {
    let name = Command::new("hostname").output();
    let name = name.map_or_else(|_| Vec::new(), |output| output.stdout);
    let name = fs::read("/proc/sys/kernel/hostname").unwrap_or(name);
    String::from_utf8(name).expect("UTF-8").trim().to_owned()
}

#[test]
fn the_second_of_two_applies_names_the_first() {
    let (sandbox, holder) = held("named");
    let before = sandbox.log().len();
    let who = format!(
        "`wip apply space.yaml` runs on {} as process {} since 20",
        host(),
        holder.id()
    );
    for command in [
        APPLY,
        &["destroy", "--auto-approve"],
        &["adopt", "--all", "--auto-approve"],
    ] {
        let words = sandbox.run(command, 1);
        assert!(
            words.contains("error[WIP0210]: another run holds the lock"),
            "{words}"
        );
        assert!(words.contains(&who), "{words}");
    }
    let output = sandbox.wip(&["apply", "--auto-approve", "--json"]).output();
    let output = output.expect("wip starts");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let document: Value = serde_json::from_slice(&output.stdout).expect("one document");
    assert_eq!(document["format"], "wip-error/1");
    assert_eq!(document["code"], "WIP0210");
    assert!(document["causes"].to_string().contains(&who), "{document}");
    assert_eq!(
        sandbox.log().len(),
        before,
        "who does not hold it asks nobody anything"
    );
    // To look, nobody needs it.
    sandbox.run(&["plan"], 0);
    sandbox.set_faults(&json!([]));
    let (status, words) = holder.end();
    assert_eq!(status.code(), Some(0), "{words}");
    sandbox.run(APPLY, 0);
    sandbox.remove();
}

#[test]
fn a_run_waits_for_the_lock_as_long_as_it_was_told_to() {
    let (sandbox, holder) = held("waits");
    let words = sandbox.run(&["apply", "--auto-approve", "--lock-timeout=1"], 1);
    assert!(words.contains("waiting: "), "{words}");
    assert!(words.contains("error[WIP0210]"), "{words}");
    let mut command = sandbox.wip(&["apply", "--auto-approve", "--lock-timeout=60"]);
    let mut second = Running::start(&sandbox, "second", &mut command);
    second.says("waiting: ");
    assert!(second.words().contains(&holder.id().to_string()));
    assert!(second.goes_on());
    sandbox.set_faults(&json!([]));
    let (status, words) = holder.end();
    assert_eq!(status.code(), Some(0), "{words}");
    let (status, words) = second.end();
    assert_eq!(status.code(), Some(0), "{words}");
    assert!(!words.contains("begin"), "the first has done all: {words}");
    sandbox.remove();
}

#[test]
fn the_lock_of_a_killed_run_is_free_at_once() {
    let (sandbox, holder) = held("killed");
    holder.signal("KILL");
    let (status, words) = holder.end();
    assert_eq!(status.signal(), Some(9), "{words}");
    sandbox.set_faults(&json!([]));
    let words = sandbox.run(APPLY, 0);
    assert!(words.contains("an earlier run did not finish"), "{words}");
    assert!(!words.contains("waiting"), "{words}");
    sandbox.remove();
}
