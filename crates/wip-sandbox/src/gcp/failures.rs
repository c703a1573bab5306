//! How Google words the failures that are not about what was asked: throttling, outage, denial.

use super::call::{Refusal, Service};
use crate::faults::FaultClass;

/// The refusal of a fault that leaves no effect.
///
/// Source of the pairs: `google.rpc.Code`, its mapping to HTTP. The words are ours.
pub(super) fn refusal(service: Service, class: &FaultClass) -> Refusal {
    let refusal = match class {
        FaultClass::Throttle => Refusal::new(
            429,
            "RESOURCE_EXHAUSTED",
            "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute'.",
        ),
        FaultClass::Unavailable => {
            Refusal::new(503, "UNAVAILABLE", "The service is currently unavailable.")
        }
        FaultClass::AccessDenied => Refusal::denied("The caller does not have permission"),
        FaultClass::Refuse {
            status,
            code,
            message,
        } => return Refusal::new(*status, code, message.clone()),
        _ => Refusal::new(500, "INTERNAL", "Internal error encountered."),
    };
    match service {
        Service::Sts => Refusal {
            code: "server_error".to_owned(),
            ..refusal
        },
        _ => refusal.of(service),
    }
}
