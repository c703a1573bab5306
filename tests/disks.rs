//! Disks that are full, not writable, or taken away, and clocks that jump: what was done is said, nothing is lost, and the next run finishes.
//!
//! What is in the way here is in the way of everybody: an administrator writes where modes say that nobody may.
//! Not here: every single write that can fail (`wip-state`), and every one at which a run may die (`kills.rs`).

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::examples::example;
use crate::running::{Running, called, count, every};
use crate::sandbox::{Sandbox, said};
use crate::tree::files;

const APPLY: &[&str] = &["apply", "--auto-approve"];
const STEPS: usize = 4;
const ROLES: usize = 3;

fn sandbox(name: &str) -> Sandbox {
    let sandbox = Sandbox::new(&format!("disks-{name}"));
    sandbox.write(&example("eks-irsa").0);
    sandbox.run(&["plan"], 0);
    sandbox.clear_log();
    sandbox
}

fn path(sandbox: &Sandbox, name: &str) -> PathBuf {
    sandbox.folder().join("state").join(name)
}

/// One line of what was said, as it begins; panics where there is none.
fn line<'a>(words: &'a str, start: &str) -> &'a str {
    let mut lines = words.lines().map(str::trim_start);
    let found = lines.find(|line| line.starts_with(start));
    found.unwrap_or_else(|| panic!("no {start}\n{words}"))
}

/// Applies where nothing is in the way any more: all is there once, and the state knows it.
fn finish(sandbox: Sandbox, roles: usize) {
    let words = sandbox.run(APPLY, 0);
    assert_eq!(
        count(&sandbox, "CreateRole"),
        roles,
        "none is made twice: {words}"
    );
    assert_eq!(sandbox.dump().matches("/iam/role/prod-eu-").count(), ROLES);
    let state = fs::read_to_string(path(&sandbox, "prod-eu/state.yaml")).expect("a state");
    assert_eq!(
        state.matches("\n    relation: made\n").count(),
        STEPS,
        "{state}"
    );
    assert!(!path(&sandbox, "prod-eu/journal.jsonl").exists());
    sandbox.run(&["plan", "--detailed-exitcode"], 0);
    sandbox.remove();
}

#[test]
fn where_the_state_cannot_be_opened_nothing_is_done() {
    let sandbox = sandbox("closed");
    let world = sandbox.dump();
    for (file, folder, why) in [
        ("state", "", "a file is in the way of the folder"),
        ("state/prod-eu", "", "a file is in the way of the folder"),
        ("", "state/prod-eu/.wip-lock", "a folder is in its place"),
        ("", "state/prod-eu/state.yaml", "a folder is in its place"),
        (
            "",
            "state/prod-eu/journal.jsonl",
            "a folder is in its place",
        ),
    ] {
        let at = |name: &str| sandbox.folder().join(name);
        if folder.is_empty() {
            fs::create_dir_all(at(file).parent().expect("a folder")).expect("a folder");
            fs::write(at(file), "").expect("a file");
        } else {
            fs::create_dir_all(at(folder)).expect("a folder");
        }
        let words = sandbox.run(APPLY, 1);
        line(
            &words,
            "error[WIP0201]: the state cannot be read or written",
        );
        let because = line(&words, "because: cannot ");
        let there = format!("{file}{folder}");
        for part in [there.as_str(), why, "nothing was done"] {
            assert!(because.contains(part), "{there}: {part}\n{words}");
        }
        assert_eq!(sandbox.dump(), world, "{there}");
        assert_eq!(count(&sandbox, "CreateOpenIDConnectProvider"), 0);
        fs::remove_dir_all(at("state"))
            .or_else(|_| fs::remove_file(at("state")))
            .expect("gone");
    }
    finish(sandbox, ROLES);
}

#[test]
fn a_state_that_cannot_be_replaced_stays_in_the_journal() {
    let sandbox = sandbox("replaced");
    fs::create_dir_all(path(&sandbox, "prod-eu/.wip-state.tmp")).expect("a folder");
    let words = sandbox.run(APPLY, 3);
    let because = line(&words, "because: cannot write the new state ");
    let kept = "the old state and the journal are as they were: the next run folds the journal in";
    assert!(because.contains(kept), "{words}");
    line(&words, "help: 4 of 4 steps done, 0 failed, 0 not begun; ");
    let output = sandbox.wip(&["apply", "--auto-approve", "--json"]).output();
    let output = output.expect("wip starts");
    assert_eq!(
        output.status.code(),
        Some(1),
        "now nothing is begun: {}",
        said(&output)
    );
    let document: Value = serde_json::from_slice(&output.stdout).expect("one document");
    assert_eq!(document["code"], "WIP0201");

    fs::remove_dir(path(&sandbox, "prod-eu/.wip-state.tmp")).expect("a folder");
    let calls = count(&sandbox, "PutRolePolicy");
    let words = sandbox.run(&["plan"], 0);
    assert!(words.contains("an earlier run did not finish"), "{words}");
    assert!(words.contains("nothing is in doubt"), "{words}");
    assert_eq!(count(&sandbox, "PutRolePolicy"), calls);
    finish(sandbox, ROLES);
}

#[test]
fn a_folder_that_is_taken_away_half_way_is_found_again_by_the_marks() {
    let sandbox = sandbox("taken");
    sandbox.set_faults(&every("CreateRole", "held"));
    let apply = Running::start(&sandbox, "apply", &mut sandbox.wip(APPLY));
    called(&sandbox, "CreateRole", ROLES);
    fs::remove_dir_all(sandbox.folder().join("state")).expect("a folder");
    sandbox.set_faults(&json!([]));
    let (status, words) = apply.end();
    assert_eq!(status.code(), Some(3), "{words}");
    let because = line(&words, "because: cannot write to the journal ");
    for part in [
        "it is gone, somebody removed or moved it or its folder",
        "what became of these steps is not written down; applying again looks at them first",
    ] {
        assert!(because.contains(part), "{words}");
    }
    line(&words, "help: 4 of 4 steps done, 0 failed, 0 not begun; ");
    assert!(
        !path(&sandbox, "prod-eu").exists(),
        "nothing is made as if it had been there"
    );
    let words = sandbox.run(&["plan"], 0);
    assert_eq!(words.matches("taken back").count(), STEPS, "{words}");
    finish(sandbox, ROLES);
}

/// From a disk on which not even the beginning fits to one on which all does.
#[test]
fn a_disk_that_is_full_at_any_point_loses_nothing() {
    let mut ends = Vec::new();
    for kib in 0..=8 {
        let sandbox = sandbox(&format!("full-{kib}"));
        let output = limited(&sandbox, kib).output().expect("bash starts");
        let words = said(&output);
        let code = output.status.code().expect("it ends by itself");
        let roles = count(&sandbox, "CreateRole");
        match code {
            0 => assert_eq!(roles, ROLES),
            1 => assert_eq!(count(&sandbox, "CreateOpenIDConnectProvider"), 0, "{words}"),
            _ => {
                line(&words, "error[WIP0201]: ");
                line(&words, "because: File too large");
                let help = line(&words, "help: ");
                let done = format!("help: {} of 4 steps done, 0 failed", roles + 1);
                assert!(help.starts_with(&done), "{words}");
            }
        }
        ends.push(code);
        finish(sandbox, ROLES);
    }
    ends.dedup();
    assert_eq!(ends, [1, 3, 0], "each is met");
}

/// An apply to which the system lets write no file larger than that; what is in it stays.
fn limited(sandbox: &Sandbox, kib: usize) -> Command {
    let wip = sandbox.wip(APPLY);
    // Ignored, the signal is an error of the write, as on a disk that is full.
    let script = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"");
    let mut bash = Command::new("bash");
    bash.args(["-c", &script])
        .arg(wip.get_program())
        .args(wip.get_args())
        .current_dir(sandbox.folder());
    for (name, value) in wip.get_envs() {
        match value {
            Some(value) => bash.env(name, value),
            None => bash.env_remove(name),
        };
    }
    bash
}

/// What a lock says of times is for people: of yesterday or of the next century, it holds nobody up.
#[test]
fn a_clock_that_jumped_holds_nobody_up() {
    let sandbox = sandbox("clock");
    sandbox.run(APPLY, 0);
    let lock = path(&sandbox, "prod-eu/.wip-lock");
    for since in ["1970-01-01T00:00:00Z", "2199-01-01T00:00:00Z", "tomorrow"] {
        let holder =
            json!({ "id": "a", "host": "b", "pid": 1, "since": since, "command": "wip apply" });
        fs::write(&lock, holder.to_string()).expect("a file");
        sandbox.run(APPLY, 0);
    }
    let old = ["-d", "1970-01-02", "state/prod-eu/state.yaml"];
    let touch = Command::new("touch")
        .args(old)
        .current_dir(sandbox.folder())
        .status();
    assert!(touch.expect("touch is there").success());
    sandbox.run(&["plan", "--detailed-exitcode"], 0);
    sandbox.remove();
}

/// Who reads the clock of the wall, and what a jump of it does there.
/// Waiting counts time that never jumps (`Instant`).
const READERS: [(&str, &str); 2] = [
    (
        "crates/wip-remote/src/s3.rs",
        "credentials are asked for anew early, or late and then refused",
    ),
    (
        "crates/wip/src/env.rs",
        "a lock and a pod template say a wrong time to who reads them",
    ),
];

/// Who asks for it: what a lock says of its holder, and the annotation that makes pods anew, which is never compared.
const ASKING: [&str; 2] = [
    "crates/wip/src/clusters/restart.rs",
    "crates/wip/src/locking.rs",
];

#[test]
fn the_clock_of_the_wall_is_read_where_a_jump_of_it_does_no_harm() {
    let clocks = [
        "Timestamp::now",
        "SystemTime::now",
        "Zoned::now",
        "Utc::now",
        "Local::now",
    ];
    let reads = |text: &str| clocks.iter().any(|clock| text.contains(clock));
    // The sandbox is a world of its own: what its sessions say of times is not read by wip.
    let of_wip = |path: &str| {
        path.starts_with("crates/")
            && path.ends_with(".rs")
            && !path.starts_with("crates/wip-sandbox/")
    };
    let readers = files()
        .iter()
        .filter(|file| of_wip(&file.path) && reads(&file.text));
    let readers: Vec<&str> = readers.map(|file| file.path.as_str()).collect();
    assert_eq!(
        readers,
        READERS.map(|(path, _)| path),
        "say what a jump does there"
    );
    let asking = files()
        .iter()
        .filter(|file| of_wip(&file.path) && file.text.contains("env.now()"));
    let asking: Vec<&str> = asking.map(|file| file.path.as_str()).collect();
    assert_eq!(asking, ASKING, "say what a jump does there");
}
