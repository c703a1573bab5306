//! The binary under test, and cargo.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use crate::tree::root;

static WIP: LazyLock<PathBuf> = LazyLock::new(|| {
    cargo(&["build", "--locked", "--quiet"]);
    target().join("debug/wip")
});

/// `wip` as `cargo build` makes it, built anew where it is missing or older than its sources.
///
/// Panics with cargo's words where it cannot be built: no test passes on yesterday's binary.
pub(crate) fn wip() -> PathBuf {
    WIP.clone()
}

/// Runs cargo in the root of the workspace; panics with what it said where it fails.
pub(crate) fn cargo(arguments: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null());
    // What cargo says of this very package is not for the packages that it builds now.
    for (name, _) in std::env::vars_os() {
        let of_this_package = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];
        if name.to_str().is_some_and(|name| {
            of_this_package
                .iter()
                .any(|prefix| name.starts_with(prefix))
        }) {
            cargo.env_remove(name);
        }
    }
    let output = cargo.output().expect("cargo can be started");
    assert!(
        output.status.success(),
        "cargo {}: {}\n{}{}",
        arguments.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

/// Cargo's target folder.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |dir| root().join(dir))
}
