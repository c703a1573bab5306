//! Federated credentials of managed identities.
//!
//! Sources: `FederatedIdentityCredentials_*` in the REST specification of Microsoft.ManagedIdentity; "Important considerations and restrictions for federated identity credentials" (the table of errors, 20 for each identity, one write at a time, 600 characters, regions); reports of its users for codes that the table leaves out (`ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity` with its message, `Too many Federated Identity Credentials`, `Conflict`).
//! Nothing stands for anything here: a subject with `*` is kept, and matches nothing but itself.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::identities::{self, Identity, may_write};
use super::path::Target;
use super::{bad, not_found, pages, regions};
use crate::azure::call::{Call, Refusal, bare, body, result};
use crate::http::{Answer, Request};

/// Where credentials of identities are.
pub(super) const PREFIX: &str = "azure/credential/";
/// How many an identity has at most.
pub(crate) const MOST: usize = 20;

/// A federated credential, of an identity or of an application.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Credential {
    /// Id, where it has one of its own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) audiences: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) description: String,
}

/// The prefix of all credentials of the identity that a target is, or is part of.
pub(super) fn prefix(target: &Target) -> String {
    format!("{PREFIX}{}/", identities::rest(target))
}

fn key(target: &Target) -> String {
    format!("{}{}", prefix(target), target.name(1).to_lowercase())
}

fn shown(identity: &Identity, credential: &Credential) -> Value {
    json!({
        "id": format!("{}/federatedIdentityCredentials/{}", identity.id(), credential.name),
        "name": credential.name,
        "type": "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials",
        "properties": {
            "issuer": credential.issuer,
            "subject": credential.subject,
            "audiences": credential.audiences,
        },
    })
}

/// Source: "Resolve errors for parent resources" (`ParentResourceNotFound`).
fn parent(call: &Call<'_>, target: &Target, doing: &str) -> Result<Identity, Refusal> {
    call.db.get(&identities::key(target)).ok_or_else(|| {
        let id = target.id();
        let parent = id.rsplit_once("/federated").map_or(id.as_str(), |(parent, _)| parent);
        let message = format!(
            "Failed to perform '{doing}' on resource(s) of type 'userAssignedIdentities/federatedIdentityCredentials', because the parent resource '{parent}' could not be found."
        );
        Refusal::new(404, "ParentResourceNotFound", message)
    })
}

pub(super) fn get(call: &mut Call<'_>, _: &Request, target: &Target) -> Result<Answer, Refusal> {
    let identity = parent(call, target, "read")?;
    let credential: Credential = call.db.get(&key(target)).ok_or_else(|| not_found(target))?;
    Ok(result(call, 200, &shown(&identity, &credential)))
}

pub(super) fn list(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let identity = parent(call, target, "read")?;
    let prefix = prefix(target);
    let all = call
        .db
        .scan::<Credential>(&prefix)
        .map(|(_, credential)| shown(&identity, &credential))
        .collect();
    pages::answer(call, request, all)
}

pub(super) fn put(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let identity = parent(call, target, "write")?;
    begin_write(call, target, &identity)?;
    let asked = read(request, target.name(1))?;
    let (prefix, key) = (prefix(target), key(target));
    let existing = call.db.get_at_once::<Credential>(&key);
    if !regions::has_credentials(&identity.location) {
        return Err(Refusal::new(
            405,
            "MethodNotAllowed",
            "The request format was unexpected : Support for federated identity credentials not enabled",
        ));
    }
    if existing.is_none() && call.db.count(&prefix) >= MOST {
        return Err(bad(format!(
            "Too many Federated Identity Credentials. The managed identity '{}' has {MOST} of them, which is the maximum.",
            identity.id()
        )));
    }
    let others: Vec<String> = call
        .db
        .keys(&prefix)
        .filter(|other| **other != key)
        .map(str::to_owned)
        .collect();
    let is_taken = others
        .iter()
        .filter_map(|other| call.db.get_at_once::<Credential>(other))
        .any(|other| other.issuer == asked.issuer && other.subject == asked.subject);
    if is_taken {
        return Err(Refusal::new(
            409,
            "Conflict",
            "Issuer and subject combination already exists for this Managed Identity.",
        ));
    }
    let asked = match &existing {
        Some(existing) => Credential {
            name: existing.name.clone(),
            ..asked
        },
        None => asked,
    };
    call.db.put(&key, &asked);
    let status = if existing.is_some() { 200 } else { 201 };
    Ok(result(call, status, &shown(&identity, &asked)))
}

pub(super) fn delete(call: &mut Call<'_>, _: &Request, target: &Target) -> Result<Answer, Refusal> {
    let Ok(identity) = parent(call, target, "delete") else {
        return Ok(bare(call, 204));
    };
    begin_write(call, target, &identity)?;
    let key = key(target);
    if call.db.get_at_once::<Credential>(&key).is_none() {
        return Ok(bare(call, 204));
    }
    call.db.remove(&key);
    Ok(bare(call, 200))
}

/// Refuses a write while another of the same identity is under way.
fn begin_write(call: &mut Call<'_>, target: &Target, identity: &Identity) -> Result<(), Refusal> {
    let held = format!("{}/credentials", identities::key(target));
    if call.moment.is_held(&held) {
        let message = format!(
            "Too many Federated Identity Credentials are written concurrently for the managed identity '{}'. Concurrent Federated Identity Credentials writes under the same managed identity are not supported.",
            identity.id()
        );
        return Err(Refusal::new(
            409,
            "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
            message,
        ));
    }
    may_write(call, &held)?;
    call.holds = Some(held);
    Ok(())
}

fn read(request: &Request, name: &str) -> Result<Credential, Refusal> {
    let body = body(request)?;
    let properties = body.get("properties").cloned().unwrap_or_default();
    let text = |name: &str| properties[name].as_str().unwrap_or_default().to_owned();
    let (issuer, subject) = (text("issuer"), text("subject"));
    let audiences: Option<Vec<String>> =
        serde_json::from_value(properties["audiences"].clone()).ok();
    if !is_name(name) {
        return Err(bad(format!(
            "Federated Identity Credential name '{name}' is invalid."
        )));
    }
    let Some(audiences) = audiences.filter(|_| !issuer.is_empty() && !subject.is_empty()) else {
        return Err(bad(
            "The request format was unexpected. Federated Identity Credential must specify 'issuer', 'subject' and 'audience'.",
        ));
    };
    if audiences.len() != 1 || audiences[0].is_empty() {
        return Err(bad(
            "Federated identity credentials must have exactly one audience.",
        ));
    }
    for (what, value) in [
        ("issuer", &issuer),
        ("subject", &subject),
        ("audience", &audiences[0]),
    ] {
        if value.chars().count() > LONGEST {
            return Err(bad(format!(
                "The request format was unexpected. The {what} of a Federated Identity Credential has at most {LONGEST} characters."
            )));
        }
    }
    Ok(Credential {
        id: String::new(),
        name: name.to_owned(),
        issuer,
        subject,
        audiences,
        description: String::new(),
    })
}

/// The most characters of issuer, subject and audience.
pub(crate) const LONGEST: usize = 600;

/// Whether a name is one: 3 to 120 letters, digits, `-` and `_`, beginning with a letter or a digit.
pub(crate) fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    (3..=120).contains(&bytes.len())
        && bytes[0].is_ascii_alphanumeric()
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
