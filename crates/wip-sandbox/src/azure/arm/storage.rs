//! Storage accounts and their blob containers.
//!
//! Sources: `StorageAccounts_GetProperties` and `BlobContainers_*` in the REST specification of Microsoft.Storage; "Naming and referencing containers, blobs, and metadata" (names); "Status and error codes" of the storage services (`ContainerNotFound`, `ContainerBeingDeleted`).
//! Not here: what is in a container (`blob.rs`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::path::Target;
use super::{not_found, pages, subscriptions};
use crate::azure::call::{Call, Refusal, bare, body, result};
use crate::azure::seed::StorageSeed;
use crate::db::Db;
use crate::http::{Answer, Request};

/// Where accounts are; names are unique in all of Azure.
pub(super) const PREFIX: &str = "azure/storage/";
const CONTAINERS: &str = "azure/container/";

/// An account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) subscription: String,
    pub(crate) group: String,
    pub(crate) name: String,
    location: String,
}

impl Account {
    /// The resource id.
    pub(crate) fn id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Storage/storageAccounts/{}",
            self.subscription, self.group, self.name
        )
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Container {
    metadata: BTreeMap<String, String>,
}

/// The account of a name, wherever it is.
pub(crate) fn account(db: &Db, name: &str) -> Option<Account> {
    db.get(&format!("{PREFIX}{}", name.to_lowercase()))
}

/// The tenant that an account belongs to.
pub(crate) fn tenant(db: &Db, name: &str) -> Option<String> {
    let account = account(db, name)?;
    subscriptions::find(db, &account.subscription)
        .ok()
        .map(|it| it.tenant)
}

fn container_key(account: &str, name: &str) -> String {
    format!("{CONTAINERS}{}/{name}", account.to_lowercase())
}

/// Whether an account has a container.
pub(crate) fn has_container(db: &Db, account: &str, name: &str) -> bool {
    db.get::<Container>(&container_key(account, name)).is_some()
}

/// The account that a target is, or is part of.
fn find(call: &Call<'_>, target: &Target) -> Result<Account, Refusal> {
    account(call.db, target.name(0))
        .filter(|it| {
            Some(it.subscription.to_lowercase()) == target.subscription().map(str::to_lowercase)
        })
        .filter(|it| Some(it.group.to_lowercase()) == target.group().map(str::to_lowercase))
        .ok_or_else(|| not_found(&target.outermost()))
}

pub(super) fn get(call: &mut Call<'_>, _: &Request, target: &Target) -> Result<Answer, Refusal> {
    let account = find(call, target)?;
    let name = &account.name;
    let body = json!({
        "id": account.id(),
        "name": name,
        "type": "Microsoft.Storage/storageAccounts",
        "location": account.location,
        "kind": "StorageV2",
        "sku": { "name": "Standard_LRS", "tier": "Standard" },
        "properties": {
            "provisioningState": "Succeeded",
            "statusOfPrimary": "available",
            "primaryLocation": account.location,
            "allowBlobPublicAccess": false,
            "primaryEndpoints": { "blob": format!("https://{name}.blob.core.windows.net/") },
        },
    });
    Ok(result(call, 200, &body))
}

fn shown(account: &Account, name: &str, container: &Container) -> Value {
    json!({
        "id": format!("{}/blobServices/default/containers/{name}", account.id()),
        "name": name,
        "type": "Microsoft.Storage/storageAccounts/blobServices/containers",
        "properties": {
            "publicAccess": "None",
            "leaseStatus": "Unlocked",
            "leaseState": "Available",
            "metadata": container.metadata,
            "hasImmutabilityPolicy": false,
            "hasLegalHold": false,
        },
    })
}

pub(super) fn container(
    call: &mut Call<'_>,
    _: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let account = find(call, target)?;
    let name = target.name(2);
    let found: Container = call
        .db
        .get(&container_key(&account.name, name))
        .ok_or_else(no_container)?;
    Ok(result(call, 200, &shown(&account, name, &found)))
}

fn no_container() -> Refusal {
    Refusal::new(
        404,
        "ContainerNotFound",
        "The specified container does not exist.",
    )
}

pub(super) fn containers(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let account = find(call, target)?;
    let prefix = container_key(&account.name, "");
    let all = call
        .db
        .scan::<Container>(&prefix)
        .map(|(name, it)| shown(&account, name, &it))
        .collect();
    pages::answer(call, request, all)
}

pub(super) fn put_container(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let account = find(call, target)?;
    let name = target.name(2);
    if !is_container_name(name) {
        return Err(Refusal::new(
            400,
            "InvalidResourceName",
            "The specified resource name contains invalid characters.",
        ));
    }
    let body = body(request)?;
    let properties = body.get("properties").cloned().unwrap_or_default();
    let key = container_key(&account.name, name);
    if call.db.lingers(&key) {
        return Err(Refusal::new(
            409,
            "ContainerBeingDeleted",
            "The specified container is being deleted. Try operation later.",
        ));
    }
    let status = if call.db.get_at_once::<Container>(&key).is_some() {
        200
    } else {
        201
    };
    let metadata = serde_json::from_value(properties["metadata"].clone()).unwrap_or_default();
    let container = Container { metadata };
    call.db.put(&key, &container);
    Ok(result(call, status, &shown(&account, name, &container)))
}

pub(super) fn delete_container(
    call: &mut Call<'_>,
    _: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let account = find(call, target)?;
    let key = container_key(&account.name, target.name(2));
    if call.db.get_at_once::<Container>(&key).is_none() {
        return Ok(bare(call, 204));
    }
    call.db.remove(&key);
    call.db
        .remove_all(&crate::azure::blob::prefix(&account.name, target.name(2)));
    Ok(bare(call, 200))
}

/// 3 to 63 small letters, digits and single hyphens, which are not at an end.
fn is_container_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let words = name
        .split('-')
        .all(|word| !word.is_empty() && word.bytes().all(is_letter));
    (3..=63).contains(&name.len()) && words
}

/// Adds an account that is missing, its group and its containers.
pub(crate) fn plant(db: &mut Db, seed: &StorageSeed) {
    let location = seed.location.as_deref().unwrap_or("westeurope");
    super::groups::plant(db, &seed.subscription, &seed.resource_group, location);
    let key = format!("{PREFIX}{}", seed.name.to_lowercase());
    if db.get_at_once::<Value>(&key).is_none() {
        let record = Account {
            subscription: seed.subscription.clone(),
            group: seed.resource_group.clone(),
            name: seed.name.clone(),
            location: location.to_owned(),
        };
        db.put(&key, &record);
    }
    for name in &seed.containers {
        let key = container_key(&seed.name, name);
        if db.get_at_once::<Value>(&key).is_none() {
            db.put(&key, &Container::default());
        }
    }
}
