//! A state that was lost is made anew from the marks: the same text, but for its serial.

use std::fs;
use std::path::PathBuf;

use crate::examples::{Space, example};
use crate::sandbox::Sandbox;

const APPLY: &[&str] = &["apply", "--auto-approve"];

/// The one state in the sandbox's folder.
fn state(sandbox: &Sandbox) -> PathBuf {
    let mut folders = fs::read_dir(sandbox.folder().join("state")).expect("a folder");
    let folder = folders.next().expect("a Space").expect("an entry").path();
    folder.join("state.yaml")
}

/// A state without the line that says its serial.
fn without_serial(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("serial: "));
    lines.collect::<Vec<_>>().join("\n")
}

fn lose_and_rebuild(name: &str, space: &Space) {
    let sandbox = Sandbox::new(&format!("rebuild-{name}"));
    sandbox.write(&space.0);
    sandbox.run(APPLY, 0);
    let world = sandbox.dump();
    let path = state(&sandbox);
    let lost = fs::read_to_string(&path).expect("a state");
    assert!(lost.contains("relation: made"), "{lost}");
    fs::remove_file(&path).expect("it is there");

    sandbox.run(&["state", "rebuild"], 0);
    let rebuilt = fs::read_to_string(&path).expect("a state");
    assert_eq!(without_serial(&rebuilt), without_serial(&lost), "{name}");
    assert_eq!(sandbox.dump(), world, "{name}: nothing is changed");
    sandbox.run(&["plan", "--detailed-exitcode"], 0);
    sandbox.remove();
}

#[test]
fn a_lost_state_is_made_anew_from_marks() {
    for name in [
        "eks-irsa",
        "eks-irsa-wildcard",
        "velero-two-clusters",
        "cross-account-backup",
    ] {
        lose_and_rebuild(name, &example(name));
    }
}

#[test]
fn what_the_file_does_not_name_any_more_is_found_and_can_go() {
    let sandbox = Sandbox::new("rebuild-unwanted");
    let space = example("eks-irsa");
    sandbox.write(&space.0);
    sandbox.run(APPLY, 0);
    fs::remove_file(state(&sandbox)).expect("it is there");
    sandbox.write(&space.with_other_last_identity("sharedSecrets", "").0);

    let words = sandbox.run(&["state", "rebuild"], 0);
    assert!(
        words.contains("made      aws/iam-role:prod-eu/sharedSecrets"),
        "{words}"
    );
    sandbox.run(&["apply", "--auto-approve", "--allow-revokes", "99"], 0);
    assert!(!sandbox.dump().contains("prod-eu-sharedSecrets"));
    sandbox.run(&["plan", "--detailed-exitcode"], 0);
    sandbox.remove();
}
