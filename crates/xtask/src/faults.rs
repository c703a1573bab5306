//! `cargo xtask faults`: the matrices of the small Space and of all examples, and the page about them.

use crate::run::{Result, call, cargo, command, root, target};

/// Tries all cells and writes `docs/faults.md`; with words, only the cells whose names hold all of them, and writes nothing.
pub(crate) fn run(words: &[&str]) -> Result {
    call(cargo("build").args(["--locked", "--package", "wip-faults"]))?;
    let mut faults = command(target().join("debug/wip-faults"));
    faults.arg(root().join("examples"));
    faults.arg(root().join("docs/faults.md")).args(words);
    call(&mut faults)
}
