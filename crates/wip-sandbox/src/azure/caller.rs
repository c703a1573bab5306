//! Who calls: the bearer token of a request.
//!
//! An operator brings `sandbox:{tenant}:{objectId}`, which is no secret, and is an administrator of that tenant as long as no rights are set (`rights.rs`); at the data planes it has what its role assignments give it.
//! A workload brings an access token that the token endpoint issued (`login.rs`).
//! Not here: what a caller may do.

use super::arm::{storage, vaults};
use super::call::{Refusal, Service, is_uuid};
use crate::aws::call::clock;
use crate::aws::tokens::{self, Jwt};
use crate::db::Db;
use crate::http::Request;

/// Who calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    /// Id of the tenant that issued the token; at the token endpoint, of the one that is asked for one.
    pub(crate) tenant: String,
    /// Object id in that tenant.
    pub(crate) object: String,
    /// Client id of the application.
    pub(crate) app: String,
    /// Whether it is an operator.
    pub(crate) is_operator: bool,
}

/// The resources that access tokens are issued for.
pub(super) const AUDIENCES: [&str; 4] = [
    "https://management.azure.com",
    "https://graph.microsoft.com",
    "https://storage.azure.com",
    "https://vault.azure.net",
];

fn audience(service: Service) -> &'static str {
    match service {
        Service::Arm | Service::Login => AUDIENCES[0],
        Service::Graph => AUDIENCES[1],
        Service::Blob => AUDIENCES[2],
        Service::Vault => AUDIENCES[3],
    }
}

/// Who issues the access tokens of a tenant.
///
/// Source: "Access token claims reference" (`iss` of version 1.0).
pub(super) fn issuer(tenant: &str) -> String {
    format!("https://sts.windows.net/{tenant}/")
}

/// Why a token opens nothing.
enum Wrong {
    Missing,
    Malformed,
    Audience(String),
    Expired,
    Tenant(String),
}

/// The caller of a request, or the refusal of one that brings no good token.
pub(crate) fn of(
    db: &Db,
    service: Service,
    request: &Request,
    path: &[String],
) -> Result<Caller, Refusal> {
    if service == Service::Login {
        return Ok(Caller {
            tenant: path.first().map_or(String::new(), |id| id.to_lowercase()),
            ..Caller::default()
        });
    }
    let home = home(db, service, path);
    let caller = match request.header("authorization") {
        None => Err(Wrong::Missing),
        Some(header) => read(db, service, header),
    };
    let caller = caller.and_then(|caller| match &home {
        Some(home) if !home.eq_ignore_ascii_case(&caller.tenant) => {
            Err(Wrong::Tenant(caller.tenant))
        }
        _ => Ok(caller),
    });
    caller.map_err(|wrong| refusal(service, &wrong, home.as_deref().unwrap_or("common")))
}

/// The tenant that an account or a vault trusts.
fn home(db: &Db, service: Service, path: &[String]) -> Option<String> {
    let name = path.first()?;
    match service {
        Service::Blob => storage::tenant(db, name),
        Service::Vault => vaults::named(db, name).map(|vault| vault.tenant),
        _ => None,
    }
}

fn read(db: &Db, service: Service, header: &str) -> Result<Caller, Wrong> {
    let token = header.strip_prefix("Bearer ").ok_or(Wrong::Malformed)?;
    if let Some(caller) = operator(token) {
        return Ok(caller);
    }
    let jwt = Jwt::read(token).ok_or(Wrong::Malformed)?;
    let text = |claim: &str| jwt.text(claim).map(str::to_owned).ok_or(Wrong::Malformed);
    let caller = Caller {
        tenant: text("tid")?,
        object: text("oid")?,
        app: text("appid")?,
        is_operator: false,
    };
    let issuer = issuer(&caller.tenant);
    let key = tokens::known_key(db, &issuer).ok_or(Wrong::Malformed)?;
    if text("iss")? != issuer || !jwt.is_signed_by(&[key]) {
        return Err(Wrong::Malformed);
    }
    let found = text("aud")?;
    if found != audience(service) {
        return Err(Wrong::Audience(found));
    }
    match jwt.seconds("exp") {
        Ok(Some(expires)) if expires > clock() => Ok(caller),
        _ => Err(Wrong::Expired),
    }
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

fn refusal(service: Service, wrong: &Wrong, home: &str) -> Refusal {
    match service {
        Service::Arm | Service::Login => by_arm(wrong),
        Service::Graph => by_graph(wrong),
        Service::Blob => by_blob(wrong, home),
        Service::Vault => by_vault(wrong, home),
    }
}

/// Source: recorded answers in the tests of Azure's SDKs (`AuthenticationFailed` with its words and `www-authenticate`); the codes of the others are in Azure's tools (`InvalidAuthenticationToken`, `ExpiredAuthenticationToken`, `InvalidAuthenticationTokenAudience`), their words are ours.
fn by_arm(wrong: &Wrong) -> Refusal {
    let (code, message, more) = match wrong {
        Wrong::Missing => (
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.",
            "The authentication failed because of missing 'Authorization' header.",
        ),
        Wrong::Expired => (
            "ExpiredAuthenticationToken",
            "The access token expiry time is in the past.",
            "The access token has expired.",
        ),
        Wrong::Audience(_) => (
            "InvalidAuthenticationTokenAudience",
            "The access token has been obtained for wrong audience or resource. It should exactly match with one of the allowed audiences 'https://management.core.windows.net/','https://management.core.windows.net','https://management.azure.com/','https://management.azure.com'.",
            "The access token has been obtained for wrong audience.",
        ),
        Wrong::Malformed | Wrong::Tenant(_) => (
            "InvalidAuthenticationToken",
            "The access token is invalid.",
            "The access token is invalid.",
        ),
    };
    let challenge = format!(
        r#"Bearer authorization_uri="https://login.windows.net/common", error="invalid_token", error_description="{more}""#
    );
    Refusal::new(401, code, message).with("www-authenticate", challenge)
}

/// Source: "Resolve Microsoft Graph authorization errors" (`InvalidAuthenticationToken`); the words are ours.
fn by_graph(wrong: &Wrong) -> Refusal {
    let message = match wrong {
        Wrong::Missing => "Access token is empty.",
        Wrong::Audience(_) => "Access token validation failure. Invalid audience.",
        Wrong::Expired => "Lifetime validation failed, the token is expired.",
        Wrong::Malformed | Wrong::Tenant(_) => {
            "IDX14100: JWT is not well formed, there are no dots (.)."
        }
    };
    Refusal::new(401, "InvalidAuthenticationToken", message)
}

/// Source: "Authorize with Microsoft Entra ID" of the storage services (the bearer challenge), "Common REST API error codes" (`NoAuthenticationInformation`, `InvalidAuthenticationInfo`).
fn by_blob(wrong: &Wrong, home: &str) -> Refusal {
    let code = match wrong {
        Wrong::Missing => "NoAuthenticationInformation",
        _ => "InvalidAuthenticationInfo",
    };
    let message = "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.";
    let challenge = format!(
        "Bearer authorization_uri=https://login.microsoftonline.com/{home}/oauth2/authorize resource_id=https://storage.azure.com"
    );
    Refusal::new(401, code, message).with("www-authenticate", challenge)
}

/// Source: "Azure Key Vault REST API error codes" (401, with `authorization` and `resource` in the challenge); recorded answers and reports (AKV10000, AKV10022, AKV10032 with their words). The other two are ours.
fn by_vault(wrong: &Wrong, home: &str) -> Refusal {
    let message = match wrong {
        Wrong::Missing => "AKV10000: Request is missing a Bearer or PoP token.".to_owned(),
        Wrong::Audience(found) => {
            format!("AKV10022: Invalid audience. Expected https://vault.azure.net, found: {found}.")
        }
        Wrong::Tenant(other) => format!(
            "AKV10032: Invalid issuer. Expected one of {}, found {}.",
            issuer(home),
            issuer(other)
        ),
        Wrong::Expired => "AKV10142: Error validating token: the token is expired.".to_owned(),
        Wrong::Malformed => "AKV10001: The token cannot be read.".to_owned(),
    };
    let challenge = format!(
        r#"Bearer authorization="https://login.windows.net/{home}", resource="https://vault.azure.net""#
    );
    Refusal::new(401, "Unauthorized", message).with("www-authenticate", challenge)
}
