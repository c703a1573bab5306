//! The one place that turns an error into heading, causes, hint and exit code.

use std::error::Error;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use wip_engine::EngineError;
use wip_provider::{Class, CloudError, Mismatch};
use wip_state::StateError;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, nothing pending.
    Done,
    /// An error that the user can fix.
    Error,
    /// Changes are pending.
    Pending,
    /// Applied in part.
    Partial,
    /// Blocked.
    Blocked,
    /// Interrupted, state saved.
    Interrupted,
    /// A bug in wip.
    Bug,
}

/// What ends a command, in words.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// A stable code, where there is one.
    pub(crate) code: &'static str,
    /// What went wrong.
    pub(crate) heading: String,
    /// Why, the nearest cause first.
    pub(crate) causes: Vec<String>,
    /// What to do.
    pub(crate) hint: Option<String>,
    /// How the command ends.
    pub(crate) exit: Exit,
    /// Said already, on its source lines: only the exit code is left to give.
    pub(crate) shown: Option<Box<Shown>>,
}

/// A failure that is shown in another form than heading and causes.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// As text, for people.
    pub(crate) text: String,
    /// The single problems, for machines.
    pub(crate) problems: Vec<FileProblem>,
}

/// A problem of a Space file, for machines.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct FileProblem {
    /// A stable code, `WIP01xx`.
    pub(crate) code: &'static str,
    /// From 1.
    pub(crate) line: usize,
    /// In characters, from 1.
    pub(crate) column: usize,
    /// What is wrong.
    pub(crate) message: String,
    /// The fix.
    pub(crate) help: String,
}

/// `wip-error/1`: why a command did not do what it was asked for.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Document<'a> {
    #[schemars(extend("const" = "wip-error/1"))]
    format: &'static str,
    /// A stable code; `wip explain` says more of it.
    code: &'a str,
    /// What went wrong.
    message: &'a str,
    /// Why, the nearest cause first.
    causes: &'a [String],
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    /// All that is wrong with a Space file.
    #[serde(skip_serializing_if = "Option::is_none")]
    problems: Option<&'a [FileProblem]>,
}

impl Failure {
    /// A failure with a code, a heading and a hint.
    pub(crate) fn new(code: &'static str, heading: impl Into<String>, hint: &str) -> Self {
        Self {
            code,
            heading: heading.into(),
            causes: Vec::new(),
            hint: (!hint.is_empty()).then(|| hint.to_owned()),
            exit: Exit::Error,
            shown: None,
        }
    }

    /// What cannot happen, and did.
    pub(crate) fn bug(error: &(dyn Error + 'static)) -> Self {
        let failure = Self::new("WIP0299", "a bug in wip", "");
        failure.because(error).exits(Exit::Bug)
    }

    /// With the chain of causes of `error`.
    pub(crate) fn because(mut self, error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(cause) = next {
            let words = cause.to_string();
            if self.causes.last() != Some(&words) {
                self.causes.push(words);
            }
            next = cause.source();
        }
        self
    }

    /// With one cause, in words.
    pub(crate) fn with_cause(mut self, words: &str) -> Self {
        self.causes.push(words.to_owned());
        self
    }

    /// Ends in another way than as an error of the user.
    pub(crate) fn exits(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(doing: &str, path: &Path, error: &std::io::Error) -> Self {
        let heading = format!("cannot {doing} {}", path.display());
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound if doing == "read" => {
                "name the file on the command line, or change to its folder"
            }
            std::io::ErrorKind::NotFound => "its folder is not there: make it first",
            std::io::ErrorKind::PermissionDenied => "check who owns it and its mode",
            _ => "",
        };
        Self::new("WIP0001", heading, hint).because(error)
    }

    /// As one document, for machines.
    pub(crate) fn document(&self) -> Document<'_> {
        Document {
            format: "wip-error/1",
            code: self.code,
            message: &self.heading,
            causes: &self.causes,
            hint: self.hint.as_deref(),
            problems: self.shown.as_ref().map(|shown| shown.problems.as_slice()),
        }
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        let (code, heading) = match &error {
            StateError::Locked { .. } => ("WIP0210", "another run holds the lock"),
            StateError::OtherSpace { .. } | StateError::OtherCloud { .. } => {
                ("WIP0202", "the state is not this Space's")
            }
            StateError::Version { .. } | StateError::JournalFormat { .. } => {
                ("WIP0203", "the state is newer than this wip")
            }
            StateError::Io { .. } => ("WIP0201", "the state cannot be read or written"),
            StateError::NotLocked { .. }
            | StateError::OtherLock { .. }
            | StateError::ForeignLock { .. }
            | StateError::HolderLives { .. } => ("WIP0211", "the lock is not taken away"),
            StateError::Remote { .. } => ("WIP0207", "the bucket of the state cannot be used"),
            StateError::LockLost { .. } => ("WIP0213", "the lock was taken away"),
            StateError::Changed { .. } | StateError::Overtaken { .. } => {
                ("WIP0205", "the state changed under this run")
            }
            _ => ("WIP0204", "the state cannot be used"),
        };
        Self::new(code, heading, "").because(&error)
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::State(error) => error.into(),
            EngineError::Mismatch(mismatch) => (*mismatch).into(),
            EngineError::Facts(error) => {
                let hint = hint(&error);
                Self::new("WIP0220", "the cloud could not be asked", hint).because(error.as_ref())
            }
            EngineError::NoDriver(_) => Self::new(
                "WIP0221",
                "a cloud is missing in this wip",
                "use a wip with that cloud built in",
            )
            .because(&error),
        }
    }
}

impl From<Mismatch> for Failure {
    fn from(mismatch: Mismatch) -> Self {
        let unasked = |way: &str| format!("{way}; nothing else was asked of any cloud");
        match &mismatch {
            Mismatch::Other { login, .. } => Self::new(
                "WIP0222",
                format!(
                    "the credentials are of another {} than the Space file names",
                    login.of
                ),
                &unasked(login.other),
            ),
            Mismatch::Elsewhere { it, way, login, .. } => Self::new(
                "WIP0222",
                format!("{it} another {} than the Space file names", login.of),
                &unasked(way),
            ),
            Mismatch::LeftBehind { login, .. } => Self::new(
                "WIP0224",
                format!(
                    "the state has resources in another {} than the Space file names",
                    login.of
                ),
                &unasked(login.left_behind),
            ),
            Mismatch::Unusable { error, login, .. } => {
                let hint = match error.class {
                    Class::Denied | Class::Final | Class::Missing => login.none,
                    _ => hint(error),
                };
                Self::new("WIP0223", "the credentials cannot be used", hint)
            }
        }
        .because(&mismatch)
    }
}

/// What a person can do about a failed call.
pub(crate) fn hint(error: &CloudError) -> &'static str {
    match error.class {
        Class::Denied => {
            "the caller lacks a permission for this call; the log (--log FILE) names its request"
        }
        Class::Broken => {
            "no answer: check the network, the proxy and the region; --sandbox needs neither"
        }
        Class::Throttled => {
            "too many requests for a long time: try again later, or with smaller --limits"
        }
        Class::Unavailable => "the cloud is in trouble: try again later",
        Class::NotYet => "the cloud takes long to make a change visible: apply again",
        Class::Missing | Class::Conflict | Class::Final => "",
    }
}
