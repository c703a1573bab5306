//! User-assigned managed identities.
//!
//! Sources: `UserAssignedIdentities_*` in the REST specification of Microsoft.ManagedIdentity; "Naming rules and restrictions for Azure resources" (3 to 128 letters, digits, `-` and `_`, beginning with a letter or a digit).
//! Not here: their federated credentials.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::path::Target;
use super::{bad, not_found, pages, regions, subscriptions, tags};
use crate::azure::call::{Call, Refusal, bare, body, new_id, result};
use crate::azure::failures::throttled;
use crate::azure::seed::IdentitySeed;
use crate::azure::{call::Service, principals};
use crate::db::Db;
use crate::http::{Answer, Request};

const PREFIX: &str = "azure/identity/";

/// An identity.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) subscription: String,
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) location: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) tenant: String,
    pub(crate) principal_id: String,
    pub(crate) client_id: String,
}

impl Identity {
    /// The resource id.
    pub(crate) fn id(&self) -> String {
        format!(
            "/subscriptions/{}/resourcegroups/{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{}",
            self.subscription, self.group, self.name
        )
    }

    fn shown(&self) -> Value {
        json!({
            "id": self.id(),
            "name": self.name,
            "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
            "location": self.location,
            "tags": self.tags,
            "properties": {
                "tenantId": self.tenant,
                "principalId": self.principal_id,
                "clientId": self.client_id,
            },
        })
    }
}

/// All identities of a tenant.
pub(crate) fn of_tenant<'a>(db: &'a Db, tenant: &'a str) -> impl Iterator<Item = Identity> + 'a {
    db.scan::<Identity>(PREFIX)
        .map(|(_, identity)| identity)
        .filter(move |it| it.tenant.eq_ignore_ascii_case(tenant))
}

/// What follows the prefix in the key of the identity that a target is, or is part of.
pub(super) fn rest(target: &Target) -> String {
    let (subscription, group) = (target.subscription(), target.group());
    let name = target.name(0);
    format!(
        "{}/{}/{name}",
        subscription.unwrap_or_default(),
        group.unwrap_or_default()
    )
    .to_lowercase()
}

pub(super) fn key(target: &Target) -> String {
    format!("{PREFIX}{}", rest(target))
}

pub(super) fn get(call: &mut Call<'_>, _: &Request, target: &Target) -> Result<Answer, Refusal> {
    let identity: Identity = call.db.get(&key(target)).ok_or_else(|| not_found(target))?;
    Ok(result(call, 200, &identity.shown()))
}

pub(super) fn list(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let subscription = target.subscription().unwrap_or_default();
    let mut prefix = format!("{PREFIX}{subscription}/");
    if let Some(group) = target.group() {
        prefix += &format!("{group}/");
    }
    let prefix = prefix.to_lowercase();
    let all = call
        .db
        .scan::<Identity>(&prefix)
        .map(|(_, it)| it.shown())
        .collect();
    pages::answer(call, request, all)
}

pub(super) fn put(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let key = key(target);
    may_write(call, &key)?;
    let body = body(request)?;
    let location = regions::read(body.get("location"))?;
    let tags = tags::read(body.get("tags"))?.unwrap_or_default();
    let name = target.name(0);
    let existing = call.db.get_at_once::<Identity>(&key);
    call.holds = Some(key.clone());
    if let Some(mut identity) = existing {
        if identity.location != location {
            let message = format!(
                "The resource '{name}' already exists in location '{}' in resource group '{}'. A resource with the same name cannot be created in location '{location}'. Please select a new resource name.",
                identity.location, identity.group
            );
            return Err(Refusal::new(409, "InvalidResourceLocation", message));
        }
        identity.tags = tags;
        call.db.put(&key, &identity);
        return Ok(result(call, 200, &identity.shown()));
    }
    valid_name(name)?;
    let seed = IdentitySeed {
        subscription: target.subscription().unwrap_or_default().to_lowercase(),
        resource_group: target.group().unwrap_or_default().to_owned(),
        name: name.to_owned(),
        location: Some(location),
        tags,
    };
    let identity = make(call.db, &key, &seed);
    call.new_principal = Some(identity.principal_id.clone());
    Ok(result(call, 201, &identity.shown()))
}

pub(super) fn patch(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let key = key(target);
    may_write(call, &key)?;
    let body = body(request)?;
    let mut identity: Identity = call.db.get(&key).ok_or_else(|| not_found(target))?;
    if let Some(tags) = tags::read(body.get("tags"))? {
        identity.tags = tags;
    }
    call.holds = Some(key.clone());
    call.db.put(&key, &identity);
    Ok(result(call, 200, &identity.shown()))
}

pub(super) fn delete(call: &mut Call<'_>, _: &Request, target: &Target) -> Result<Answer, Refusal> {
    let key = key(target);
    may_write(call, &key)?;
    let Some(identity) = call.db.get_at_once::<Identity>(&key) else {
        return Ok(bare(call, 204));
    };
    // Role assignments stay behind: "Troubleshoot Azure RBAC", "Role assignments with identity not found".
    call.db.remove(&key);
    call.db.remove_all(&super::credentials::prefix(target));
    principals::remove(
        call.db,
        &identity.tenant,
        &identity.principal_id,
        &identity.client_id,
    );
    Ok(bare(call, 200))
}

/// Refuses a write that comes too soon after the last, where rates are kept.
pub(super) fn may_write(call: &Call<'_>, identity: &str) -> Result<(), Refusal> {
    match call.moment.must_wait(identity) {
        Some(seconds) => Err(throttled(Service::Arm, seconds)),
        None => Ok(()),
    }
}

/// The wording is ours.
fn valid_name(name: &str) -> Result<(), Refusal> {
    let bytes = name.as_bytes();
    let fits = (3..=128).contains(&bytes.len())
        && bytes[0].is_ascii_alphanumeric()
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if fits {
        return Ok(());
    }
    Err(bad(format!(
        "The request format was unexpected: Resource name '{name}' is invalid: 3 to 128 letters, digits, '-' and '_', beginning with a letter or a digit."
    )))
}

fn make(db: &mut Db, key: &str, seed: &IdentitySeed) -> Identity {
    let tenant = subscriptions::find(db, &seed.subscription).map_or(String::new(), |it| it.tenant);
    let identity = Identity {
        subscription: seed.subscription.clone(),
        group: seed.resource_group.clone(),
        name: seed.name.clone(),
        location: seed
            .location
            .clone()
            .unwrap_or_else(|| "westeurope".to_owned()),
        tags: seed.tags.clone(),
        principal_id: new_id(db, "principal", key),
        client_id: new_id(db, "client", key),
        tenant,
    };
    db.put(key, &identity);
    principals::add(
        db,
        &principals::Principal {
            tenant: identity.tenant.clone(),
            object_id: identity.principal_id.clone(),
            client_id: identity.client_id.clone(),
            credentials: super::credentials::PREFIX.to_owned() + &key[PREFIX.len()..] + "/",
        },
    );
    identity
}

/// Adds an identity that is missing, and its group.
pub(crate) fn plant(db: &mut Db, seed: &IdentitySeed) {
    let location = seed.location.as_deref().unwrap_or("westeurope");
    super::groups::plant(db, &seed.subscription, &seed.resource_group, location);
    let key = format!(
        "{PREFIX}{}/{}/{}",
        seed.subscription, seed.resource_group, seed.name
    )
    .to_lowercase();
    if db.get_at_once::<Value>(&key).is_none() {
        make(db, &key, seed);
    }
}
