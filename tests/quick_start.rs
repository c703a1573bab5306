//! The quick start of the README, as it stands there.
//!
//! Each command is given to a shell in one folder that is empty at first, must succeed, and must print the lines that the README shows, in their order.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::binary::wip;
use crate::tree::file;

/// A command, here-documents and all, and the lines that are shown of its output.
struct Shown {
    command: String,
    lines: Vec<String>,
}

/// An empty folder, gone in the end with the sandbox that runs for it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("wip-quick-start-{}", std::process::id()));
        fs::create_dir(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn shown() -> Vec<Shown> {
    let readme = &file("README.md").text;
    let (_, start) = readme.split_once("## Quick start\n").expect("a heading");
    let (_, block) = start.split_once("```console\n").expect("a block");
    let (block, _) = block.split_once("```").expect("its end");
    let mut all: Vec<Shown> = Vec::new();
    let mut in_document = false;
    for line in block.lines() {
        if let (Some(command), false) = (line.strip_prefix("$ "), in_document) {
            in_document = command.contains("<<'EOF'");
            all.push(Shown {
                command: format!("{command}\n"),
                lines: Vec::new(),
            });
        } else if in_document {
            let last = all.last_mut().expect("a command comes first");
            last.command.push_str(&format!("{line}\n"));
            in_document = line != "EOF";
        } else {
            let last = all.last_mut().expect("a command comes first");
            last.lines.push(line.to_owned());
        }
    }
    all
}

#[test]
fn the_quick_start_does_what_it_says() {
    let all = shown();
    assert!((5..10).contains(&all.len()), "{} commands", all.len());
    let folder = Folder::new();
    let program = wip();
    let programs = program.parent().expect("a file is in a folder").display();
    let path = std::env::var("PATH").expect("a search path");
    for Shown { command, lines } in &all {
        let done = Command::new("sh")
            .args(["-e", "-c", command])
            .current_dir(&folder.0)
            .env("PATH", format!("{programs}:{path}"))
            .env("HOME", &folder.0)
            // The sandbox ends soon after the last command.
            .env("WIP_SANDBOX_IDLE", "20")
            .env("WIP_PARALLELISM", "1")
            .output()
            .expect("a shell");
        let said = String::from_utf8_lossy(&done.stdout);
        let words = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{command}{said}{words}");
        let mut rest = said.lines();
        for line in lines {
            assert!(
                rest.any(|said| said == line),
                "{command}does not print, in this order:\n{line}\n\nit prints:\n{said}"
            );
        }
    }
    let last = all.last().expect("commands");
    assert!(last.lines.iter().any(|line| line.starts_with("accepted")));
}
