//! Storage accounts and their blob containers.
//!
//! Sources: `StorageAccounts_GetProperties` and `BlobContainers_*` in the REST specification of Microsoft.Storage; "Naming and referencing containers, blobs, and metadata" (names); "Status and error codes" of the storage services (`ContainerNotFound`, `ContainerBeingDeleted`).
//! Not here: what is in a container (`blob.rs`).

use std::collections::{BTreeMap, BTreeSet};

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
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    public_access: bool,
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
    /// `None` in words where it is empty.
    #[serde(default)]
    public_access: String,
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
            "allowBlobPublicAccess": account.public_access,
            "primaryEndpoints": { "blob": format!("{}/_azure/blob/{name}/", call.base) },
        },
    });
    Ok(result(call, 200, &body))
}

/// No example of a listing holds metadata.
fn listed(account: &Account, name: &str, container: &Container) -> Value {
    let mut all = shown(account, name, container);
    if let Some(properties) = all["properties"].as_object_mut() {
        properties.remove("metadata");
    }
    all
}

fn shown(account: &Account, name: &str, container: &Container) -> Value {
    let public_access = match container.public_access.as_str() {
        "" => "None",
        given => given,
    };
    json!({
        "id": format!("{}/blobServices/default/containers/{name}", account.id()),
        "name": name,
        "type": "Microsoft.Storage/storageAccounts/blobServices/containers",
        "properties": {
            "publicAccess": public_access,
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
        .map(|(name, it)| listed(&account, name, &it))
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
    let given = given(request, &account)?;
    let key = container_key(&account.name, name);
    if call.db.lingers(&key) {
        return Err(Refusal::new(
            409,
            "ContainerBeingDeleted",
            "The specified container is being deleted. Try operation later.",
        ));
    }
    // "The Container is already created": nothing says that it is changed.
    if let Some(there) = call.db.get_at_once::<Container>(&key) {
        return Ok(result(call, 200, &shown(&account, name, &there)));
    }
    let container = given.onto(Container::default());
    call.db.put(&key, &container);
    Ok(result(call, 201, &shown(&account, name, &container)))
}

/// Changes what the body names.
pub(super) fn patch_container(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let account = find(call, target)?;
    let name = target.name(2);
    let key = container_key(&account.name, name);
    let there = call
        .db
        .get_at_once::<Container>(&key)
        .ok_or_else(no_container)?;
    let container = given(request, &account)?.onto(there);
    call.db.put(&key, &container);
    Ok(result(call, 200, &shown(&account, name, &container)))
}

/// What a body says of a container.
struct Given {
    metadata: Option<BTreeMap<String, String>>,
    public_access: Option<String>,
}

impl Given {
    fn onto(self, there: Container) -> Container {
        Container {
            metadata: self.metadata.unwrap_or(there.metadata),
            public_access: self.public_access.unwrap_or(there.public_access),
        }
    }
}

/// Reads what a body says, and refuses what no container can have.
///
/// Sources: "Setting and retrieving properties and metadata for Blob service resources" (names are identifiers of C#, no two that
/// differ by case, 8 KB in all); "Status and error codes" (`InvalidMetadata`, `EmptyMetadataKey`, `MetadataTooLarge`); "Remediate
/// anonymous read access" (`PublicAccessNotPermitted`). Accounts here are as new ones are, where the seed does not say otherwise:
/// nothing in them can be public.
fn given(request: &Request, account: &Account) -> Result<Given, Refusal> {
    let body = body(request)?;
    let properties = body.get("properties").cloned().unwrap_or_default();
    let unusable = |_| {
        let message = "The value for one of the properties is invalid.";
        Refusal::new(400, "InvalidRequestContent", message)
    };
    let metadata: Option<BTreeMap<String, String>> =
        serde_json::from_value(properties["metadata"].clone()).map_err(unusable)?;
    let public_access: Option<String> =
        serde_json::from_value(properties["publicAccess"].clone()).map_err(unusable)?;
    match public_access.as_deref() {
        None | Some("None") => {}
        Some("Blob" | "Container") if account.public_access => {}
        Some("Blob" | "Container") => {
            let message = "Public access is not permitted on this storage account.";
            return Err(Refusal::new(409, "PublicAccessNotPermitted", message));
        }
        Some(_) => {
            let message = "The value for one of the properties is invalid.";
            return Err(Refusal::new(400, "InvalidRequestContent", message));
        }
    }
    metadata.iter().try_for_each(check_metadata)?;
    Ok(Given {
        metadata,
        public_access,
    })
}

fn check_metadata(metadata: &BTreeMap<String, String>) -> Result<(), Refusal> {
    let is_first = |letter: char| letter.is_ascii_alphabetic() || letter == '_';
    let is_name = |name: &String| {
        name.starts_with(is_first) && name.chars().all(|it| is_first(it) || it.is_ascii_digit())
    };
    let is_value = |value: &String| value.bytes().all(|byte| matches!(byte, 0x20..=0x7e));
    if metadata.contains_key("") {
        let message = "The key for one of the metadata key-value pairs is empty.";
        return Err(Refusal::new(400, "EmptyMetadataKey", message));
    }
    let names: BTreeSet<String> = metadata.keys().map(|name| name.to_lowercase()).collect();
    let all_good = metadata.keys().all(is_name) && metadata.values().all(is_value);
    if !all_good || names.len() < metadata.len() {
        let message =
            "The metadata specified is invalid. It has characters that are not permitted.";
        return Err(Refusal::new(400, "InvalidMetadata", message));
    }
    let size: usize = metadata
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    if size > 8 * 1024 {
        let message = "The size of the specified metadata exceeds the maximum size permitted.";
        return Err(Refusal::new(400, "MetadataTooLarge", message));
    }
    Ok(())
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
            public_access: seed.public_access,
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
