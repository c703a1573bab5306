//! Bugs that the matrix has to find.

use crate::{Bug, Call, Class, Stage, Table, run, small};

/// The cells of the first apply in one class; with a bug or without.
fn cells(class: &str, bug: Option<Bug>) -> Table {
    let fits =
        |stage: &Stage, _: &Call, tried: Class| stage.act.name == "apply" && tried.name == class;
    run(&small::aws(), bug, &fits).expect("a story that works")
}

fn is_found(bug: Bug, class: &str) {
    let without = cells(class, None);
    assert!(without.tried() > 0, "{class}");
    assert_eq!(without.wrong, Vec::<String>::new(), "{class} without a bug");
    let with = cells(class, Some(bug));
    assert!(!with.wrong.is_empty(), "{bug:?}: {class} stays green");
}

#[test]
fn a_begin_that_is_not_written_down_is_found() {
    is_found(Bug::SkipsBegin, "killed after its effect");
}

#[test]
fn throttling_that_is_taken_for_a_refusal_is_found() {
    is_found(Bug::DropsThrottling, "throttled");
}

#[test]
fn a_mark_that_is_forgotten_is_found() {
    is_found(Bug::ForgetsMark, "killed after its effect");
}
