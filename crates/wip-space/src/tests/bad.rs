//! Every bad input has its golden message, and is refused within a second.
//!
//! `tests/bad/CASE.yaml` is the input, `tests/bad/CASE.txt` the message. `WIP_BLESS=1` writes the
//! messages anew, and fails, so that nobody takes a blessing for a pass.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::{CODES, Code, KeyFiles, Problem, key_files, parse_with, render};

/// The longest message that somebody reads.
const MAX_LINES: usize = 200;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bad"))
}

/// All cases by name: the files, and what is too large or too strange to lie in one.
pub(super) fn cases() -> BTreeMap<String, Vec<u8>> {
    let mut cases = BTreeMap::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "yaml") {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            cases.insert(name, std::fs::read(&path).unwrap());
        }
    }
    let mut add = |name: &str, bytes: Vec<u8>| cases.insert(name.to_owned(), bytes);
    add("bytes-10-megabytes", b"# a comment\n".repeat(900_000));
    add(
        "bytes-not-utf-8",
        b"apiVersion: wip/v1alpha1\nkind: Space\nmetadata: { name: m\xfcnchen }\n".to_vec(),
    );
    add(
        "bytes-utf-16",
        "apiVersion: x\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
    );
    add(
        "bytes-nul",
        b"apiVersion: wip/v1alpha1\nkind: \0\n".to_vec(),
    );
    add(
        "bytes-long-line",
        format!("kind: {}\n", "x".repeat(1_000_000)).into_bytes(),
    );
    add(
        "bytes-many-problems",
        format!("kind: [{}]\n", "{a: b},".repeat(100_000)).into_bytes(),
    );
    add(
        "bytes-many-duplicates",
        "a: b\n".repeat(200_000).into_bytes(),
    );
    add(
        "deep-brackets",
        format!("spec: {}", "[".repeat(20_000)).into_bytes(),
    );
    add(
        "deep-braces",
        format!("spec: {}", "{a: ".repeat(20_000)).into_bytes(),
    );
    add(
        "deep-blocks",
        (0..2_000)
            .map(|depth| format!("{}a:\n", " ".repeat(depth)))
            .collect::<String>()
            .into_bytes(),
    );
    add(
        "deep-dashes",
        format!("spec:\n  {}x\n", "- ".repeat(20_000)).into_bytes(),
    );
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let below = format!("*a{},", level - 1).repeat(9);
        bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    add("yaml-alias-bomb", bomb.into_bytes());
    cases
}

/// The files with keys that a case names, from a folder of their own.
fn keys_of(bytes: &[u8]) -> KeyFiles {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys"));
    let names = key_files("space.yaml", bytes).into_iter();
    names
        .map(|name| {
            let bytes = std::fs::read(folder.join(&name)).map_err(|_| "no such file".to_owned());
            (name, bytes)
        })
        .collect()
}

fn problems_of(name: &str, bytes: &[u8]) -> Vec<Problem> {
    match parse_with("space.yaml", bytes, &keys_of(bytes).into()) {
        Err(problems) => problems,
        Ok(_) => panic!("{name} is not refused"),
    }
}

/// A message as it is stored: of one that is too long to be read, its beginning and its end.
fn golden(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() <= MAX_LINES {
        return text.to_owned();
    }
    let (start, end) = (lines[..30].join("\n"), lines[lines.len() - 3..].join("\n"));
    format!("{start}\n[{} lines]\n{end}\n", lines.len() - 33)
}

#[test]
fn each_has_its_message() {
    let bless = std::env::var_os("WIP_BLESS").is_some();
    let mut wrong = Vec::new();
    let cases = cases();
    for (name, bytes) in &cases {
        let problems = problems_of(name, bytes);
        assert!(!problems.is_empty(), "{name}");
        let text = golden(&render(&problems, "space.yaml", bytes, false));
        let golden = folder().join(format!("{name}.txt"));
        if std::fs::read_to_string(&golden).unwrap_or_default() != text {
            if bless {
                std::fs::write(&golden, &text).unwrap();
            }
            wrong.push(format!("--- {name}\n{text}"));
        }
    }
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(
            cases.contains_key(&name),
            "{} belongs to no case",
            path.display()
        );
    }
    assert!(
        !bless,
        "re-blessed {} messages: read the diff, then run again",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_takes_less_than_a_second() {
    for (name, bytes) in cases() {
        let start = processor_time();
        let problems = problems_of(&name, &bytes);
        render(&problems, "space.yaml", &bytes, true);
        let took = processor_time() - start;
        assert!(took < Duration::from_secs(1), "{name}: {took:?}");
    }
}

/// What this thread has used of a processor, so that a busy machine does not count; the time of
/// day where the system does not say (proc(5): `schedstat`).
fn processor_time() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let used = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let used = used.and_then(|text| text.split(' ').next()?.parse().ok());
    used.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

#[test]
fn every_code_has_a_case() {
    let mut seen: BTreeSet<Code> = BTreeSet::new();
    for (name, bytes) in cases() {
        seen.extend(
            problems_of(&name, &bytes)
                .iter()
                .map(|problem| problem.code),
        );
    }
    for info in CODES {
        assert!(seen.contains(&info.code), "{} has no case", info.code);
    }
}

#[test]
fn positions_are_those_of_the_source() {
    for (name, bytes) in cases() {
        let Ok(source) = std::str::from_utf8(&bytes) else {
            continue;
        };
        let mut last = 0;
        for problem in problems_of(&name, &bytes).into_iter().take(100) {
            assert!(
                problem.span.start >= last && problem.span.end >= problem.span.start,
                "{name}"
            );
            last = problem.span.start;
            let before = &source[..problem.span.start];
            assert_eq!(problem.line, before.matches('\n').count() + 1, "{name}");
            let line = before.rsplit('\n').next().unwrap();
            assert_eq!(problem.column, line.chars().count() + 1, "{name}");
            assert!(problem.span.end <= source.len(), "{name}");
        }
    }
}

#[test]
fn codes_are_in_order_and_in_range() {
    let codes: Vec<&str> = CODES.iter().map(|info| info.code.as_str()).collect();
    assert!(codes.is_sorted(), "{codes:?}");
    assert!(
        codes
            .iter()
            .all(|code| ("WIP0100".."WIP0200").contains(code)),
        "{codes:?}"
    );
    let distinct: BTreeSet<&str> = codes.iter().copied().collect();
    assert_eq!(distinct.len(), codes.len());
}
