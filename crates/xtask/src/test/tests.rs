//! Part `tests`: every test of the workspace.

use super::Options;
use crate::run::{Result, call, cargo};

/// Runs what part `build` has built.
pub(super) fn run(_options: &Options) -> Result {
    // The tests of whole runs start the binary that `cargo build` makes.
    call(cargo("build").args(["--locked", "--quiet"]))?;
    call(cargo("test").args(["--locked", "--workspace"]))
}
