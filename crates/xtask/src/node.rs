//! Node.js, and the servers that others wrote for it, in the target folder.
//!
//! Pinned with hashes in `tests/peers/node/package-lock.json`; installed anew when that file changes.

use std::fs;
use std::path::PathBuf;

use crate::run::{Result, call, command, output, root, target};
use crate::venv;

/// The oldest Node.js that the servers are for.
const OLDEST: u32 = 20;

/// Where Node.js is, and what runs on it.
pub(crate) struct Node {
    /// The program `node`.
    pub(crate) program: PathBuf,
    /// The folder `node_modules`.
    pub(crate) modules: PathBuf,
}

impl Node {
    /// Everything installed: on the Node.js of this machine, or on one from PyPI.
    pub(crate) fn installed() -> Result<Self> {
        let (program, npm) = programs()?;
        let from = root().join("tests/peers/node");
        let folder = target().join("node");
        let text = |path: PathBuf| {
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let node = Self {
            program,
            modules: folder.join("node_modules"),
        };
        let wanted = text(from.join("package-lock.json"))?;
        // Written last: without it, or with another text in it, the folder is half made or of old pins.
        let marker = folder.join("installed.json");
        if fs::read_to_string(&marker).is_ok_and(|text| text == wanted) {
            return Ok(node);
        }
        let put = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
        };
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        put("package.json", &text(from.join("package.json"))?)?;
        put("package-lock.json", &wanted)?;
        put(".npmrc", &text(from.join(".npmrc"))?)?;
        // No package runs anything of its own while it is installed.
        let quiet = [
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--no-update-notifier",
        ];
        let mut install = command(npm);
        install.arg("ci").args(quiet).current_dir(&folder);
        if let Some(programs) = node.program.parent().filter(|it| it.is_absolute()) {
            let path = std::env::var("PATH").unwrap_or_default();
            install.env("PATH", format!("{}:{path}", programs.display()));
        }
        call(&mut install)?;
        put("installed.json", &wanted)?;
        Ok(node)
    }
}

/// `node` and `npm`.
fn programs() -> Result<(PathBuf, PathBuf)> {
    let is_there = output(command("npm").arg("--version")).is_ok();
    let version = output(command("node").arg("--version")).unwrap_or_default();
    if is_there && major(&version) >= Some(OLDEST) {
        return Ok(("node".into(), "npm".into()));
    }
    println!("no Node.js {OLDEST} or newer here: one from PyPI is used");
    let programs = venv::node()?;
    Ok((programs.join("node"), programs.join("npm")))
}

/// `v20.20.2` → 20.
fn major(version: &str) -> Option<u32> {
    version
        .trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::{OLDEST, major};

    #[test]
    fn an_old_node_and_none_are_not_enough() {
        assert!(major("v20.20.2\n") >= Some(OLDEST));
        assert!(major("v100.0.0") >= Some(OLDEST));
        assert!(major("v18.19.0") < Some(OLDEST));
        assert!(major("") < Some(OLDEST));
    }
}
