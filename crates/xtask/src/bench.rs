//! `cargo xtask bench`: a release build and `tests/bench` on it, then how long a run takes in virtual time.

use crate::run::{Result, call, cargo, command, root, target};

/// Builds and measures; an error where a plan asks more of IAM or takes more memory than it may, where an identity of a large
/// Space costs more than one of a small, or where a run takes longer than it has to.
pub(crate) fn run() -> Result {
    call(cargo("build").args(["--locked", "--release"]))?;
    // Standard library only, so the machine's own Python serves.
    let mut bench = command(std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into()));
    bench.arg("-B").arg(root().join("tests/bench/bench.py"));
    bench
        .env("PYTHONPATH", root().join("tests/peers"))
        .env("WIP_BIN", target().join("release/wip"));
    call(&mut bench)?;
    call(cargo("test").args([
        "--locked",
        "-p",
        "wip-aws",
        "latency",
        "--",
        "--nocapture",
        "--test-threads=1",
    ]))
}
