//! The small Space's matrix, what has to turn it red, and laws of random histories.

mod bugs;
mod laws;
mod policies;
mod rows;
mod spaces;

use crate::{CLASSES, all, run, small};

#[test]
fn every_call_of_the_small_space_may_break_in_every_way() {
    let table = run(&small(), None, &all).expect("a story that works");
    // A hundred calls are the least that it makes from plan to destroy.
    assert!(table.tried() > 100 * CLASSES.len(), "{}", table.tried());
    assert!(
        table.wrong.is_empty(),
        "{} of {} cells:\n{}",
        table.wrong.len(),
        table.tried(),
        table.wrong.join("\n\n")
    );
}
