//! What whole runs are compared with: small enough to be read, and really run.

use crate::cases::PROGRAMS;
use crate::tree::{File, at, files, none};

/// The most lines of a golden.
const MOST: usize = 200;

fn cases() -> impl Iterator<Item = &'static File> {
    files()
        .iter()
        .filter(|file| file.path.starts_with("tests/cases/") && file.path.ends_with("/case.md"))
}

#[test]
fn goldens_are_short_enough_to_read() {
    let long = files()
        .iter()
        .filter(|file| {
            let golden = file.path.ends_with("/case.md") || file.path.contains("/case.out/");
            golden && file.path.starts_with("tests/cases/") || file.ending() == "snap"
        })
        .filter_map(|file| {
            let count = file.text.lines().count();
            (count > MOST).then(|| format!("{}: {count} lines", file.path))
        });
    none("nobody reviews a longer golden", long);
}

/// What is not a case is never run, and a program that is not known is skipped without a word.
#[test]
fn every_case_runs_every_command() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in cases() {
        count += 1;
        let commands = case.text.lines().filter_map(|line| line.strip_prefix("$ "));
        let mut commands = commands.peekable();
        if commands.peek().is_none() {
            wrong.push(format!("{}: no command", case.path));
        }
        for command in commands {
            let program = command
                .split_whitespace()
                .find(|word| !word.contains('='))
                .unwrap_or_default();
            if !PROGRAMS.contains(&program) {
                wrong.push(format!("{}: {program} is not run", case.path));
            }
        }
        // Without it the commands would run in the tree itself; git keeps no empty folder.
        let out = case.path.replace("/case.md", "/case.out/");
        if !files().iter().any(|file| file.path.starts_with(&out)) {
            wrong.push(format!("{out} has no file that git knows"));
        }
    }
    assert!(count > 0, "no cases found");
    for folder in std::fs::read_dir(at("tests/cases")).expect("tests/cases is there") {
        let folder = folder.expect("tests/cases can be read").path();
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let case = format!("tests/cases/{name}/case.md");
        if !cases().any(|known| known.path == case) {
            wrong.push(format!("{case} is missing, or git ignores it"));
        }
    }
    none("cases that do not run", wrong);
}
