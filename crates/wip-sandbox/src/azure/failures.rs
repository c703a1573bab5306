//! How each service words the failures that are not about what was asked: throttling, outage, denial.

use super::call::{Refusal, Service};
use super::caller::Caller;
use crate::faults::FaultClass;

/// The refusal of a fault that leaves no effect.
pub(super) fn refusal(
    service: Service,
    class: &FaultClass,
    caller: &Caller,
    needs: Option<(&str, String)>,
) -> Refusal {
    match class {
        FaultClass::Throttle => throttled(service, 1),
        FaultClass::Unavailable => unavailable(service),
        FaultClass::AccessDenied => denied(service, caller, needs),
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
/// Sources: "Understand how Azure Resource Manager throttles requests" (`TooManyRequests`), "Microsoft Graph throttling guidance" (`TooManyRequests`), "Common REST API error codes" of the storage services (`ServerBusy`, 503), "Azure Key Vault throttling guidance" (`Throttled`, 429). The words are ours.
pub(super) fn throttled(service: Service, seconds: u64) -> Refusal {
    let refusal = match service {
        Service::Arm => Refusal::new(
            429,
            "TooManyRequests",
            "The request is being throttled as the limit has been reached for this operation type.",
        ),
        Service::Graph => Refusal::new(429, "TooManyRequests", "Too many requests."),
        Service::Login => Refusal::new(
            429,
            "temporarily_unavailable",
            "AADSTS90055: The tenant has been throttled. Please try again later.",
        ),
        Service::Blob => Refusal::new(503, "ServerBusy", "The server is busy."),
        Service::Vault => Refusal::new(
            429,
            "Throttled",
            "Request was not processed because too many requests were received.",
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
        Service::Graph => Refusal::new(
            500,
            "Service_InternalServerError",
            "Encountered an internal server error.",
        ),
        Service::Login => Refusal::new(
            500,
            "server_error",
            "AADSTS50000: There was an error issuing a token or an issue with our sign-in service.",
        ),
        Service::Blob => Refusal::new(
            500,
            "InternalError",
            "The server encountered an internal error. Please retry the request.",
        ),
        Service::Vault => Refusal::new(500, "InternalServerError", "An unexpected error occurred."),
    }
}

fn unavailable(service: Service) -> Refusal {
    match service {
        Service::Arm => Refusal::new(
            503,
            "ServiceUnavailable",
            "The service is temporarily unavailable. Please retry the request.",
        ),
        Service::Graph => Refusal::new(
            503,
            "Service_ServiceUnavailable",
            "Service is temporarily unavailable. Please wait and retry again.",
        ),
        Service::Login => Refusal::new(
            503,
            "temporarily_unavailable",
            "AADSTS90033: A transient error has occurred. Please try again.",
        ),
        Service::Blob => Refusal::new(503, "ServerBusy", "The server is busy."),
        Service::Vault => Refusal::new(503, "ServiceUnavailable", "The service is unavailable."),
    }
}

fn denied(service: Service, caller: &Caller, needs: Option<(&str, String)>) -> Refusal {
    match service {
        Service::Arm => {
            let (action, scope) = needs.unwrap_or_default();
            super::rights::refused(caller, action, &scope)
        }
        Service::Graph => super::graph::denied(),
        Service::Login => Refusal::new(
            401,
            "unauthorized_client",
            "AADSTS53003: Access has been blocked by Conditional Access policies.",
        ),
        Service::Blob => super::blob::denied(),
        Service::Vault => Refusal::new(403, "Forbidden", "The caller may not do this."),
    }
}
