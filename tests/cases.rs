//! Whole runs: what a user types and reads, from `cases/*/case.md`, against the sandbox.
//!
//! Each case is a folder: `case.md` with commands, output and exit codes; `case.in` with the files that are there before; `case.out` with files as they must be at the end.
//! A case runs in a folder of its own, so it has a sandbox of its own.
//!
//! Not here: what single crates can be asked without a process.

use std::path::PathBuf;
use std::time::Duration;

use crate::binary::wip;
use crate::tree::at;

/// What a command of a case may start with.
pub(crate) const PROGRAMS: [&str; 5] = ["wip", "somebody", "cp", "rm", "sed"];

/// How long a sandbox lives after its last request: longer than any pause within a case.
const IDLE: &str = "60";

#[test]
fn cases() {
    let servers = Servers::new();
    let cases = trycmd::TestCases::new();
    cases
        .register_bins(PROGRAMS.map(|name| (name, program(name))))
        .env("PATH", path())
        .env("WIP_SANDBOX_IDLE", IDLE)
        // One step after the other, so that progress has one order.
        .env("WIP_PARALLELISM", "1")
        .env(MARK, &servers.mark)
        .timeout(Duration::from_secs(120))
        .case(at("tests/cases/*/case.md"));
    // What the sandbox needs, it brings: whatever these say of real clouds.
    for (name, value) in [
        ("AWS_PROFILE", "of-somebody-else"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ] {
        cases.env(name, value);
    }
    cases.run();
    drop(servers);
    assert!(
        std::env::var_os("TRYCMD").is_none(),
        "the cases were written anew: read the diff, and run again without TRYCMD"
    );
}

/// Where a program is; panics where it is nowhere, because trycmd would skip its commands.
fn program(name: &str) -> PathBuf {
    match name {
        "wip" => wip(),
        "somebody" => PathBuf::from(env!("CARGO_BIN_EXE_somebody")),
        _ => std::env::split_paths(&path())
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
            .unwrap_or_else(|| panic!("{name} is not on this machine")),
    }
}

/// The search path, with `wip` first: `somebody` starts it by its name.
fn path() -> String {
    let rest = std::env::var("PATH").expect("a search path");
    let wip = wip();
    let folder = wip.parent().expect("a file is in a folder");
    format!("{}:{rest}", folder.display())
}

/// The variable by which this run knows the servers that it has started.
const MARK: &str = "WIP_TEST_RUN";

/// The sandbox processes that the cases start; ended when the cases are, passed or not.
struct Servers {
    mark: String,
}

impl Servers {
    fn new() -> Self {
        Self {
            mark: format!("cases-{}", std::process::id()),
        }
    }

    /// Process ids, where the system has `/proc`; elsewhere the servers end by being idle.
    fn running(&self) -> Vec<String> {
        let mark = format!("{MARK}={}", self.mark);
        let Ok(processes) = std::fs::read_dir("/proc") else {
            return Vec::new();
        };
        processes
            .filter_map(|process| process.ok())
            .filter(|process| {
                std::fs::read(process.path().join("environ")).is_ok_and(|variables| {
                    variables
                        .split(|byte| *byte == 0)
                        .any(|variable| variable == mark.as_bytes())
                })
            })
            .map(|process| process.file_name().to_string_lossy().into_owned())
            .collect()
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let running = self.running();
        if !running.is_empty() {
            let _ = std::process::Command::new("kill").args(running).status();
        }
    }
}
