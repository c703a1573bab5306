//! Bugs of wip, on purpose: a matrix that stays green with one of them proves nothing.
//!
//! They are seeded at wip's edges, in what it sends, hears and keeps, so that the product has no switch for them.

use std::fs;
use std::io;
use std::path::Path;

use wip_sandbox::{FaultClass, Request};

/// One thing that wip does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// What begins is not written down before its first call.
    SkipsBegin,
    /// Throttling is taken for a refusal.
    DropsThrottling,
    /// New roles bear no mark.
    ForgetsMark,
}

impl Bug {
    /// What becomes of a request.
    pub(crate) fn spoil(self, request: &mut Request) {
        let body = String::from_utf8_lossy(&request.body);
        if self == Self::ForgetsMark && body.contains("Action=CreateRole&") {
            let kept = body.split('&').filter(|pair| !pair.starts_with("Tags."));
            request.body = kept.collect::<Vec<_>>().join("&").into_bytes();
        }
    }

    /// What wip takes a fault for.
    pub(crate) fn heard(self, class: FaultClass) -> FaultClass {
        match (self, class) {
            (Self::DropsThrottling, FaultClass::Throttle) => FaultClass::Refuse {
                status: 400,
                code: "NobodyKnowsThisCode".to_owned(),
                message: "Rate exceeded".to_owned(),
            },
            (_, class) => class,
        }
    }

    /// What a run that died has kept, below the folder of states.
    ///
    /// # Errors
    /// Where the journal can be neither read nor written.
    pub(crate) fn forget(self, states: &Path) -> io::Result<()> {
        if self != Self::SkipsBegin || !states.exists() {
            return Ok(());
        }
        for folder in fs::read_dir(states)? {
            let journal = folder?.path().join("journal.jsonl");
            if let Ok(text) = fs::read_to_string(&journal) {
                let kept = text
                    .lines()
                    .filter(|line| !line.starts_with(r#"{"begin":"#));
                let kept: String = kept.map(|line| format!("{line}\n")).collect();
                fs::write(&journal, kept)?;
            }
        }
        Ok(())
    }
}
