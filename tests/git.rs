//! A state in git: who has not taken in what others pushed changes nothing, and who has not committed is reminded.
//!
//! Not here: what a pipeline does about it.

use std::fs;

use serde_json::Value;

use crate::clones::{Clone, Origin, STATE};
use crate::examples::example;
use crate::sandbox::said;

const APPLY: &[&str] = &["apply", "--auto-approve"];
/// Every command that changes a cloud.
const CHANGES: [&[&str]; 3] = [
    APPLY,
    &["destroy", "--auto-approve"],
    &["adopt", "--all", "--auto-approve"],
];
const REMINDER: &str = "commit state/prod-eu: what others plan builds on it";
const REFUSED: &str = "\
error[WIP0212]: origin/main has another state/prod-eu than this work tree builds on; nothing was done
help: take it in first (git pull --rebase), then apply; --allow-stale applies all the same, and what the other run made is then repaired by the next
";

fn origin(name: &str) -> Origin {
    Origin::new(&format!("git-{name}"), &example("eks-irsa").destroyable())
}

/// Applies, and pushes the state.
fn apply_and_push(origin: &Origin, clone: &Clone) {
    clone.run(origin.sandbox(), APPLY, 0);
    clone.commit("Record what was applied");
    clone.push();
}

/// Adds a control plane to the Space file.
fn change(clone: &Clone) {
    let space = example("eks-irsa").destroyable();
    clone.write("space.yaml", &space.with_control_plane("ctp3").0);
}

#[test]
fn who_has_not_taken_in_the_state_of_others_changes_nothing() {
    let origin = origin("stale");
    let sandbox = origin.sandbox();
    let (ours, theirs) = (origin.clone("ours"), origin.clone("theirs"));
    let saved = ours.run(sandbox, &["plan", "--out", "plan.json"], 0);
    assert!(saved.contains("saved"), "{saved}");
    apply_and_push(&origin, &theirs);
    ours.git(&["fetch", "--quiet"]);
    let world = sandbox.dump();
    sandbox.clear_log();
    let saved: &[&str] = &["apply", "--auto-approve", "plan.json"];
    for command in CHANGES.into_iter().chain([saved]) {
        let output = ours.wip(sandbox, command).output().expect("wip starts");
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert_eq!(said(&output), REFUSED);
    }
    let json = ours.wip(sandbox, &["apply", "--auto-approve", "--json"]);
    let output = { json }.output().expect("wip starts");
    let document: Value = serde_json::from_slice(&output.stdout).expect("one document");
    assert_eq!(document["format"], "wip-error/1");
    assert_eq!(document["code"], "WIP0212");
    assert_eq!(sandbox.log().len(), 0, "nobody was asked anything");
    assert_eq!(sandbox.dump(), world);
    assert_eq!(ours.state(), "");
    // To look, nothing has to be taken in.
    ours.run(sandbox, &["plan"], 0);

    ours.git(&["pull", "--quiet", "--rebase"]);
    let words = ours.run(sandbox, APPLY, 0);
    assert!(!words.contains("begin"), "all of it is done: {words}");
    assert_eq!(sandbox.dump(), world);
    change(&ours);
    ours.run(sandbox, APPLY, 0);
    origin.remove();
}

#[test]
fn who_insists_applies_from_a_stale_state_and_takes_back_what_the_other_made() {
    let origin = origin("insists");
    let sandbox = origin.sandbox();
    let (ours, theirs) = (origin.clone("ours"), origin.clone("theirs"));
    apply_and_push(&origin, &theirs);
    ours.git(&["fetch", "--quiet"]);
    ours.run(sandbox, APPLY, 1);
    let world = sandbox.dump();
    let words = ours.run(sandbox, &["apply", "--auto-approve", "--allow-stale"], 0);
    assert!(words.contains("taken back"), "{words}");
    assert_eq!(sandbox.dump(), world, "it is as it is wanted");
    assert_eq!(ours.state(), theirs.state());
    origin.remove();
}

#[test]
fn only_what_was_fetched_is_looked_at() {
    let origin = origin("unfetched");
    let sandbox = origin.sandbox();
    let (ours, theirs) = (origin.clone("ours"), origin.clone("theirs"));
    apply_and_push(&origin, &theirs);
    ours.run(sandbox, APPLY, 0);
    ours.git(&["fetch", "--quiet"]);
    // Now it is known, and what lies here is another one.
    change(&ours);
    assert_eq!(ours.run(sandbox, APPLY, 1), REFUSED);
    origin.remove();
}

#[test]
fn the_same_state_by_somebody_else_is_not_another() {
    let origin = origin("same");
    let sandbox = origin.sandbox();
    let (ours, theirs) = (origin.clone("ours"), origin.clone("theirs"));
    ours.run(sandbox, APPLY, 0);
    let state = ours.state();
    ours.commit("Record what was applied");
    theirs.write(&format!("{STATE}/state.yaml"), &state);
    theirs.commit("Record the same by hand");
    theirs.push();
    ours.git(&["fetch", "--quiet"]);
    change(&ours);
    ours.run(sandbox, APPLY, 0);
    origin.remove();
}

#[test]
fn changes_of_others_elsewhere_do_not_matter() {
    let origin = origin("elsewhere");
    let sandbox = origin.sandbox();
    let (ours, theirs) = (origin.clone("ours"), origin.clone("theirs"));
    theirs.write("README.md", "Words.\n");
    theirs.write("state/staging/state.yaml", "of another Space\n");
    theirs.commit("Say what this is");
    theirs.push();
    ours.git(&["fetch", "--quiet"]);
    ours.run(sandbox, APPLY, 0);
    origin.remove();
}

/// From the first apply to a push, and on: one's own state is never in one's own way.
#[test]
fn one_who_works_alone_is_never_refused_and_is_reminded_until_the_commit() {
    let origin = origin("alone");
    let sandbox = origin.sandbox();
    let ours = origin.clone("ours");
    assert!(ours.run(sandbox, APPLY, 0).contains(REMINDER));
    // Nothing was done now, and still nobody else can see the state.
    assert!(ours.run(sandbox, APPLY, 0).contains(REMINDER));
    ours.git(&["add", "--all"]);
    let words = ours.run(sandbox, APPLY, 0);
    assert!(words.contains(REMINDER), "staged is not committed: {words}");
    ours.commit("Record what was applied");
    assert!(!ours.run(sandbox, APPLY, 0).contains(REMINDER));
    change(&ours);
    assert!(ours.run(sandbox, APPLY, 0).contains(REMINDER));
    ours.commit("Add a control plane");
    ours.git(&["fetch", "--quiet"]);
    let words = ours.run(sandbox, APPLY, 0);
    assert!(!words.contains(REMINDER), "not pushed is fine: {words}");
    ours.push();
    let words = ours.run(sandbox, APPLY, 0);
    assert!(!words.contains(REMINDER), "{words}");
    let words = ours.run(sandbox, &["destroy", "--auto-approve"], 0);
    assert!(words.contains(REMINDER), "{words}");
    origin.remove();
}

/// Where nobody told git to ignore it, the lock is no state that is not committed.
#[test]
fn the_lock_is_not_what_is_to_be_committed() {
    let origin = origin("lock");
    let sandbox = origin.sandbox();
    let ours = origin.clone("ours");
    ours.write(".gitignore", "");
    assert!(ours.run(sandbox, APPLY, 0).contains(REMINDER));
    ours.git(&["add", "state/prod-eu/state.yaml", ".gitignore"]);
    ours.git(&["commit", "--quiet", "-m", "Record what was applied"]);
    assert!(ours.path(STATE).join(".wip-lock").exists());
    let words = ours.run(sandbox, APPLY, 0);
    assert!(!words.contains(REMINDER), "{words}");
    origin.remove();
}

#[test]
fn a_branch_without_an_upstream_and_a_detached_head_have_nobody_to_ask() {
    let origin = origin("detached");
    let sandbox = origin.sandbox();
    let (ours, theirs) = (origin.clone("ours"), origin.clone("theirs"));
    apply_and_push(&origin, &theirs);
    ours.git(&["fetch", "--quiet"]);
    ours.run(sandbox, APPLY, 1);
    ours.git(&["checkout", "--quiet", "--no-track", "-b", "own"]);
    ours.run(sandbox, APPLY, 0);
    fs::remove_dir_all(ours.path("state")).expect("a folder");
    ours.git(&["checkout", "--quiet", "--detach"]);
    ours.run(sandbox, APPLY, 0);
    origin.remove();
}

#[test]
fn a_shallow_clone_is_enough() {
    let origin = origin("shallow");
    let sandbox = origin.sandbox();
    let theirs = origin.clone("theirs");
    apply_and_push(&origin, &theirs);
    let ours = origin.clone_with("ours", &["--depth=1"]);
    ours.run(sandbox, APPLY, 0);
    change(&theirs);
    apply_and_push(&origin, &theirs);
    // Its one commit and the one of the branch have no ancestor that it knows.
    ours.git(&["fetch", "--quiet", "--depth=1"]);
    assert_eq!(ours.run(sandbox, APPLY, 1), REFUSED);
    origin.remove();
}

#[test]
fn where_git_has_nothing_to_do_with_the_state_it_says_nothing() {
    let origin = origin("without");
    let sandbox = origin.sandbox();
    let space = example("eks-irsa").destroyable().0;

    let plain = origin.folder("plain");
    plain.write("space.yaml", &space);
    let words = plain.run(sandbox, APPLY, 0);
    assert!(
        !words.contains("git") && !words.contains(REMINDER),
        "{words}"
    );

    let ignores = origin.clone("ignores");
    ignores.write(".gitignore", "state/\n");
    let words = ignores.run(sandbox, APPLY, 0);
    assert!(!words.contains(REMINDER), "{words}");

    let empty = origin.folder("empty");
    empty.write("space.yaml", &space);
    empty.git(&["init", "--quiet", "--initial-branch=main"]);
    let words = empty.run(sandbox, APPLY, 0);
    assert!(words.contains(REMINDER), "before the first commit: {words}");

    let bare = origin.folder("origin.git");
    bare.write("space.yaml", &space);
    let words = bare.run(sandbox, APPLY, 0);
    assert!(!words.contains(REMINDER), "no work tree: {words}");
    origin.remove();
}

#[test]
fn a_state_outside_of_the_folder_of_the_command_is_found_where_it_is() {
    let origin = origin("outside");
    let sandbox = origin.sandbox();
    let (ours, theirs) = (origin.clone("ours"), origin.clone("theirs"));
    apply_and_push(&origin, &theirs);
    ours.git(&["fetch", "--quiet"]);
    let elsewhere = origin.folder("elsewhere");
    elsewhere.write("space.yaml", &example("eks-irsa").0);
    let apply = ["apply", "--auto-approve", "--state=../ours/state"];
    assert_eq!(elsewhere.run(sandbox, &apply, 1), REFUSED);
    origin.remove();
}

/// A repository that git does not want to look at is said, and is no reason not to work.
#[test]
fn what_git_cannot_tell_is_a_warning() {
    let origin = origin("broken");
    let sandbox = origin.sandbox();
    let ours = origin.clone("ours");
    ours.write(".git/config", "[core]\n\trepositoryformatversion = 99\n");
    let words = ours.run(sandbox, APPLY, 0);
    assert!(
        words.contains("warning: whether git has another state could not be found out: "),
        "{words}"
    );
    origin.remove();
}

/// What the documents say about it, step by step.
#[test]
fn after_a_conflict_the_state_of_the_branch_is_taken_whole_and_applied_again() {
    let origin = origin("conflict");
    let sandbox = origin.sandbox();
    let theirs = origin.clone("theirs");
    theirs.write(".gitattributes", "state/** -merge\n");
    apply_and_push(&origin, &theirs);
    let ours = origin.clone("ours");

    change(&theirs);
    apply_and_push(&origin, &theirs);
    let space = example("eks-irsa").destroyable();
    ours.write("space.yaml", &space.with("[prod/]", "[prod/, more/]").0);
    ours.run(sandbox, APPLY, 0);
    // As after a run that was killed: it must not be read with the state of others.
    ours.write(&format!("{STATE}/journal.jsonl"), "of our run\n");
    ours.commit("Share more secrets");

    assert!(
        !ours
            .try_git(&["pull", "--quiet", "--rebase"])
            .status
            .success()
    );
    let whole = [
        "restore",
        "--source",
        "origin/main",
        "--staged",
        "--worktree",
    ];
    ours.git(&[&whole[..], &["--", "state"]].concat());
    assert_eq!(ours.state(), theirs.state());
    ours.git(&["-c", "core.editor=true", "rebase", "--continue"]);
    ours.run(sandbox, &["plan", "--detailed-exitcode"], 2);
    ours.run(sandbox, APPLY, 0);
    ours.commit("Record what was applied");
    ours.push();
    ours.run(sandbox, &["verify"], 0);
    let state = ours.state();
    assert!(state.contains("secret:more/"), "{state}");
    assert!(state.contains("team-b-ctp3:mxp-controller"), "{state}");
    origin.remove();
}
