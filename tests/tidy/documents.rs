//! The documents: generated ones are current, links lead somewhere, one sentence stands on a line.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::binary::cargo;
use crate::tree::{File, at, file, files, none};

fn markdown() -> impl Iterator<Item = &'static File> {
    files().iter().filter(|file| file.ending() == "md")
}

/// The lines outside fenced blocks, with their numbers.
fn prose(file: &File) -> impl Iterator<Item = (usize, &str)> {
    // A block ends with a fence as long as the one that it began with.
    let mut fence: Option<usize> = None;
    file.text
        .lines()
        .zip(1..)
        .filter_map(move |(line, number)| {
            let ticks = line.trim_start().chars().take_while(|c| *c == '`').count();
            match fence {
                None if ticks >= 3 => fence = Some(ticks),
                Some(open) if ticks >= open => fence = None,
                None => return Some((number, line)),
                Some(_) => {}
            }
            None
        })
}

#[test]
fn generated_files_are_current() {
    cargo(&["xtask", "docs", "--check"]);
}

#[test]
fn links_lead_to_files_and_headings() {
    let broken = markdown().flat_map(|document| {
        prose(document).flat_map(move |(number, line)| {
            targets(line)
                .filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
                .filter_map(move |target| {
                    let why = broken(document, target)?;
                    Some(format!("{}:{number}: {target}: {why}", document.path))
                })
        })
    });
    none("links that lead nowhere", broken);
}

#[test]
fn paths_in_code_are_there() {
    let folders = ["crates/", "docs/", "examples/", "state/", "tests/"];
    let missing = markdown()
        // What a case prints is about its own folder, and a change is about its day.
        .filter(|document| !document.path.starts_with("tests/cases/"))
        .filter(|document| document.path != "CHANGELOG.md" && !document.is_generated())
        .flat_map(|document| {
            prose(document).flat_map(move |(number, line)| {
                let spans = line.split('`').skip(1).step_by(2);
                spans
                    .filter(move |span| folders.iter().any(|folder| span.starts_with(folder)))
                    .filter(|span| !span.contains(['<', ' ']) && !span.contains("NAME"))
                    .filter(|span| !at(span).exists())
                    .map(move |span| format!("{}:{number}: {span}", document.path))
            })
        });
    none("a path that is not there", missing);
}

/// The targets of the links of a line: `[words](target)`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
}

/// Why a link does not work, if it does not.
fn broken(document: &File, target: &str) -> Option<&'static str> {
    let (path, heading) = target.split_once('#').unwrap_or((target, ""));
    let path = if path.is_empty() {
        document.path.clone()
    } else {
        let folder = Path::new(&document.path).parent().unwrap_or(Path::new(""));
        flat(&folder.join(path))?.to_string_lossy().into_owned()
    };
    if !at(&path).exists() {
        return Some("there is no such file");
    }
    if heading.is_empty() {
        return None;
    }
    let has = prose(file(&path))
        .any(|(_, line)| line.starts_with('#') && anchor(line.trim_start_matches('#')) == heading);
    (!has).then_some("there is no such heading")
}

/// Without `..`; nothing where it leads out of the tree.
fn flat(path: &Path) -> Option<PathBuf> {
    let mut flat = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => flat.push(name),
            Component::ParentDir if flat.pop() => {}
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(flat)
}

/// The anchor that mdBook and GitHub give a heading.
fn anchor(heading: &str) -> String {
    heading
        .trim()
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[test]
fn the_book_has_every_chapter() {
    let summary = file("docs/SUMMARY.md");
    let linked: Vec<&str> = summary.text.lines().flat_map(targets).collect();
    let missing = markdown()
        .filter_map(|document| document.path.strip_prefix("docs/"))
        .filter(|chapter| *chapter != "SUMMARY.md" && !linked.contains(chapter))
        .map(str::to_owned);
    none("not in docs/SUMMARY.md", missing);
}

#[test]
fn the_readme_shows_what_wip_prints() {
    let cases = files()
        .iter()
        .filter(|file| file.path.starts_with("tests/cases/"));
    let printed: BTreeSet<&str> = cases.flat_map(|case| case.text.lines()).collect();
    let blocks = file("README.md").text.split("```text\n").skip(1);
    let invented = blocks
        .filter_map(|rest| rest.split("```").next())
        .flat_map(str::lines)
        .filter(|line| !line.starts_with("cargo ") && !printed.contains(line))
        .map(str::to_owned);
    none("no case prints this", invented);
}

#[test]
fn one_sentence_stands_on_a_line() {
    let many = markdown()
        .filter(|document| !document.is_generated())
        .flat_map(|document| {
            prose(document)
                // A row of a table has no other place for a second sentence.
                .filter(|(_, line)| !line.starts_with('|') && second_sentence(line))
                .map(|(number, line)| format!("{}:{number}: {line}", document.path))
        });
    none("a second sentence on a line", many);
}

/// Whether something goes on after a full stop, outside of code.
fn second_sentence(line: &str) -> bool {
    let words: String = line.split('`').step_by(2).collect::<Vec<_>>().join("code");
    // `1. An entry of a list.`
    let words = words
        .trim_start()
        .trim_start_matches(|c: char| c.is_ascii_digit());
    let words = words.strip_prefix(". ").unwrap_or(words);
    [". ", "? ", "! "].iter().any(|end| {
        words
            .split(end)
            .skip(1)
            .any(|next| next.starts_with(char::is_uppercase))
    })
}

#[test]
fn sentences_are_told_apart() {
    assert!(second_sentence("One. Two."));
    assert!(!second_sentence("1. One, e.g. this, with `a. B` in it."));
}
