//! Who calls: the bearer token of a request.
//!
//! An operator brings `sandbox:{email}`, which is no secret, and may do everything as long as no rights are set (`rights.rs`).
//! A workload brings a token that the Security Token Service or the credentials API issued.
//! Not here: what a caller may do.

use super::accounts;
use super::call::{Refusal, Service};
use crate::aws::call::clock;
use crate::aws::tokens::{self, Jwt};
use crate::db::Db;
use crate::http::Request;

/// Who signs the access tokens.
pub(super) const ISSUER: &str = "https://sts.googleapis.com";

/// Who calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    /// The names under which policies may mean it, the one that messages call it by first.
    pub(crate) members: Vec<String>,
    /// Whether it is an operator.
    pub(crate) is_operator: bool,
}

impl Caller {
    /// The name in messages and the log: what follows the sort of principal.
    pub(crate) fn name(&self) -> &str {
        let first = self.members.first().map(String::as_str).unwrap_or_default();
        match first.split_once(':') {
            Some(("user" | "serviceAccount", name)) => name,
            _ => first,
        }
    }

    /// Whether it comes straight from a workload identity pool.
    pub(crate) fn is_federated(&self) -> bool {
        self.members
            .first()
            .is_some_and(|it| it.starts_with("principal://"))
    }
}

/// The caller of a request, or the refusal of one that brings no good token.
pub(crate) fn of(db: &Db, service: Service, request: &Request) -> Result<Caller, Refusal> {
    if service == Service::Sts {
        return Ok(Caller::default());
    }
    let Some(header) = request.header("authorization") else {
        return Err(unauthenticated(
            service,
            "Request is missing required authentication credential.",
        ));
    };
    read(db, header)
        .ok_or_else(|| unauthenticated(service, "Request had invalid authentication credentials."))
}

fn read(db: &Db, header: &str) -> Option<Caller> {
    let token = header.strip_prefix("Bearer ")?;
    if let Some(email) = token.strip_prefix("sandbox:") {
        let (local, domain) = email.split_once('@')?;
        return (!local.is_empty() && domain.contains('.')).then(|| Caller {
            members: vec![format!("user:{email}")],
            is_operator: true,
        });
    }
    let jwt = Jwt::read(token)?;
    let key = tokens::known_key(db, ISSUER)?;
    if jwt.text("iss") != Some(ISSUER) || !jwt.is_signed_by(&[key]) {
        return None;
    }
    let expires = jwt.seconds("exp").ok()??;
    if expires <= clock() {
        return None;
    }
    let members = jwt.claim("members")?.as_array()?;
    let members: Vec<String> = members
        .iter()
        .filter_map(|member| member.as_str().map(str::to_owned))
        .collect();
    // Tokens of an account that is gone or switched off are refused.
    if let Some(unique) = jwt.text("sub_account")
        && !accounts::is_usable(db, unique)
    {
        return None;
    }
    Some(Caller {
        members,
        is_operator: false,
    })
}

/// Source: answers of Google's APIs without a token, and with a bad one (`UNAUTHENTICATED`); of Cloud Storage, "401: Unauthorized" (`required`, `authError`).
fn unauthenticated(service: Service, what: &str) -> Refusal {
    if service == Service::Storage {
        let (code, words) = match what.contains("missing") {
            true => (
                "required",
                "Anonymous caller does not have access to the Google Cloud Storage resource. Permission denied on resource (or it may not exist).",
            ),
            false => ("authError", "Invalid Credentials"),
        };
        return Refusal::new(401, code, words);
    }
    let words = format!(
        "{what} Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
    );
    Refusal::new(401, "UNAUTHENTICATED", words)
}
