//! Resource groups.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::pages;
use super::path::Target;
use crate::azure::call::{Call, Refusal, result};
use crate::db::Db;
use crate::http::{Answer, Request};

/// A resource group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Group {
    name: String,
    location: String,
}

fn prefix(subscription: &str) -> String {
    format!("azure/group/{}/", subscription.to_lowercase())
}

/// The group of that name, whose case does not matter.
///
/// Source: "Resolve resource not found errors" (`ResourceGroupNotFound`).
pub(super) fn find(db: &Db, subscription: &str, name: &str) -> Result<Group, Refusal> {
    db.get(&format!("{}{}", prefix(subscription), name.to_lowercase()))
        .ok_or_else(|| {
            let message = format!("Resource group '{name}' could not be found.");
            Refusal::new(404, "ResourceGroupNotFound", message)
        })
}

fn shown(subscription: &str, group: &Group) -> Value {
    json!({
        "id": format!("/subscriptions/{subscription}/resourceGroups/{}", group.name),
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": group.location,
        "properties": { "provisioningState": "Succeeded" },
    })
}

pub(super) fn get(call: &mut Call<'_>, _: &Request, target: &Target) -> Result<Answer, Refusal> {
    let subscription = target.subscription().unwrap_or_default();
    let group = find(call.db, subscription, target.name(0))?;
    Ok(result(call, 200, &shown(subscription, &group)))
}

pub(super) fn list(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let subscription = target.subscription().unwrap_or_default();
    let prefix = prefix(subscription);
    let all = call
        .db
        .scan::<Group>(&prefix)
        .map(|(_, group)| shown(subscription, &group))
        .collect();
    pages::answer(call, request, all)
}

/// Adds a group that is missing.
pub(crate) fn plant(db: &mut Db, subscription: &str, name: &str, location: &str) {
    let key = format!("{}{}", prefix(subscription), name.to_lowercase());
    if db.get_at_once::<Value>(&key).is_none() {
        let (name, location) = (name.to_owned(), location.to_owned());
        db.put(&key, &Group { name, location });
    }
}
