//! A run of `wip` that is looked at while it goes on.
//!
//! Owns its end: none outlives its test.
//! Not here: what holds it up, which is a fault of the sandbox.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use serde_json::{Value, json};

use crate::sandbox::{Sandbox, until};

/// A process, and where its words go.
pub(crate) struct Running {
    child: Child,
    words: PathBuf,
}

impl Running {
    /// Starts a command; `name` is unique in the folder of the sandbox.
    pub(crate) fn start(sandbox: &Sandbox, name: &str, command: &mut Command) -> Self {
        let words = sandbox.folder().join(format!("{name}.stderr"));
        let file = File::create(&words).expect("a file");
        let child = command.stdout(Stdio::null()).stderr(file).spawn();
        Self {
            child: child.expect("wip starts"),
            words,
        }
    }

    /// What it has said so far on standard error.
    pub(crate) fn words(&self) -> String {
        fs::read_to_string(&self.words).expect("a file")
    }

    /// Waits until it has said something; panics where it ends before.
    pub(crate) fn says(&mut self, what: &str) {
        until(what, || {
            // Asked first: what it said before its end counts.
            let ended = self.child.try_wait().expect("a process");
            let words = self.words();
            let said = words.contains(what);
            assert!(
                said || ended.is_none(),
                "{ended:?}, without {what}\n{words}"
            );
            said.then_some(())
        });
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal: `INT`, `TERM`, `KILL`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("kill")
            .args(["-s", name, &self.id().to_string()])
            .status();
        assert!(kill.expect("kill is there").success());
    }

    /// Whether it still goes on.
    pub(crate) fn goes_on(&mut self) -> bool {
        self.child.try_wait().expect("a process").is_none()
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        let status = until("it ends", || self.child.try_wait().expect("a process"));
        (status, self.words())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A fault for all calls of an operation from now on.
pub(crate) fn every(operation: &str, class: &str) -> Value {
    json!([{ "operation": operation, "times": 0, "class": class }])
}

/// How often an operation was called.
pub(crate) fn count(sandbox: &Sandbox, operation: &str) -> usize {
    let log = sandbox.log();
    let calls = log.iter().filter(|call| call["operation"] == operation);
    calls.count()
}

/// Waits until an operation was called so often.
pub(crate) fn called(sandbox: &Sandbox, operation: &str, times: usize) {
    until(operation, || {
        (count(sandbox, operation) >= times).then_some(())
    });
}
