//! What cargo made of third parties' crates, to notice when one is compiled twice.
//!
//! A crate whose features differ between `cargo run` and `cargo test` is compiled for each of
//! them, and so is all that stands on it. Cargo says nothing of it but takes minutes longer.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::run::{Result, output};

/// Package id → the library files that were built or found fresh; third parties only.
#[derive(Default)]
pub(crate) struct Artifacts(BTreeMap<String, BTreeSet<String>>);

impl Artifacts {
    /// Runs a cargo command that builds, and reads from it what it made.
    ///
    /// Compiler messages go to standard error as usual.
    pub(crate) fn build(cargo: &mut Command) -> Result<Self> {
        Ok(Self::parse(&output(
            cargo.arg("--message-format=json-render-diagnostics"),
        )?))
    }

    /// Reads cargo's messages, one JSON object a line (the Cargo book, "External tools").
    fn parse(messages: &str) -> Self {
        let mut artifacts = Self::default();
        for line in messages
            .lines()
            .filter(|line| line.starts_with(r#"{"reason":"compiler-artifact""#))
        {
            let Some(package) = between(line, r#""package_id":""#, "\"") else {
                continue;
            };
            if package.starts_with("path+") {
                continue;
            }
            let files = between(line, r#""filenames":["#, "]").unwrap_or_default();
            let files = files
                .split(',')
                .map(|file| file.trim_matches('"'))
                .filter(|file| file.ends_with(".rlib"));
            artifacts
                .0
                .entry(package.to_owned())
                .or_default()
                .extend(files.map(str::to_owned));
        }
        artifacts
    }

    /// The packages of which `self` needs another file than `before` has, although `before` has one.
    pub(crate) fn built_again_after(&self, before: &Self) -> Vec<String> {
        let again = |package: &String, files: &BTreeSet<String>| {
            before
                .0
                .get(package)
                .is_some_and(|known| !known.is_empty() && !files.is_subset(known))
        };
        self.0
            .iter()
            .filter(|(package, files)| again(package, files))
            .map(|(package, _)| name(package))
            .collect()
    }

    /// All of both.
    pub(crate) fn join(mut self, other: Self) -> Self {
        for (package, files) in other.0 {
            self.0.entry(package).or_default().extend(files);
        }
        self
    }
}

/// `registry+https://…#uuid@1.29.1` → `uuid@1.29.1`.
fn name(package: &str) -> String {
    package.rsplit('#').next().unwrap_or(package).to_owned()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let rest = text.split_once(start)?.1;
    Some(rest.split_once(end)?.0)
}

#[cfg(test)]
mod tests {
    use super::Artifacts;

    fn message(package: &str, file: &str) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"{package}","filenames":["{file}","x.rmeta"],"fresh":true}}"#
        )
    }

    #[test]
    fn another_file_of_a_known_package_is_a_second_build() {
        let run = Artifacts::parse(&message("registry+r#uuid@1.29.1", "libuuid-1.rlib"));
        let test = Artifacts::parse(&message("registry+r#uuid@1.29.1", "libuuid-2.rlib"));
        assert_eq!(test.built_again_after(&run), ["uuid@1.29.1"]);
    }

    #[test]
    fn the_same_file_a_new_package_and_our_own_are_none() {
        let run = [
            message("registry+r#uuid@1.29.1", "libuuid-1.rlib"),
            message("path+file:///w#wip@0.1.0", "libwip-1.rlib"),
        ];
        let test = [
            message("registry+r#uuid@1.29.1", "libuuid-1.rlib"),
            message("registry+r#trycmd@1.2.1", "libtrycmd-1.rlib"),
            message("path+file:///w#wip@0.1.0", "libwip-2.rlib"),
        ];
        let again = Artifacts::parse(&test.join("\n"))
            .built_again_after(&Artifacts::parse(&run.join("\n")));
        assert!(again.is_empty(), "{again:?}");
    }
}
