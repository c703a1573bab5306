//! Who calls: the bearer token of a request.
//!
//! An operator brings `sandbox:{tenant}:{objectId}`, which is no secret, and is an administrator of that tenant as long as no rights are set (`rights.rs`).
//! Not here: what a caller may do.

use super::call::{Refusal, Service, is_uuid};
use crate::db::Db;
use crate::http::Request;

/// Who calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    /// Id of the tenant that issued the token; empty at the token endpoint.
    pub(crate) tenant: String,
    /// Object id in that tenant.
    pub(crate) object: String,
    /// Client id of the application.
    pub(crate) app: String,
    /// Whether it is an operator.
    pub(crate) is_operator: bool,
}

/// The caller of a request, or the refusal of one that brings no token.
///
/// Sources: "Track asynchronous Azure operations" and "Azure REST API reference" (`AuthenticationFailed`, `InvalidAuthenticationToken`).
pub(crate) fn of(_db: &mut Db, service: Service, request: &Request) -> Result<Caller, Refusal> {
    let Some(header) = request.header("authorization") else {
        return Err(missing(service));
    };
    let token = header
        .strip_prefix("Bearer ")
        .ok_or_else(|| invalid(service))?;
    operator(token).ok_or_else(|| invalid(service))
}

/// The operator whose token it is.
fn operator(token: &str) -> Option<Caller> {
    let (tenant, object) = token.strip_prefix("sandbox:")?.split_once(':')?;
    (is_uuid(tenant) && is_uuid(object)).then(|| Caller {
        tenant: tenant.to_lowercase(),
        object: object.to_lowercase(),
        app: object.to_lowercase(),
        is_operator: true,
    })
}

/// Source: recorded answers in the tests of Azure's SDKs (`www-authenticate` of ARM).
fn challenge(error: &str) -> String {
    format!(
        r#"Bearer authorization_uri="https://login.windows.net/common", error="invalid_token", error_description="{error}""#
    )
}

fn missing(service: Service) -> Refusal {
    match service {
        Service::Arm => Refusal::new(
            401,
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.",
        )
        .with(
            "www-authenticate",
            challenge("The authentication failed because of missing 'Authorization' header."),
        ),
    }
}

fn invalid(service: Service) -> Refusal {
    match service {
        Service::Arm => Refusal::new(
            401,
            "InvalidAuthenticationToken",
            "The access token is invalid.",
        )
        .with(
            "www-authenticate",
            challenge("The access token is invalid."),
        ),
    }
}
