//! The small Space's matrix, what has to turn it red, and laws of random histories.

mod bugs;
mod laws;
mod policies;
mod rows;
mod spaces;

use crate::{CLASSES, Story, all, run, small};

/// A small Space's matrix has no failing cell; it makes so many calls at least from plan to destroy.
fn may_break_in_every_way(story: &Story, calls: usize) {
    let table = run(story, None, &all).expect("a story that works");
    assert!(table.tried() > calls * CLASSES.len(), "{}", table.tried());
    assert!(
        table.wrong.is_empty(),
        "{} of {} cells:\n{}",
        table.wrong.len(),
        table.tried(),
        table.wrong.join("\n\n")
    );
}

#[test]
fn every_call_at_aws_may_break_in_every_way() {
    may_break_in_every_way(&small::aws(), 100);
}

#[test]
fn every_call_at_azure_may_break_in_every_way() {
    may_break_in_every_way(&small::azure(), 50);
}

#[test]
fn every_call_at_google_may_break_in_every_way() {
    may_break_in_every_way(&small::google(), 50);
}
