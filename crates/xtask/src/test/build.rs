//! Part `build`: `wip` as `cargo run` builds it, then every test, with nothing of third parties compiled twice.

use super::Options;
use crate::artifacts::Artifacts;
use crate::run::{Result, cargo};

/// Builds; an error where a third party's crate was compiled for `cargo run` and again for the tests.
pub(super) fn run(_options: &Options) -> Result {
    let (wip, tests) = artifacts()?;
    let again = tests.built_again_after(&wip);
    if again.is_empty() {
        return Ok(());
    }
    Err(format!(
        "compiled a second time for the tests, with other features than `cargo run` asks for: {}\n\
         name the missing features where `wip` depends on them, or in [workspace.dependencies]; compare\n  \
         cargo tree -p wip -e normal,build --prefix none -f '{{p}} {{f}}'\n  \
         cargo tree --workspace -e normal,build,dev --prefix none -f '{{p}} {{f}}'",
        again.join(", ")
    ))
}

/// What `cargo run` builds of third parties, and what the tests build.
pub(super) fn artifacts() -> Result<(Artifacts, Artifacts)> {
    let wip = Artifacts::build(cargo("build").arg("--locked"))?;
    let tests = Artifacts::build(cargo("test").args(["--locked", "--workspace", "--no-run"]))?;
    Ok((wip, tests))
}
