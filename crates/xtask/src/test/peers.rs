//! Part `peers`: whole runs against servers that others wrote, read with clients that others wrote.

use super::Options;
use crate::run::{Result, call, cargo, command, root, wip};
use crate::venv;

/// Runs `tests/peers/run.py` in the environment, on the binary that `cargo run` would run.
pub(super) fn run(_options: &Options) -> Result {
    let programs = venv::programs()?;
    call(cargo("build").args(["--locked", "--quiet"]))?;
    call(
        command(programs.join("python"))
            .arg(root().join("tests/peers/run.py"))
            .env("WIP_BIN", wip()),
    )
}
