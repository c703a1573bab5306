//! What enters from outside: variables, random ids, host, terminal.
//!
//! The one value through which they enter, so that runs repeat in tests.

use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex};

use wip_provider::Wire;

/// The surroundings of a run.
#[derive(Clone, Debug)]
pub struct Env {
    /// Standard input is a terminal: somebody can be asked.
    pub can_ask: bool,
    /// Standard error is a terminal: progress may move the cursor.
    pub err_is_terminal: bool,
    /// The machine's name.
    pub host: String,
    /// A test's wish to die at the n-th durable effect of the store: `7`, or `7.5` for half of it.
    pub kill_at_write: Option<String>,
    /// What answers in the place of the network; with `--sandbox` it is the sandbox, and no
    /// server is started.
    pub wire: Option<Arc<dyn Wire>>,
    /// Where output goes.
    pub output: Output,
}

/// Where output goes.
#[derive(Clone, Debug)]
pub enum Output {
    /// To the standard output and the standard error of the process.
    Process,
    /// Both into one text, in the order in which it is written, without colour.
    Kept(Arc<Mutex<String>>),
}

impl Env {
    /// Of this process.
    pub fn of_process() -> Self {
        let kill_at_write = if cfg!(debug_assertions) {
            std::env::var("WIP_TEST_KILL_AT_WRITE").ok()
        } else {
            None
        };
        Self {
            can_ask: std::io::stdin().is_terminal(),
            err_is_terminal: std::io::stderr().is_terminal(),
            host: host(),
            kill_at_write,
            wire: None,
            output: Output::Process,
        }
    }

    /// The lineage of a new state: random for real clouds, the same each time in the sandbox, so
    /// that what it writes can be compared.
    pub(crate) fn new_lineage(&self, space: &str, sandbox: bool) -> String {
        if sandbox {
            let name = format!("wip sandbox {space}");
            uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes()).to_string()
        } else {
            uuid::Uuid::new_v4().to_string()
        }
    }

    /// An id that nobody else has.
    pub(crate) fn new_id(&self) -> String {
        uuid::Uuid::new_v4().to_string()
    }

    /// The moment, for people: RFC 3339, in UTC, to the second.
    pub(crate) fn now(&self) -> String {
        let now = jiff::Timestamp::now();
        now.round(jiff::Unit::Second).unwrap_or(now).to_string()
    }
}

/// A variable of the process, where it is set and text.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The machine's name, as the kernel or the environment says it.
fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .map(|name| name.trim().to_owned())
        .or_else(|| std::env::var("HOSTNAME").ok())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "unknown host".to_owned())
}
