//! `cargo xtask fuzz`: hostile bytes for every parser, each for a while.
//!
//! The targets are in `tests/fuzz/`, a workspace of its own.
//! libFuzzer needs to see which branches are taken; the compiler's flags for that are set here,
//! so that neither another tool nor another compiler has to be installed.
//! Not in the pipeline: how long it runs is the caller's choice.

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{Result, call, cargo, command, root, target};

/// Each target, and the folders of the tree whose files of an ending it begins with.
const TARGETS: [(&str, &[(&str, &str)]); 7] = [
    (
        "space_file",
        &[
            ("examples", "space.yaml"),
            ("crates/wip-space/tests", ".yaml"),
        ],
    ),
    ("state_file", &[("state", "state.yaml")]),
    ("journal", &[("crates/wip-state/src", ".jsonl")]),
    ("plan_file", &[("tests/fuzz/seeds/plan_file", "")]),
    (
        "policy_document",
        &[("tests/fuzz/seeds/policy_document", "")],
    ),
    ("arguments", &[("tests/fuzz/seeds/arguments", "")]),
    ("sandbox_request", &[]),
];

/// The compiler's part of libFuzzer ("SanitizerCoverage", Clang's manual).
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares";

/// How long a target runs where nothing else is said, in seconds.
const SECONDS: u32 = 60;

/// Runs the target of that name, or all of them; an error names each that found something.
pub(crate) fn run(options: &[&str]) -> Result {
    let (seconds, names) = match options {
        ["--seconds", seconds, names @ ..] => {
            let seconds = seconds.parse();
            (seconds.map_err(|_| "--seconds wants a number")?, names)
        }
        names => (SECONDS, names),
    };
    let is_unknown = |name: &&&str| !TARGETS.iter().any(|(target, _)| *target == **name);
    if let Some(name) = names.iter().find(is_unknown) {
        let known = TARGETS.map(|(name, _)| name).join(", ");
        return Err(format!("{name} is no target; there are {known}"));
    }
    let folder = target().join("fuzz");
    let mut build = cargo("build");
    build
        .args(["--release", "--locked", "--bins", "--manifest-path"])
        .arg(root().join("tests/fuzz/Cargo.toml"))
        // With a target, the flags are not for build scripts and macros.
        .args(["--target", &host()?])
        .env("CARGO_TARGET_DIR", &folder)
        .env("RUSTFLAGS", COVERAGE);
    call(&mut build)?;
    let mut found = Vec::new();
    for (name, seeds) in TARGETS {
        if !names.is_empty() && !names.contains(&name) {
            continue;
        }
        let corpus = folder.join("corpus").join(name);
        plant(&corpus, seeds)?;
        let crashes = folder.join("found").join(format!("{name}-"));
        fs::create_dir_all(folder.join("found")).map_err(|error| error.to_string())?;
        let program = folder.join(host()?).join("release").join(name);
        let mut fuzz = command(program);
        fuzz.arg(&corpus)
            .arg(format!("-artifact_prefix={}", crashes.display()))
            .arg(format!("-max_total_time={seconds}"))
            // No input may take long, or much memory: in seconds, and in megabytes.
            .args(["-timeout=10", "-rss_limit_mb=1024", "-malloc_limit_mb=512"])
            .args(["-max_len=65536", "-print_final_stats=1", "-verbosity=1"]);
        if let Err(why) = call(&mut fuzz) {
            found.push(why);
        }
    }
    match found.is_empty() {
        true => Ok(()),
        false => Err(found.join("\n")),
    }
}

/// What the compiler calls this machine.
fn host() -> Result<String> {
    let version = crate::run::output(command("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| "rustc does not say its host".to_owned())
}

/// Copies files of the tree into a corpus, to begin with.
fn plant(corpus: &Path, seeds: &[(&str, &str)]) -> Result {
    fs::create_dir_all(corpus).map_err(|error| format!("{}: {error}", corpus.display()))?;
    for (folder, ending) in seeds {
        let mut files = Vec::new();
        collect(&root().join(folder), ending, &mut files);
        if files.is_empty() {
            return Err(format!("{folder} has no file *{ending} to begin with"));
        }
        for (number, file) in files.iter().enumerate() {
            let name = format!("seed-{}-{number}", folder.replace('/', "-"));
            fs::copy(file, corpus.join(name))
                .map_err(|error| format!("{}: {error}", file.display()))?;
        }
    }
    Ok(())
}

fn collect(folder: &Path, ending: &str, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, ending, files);
        } else if path.to_string_lossy().ends_with(ending) {
            files.push(path);
        }
    }
    files.sort();
}
