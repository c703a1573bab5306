//! `cargo xtask test`: all parts in order, each timed, with a table at the end.

mod build;
mod peers;
mod tests;
mod tidy;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::run::Result;

/// One part of the checks.
struct Part {
    name: &'static str,
    /// How long it should take on two cores, in minutes.
    aim: u64,
    run: fn(&Options) -> Result,
}

const PARTS: [Part; 4] = [
    Part {
        name: "build",
        aim: 20,
        run: build::run,
    },
    Part {
        name: "tidy",
        aim: 5,
        run: tidy::run,
    },
    Part {
        name: "tests",
        aim: 20,
        run: tests::run,
    },
    Part {
        name: "peers",
        aim: 10,
        run: peers::run,
    },
];

/// What the command line asked for.
#[derive(Default)]
pub(crate) struct Options {
    /// The parts to run; all where it is empty.
    only: Vec<String>,
    /// Where cargo-deny finds its advisory databases; advisories are not checked without it.
    advisory_db: Option<PathBuf>,
}

impl Options {
    /// Reads the words after `test`.
    pub(crate) fn parse(mut words: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        while let [option, value, rest @ ..] = words {
            match *option {
                "--only" if PARTS.iter().any(|part| part.name == *value) => {
                    options.only.push((*value).to_owned())
                }
                "--advisory-db" => options.advisory_db = Some(PathBuf::from(value)),
                _ => {
                    return Err(format!(
                        "not understood: {option} {value}\n{}",
                        crate::USAGE
                    ));
                }
            }
            words = rest;
        }
        if words.is_empty() {
            Ok(options)
        } else {
            Err(format!(
                "not understood: {}\n{}",
                words.join(" "),
                crate::USAGE
            ))
        }
    }

    fn wants(&self, part: &Part) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == part.name)
    }
}

/// Runs the parts that are asked for, all of them even where one fails; an error where one failed.
pub(crate) fn run(options: &Options) -> Result {
    let mut done: Vec<(&Part, Duration, Result)> = Vec::new();
    for part in PARTS.iter().filter(|part| options.wants(part)) {
        println!("\n== {}", part.name);
        let start = Instant::now();
        let result = (part.run)(options);
        if let Err(why) = &result {
            eprintln!("{why}");
        }
        let failed = result.is_err();
        done.push((part, start.elapsed(), result));
        // Nothing below it means anything where the build fails.
        if failed && part.name == "build" {
            break;
        }
    }
    println!("\n{:<8}{:>9}{:>9}  result", "part", "seconds", "aim");
    for (part, took, result) in &done {
        let result = if result.is_ok() { "passed" } else { "FAILED" };
        println!(
            "{:<8}{:>9.1}{:>9}  {result}",
            part.name,
            took.as_secs_f64(),
            part.aim * 60
        );
    }
    let failures: Vec<String> = done
        .into_iter()
        .filter_map(|(part, _, result)| Some(format!("{}: {}", part.name, result.err()?)))
        .collect();
    if failures.is_empty() {
        Ok(())
    } else {
        Err(format!("\n{}", failures.join("\n")))
    }
}

#[cfg(test)]
mod unit {
    use super::Options;

    #[test]
    fn an_unknown_part_is_refused() {
        assert!(Options::parse(&["--only", "tidy", "--only", "peers"]).is_ok());
        assert!(Options::parse(&["--only", "tidi"]).is_err());
        assert!(Options::parse(&["--only"]).is_err());
    }
}
