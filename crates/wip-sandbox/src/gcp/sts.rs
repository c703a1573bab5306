//! Security Token Service: from a token of a GKE cluster to one of its project's workload identity pool.
//!
//! Sources: `sts.token` in the discovery document of version 1; RFC 8693 (the same request as a form); "About Workload Identity Federation for GKE" (the audience `identitynamespace:POOL:CLUSTER` that the metadata server asks with, and the principals).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::{Call, Refusal, result};
use super::caller::ISSUER;
use super::{clusters, no_method, projects};
use crate::aws::call::clock;
use crate::aws::tokens::{self, Jwt};
use crate::http::{Answer, Request, pairs};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
/// How long a token is good for, in seconds.
const GOOD_FOR: i64 = 3600;

pub(super) fn operation(method: &str, path: &[&str]) -> &'static str {
    match (method, path) {
        ("POST", ["v1", "token"]) => "token",
        _ => "",
    }
}

pub(super) fn handle(
    call: &mut Call<'_>,
    request: &Request,
    path: &[&str],
) -> Result<Answer, Refusal> {
    let ("POST", ["v1", "token"]) = (request.method.as_str(), path) else {
        return Err(no_method());
    };
    let given = parameters(request);
    let value = |name: &str| {
        let value = given.get(name).cloned().unwrap_or_default();
        match value.is_empty() {
            true => Err(refuse(
                "invalid_request",
                format!("Missing parameter: {name}."),
            )),
            false => Ok(value),
        }
    };
    if value("grant_type")? != GRANT {
        return Err(refuse("unsupported_grant_type", "Unsupported grant type."));
    }
    if value("requested_token_type")? != ACCESS || value("subject_token_type")? != JWT {
        return Err(refuse("invalid_request", "Unsupported token type."));
    }
    value("scope")?;
    let (audience, token) = (value("audience")?, value("subject_token")?);
    let members = exchange(call, &audience, &token)?;
    let now = clock();
    let claims = json!({ "iss": ISSUER, "exp": now + GOOD_FOR, "members": members });
    let token = tokens::sign(call.db, ISSUER, &claims)
        .ok_or_else(|| refuse("server_error", "Internal error encountered."))?;
    Ok(result(&json!({
        "access_token": token,
        "issued_token_type": ACCESS,
        "token_type": "Bearer",
        "expires_in": GOOD_FOR,
    })))
}

/// The parameters by their names in a form, however they came.
fn parameters(request: &Request) -> BTreeMap<String, String> {
    let json: Result<Value, _> = serde_json::from_slice(&request.body);
    match json {
        Ok(Value::Object(members)) => members
            .into_iter()
            .map(|(name, value)| (snake(&name), value.as_str().unwrap_or_default().to_owned()))
            .collect(),
        _ => pairs(&String::from_utf8_lossy(&request.body))
            .into_iter()
            .collect(),
    }
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

fn refuse(code: &str, message: impl Into<String>) -> Refusal {
    Refusal::new(400, code, message)
}

/// The names under which policies mean whose token it is.
fn exchange(call: &mut Call<'_>, audience: &str, token: &str) -> Result<Vec<String>, Refusal> {
    let target = || {
        refuse(
            "invalid_target",
            "The target service indicated by the \"audience\" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn't exist.",
        )
    };
    let rest = audience.strip_prefix("identitynamespace:");
    let (pool, url) = rest.and_then(|it| it.split_once(':')).ok_or_else(target)?;
    let cluster = clusters::of_url(call.db, url)
        .filter(|it| it.workload_identity && pool == format!("{}.svc.id.goog", it.project))
        .ok_or_else(target)?;
    let project = projects::find(call.db, &cluster.project).ok_or_else(target)?;
    let grant = |words: String| refuse("invalid_grant", words);
    let jwt = Jwt::read(token).ok_or_else(|| grant("Unable to parse the ID Token.".to_owned()))?;
    let issuer = jwt.text("iss").unwrap_or_default();
    if issuer != cluster.issuer {
        return Err(grant(format!(
            "The issuer in ID Token {issuer} does not match the expected ones: {}.",
            cluster.issuer
        )));
    }
    if !jwt.audiences().contains(&pool) {
        return Err(grant(format!(
            "The audience in ID Token {:?} does not match the expected audience {pool}.",
            jwt.audiences()
        )));
    }
    let now = clock();
    let is_good = matches!(jwt.seconds("exp"), Ok(Some(expires)) if expires > now);
    if !is_good {
        return Err(grant("ID Token is stale to sign-in.".to_owned()));
    }
    let keys = tokens::keys_of(call.db, issuer).unwrap_or_default();
    if !jwt.is_signed_by(&keys) {
        return Err(grant(
            "Error connecting to the given credential's issuer, or the signature of the ID Token is invalid.".to_owned(),
        ));
    }
    let subject = jwt.text("sub").unwrap_or_default();
    let names = subject
        .strip_prefix("system:serviceaccount:")
        .and_then(|rest| rest.split_once(':'));
    let (namespace, account) =
        names.ok_or_else(|| grant("The subject of the ID Token is invalid.".to_owned()))?;
    call.resource = Some(format!("{namespace}/{account}"));
    let base = format!(
        "//iam.googleapis.com/projects/{}/locations/global/workloadIdentityPools/{pool}",
        project.number
    );
    Ok(vec![
        format!("principal:{base}/subject/ns/{namespace}/sa/{account}"),
        format!("serviceAccount:{pool}[{namespace}/{account}]"),
        format!("principalSet:{base}/namespace/{namespace}"),
        format!("principalSet:{base}/kubernetes.cluster/{url}"),
    ])
}
