//! Faults on request: which call they hit, and what they do to it.
//!
//! Not here: how a service words its throttling or its denial (`aws/failures.rs`).

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::http::{Answer, Reply};

/// One planned fault: the `nth` call that fits, and the `times - 1` fitting calls after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The service as in a credential scope (`iam`, `s3`, `servicequotas`, …), or of Azure `arm`, `graph`, `login`, `blob` or `vault`; any, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The operation as in the service's model; any, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Which of the fitting calls is hit first, counted from 1 since the fault was set.
    #[serde(default = "one")]
    pub nth: u64,
    /// How many fitting calls in a row are hit; 0 is all from the nth on.
    #[serde(default = "one")]
    pub times: u64,
    /// What happens to them.
    pub class: FaultClass,
}

fn one() -> u64 {
    1
}

/// What a fault does to a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultClass {
    /// Refused as this service throttles; no effect.
    Throttle,
    /// Refused with the service's internal failure, HTTP 500; no effect.
    InternalError,
    /// Refused with the service's unavailability, HTTP 503; no effect.
    Unavailable,
    /// Refused as not authorized; no effect.
    AccessDenied,
    /// Refused with a code of your own; no effect.
    Refuse {
        /// HTTP status.
        status: u16,
        /// Error code.
        code: String,
        /// Message.
        message: String,
    },
    /// The connection closes before the call has an effect.
    LostRequest,
    /// The call has no effect, and is never answered.
    HangBefore,
    /// The call has its effect, and the connection closes without an answer.
    LostAnswer,
    /// The call has its effect, and is never answered.
    Hang,
    /// The call has its effect, and is answered as ever, but only once the faults are set anew.
    Held,
    /// The call has its effect; the answer has status 200 and a body that no parser takes.
    MalformedBody,
    /// The call has its effect; the answer ends in the middle of its body.
    TruncatedBody,
    /// The call has its effect, but the next calls that look for what it changed still see how it was, as in IAM's eventual consistency.
    NotVisible {
        /// How many calls see how it was.
        observations: u32,
    },
}

impl FaultClass {
    /// Whether the call keeps its effect.
    pub(crate) fn has_effect(&self) -> bool {
        matches!(
            self,
            FaultClass::LostAnswer
                | FaultClass::Hang
                | FaultClass::Held
                | FaultClass::MalformedBody
                | FaultClass::TruncatedBody
                | FaultClass::NotVisible { .. }
        )
    }
}

/// The faults that are set, each with the fitting calls seen so far.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    planned: Vec<(Fault, u64)>,
    /// How often they were set.
    settings: watch::Sender<u64>,
}

impl Faults {
    /// Sets the faults anew, counting from now on.
    pub(crate) fn set(&mut self, faults: Vec<Fault>) {
        self.planned = faults.into_iter().map(|fault| (fault, 0)).collect();
        self.settings.send_modify(|count| *count += 1);
    }

    /// How often they were set, now and later.
    pub(crate) fn settings(&self) -> watch::Receiver<u64> {
        self.settings.subscribe()
    }

    /// Counts a call, and tells what happens to it: the first fault of the list that hits it.
    pub(crate) fn strike(&mut self, service: &str, operation: &str) -> Option<FaultClass> {
        let mut struck = None;
        for (fault, seen) in &mut self.planned {
            let fits = fault.service.as_deref().is_none_or(|name| name == service)
                && fault
                    .operation
                    .as_deref()
                    .is_none_or(|name| name == operation);
            if !fits {
                continue;
            }
            *seen += 1;
            let first = fault.nth.max(1);
            let hit = *seen >= first && (fault.times == 0 || *seen < first + fault.times);
            if hit && struck.is_none() {
                struck = Some(fault.class.clone());
            }
        }
        struck
    }

    /// What becomes of the answer of a call that a fault has left its effect; a malformed body says that it is `content_type`.
    pub(crate) fn deliver(
        &self,
        fault: Option<FaultClass>,
        answer: Answer,
        content_type: &str,
    ) -> Reply {
        match fault {
            Some(FaultClass::LostAnswer) => Reply::Closed,
            Some(FaultClass::Hang) => Reply::Hangs,
            Some(FaultClass::Held) => Reply::Held(answer, *self.settings.borrow()),
            Some(FaultClass::TruncatedBody) => Reply::Truncated(answer),
            Some(FaultClass::MalformedBody) => {
                Reply::Answer(Answer::new(200).with_body(content_type, "<{ not what you expected"))
            }
            _ => Reply::Answer(answer),
        }
    }
}
