//! The error of a call to a cloud: a class to branch on, and the rest to report.

use std::fmt;
use std::time::Duration;

/// Why a call to a cloud failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudError {
    /// What it means for the caller.
    pub class: Class,
    /// The call: `iam:CreateRole`.
    pub call: String,
    /// The cloud's own code: `EntityAlreadyExists`.
    pub code: Option<String>,
    /// The cloud's own words.
    pub message: String,
    /// The id under which the cloud's support finds it.
    pub request_id: Option<String>,
    /// How long the cloud asks to wait before the next attempt.
    pub retry_after: Option<Duration>,
}

/// What a failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The thing is not there.
    Missing,
    /// It is there already, or somebody else changed it at the same time.
    Conflict,
    /// The caller may not do this.
    Denied,
    /// Too many requests; slower, the same request works.
    Throttled,
    /// Something that was just made is not visible everywhere yet; later, the same request works.
    NotYet,
    /// The cloud is in trouble (HTTP 5xx); the request may or may not have taken effect.
    Unavailable,
    /// No answer arrived; the request may or may not have taken effect.
    Broken,
    /// No use in trying again.
    Final,
}

impl CloudError {
    /// A failure that is not an answer of the cloud: something that this side found wrong.
    pub fn local(class: Class, call: &str, message: impl Into<String>) -> Self {
        Self {
            class,
            call: call.to_owned(),
            code: None,
            message: message.into(),
            request_id: None,
            retry_after: None,
        }
    }
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.call)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(id) = &self.request_id {
            write!(f, " (request {id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for CloudError {}
