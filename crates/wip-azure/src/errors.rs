//! What the errors of Azure Resource Manager and of Microsoft Graph mean.
//!
//! Owns the one table from codes to classes.

use wip_provider::{Class, CloudError};
use wip_rest::Failed;

const NO_APPLICATION: &str = "does not reference a valid application object";
const SAME_KEY: &str = "same value for property uniqueName";

/// The class of an answer that is an error.
pub(crate) fn judge(failed: Failed<'_>) -> Class {
    match failed.code {
        // "Managed identity federated credentials: important considerations", Entra docs: writes of one identity follow each
        // other; somebody else writes it too.
        "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity" => Class::NotYet,
        // Two write one vault at once (Azure/AzureKeyVault#6): the same request works later.
        "ConflictError" => Class::NotYet,
        // "Troubleshoot Azure RBAC": a principal that was just made is not everywhere yet.
        "PrincipalNotFound" => Class::NotYet,
        // Its name is free again when it is gone, at least half a minute later ("Delete Container", Blob Storage REST API).
        "ContainerBeingDeleted" => Class::NotYet,
        // "Resolve errors for parent resources", ARM docs.
        "ParentResourceNotFound" => Class::Missing,
        // An assignment of the same role to the same principal at the same scope, by another name ("Troubleshoot Azure RBAC").
        "RoleAssignmentExists" => Class::Conflict,
        // Writes of one tenant at once (nais/azurerator#448): the same request works later.
        "Directory_ConcurrencyViolation" => Class::NotYet,
        // An application that was just made is not everywhere yet (microsoftgraph/msgraph-sdk-dotnet#3108).
        "Request_BadRequest" if failed.message.contains(NO_APPLICATION) => Class::NotYet,
        // Another application has the key, perhaps a deleted one (microsoftgraph/msgraph-bicep-types#137).
        "Request_BadRequest" if failed.message.contains(SAME_KEY) => Class::Conflict,
        // "Throttling Resource Manager requests".
        "SubscriptionRequestsThrottled" | "TooManyRequests" => Class::Throttled,
        _ => match failed.status.as_u16() {
            401 | 403 => Class::Denied,
            404 | 410 => Class::Missing,
            409 | 412 => Class::Conflict,
            429 => Class::Throttled,
            408 | 500.. => Class::Unavailable,
            _ => Class::Final,
        },
    }
}

/// The tenant that a subscription is in, where a token of another one was refused: its words name the issuer that it should have,
/// whose path is the tenant (`InvalidAuthenticationTokenTenant`, as answers that the tests of Azure's SDKs recorded have it).
pub(crate) fn tenant_of_subscription(error: &CloudError) -> Option<&str> {
    let is_it = error.code.as_deref() == Some("InvalidAuthenticationTokenTenant");
    let (_, rest) = error
        .message
        .split_once("It must match the tenant '")
        .filter(|_| is_it)?;
    let (issuer, _) = rest.split_once('\'')?;
    let tenant = issuer.trim_end_matches('/').rsplit('/').next()?;
    uuid::Uuid::parse_str(tenant).is_ok().then_some(tenant)
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[test]
    fn codes_count_before_statuses() {
        for (status, code, class) in [
            (400, "PrincipalNotFound", Class::NotYet),
            (400, "InvalidPrincipalId", Class::Final),
            (
                409,
                "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
                Class::NotYet,
            ),
            (409, "Conflict", Class::Conflict),
            (409, "ConflictError", Class::NotYet),
            (409, "RoleAssignmentExists", Class::Conflict),
            (409, "ContainerBeingDeleted", Class::NotYet),
            (403, "AuthorizationFailed", Class::Denied),
            (401, "ExpiredAuthenticationToken", Class::Denied),
            (404, "ResourceNotFound", Class::Missing),
            (404, "ParentResourceNotFound", Class::Missing),
            (429, "", Class::Throttled),
            (503, "ServiceUnavailable", Class::Unavailable),
            (409, "Directory_ConcurrencyViolation", Class::NotYet),
            (404, "Request_ResourceNotFound", Class::Missing),
            (403, "Authorization_RequestDenied", Class::Denied),
            (400, "Request_BadRequest", Class::Final),
        ] {
            let failed = Failed {
                status: StatusCode::from_u16(status).expect("a status"),
                code,
                message: "",
            };
            assert_eq!(judge(failed), class, "{status} {code}");
        }
    }

    #[test]
    fn graph_says_in_words_what_it_has_no_codes_for() {
        for (message, class) in [
            (
                "The appId 'a' of the service principal does not reference a valid application object.",
                Class::NotYet,
            ),
            (
                "Another object with the same value for property uniqueName already exists.",
                Class::Conflict,
            ),
            ("Invalid filter clause", Class::Final),
        ] {
            let failed = Failed {
                status: StatusCode::BAD_REQUEST,
                code: "Request_BadRequest",
                message,
            };
            assert_eq!(judge(failed), class, "{message}");
        }
    }
}
