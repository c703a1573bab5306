//! `cargo xtask docs`: the files that `wip` writes about itself, and the states of the examples.
//!
//! All are made by the binary of the tree, into memory and a folder of its own, before anything is compared or written.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{Result, call, cargo, command, output, root, target, wip};

/// A file and the arguments with which `wip` prints it.
const PRINTED: [(&str, &[&str]); 2] = [
    ("docs/kinds.md", &["reference", "kinds"]),
    ("docs/errors.md", &["reference", "errors"]),
];

/// The documents whose schema `wip schema` prints.
const SCHEMAS: [&str; 21] = [
    "apply",
    "config",
    "discover",
    "environment",
    "error",
    "explain",
    "jwks",
    "output",
    "permissions",
    "plan",
    "restart",
    "space",
    "state-change",
    "state-copy",
    "state-list",
    "state-rebuild",
    "state-show",
    "state-unlock",
    "token",
    "validate",
    "verify",
];

/// Every such file, and its arguments.
fn printed() -> Vec<(String, Vec<&'static str>)> {
    let schemas = SCHEMAS.map(|name| (format!("docs/{name}.schema.json"), vec!["schema", name]));
    let others = PRINTED.map(|(path, arguments)| (path.to_owned(), arguments.to_vec()));
    schemas.into_iter().chain(others).collect()
}

/// Path from the root → content.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Writes all of them; of a state that no example has any more, nothing stays.
pub(crate) fn write() -> Result {
    let files = produce()?;
    for stale in present()?.keys().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(root().join(stale))
            .map_err(|error| format!("{}: {error}", stale.display()))?;
    }
    for (path, content) in files {
        let path = root().join(path);
        let written = fs::create_dir_all(path.parent().unwrap_or(root()))
            .and_then(|()| fs::write(&path, content));
        written.map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// Compares all of them; an error that names each that differs, is missing or is too many.
pub(crate) fn check() -> Result {
    let (wanted, present) = (produce()?, present()?);
    let paths: std::collections::BTreeSet<&PathBuf> = wanted.keys().chain(present.keys()).collect();
    let stale: Vec<String> = paths
        .into_iter()
        .filter(|path| wanted.get(*path) != present.get(*path))
        .map(|path| path.display().to_string())
        .collect();
    if stale.is_empty() {
        Ok(())
    } else {
        Err(format!("stale: {}; run cargo xtask docs", stale.join(", ")))
    }
}

/// What should be there.
fn produce() -> Result<Files> {
    call(cargo("build").args(["--locked", "--quiet"]))?;
    let mut files = Files::new();
    for (path, arguments) in printed() {
        files.insert(
            path.into(),
            output(command(wip()).args(arguments))?.into_bytes(),
        );
    }
    // A new sandbox each time: what it makes derives from names, so the states repeat.
    let folder = target().join("docs");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let states = folder.join("state");
    for space in examples()? {
        let mut apply = command(wip());
        apply.args(["apply", "--auto-approve"]).arg(space);
        apply.arg(format!("--sandbox={}", folder.join("sandbox").display()));
        apply.arg(format!("--state={}", states.display()));
        // Seconds after which the sandbox's process ends by itself.
        apply.env("WIP_SANDBOX_IDLE", "5");
        output(&mut apply)?;
    }
    collect(&states, Path::new("state"), &mut files)?;
    Ok(files)
}

/// What is there.
fn present() -> Result<Files> {
    let mut files = Files::new();
    for (path, _) in printed() {
        if let Ok(content) = fs::read(root().join(&path)) {
            files.insert(path.into(), content);
        }
    }
    collect(&root().join("state"), Path::new("state"), &mut files)?;
    Ok(files)
}

/// The Space files of all examples, from the root, sorted.
fn examples() -> Result<Vec<PathBuf>> {
    let folder = root().join("examples");
    let entries =
        fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| {
            Some(
                Path::new("examples")
                    .join(entry.ok()?.file_name())
                    .join("space.yaml"),
            )
        })
        .filter(|file| root().join(file).exists())
        .collect();
    files.sort();
    Ok(files)
}

/// Adds every `state.yaml` under `from`, named as it would be under `to`; nothing where the folder is missing.
fn collect(from: &Path, to: &Path, files: &mut Files) -> Result {
    if !from.exists() {
        return Ok(());
    }
    let fail = |error: std::io::Error| format!("{}: {error}", from.display());
    for entry in fs::read_dir(from).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let (path, name) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            collect(&path, &name, files)?;
        } else if path.ends_with("state.yaml") {
            files.insert(name, fs::read(&path).map_err(fail)?);
        }
    }
    Ok(())
}
