//! What the errors of Azure Resource Manager mean.
//!
//! Owns the one table from codes to classes.

use wip_provider::{Class, CloudError};
use wip_rest::Failed;

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
        ] {
            let failed = Failed {
                status: StatusCode::from_u16(status).expect("a status"),
                code,
                message: "",
            };
            assert_eq!(judge(failed), class, "{status} {code}");
        }
    }
}
