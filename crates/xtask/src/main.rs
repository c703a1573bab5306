//! `cargo xtask`: what a developer and the pipeline run beside `cargo` itself.
//!
//! Owns the order and the timing of the checks, and the tools that they need, installed into
//! the target folder.
//! Depends on the standard library only, so that it is built in seconds and asks nothing of the
//! crates that it builds. Not shipped, and no home for tests: those are in `tests/` and in the crates.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool that talks to the person who runs it"
)]

mod artifacts;
mod bench;
mod docs;
mod faults;
mod fuzz;
mod node;
mod run;
mod test;
mod venv;

use std::process::ExitCode;

const USAGE: &str = "\
usage:
  cargo xtask test [--only PART]... [--advisory-db DIR]
                              every check; PART: build, tidy, tests, peers.
                              DIR: where cargo-deny keeps its advisory databases
  cargo xtask docs [--check]  write the generated files anew; or say which are stale
  cargo xtask bench           build wip for release and measure it against the sandbox
  cargo xtask faults [WORD]...
                              break the calls of every example in every way, half an hour, and write
                              docs/faults.md; with words, only the cells whose names hold all of them
  cargo xtask fuzz [--seconds N] [TARGET]...
                              hostile bytes for every parser, a minute each";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test", options @ ..] => {
            test::Options::parse(options).and_then(|options| test::run(&options))
        }
        ["docs"] => docs::write(),
        ["docs", "--check"] => docs::check(),
        ["bench"] => bench::run(),
        ["faults", words @ ..] => faults::run(words),
        ["fuzz", options @ ..] => fuzz::run(options),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
