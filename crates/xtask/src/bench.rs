//! `cargo xtask bench`: a release build, and `tests/bench` on it.

use crate::run::{Result, call, cargo, command, root, target};

/// Builds and measures; an error where a no-op plan asks more of IAM than it may.
pub(crate) fn run() -> Result {
    call(cargo("build").args(["--locked", "--release"]))?;
    // Standard library only, so the machine's own Python serves.
    let mut bench = command(std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into()));
    bench.arg("-B").arg(root().join("tests/bench/bench.py"));
    bench
        .env("PYTHONPATH", root().join("tests/peers"))
        .env("WIP_BIN", target().join("release/wip"));
    call(&mut bench)
}
