//! How each service words the failures that are not about what was asked: throttling, outage, denial.

use super::call::{Caller, Refusal, Service};
use crate::faults::FaultClass;

/// The refusal of a fault that leaves no effect.
pub(crate) fn refusal(
    service: Service,
    class: &FaultClass,
    caller: &Caller,
    operation: &str,
) -> Refusal {
    match class {
        FaultClass::Throttle => throttled(service),
        FaultClass::Unavailable => unavailable(service),
        FaultClass::AccessDenied => denied(service, caller, operation),
        FaultClass::Refuse {
            status,
            code,
            message,
        } => Refusal::new(*status, code, message.clone()),
        _ => internal(service),
    }
}

/// Sources: "Common errors" of the IAM and STS API references (`Throttling`, 400); "Error responses" of the S3 API reference (`SlowDown`, 503); "Throttling AWS KMS requests"; botocore's models of `eks` and `service-quotas`.
fn throttled(service: Service) -> Refusal {
    match service {
        Service::Iam | Service::Sts => Refusal::new(400, "Throttling", "Rate exceeded"),
        Service::S3 => Refusal::new(503, "SlowDown", "Please reduce your request rate."),
        Service::Kms => Refusal::new(
            400,
            "ThrottlingException",
            "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
        ),
        Service::Eks | Service::EksAuth => {
            Refusal::new(429, "ThrottlingException", "Rate exceeded")
        }
        Service::ServiceQuotas => Refusal::new(400, "TooManyRequestsException", "Rate exceeded"),
        Service::SecretsManager | Service::ParameterStore => {
            Refusal::new(400, "ThrottlingException", "Rate exceeded")
        }
    }
}

/// Sources: botocore's models (`ServiceFailure`, `KMSInternalException`, `ServerException`, `ServiceException`); "Error responses" of the S3 API reference.
fn internal(service: Service) -> Refusal {
    match service {
        Service::Iam => Refusal::new(
            500,
            "ServiceFailure",
            "The request processing has failed because of an unknown error, exception or failure.",
        ),
        Service::Sts => Refusal::new(
            500,
            "InternalFailure",
            "The request processing has failed because of an unknown error, exception or failure.",
        ),
        Service::S3 => Refusal::new(
            500,
            "InternalError",
            "We encountered an internal error. Please try again.",
        ),
        Service::Kms => Refusal::new(
            500,
            "KMSInternalException",
            "The request failed because of an internal error.",
        ),
        Service::Eks => Refusal::new(500, "ServerException", "There is an issue on the server."),
        Service::EksAuth => Refusal::new(
            500,
            "InternalServerException",
            "There is an issue on the server.",
        ),
        Service::ServiceQuotas => Refusal::new(500, "ServiceException", "Something went wrong."),
        Service::SecretsManager => Refusal::new(
            500,
            "InternalServiceError",
            "An error occurred on the server side.",
        ),
        Service::ParameterStore => Refusal::new(
            500,
            "InternalServerError",
            "An error occurred on the server side.",
        ),
    }
}

fn unavailable(service: Service) -> Refusal {
    match service {
        Service::S3 => Refusal::new(
            503,
            "ServiceUnavailable",
            "Service is unable to handle request.",
        ),
        Service::Eks | Service::EksAuth => Refusal::new(
            503,
            "ServiceUnavailableException",
            "The service is unavailable.",
        ),
        _ => Refusal::new(
            503,
            "ServiceUnavailable",
            "The request has failed due to a temporary failure of the server.",
        ),
    }
}

fn denied(service: Service, caller: &Caller, operation: &str) -> Refusal {
    let message = format!(
        "User: {} is not authorized to perform: {}:{operation} because no identity-based policy allows the {}:{operation} action",
        caller.arn,
        service.name(),
        service.name(),
    );
    match service {
        Service::Iam | Service::Sts => Refusal::new(403, "AccessDenied", message),
        Service::S3 => Refusal::new(403, "AccessDenied", "Access Denied"),
        Service::Eks => Refusal::new(403, "AccessDeniedException", message),
        Service::EksAuth
        | Service::Kms
        | Service::ServiceQuotas
        | Service::SecretsManager
        | Service::ParameterStore => Refusal::new(400, "AccessDeniedException", message),
    }
}
