//! What no line of the tree may say, and how many lines a file may have.

use crate::tree::{File, files, none};

/// The most lines of a file.
const MOST: usize = 500;

/// Files that may be longer, each with the reason.
const LONGER: [(&str, &str); 0] = [];

/// Source and text that people write.
fn written() -> impl Iterator<Item = &'static File> {
    let endings = ["md", "py", "rs", "sh", "toml", "yaml", "yml"];
    files()
        .iter()
        .filter(move |file| endings.contains(&file.ending()) && !file.is_generated())
}

fn rust() -> impl Iterator<Item = &'static File> {
    files().iter().filter(|file| file.ending() == "rs")
}

/// `path:line: what is there`, for every line of `files` that has one of `words`.
fn lines_with<'a>(
    files: impl Iterator<Item = &'a File>,
    words: &[&str],
) -> impl Iterator<Item = String> {
    files.flat_map(move |file| {
        file.text
            .lines()
            .zip(1..)
            .filter(|(line, _)| words.iter().any(|word| line.contains(word)))
            .map(|(line, number)| format!("{}:{number}: {}", file.path, line.trim()))
    })
}

// The words below are put together, so that this file does not contain them itself.

#[test]
fn nothing_is_left_for_later() {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
    ];
    none("finish it, or take it out", lines_with(written(), &words));
}

#[test]
fn no_test_is_skipped() {
    let words = [
        concat!("#[", "ignore"),
        concat!("? ", "skipped"),
        concat!("skip", "Test"),
        concat!("unittest", ".skip"),
        concat!("expected", "Failure("),
        concat!("pytest", ".skip"),
    ];
    let tests = written();
    none("a skipped test looks green", lines_with(tests, &words));
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    let allowed = [
        concat!("#[", "allow("),
        concat!("#![", "allow("),
        concat!(", ", "allow("),
    ];
    none(
        "write #[expect(lint, reason = \"…\")]",
        lines_with(rust(), &allowed),
    );

    let unreasoned = rust().flat_map(|file| {
        let attributes = [concat!("#[", "expect("), concat!("#![", "expect(")];
        attributes
            .into_iter()
            .flat_map(|start| file.text.match_indices(start))
            .filter(|(at, _)| {
                let rest = &file.text[*at..];
                let attribute = rest.split(")]").next().unwrap_or(rest);
                !attribute.contains("reason")
            })
            .map(|(at, _)| {
                let number = file.text[..at].lines().count();
                format!("{}:{}", file.path, number + 1)
            })
    });
    none("an expected lint without a reason", unreasoned);
}

#[test]
fn files_are_short() {
    let long = written().filter_map(|file| {
        let count = file.text.lines().count();
        let reason = LONGER.iter().find(|(path, _)| *path == file.path);
        match reason {
            None if count > MOST => Some(format!("{}: {count} lines", file.path)),
            Some((_, why)) if count <= MOST => Some(format!(
                "{} is short again, and needs no reason: {why}",
                file.path
            )),
            _ => None,
        }
    });
    none("more than 500 lines, and no reason", long);
}

#[test]
fn nothing_is_about_one_machine() {
    let words = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Use", "rs/"),
        concat!("index", "-url"),
        concat!("find", "-links"),
        concat!("trusted", "-host"),
        concat!("arti", "factory"),
    ];
    none(
        "a path or a host of somebody's machine",
        lines_with(files().iter(), &words),
    );

    let lock = files().iter().filter(|file| file.path == "Cargo.lock");
    let elsewhere = lines_with(lock, &["source = "])
        .filter(|line| !line.contains("https://github.com/rust-lang/crates.io-index"));
    none("a crate from elsewhere than crates.io", elsewhere);
}

#[test]
fn texts_end_with_one_newline_and_have_no_trailing_space() {
    let untidy = written().flat_map(|file| {
        let mut found = Vec::new();
        let ends_well =
            file.text.is_empty() || file.text.ends_with('\n') && !file.text.ends_with("\n\n");
        if !ends_well {
            found.push(format!("{}: its end", file.path));
        }
        // What a program printed, it printed with its spaces.
        if !file.path.starts_with("tests/cases/") {
            let trailing = |(line, number): (&str, usize)| {
                (line.trim_end() != line).then(|| format!("{}:{number}", file.path))
            };
            found.extend(file.text.lines().zip(1..).filter_map(trailing));
        }
        found
    });
    none("white space", untidy);
}
