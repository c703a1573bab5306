//! How each service words the failures that are not about what was asked: throttling, outage, denial.

use super::call::{Refusal, Service};
use super::caller::Caller;
use crate::faults::FaultClass;

/// The refusal of a fault that leaves no effect.
pub(super) fn refusal(service: Service, class: &FaultClass, caller: &Caller) -> Refusal {
    match class {
        FaultClass::Throttle => throttled(service, 1),
        FaultClass::Unavailable => unavailable(service),
        FaultClass::AccessDenied => denied(service, caller),
        FaultClass::Refuse {
            status,
            code,
            message,
        } => Refusal::new(*status, code, message.clone()),
        _ => internal(service),
    }
}

/// Refused for now, and worth trying again after so many seconds.
///
/// Source: "Understand how Azure Resource Manager throttles requests" (429, `Retry-After`, `TooManyRequests`).
pub(super) fn throttled(service: Service, seconds: u64) -> Refusal {
    let refusal = match service {
        Service::Arm => Refusal::new(
            429,
            "TooManyRequests",
            "The request is being throttled as the limit has been reached for this operation type.",
        ),
    };
    refusal.with("retry-after", seconds.to_string())
}

fn internal(service: Service) -> Refusal {
    match service {
        Service::Arm => Refusal::new(
            500,
            "InternalServerError",
            "The server encountered an internal error. Please retry the request.",
        ),
    }
}

fn unavailable(service: Service) -> Refusal {
    match service {
        Service::Arm => Refusal::new(
            503,
            "ServiceUnavailable",
            "The service is temporarily unavailable. Please retry the request.",
        ),
    }
}

fn denied(service: Service, caller: &Caller) -> Refusal {
    match service {
        Service::Arm => super::rights::refused(caller, "the action", "the scope"),
    }
}
