//! The files of the tree: everything that git would keep, read once.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ is in the root")
}

/// One file of the tree.
pub(crate) struct File {
    /// Its path from the root, with `/`.
    pub(crate) path: String,
    /// What it says; bytes that are not UTF-8 are replaced.
    pub(crate) text: String,
}

impl File {
    /// The part of its name after the last dot; empty where there is none.
    pub(crate) fn ending(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or("", |(_, ending)| ending)
    }

    /// Written by a program: nobody wrote its lines, so no rule for lines is about them.
    pub(crate) fn is_generated(&self) -> bool {
        self.path == "Cargo.lock"
            || self.path == "LICENSE"
            || self.path.ends_with(".schema.json")
            || self
                .text
                .lines()
                .take(3)
                .any(|line| line.contains("@generated"))
    }
}

/// All files of the tree, sorted by path.
pub(crate) fn files() -> &'static [File] {
    static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
        let mut files = Vec::new();
        collect(root(), "", &ignored(), &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    });
    &FILES
}

/// The file at a path from the root; panics where there is none.
pub(crate) fn file(path: &str) -> &'static File {
    files()
        .iter()
        .find(|file| file.path == path)
        .unwrap_or_else(|| panic!("{path} is missing"))
}

/// The lines of `.gitignore`: `name/` for a folder anywhere, `*.ending` for files.
fn ignored() -> Vec<String> {
    let text = fs::read_to_string(root().join(".gitignore")).expect(".gitignore is there");
    let lines = text.lines().map(str::trim).map(str::to_owned);
    lines
        .chain([".git/".to_owned()])
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

fn collect(folder: &Path, above: &str, ignored: &[String], files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("the tree can be read") {
        let entry = entry.expect("the tree can be read");
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().expect("the tree can be read");
        let path = format!("{above}{name}");
        let is_ignored = |line: &String| match line.strip_prefix('*') {
            Some(ending) => name.ends_with(ending),
            None => *line == format!("{name}/") || *line == name,
        };
        if ignored.iter().any(is_ignored) {
            continue;
        }
        if kind.is_dir() {
            collect(&entry.path(), &format!("{path}/"), ignored, files);
        } else if kind.is_file() {
            let text = fs::read(entry.path()).expect("the tree can be read");
            let text = String::from_utf8_lossy(&text).into_owned();
            files.push(File { path, text });
        }
    }
}

/// Every folder and file directly in the root that git would keep, folders with a `/`.
pub(crate) fn top_level() -> Vec<String> {
    let mut names: Vec<String> = files()
        .iter()
        .map(|file| match file.path.split_once('/') {
            Some((folder, _)) => format!("{folder}/"),
            None => file.path.clone(),
        })
        .collect();
    names.dedup();
    names
}

/// Panics with all that was found; says what the rule is.
pub(crate) fn none(rule: &str, found: impl IntoIterator<Item = String>) {
    let found: Vec<String> = found.into_iter().collect();
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

/// A path from the root as a path of the machine.
pub(crate) fn at(path: &str) -> PathBuf {
    root().join(path)
}
