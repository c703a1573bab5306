//! OpenID Connect providers.
//!
//! Source of the fields, bounds and errors: the operations of the same names in botocore's model of `iam`; "IAM and AWS STS quotas" in the IAM user guide.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::names::{self, no_such_entity};
use super::tags::{self, Tag};
use crate::aws::call::{Call, Refusal, hex_id};
use crate::aws::query::{self, Params};
use crate::aws::tokens;
use crate::http::Answer;

const CLIENT_IDS: u32 = 100;
const THUMBPRINTS: usize = 5;

/// A provider as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Provider {
    pub(super) arn: String,
    /// Without `https://`, as IAM gives it back.
    pub(super) url: String,
    pub(super) client_ids: Vec<String>,
    pub(super) thumbprints: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) tags: Vec<Tag>,
    pub(super) created_at: Timestamp,
}

fn bad_input(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidInput", message)
}

/// Source: botocore's model of `iam`, `CreateOpenIDConnectProvider` (`OpenIdIdpCommunicationErrorException`; `ThumbprintList`:
/// IAM asks the issuer where no thumbprint is given). The words are those of the model's documentation.
fn unreachable(url: &str) -> Refusal {
    let message = format!(
        "The request failed because IAM cannot connect to the OpenID Connect identity provider URL: https://{url}"
    );
    Refusal::new(400, "OpenIdIdpCommunicationError", message)
}

/// The provider that a call names, and its key.
fn named(call: &mut Call<'_>, params: &Params) -> Result<(String, Provider), Refusal> {
    let arn = provider_arn(call, params)?;
    let key = key(call, arn);
    let provider = call
        .db
        .get::<Provider>(&key)
        .filter(|provider| provider.arn == arn);
    provider
        .map(|provider| (key, provider))
        .ok_or_else(|| no_such_entity(format!("OpenIDConnect Provider not found for arn {arn}")))
}

fn provider_arn<'p>(call: &mut Call<'_>, params: &'p Params) -> Result<&'p str, Refusal> {
    let arn = names::arn(params, "OpenIDConnectProviderArn")?;
    match arn.split_once(":oidc-provider/") {
        Some((_, url)) if !url.is_empty() => {
            call.resource = Some(url.to_owned());
            Ok(arn)
        }
        _ => Err(names::not_an_arn(arn)),
    }
}

fn key(call: &Call<'_>, arn: &str) -> String {
    let url = arn
        .split_once(":oidc-provider/")
        .map_or(arn, |(_, url)| url);
    call.key(&format!("oidc-provider/{url}"))
}

/// The URL without `https://`, checked: no other scheme, no port, no query, no fragment.
fn url(params: &Params) -> Result<&str, Refusal> {
    let text = names::required(params, "Url")?;
    names::length("Url", text, 1, 255)?;
    let bad = || names::invalid("Invalid Open ID Connect Provider URL");
    let rest = text.strip_prefix("https://").ok_or_else(bad)?;
    let host = rest.split('/').next().unwrap_or_default();
    let label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let plain = |character: char| character.is_ascii_graphic() && !"?#@\\\"<>".contains(character);
    if host.split('.').count() < 2 || !host.split('.').all(label) || !rest.chars().all(plain) {
        return Err(bad());
    }
    Ok(rest)
}

fn check_client_id(id: &str) -> Result<(), Refusal> {
    names::length("ClientID", id, 1, 255)
}

fn check_thumbprints(thumbprints: &[String]) -> Result<(), Refusal> {
    for thumbprint in thumbprints {
        names::length("ThumbprintList", thumbprint, 40, 40)?;
        if !thumbprint.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(bad_input(format!("Invalid thumbprint: {thumbprint}")));
        }
    }
    if thumbprints.len() > THUMBPRINTS {
        return Err(bad_input(
            "Thumbprint list must contain fewer than 5 entries.",
        ));
    }
    Ok(())
}

pub(super) fn create(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let url = url(params)?;
    call.resource = Some(url.to_owned());
    let client_ids = params.list("ClientIDList");
    client_ids.iter().try_for_each(|id| check_client_id(id))?;
    if client_ids.len() > CLIENT_IDS as usize {
        return Err(names::quota(
            "ClientIdsPerOpenIdConnectProvider",
            CLIENT_IDS,
        ));
    }
    let mut thumbprints = params.list("ThumbprintList");
    check_thumbprints(&thumbprints)?;
    if thumbprints.is_empty() {
        if tokens::is_unreadable(call.db, &format!("https://{url}")) {
            return Err(unreachable(url));
        }
        // IAM fetches the issuer's certificate; here nothing is fetched.
        thumbprints.push(hex_id(&["thumbprint", url], 40));
    }
    let tags = tags::read(params)?;
    let arn = format!(
        "arn:{}:iam::{}:oidc-provider/{url}",
        call.partition,
        call.account()
    );
    let key = key(call, &arn);
    if call.db.get_at_once::<Provider>(&key).is_some() {
        let message = format!("Provider with url https://{url} already exists.");
        return Err(Refusal::new(409, "EntityAlreadyExists", message));
    }
    let limit = call.quotas().oidc_providers;
    if call.db.count(&call.key("oidc-provider/")) >= limit as usize {
        return Err(names::quota("OpenIdConnectProvidersPerAccount", limit));
    }
    let created_at = call.now();
    let provider = Provider {
        arn,
        url: url.to_owned(),
        client_ids,
        thumbprints,
        tags,
        created_at,
    };
    call.db.put(&key, &provider);
    Ok(query::result(call, |xml| {
        xml.text("OpenIDConnectProviderArn", &provider.arn);
        tags::write(xml, &provider.tags);
    }))
}

pub(super) fn get(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let (_, provider) = named(call, params)?;
    Ok(query::result(call, |xml| {
        xml.text("Url", &provider.url);
        xml.members("ClientIDList", &provider.client_ids, |xml, id| {
            xml.raw_text(id)
        });
        xml.members("ThumbprintList", &provider.thumbprints, |xml, print| {
            xml.raw_text(print)
        });
        xml.text("CreateDate", &provider.created_at.to_string());
        tags::write(xml, &provider.tags);
    }))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let prefix = call.key("oidc-provider/");
    let providers: Vec<Provider> = call
        .db
        .scan(&prefix)
        .map(|(_, provider)| provider)
        .collect();
    Ok(query::result(call, |xml| {
        xml.members("OpenIDConnectProviderList", &providers, |xml, provider| {
            xml.text("Arn", &provider.arn);
        });
    }))
}

/// Deleting what is not there is no error, and no policy that names the provider is looked at.
pub(super) fn delete(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let arn = provider_arn(call, params)?;
    let key = key(call, arn);
    call.db.remove(&key);
    Ok(query::done(call))
}

/// Adding what is there is no error.
pub(super) fn add_client_id(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let id = names::required(params, "ClientID")?;
    check_client_id(id)?;
    let (key, mut provider) = named(call, params)?;
    if !provider.client_ids.iter().any(|have| have == id) {
        provider.client_ids.push(id.to_owned());
    }
    if provider.client_ids.len() > CLIENT_IDS as usize {
        return Err(names::quota(
            "ClientIdsPerOpenIdConnectProvider",
            CLIENT_IDS,
        ));
    }
    call.db.put(&key, &provider);
    Ok(query::done(call))
}

/// Removing what is not there is no error.
pub(super) fn remove_client_id(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let id = names::required(params, "ClientID")?;
    check_client_id(id)?;
    let (key, mut provider) = named(call, params)?;
    provider.client_ids.retain(|have| have != id);
    call.db.put(&key, &provider);
    Ok(query::done(call))
}

pub(super) fn update_thumbprints(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    if !params.has_list("ThumbprintList") {
        return Err(names::constraint(
            "thumbprintList",
            "Member must not be null",
        ));
    }
    let thumbprints = params.list("ThumbprintList");
    check_thumbprints(&thumbprints)?;
    let (key, mut provider) = named(call, params)?;
    provider.thumbprints = thumbprints;
    call.db.put(&key, &provider);
    Ok(query::done(call))
}

pub(super) fn tag(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let tags = tags::read_required(params)?;
    let (key, mut provider) = named(call, params)?;
    tags::add(&mut provider.tags, tags, "OpenIdConnectProvider")?;
    call.db.put(&key, &provider);
    Ok(query::done(call))
}

pub(super) fn untag(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let keys = tags::read_keys(params)?;
    let (key, mut provider) = named(call, params)?;
    tags::remove(&mut provider.tags, &keys);
    call.db.put(&key, &provider);
    Ok(query::done(call))
}
