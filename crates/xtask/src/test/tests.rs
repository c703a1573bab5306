//! Part `tests`: every test of the workspace.

use super::Options;
use crate::run::{Result, call, cargo};

/// Runs what part `build` has built, to the end even where one package fails.
pub(super) fn run(_options: &Options) -> Result {
    // The tests of whole runs start the binary that `cargo build` makes.
    call(cargo("build").args(["--locked", "--quiet"]))?;
    let mut tests = cargo("test");
    // With any of these a golden would be written anew instead of compared.
    tests
        .env_remove("INSTA_FORCE_PASS")
        .env_remove("TRYCMD")
        .env_remove("SNAPSHOTS")
        .env("INSTA_UPDATE", "no");
    call(tests.args(["--locked", "--workspace", "--no-fail-fast"]))
}
