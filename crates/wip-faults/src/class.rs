//! The classes of faults: what happens to a call, and what a user may expect of the run.

use wip_sandbox::{Fault, FaultClass};

use crate::story::Call;

/// What happens to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class {
    /// Its name, as the head of a column.
    pub name: &'static str,
    kind: Kind,
    lasts: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Refused,
    ResetBefore,
    ResetAfter,
    HangBefore,
    HangAfter,
    Throttled,
    Internal,
    Unavailable,
    Malformed,
    Truncated,
    Denied,
    NotVisible(u32),
    KilledBefore,
    KilledAfter,
}

const fn once(name: &'static str, kind: Kind) -> Class {
    Class {
        name,
        kind,
        lasts: false,
    }
}

const fn lasting(name: &'static str, kind: Kind) -> Class {
    Class {
        name,
        kind,
        lasts: true,
    }
}

/// All classes; those that last hit every later call of the operation too, until the command ends.
pub const CLASSES: [Class; 24] = [
    once("connection refused", Kind::Refused),
    once("reset before its effect", Kind::ResetBefore),
    once("reset after its effect", Kind::ResetAfter),
    once("hangs before its effect", Kind::HangBefore),
    once("hangs after its effect", Kind::HangAfter),
    once("throttled", Kind::Throttled),
    once("status 500", Kind::Internal),
    once("status 503", Kind::Unavailable),
    once("malformed body", Kind::Malformed),
    once("truncated body", Kind::Truncated),
    once("not visible for 1 look", Kind::NotVisible(1)),
    once("not visible for 5 looks", Kind::NotVisible(5)),
    once("not visible for 30 looks", Kind::NotVisible(30)),
    once("killed before its effect", Kind::KilledBefore),
    once("killed after its effect", Kind::KilledAfter),
    lasting("access denied", Kind::Denied),
    lasting("refused for good", Kind::Refused),
    lasting("reset for good", Kind::ResetAfter),
    lasting("hangs for good", Kind::HangAfter),
    lasting("throttled for good", Kind::Throttled),
    lasting("500 for good", Kind::Internal),
    lasting("503 for good", Kind::Unavailable),
    lasting("malformed for good", Kind::Malformed),
    lasting("truncated for good", Kind::Truncated),
];

impl Class {
    /// The fault that hits a call.
    pub(crate) fn fault(self, call: &Call) -> Fault {
        let class = match self.kind {
            Kind::Refused | Kind::ResetBefore => FaultClass::LostRequest,
            Kind::ResetAfter => FaultClass::LostAnswer,
            Kind::HangBefore | Kind::KilledBefore => FaultClass::HangBefore,
            Kind::HangAfter | Kind::KilledAfter => FaultClass::Hang,
            Kind::Throttled => FaultClass::Throttle,
            Kind::Internal => FaultClass::InternalError,
            Kind::Unavailable => FaultClass::Unavailable,
            Kind::Malformed => FaultClass::MalformedBody,
            Kind::Truncated => FaultClass::TruncatedBody,
            Kind::Denied => FaultClass::AccessDenied,
            Kind::NotVisible(observations) => FaultClass::NotVisible { observations },
        };
        Fault {
            service: Some(call.service.clone()),
            operation: Some(call.operation.clone()),
            nth: call.nth,
            times: u64::from(!self.lasts),
            class,
        }
    }

    /// Nobody listens, rather than that a connection breaks.
    pub(crate) fn refuses(self) -> bool {
        self.kind == Kind::Refused
    }

    /// A call that could be repeated with success never gets through.
    pub fn is_for_good(self) -> bool {
        self.lasts && self.kind != Kind::Denied
    }

    /// The command dies at that call.
    pub(crate) fn kills(self) -> bool {
        matches!(self.kind, Kind::KilledBefore | Kind::KilledAfter)
    }

    /// What passes by itself, so that the same run has to get through.
    pub(crate) fn passes(self) -> bool {
        let is_long = matches!(self.kind, Kind::NotVisible(30));
        !self.lasts && !self.kills() && !is_long
    }
}
