//! A repository that several clones push to, and `wip` in each clone, all before one sandbox.
//!
//! Owns git's surroundings: no configuration but the clone's own, and no repository above the folder of the test.
//! Not here: what the repository holds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::examples::Space;
use crate::sandbox::{Sandbox, said};

/// The Space of the examples that are used here, and where its state lies in a clone.
pub(crate) const STATE: &str = "state/prod-eu";

/// A bare repository beside a sandbox, whose branch `main` is the one of all.
pub(crate) struct Origin {
    sandbox: Sandbox,
}

/// One work tree.
pub(crate) struct Clone {
    folder: PathBuf,
    /// Above all clones and the sandbox.
    above: PathBuf,
}

impl Origin {
    /// A repository with one commit: a Space file, and what git is to ignore.
    pub(crate) fn new(name: &str, space: &Space) -> Self {
        let sandbox = Sandbox::new(name);
        let origin = Self { sandbox };
        let init = ["init", "--quiet", "--bare", "--initial-branch=main"];
        origin.git(&[&init[..], &["origin.git"]].concat());
        let first = origin.clone("first");
        first.write(".gitignore", ".wip-*\n.wip/\n");
        first.write("space.yaml", &space.0);
        first.commit("Describe the Space");
        first.git(&["push", "--quiet", "origin", "main"]);
        fs::remove_dir_all(first.folder).expect("a folder");
        origin
    }

    /// The sandbox.
    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Clones it.
    pub(crate) fn clone(&self, name: &str) -> Clone {
        self.clone_with(name, &[])
    }

    /// Clones it, by its URL, so that options like `--depth` count.
    pub(crate) fn clone_with(&self, name: &str, options: &[&str]) -> Clone {
        let url = format!("file://{}/origin.git", self.sandbox.folder().display());
        self.git(&[&["clone", "--quiet"], options, &[&url, name]].concat());
        self.folder(name)
    }

    /// A folder beside the clones, which need not be one.
    pub(crate) fn folder(&self, name: &str) -> Clone {
        let above = self.sandbox.folder().to_owned();
        let folder = above.join(name);
        Clone { folder, above }
    }

    /// What a file of `main` says; `None` where it is not there.
    pub(crate) fn shows(&self, path: &str) -> Option<String> {
        let arguments = ["-C", "origin.git", "show", &format!("main:{path}")].map(str::to_owned);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = self.command(&arguments).output().expect("git starts");
        output
            .status
            .success()
            .then(|| String::from_utf8(output.stdout).expect("UTF-8"))
    }

    /// Ends the sandbox and removes everything.
    pub(crate) fn remove(self) {
        self.sandbox.remove();
    }

    fn git(&self, arguments: &[&str]) {
        succeeded(&self.command(arguments).output().expect("git starts"));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut git = Command::new("git");
        git.args(arguments).current_dir(self.sandbox.folder());
        alone(&mut git, self.sandbox.folder());
        git
    }
}

impl Clone {
    /// Where it is.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Writes a file.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// What the state says; empty where there is none.
    pub(crate) fn state(&self) -> String {
        fs::read_to_string(self.path(STATE).join("state.yaml")).unwrap_or_default()
    }

    /// Runs git; panics with its words where it fails.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = self.try_git(arguments);
        succeeded(&output);
        String::from_utf8(output.stdout)
            .expect("UTF-8")
            .trim()
            .to_owned()
    }

    /// Runs git.
    pub(crate) fn try_git(&self, arguments: &[&str]) -> Output {
        let mut git = Command::new("git");
        let who = ["user.name=clone", "user.email=clone@example.com"];
        let who = who.map(|setting| ["-c", setting]).concat();
        git.args(who).args(arguments).current_dir(&self.folder);
        alone(&mut git, &self.above);
        git.output().expect("git starts")
    }

    /// Commits everything that is not ignored.
    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", message]);
    }

    /// Pushes `main`.
    pub(crate) fn push(&self) {
        self.git(&["push", "--quiet", "origin", "HEAD:main"]);
    }

    /// `wip ARGUMENTS` as a pipeline runs it, not yet started: what it needs is in variables.
    pub(crate) fn wip(&self, sandbox: &Sandbox, arguments: &[&str]) -> Command {
        let mut wip = sandbox.plain(arguments);
        self.surround(&mut wip);
        wip
    }

    /// Gives a command the folder and the variables of a pipeline.
    pub(crate) fn surround(&self, command: &mut Command) {
        command
            .current_dir(&self.folder)
            .env("WIP_SANDBOX", self.above.join(".wip/sandbox"))
            .env("WIP_STATE", "state");
        alone(command, &self.above);
    }

    /// Runs `wip ARGUMENTS`; panics where it ends with another code.
    pub(crate) fn run(&self, sandbox: &Sandbox, arguments: &[&str], code: i32) -> String {
        let output = self.wip(sandbox, arguments).output().expect("wip starts");
        let words = said(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{words}");
        words
    }
}

/// Lets git see no configuration of the machine, and no repository above a folder.
fn alone(command: &mut Command, above: &Path) {
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CEILING_DIRECTORIES", above)
        .env("GIT_TERMINAL_PROMPT", "0");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
}

fn succeeded(output: &Output) {
    assert!(output.status.success(), "git: {}", said(output));
}
