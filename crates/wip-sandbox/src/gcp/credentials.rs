//! Service Account Credentials: access tokens of service accounts for whoever may act as them.
//!
//! Sources: `iamcredentials.projects.serviceAccounts.generateAccessToken` in the discovery document of version 1. What it answers for an account that is switched off is inferred.

use jiff::Timestamp;
use serde_json::json;

use super::call::{Call, Refusal, body, result};
use super::caller::ISSUER;
use super::{accounts, no_method, rights};
use crate::aws::call::clock;
use crate::aws::tokens;
use crate::http::{Answer, Request};

/// The longest lifetime without a policy of the organisation, in seconds.
const LONGEST: i64 = 3600;

pub(super) fn operation(method: &str, path: &[&str]) -> &'static str {
    match (method, path) {
        (
            "POST",
            [
                "v1",
                "projects",
                _,
                "serviceAccounts",
                _,
                ":generateAccessToken",
            ],
        ) => "serviceAccounts.generateAccessToken",
        _ => "",
    }
}

pub(super) fn handle(
    call: &mut Call<'_>,
    request: &Request,
    path: &[&str],
) -> Result<Answer, Refusal> {
    let (
        "POST",
        [
            "v1",
            "projects",
            "-",
            "serviceAccounts",
            name,
            ":generateAccessToken",
        ],
    ) = (request.method.as_str(), path)
    else {
        return Err(no_method());
    };
    call.resource = Some((*name).to_owned());
    let permission = "iam.serviceAccounts.getAccessToken";
    let denied = || {
        Refusal::denied(format!(
            "Permission '{permission}' denied on resource (or it may not exist)."
        ))
    };
    let account = accounts::find(call.db, name);
    let account = account.ok_or_else(|| {
        Refusal::not_found("Not found; Gaia id not found for email ".to_owned() + name)
    })?;
    rights::check(call, permission, &account.resource(), denied)?;
    if accounts::is_disabled(&account) {
        return Err(Refusal::not_found("Service account is disabled."));
    }
    let body = body(request)?;
    let has_scope = body
        .get("scope")
        .and_then(|scope| scope.as_array())
        .is_some_and(|scopes| !scopes.is_empty());
    if !has_scope {
        return Err(Refusal::invalid("Scope required."));
    }
    let lifetime = match body.get("lifetime").and_then(|it| it.as_str()) {
        None => Some(LONGEST),
        Some(text) => text.strip_suffix('s').and_then(|text| text.parse().ok()),
    };
    let lifetime = lifetime
        .filter(|seconds| (1..=LONGEST).contains(seconds))
        .ok_or_else(|| Refusal::invalid("Invalid value at 'lifetime'"))?;
    let expires = clock() + lifetime;
    let claims = json!({
        "iss": ISSUER, "exp": expires,
        "members": [account.member()],
        "sub_account": account.unique_id,
    });
    let token = tokens::sign(call.db, ISSUER, &claims)
        .ok_or_else(|| Refusal::new(500, "INTERNAL", "Internal error encountered."))?;
    let time = Timestamp::from_second(expires).map_or(String::new(), |time| time.to_string());
    Ok(result(&json!({ "accessToken": token, "expireTime": time })))
}
