//! Entra's token endpoint: a workload's token for an access token.
//!
//! Sources: "Microsoft identity platform and the OAuth 2.0 client credentials flow", "Third case: Access token request with a federated credential" (the form); "Microsoft Entra authentication and authorization error codes" and answers that users of Azure/azure-workload-identity and others report (the AADSTS codes and their words).
//! Not here: what an access token opens (`access.rs`).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::arm;
use super::call::{Call, JSON, Refusal, is_uuid, uuid};
use super::principals::{self, Principal};
use crate::aws::call::clock;
use crate::aws::tokens::{self, Jwt};
use crate::http::{Answer, Request, pairs};

/// How long an access token is good, in seconds.
const GOOD_FOR: i64 = 3600;
/// How far the clocks of issuer and Entra may be apart, in seconds.
const SKEW: i64 = 300;
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The operation that a request names.
pub(super) fn operation(method: &str, path: &[String]) -> String {
    let parts: Vec<&str> = path.iter().skip(1).map(String::as_str).collect();
    match (method, &parts[..]) {
        ("POST", ["oauth2", "v2.0", "token"]) => "Token",
        ("GET", ["v2.0", ".well-known", "openid-configuration"]) => "Discovery",
        _ => "",
    }
    .to_owned()
}

/// Does what is asked.
pub(super) fn handle(
    call: &mut Call<'_>,
    request: &Request,
    path: &[String],
) -> Result<Answer, Refusal> {
    let tenant = path.first().map(|id| id.to_lowercase()).unwrap_or_default();
    match operation(&request.method, path).as_str() {
        "Token" => token(call, request, &tenant),
        "Discovery" => {
            known_tenant(call, &tenant)?;
            Ok(discovery(call, &tenant))
        }
        _ => Err(Refusal::new(
            404,
            "invalid_request",
            "AADSTS900561: The endpoint only accepts POST requests.",
        )),
    }
}

fn discovery(call: &Call<'_>, tenant: &str) -> Answer {
    let base = format!("{}/_azure/login/{tenant}", call.base);
    let body = json!({
        "issuer": format!("https://login.microsoftonline.com/{tenant}/v2.0"),
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "response_types_supported": ["code", "id_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    Answer::new(200).with_body(JSON, body.to_string())
}

/// A refusal with the number of an AADSTS code.
fn refuse(status: u16, error: &str, number: u32, words: &str) -> Refusal {
    Refusal::new(status, error, format!("AADSTS{number}: {words}"))
}

fn known_tenant(call: &Call<'_>, tenant: &str) -> Result<(), Refusal> {
    if is_uuid(tenant) && arm::is_tenant(call.db, tenant) {
        return Ok(());
    }
    let words = format!(
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
    );
    Err(refuse(400, "invalid_request", 90002, &words))
}

fn token(call: &mut Call<'_>, request: &Request, tenant: &str) -> Result<Answer, Refusal> {
    known_tenant(call, tenant)?;
    let form = pairs(&String::from_utf8_lossy(&request.body));
    let value = |name: &str| {
        form.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .filter(|value| !value.is_empty())
    };
    let missing = |name: &str| {
        let words = format!("The request body must contain the following parameter: '{name}'.");
        refuse(400, "invalid_request", 900_144, &words)
    };
    let grant = value("grant_type").ok_or_else(|| missing("grant_type"))?;
    if grant != "client_credentials" {
        let words = format!("The app requested an unsupported grant type '{grant}'.");
        return Err(refuse(400, "unsupported_grant_type", 70003, &words));
    }
    let client = value("client_id").ok_or_else(|| missing("client_id"))?;
    let scope = value("scope").ok_or_else(|| missing("scope"))?;
    let audience = resource(&scope, tenant)?;
    let principal = principals::of_client(call.db, tenant, &client).ok_or_else(|| {
        if super::graph::has_application(call.db, tenant, &client) {
            let words = format!("The client application {client} is missing service principal in the tenant {tenant}.");
            return refuse(401, "invalid_client", 7_000_229, &words);
        }
        let words = format!("Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.");
        refuse(400, "unauthorized_client", 700_016, &words)
    })?;
    call.resource = Some(client.clone());
    let assertion = value("client_assertion").ok_or_else(|| {
        refuse(401, "invalid_client", 7_000_216, "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.")
    })?;
    if value("client_assertion_type").as_deref() != Some(ASSERTION_TYPE) {
        return Err(refuse(
            400,
            "invalid_request",
            900_144,
            "The request body must contain the following parameter: 'client_assertion_type'.",
        ));
    }
    check(call, &principal, &assertion)?;
    issue(call, &principal, audience)
}

/// The resource of a scope `{resource}/.default`.
fn resource(scope: &str, tenant: &str) -> Result<&'static str, Refusal> {
    let wanted = scope.strip_suffix("/.default").map(|resource| resource.trim_end_matches('/')).ok_or_else(|| {
        let words = format!("The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).");
        refuse(400, "invalid_scope", 1_002_012, &words)
    })?;
    super::caller::AUDIENCES.into_iter().find(|known| *known == wanted).ok_or_else(|| {
        let words = format!("The resource principal named {wanted} was not found in the tenant named {tenant}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.");
        refuse(400, "invalid_resource", 500_011, &words)
    })
}

/// Refuses an assertion that no federated credential of the principal fits, or that its issuer did not sign.
fn check(call: &mut Call<'_>, principal: &Principal, assertion: &str) -> Result<(), Refusal> {
    let malformed = || {
        refuse(
            401,
            "invalid_client",
            50027,
            "JWT token is invalid or malformed.",
        )
    };
    let jwt = Jwt::read(assertion).ok_or_else(malformed)?;
    let (Some(issuer), Some(subject)) = (jwt.text("iss"), jwt.text("sub")) else {
        return Err(malformed());
    };
    let seconds = |claim: &str| jwt.seconds(claim).map_err(|()| malformed());
    let (expires, not_before) = (seconds("exp")?.ok_or_else(malformed)?, seconds("nbf")?);
    let now = clock();
    if expires.saturating_add(SKEW) < now
        || not_before.is_some_and(|from| from.saturating_sub(SKEW) > now)
    {
        let words = format!(
            "Client assertion is not within its valid time range. Current time: {}, expiry time of assertion {}.",
            time(now),
            time(expires)
        );
        return Err(refuse(401, "invalid_client", 700_024, &words));
    }
    let credentials: Vec<arm::credentials::Credential> = call
        .db
        .scan(&principal.credentials)
        .map(|(_, credential)| credential)
        .collect();
    let no_match = |number: u32, what: &str| {
        let words = format!(
            "No matching federated identity record found for presented assertion {what}. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
        );
        refuse(401, "invalid_client", number, &words)
    };
    if credentials.is_empty() {
        let words = format!(
            "The client '{}' has no configured federated identity credentials.",
            principal.client_id
        );
        return Err(refuse(401, "invalid_client", 70025, &words));
    }
    let of_issuer: Vec<_> = credentials
        .iter()
        .filter(|it| it.issuer == issuer)
        .collect();
    if of_issuer.is_empty() {
        return Err(no_match(700_211, &format!("issuer '{issuer}'")));
    }
    let Some(credential) = of_issuer.iter().find(|it| it.subject == subject) else {
        if of_issuer
            .iter()
            .any(|it| it.subject.eq_ignore_ascii_case(subject))
        {
            let words = format!(
                "subject '{subject}'. The subject matches with case-insensitive comparison, but not with case-sensitive comparison"
            );
            return Err(no_match(7_002_138, &words));
        }
        return Err(no_match(700_213, &format!("subject '{subject}'")));
    };
    let audiences = jwt.audiences();
    if !audiences
        .iter()
        .any(|one| credential.audiences.iter().any(|own| own == one))
    {
        return Err(no_match(
            700_212,
            &format!("audience '{}'", audiences.join(", ")),
        ));
    }
    // Last, as Entra fetches keys only of an issuer that it knows.
    let keys = tokens::keys_of(call.db, issuer).ok_or_else(|| {
        refuse(
            400,
            "invalid_request",
            501_661,
            "Request to External OIDC endpoint failed.",
        )
    })?;
    if !jwt.is_signed_by(&keys) {
        let words =
            "Client assertion contains an invalid signature. [Reason - The key was not found.]";
        return Err(refuse(401, "invalid_client", 700_027, words));
    }
    Ok(())
}

fn time(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or(String::new(), |time| time.to_string())
}

/// Source of the claims: "Access token claims reference" (version 1.0, which these resources take).
fn issue(call: &mut Call<'_>, principal: &Principal, audience: &str) -> Result<Answer, Refusal> {
    let Principal {
        tenant,
        object_id,
        client_id,
        ..
    } = principal;
    let now = clock();
    let issuer = super::caller::issuer(tenant);
    let claims = json!({
        "aud": audience, "iss": issuer, "iat": now, "nbf": now, "exp": now + GOOD_FOR,
        "appid": client_id, "appidacr": "2", "idp": issuer, "idtyp": "app",
        "oid": object_id, "sub": object_id, "tid": tenant, "ver": "1.0",
    });
    let token = tokens::sign(call.db, &issuer, &claims).ok_or_else(|| {
        refuse(
            500,
            "server_error",
            50000,
            "There was an error issuing a token.",
        )
    })?;
    let body = json!({
        "token_type": "Bearer",
        "expires_in": GOOD_FOR,
        "ext_expires_in": GOOD_FOR,
        "access_token": token,
    });
    Ok(Answer::new(200)
        .with_header("cache-control", "no-store, no-cache")
        .with_body(JSON, body.to_string()))
}

/// A refusal in the form of OAuth 2.0, with Entra's members.
pub(super) fn render(refusal: &Refusal, request_id: &str) -> Answer {
    let digits: String = refusal
        .message
        .chars()
        .skip(6)
        .take_while(char::is_ascii_digit)
        .collect();
    let number: Value = digits.parse::<u64>().map_or(Value::Null, Value::from);
    let at = time(clock()).replace('T', " ");
    let trace = uuid(&["trace", request_id]);
    let description = format!(
        "{}\r\nTrace ID: {trace}\r\nCorrelation ID: {request_id}\r\nTimestamp: {at}",
        refusal.message
    );
    let body = json!({
        "error": refusal.code,
        "error_description": description,
        "error_codes": [number],
        "timestamp": at,
        "trace_id": trace,
        "correlation_id": request_id,
        "error_uri": format!("https://login.microsoftonline.com/error?code={digits}"),
    });
    Answer::new(refusal.status).with_body(JSON, body.to_string())
}
