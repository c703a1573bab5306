//! Part `peers`: whole runs against servers that others wrote, read with clients that others wrote.

use super::Options;
use crate::node::Node;
use crate::run::{Result, call, cargo, command, root, target, wip};
use crate::venv;

/// Runs `tests/peers/run.py` in the environment, on the binary that `cargo run` would run.
pub(super) fn run(_options: &Options) -> Result {
    let programs = venv::programs()?;
    let node = Node::installed()?;
    call(cargo("build").args(["--locked", "--quiet"]))?;
    // With the whole workspace, so that it is built with the features that the tests have.
    let race = ["--workspace", "--example", "race"];
    call(cargo("build").args(["--locked", "--quiet"]).args(race))?;
    call(
        command(programs.join("python"))
            .arg(root().join("tests/peers/run.py"))
            .env("WIP_BIN", wip())
            .env("WIP_RACE", target().join("debug/examples/race"))
            .env("WIP_NODE", node.program)
            .env("WIP_NODE_MODULES", node.modules),
    )
}
