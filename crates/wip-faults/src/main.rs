//! `cargo xtask faults`: tries the matrices of the small Spaces and of all examples, and writes `docs/faults.md`.
//!
//! With words behind the folders it tries only the cells whose names hold all of them, says what is wrong, and writes nothing.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool that talks to the person who runs it"
)]

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use wip_faults::{Call, Class, Stage, Story, Table, examples, page, run, small};

/// How many calls of each operation are disturbed in each command of an example.
const OF_EXAMPLES: u64 = 1;

const USAGE: &str = "usage: wip-faults EXAMPLES PAGE [WORD]...";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, file, words @ ..] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    match tried(Path::new(folder), Path::new(file), words) {
        Ok(table) if table.wrong.is_empty() => ExitCode::SUCCESS,
        Ok(table) => {
            eprintln!("{}", table.wrong.join("\n\n"));
            eprintln!(
                "\n{} of {} cells are wrong",
                table.wrong.len(),
                table.tried()
            );
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn tried(folder: &Path, file: &Path, words: &[String]) -> io::Result<Table> {
    let (smalls, examples) = (small::all(), examples(folder)?);
    let tried = |story: &Story| {
        let fits = |stage: &Stage, call: &Call, class: Class| {
            let cell = format!("{}, {}, {call}, {}", story.name, stage.act.name, class.name);
            // What is tried with each call of the small Spaces need not be tried with each of hundreds.
            let is_small = smalls.iter().any(|small| small.name == story.name);
            let is_new = is_small || !class.is_for_good() && call.nth <= OF_EXAMPLES;
            is_new && words.iter().all(|word| cell.contains(word.as_str()))
        };
        let table = run(story, None, &fits)?;
        println!(
            "{}: {} cells, {} wrong",
            story.name,
            table.tried(),
            table.wrong.len()
        );
        Ok(table)
    };
    let all_of = |stories: &[Story]| {
        let tables: io::Result<Vec<Table>> = stories.iter().map(tried).collect();
        tables.map(|tables| tables.into_iter().fold(Table::default(), Table::and))
    };
    // The small Spaces have half of all cells.
    let (first, others) = std::thread::scope(|scope| {
        let first = scope.spawn(|| all_of(&smalls));
        let others = all_of(&examples);
        (first.join(), others)
    });
    let first = first.map_err(|_| io::Error::other("the small Spaces came to no end"))??;
    let all = first.and(others?);
    if all.tried() == 0 {
        let said = words.join(", ");
        return Err(io::Error::other(format!(
            "no cell's name holds all of: {said}"
        )));
    }
    if words.is_empty() {
        fs::write(file, page(&all))?;
    }
    Ok(all)
}
