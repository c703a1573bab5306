//! Subscriptions: which tenant each belongs to.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::pages;
use super::path::Target;
use crate::azure::call::{Call, Refusal, result};
use crate::azure::seed::SubscriptionSeed;
use crate::db::Db;
use crate::http::{Answer, Request};

const PREFIX: &str = "azure/subscription/";

/// A subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) tenant: String,
    name: String,
}

/// The subscription of an id.
///
/// Source: recorded answers in the tests of Azure's SDKs (`SubscriptionNotFound`).
pub(crate) fn find(db: &Db, id: &str) -> Result<Subscription, Refusal> {
    db.get(&format!("{PREFIX}{}", id.to_lowercase()))
        .ok_or_else(|| {
            let message = format!("The subscription '{id}' could not be found.");
            Refusal::new(404, "SubscriptionNotFound", message)
        })
}

/// The tenant of a subscription.
pub(crate) fn tenant_of(db: &Db, id: &str) -> Option<String> {
    find(db, id).ok().map(|subscription| subscription.tenant)
}

/// Whether a tenant has any subscription; others nobody knows here.
pub(crate) fn is_tenant(db: &Db, id: &str) -> bool {
    db.scan::<Subscription>(PREFIX)
        .any(|(_, subscription)| subscription.tenant.eq_ignore_ascii_case(id))
}

fn shown(subscription: &Subscription) -> Value {
    let Subscription { id, tenant, name } = subscription;
    json!({
        "id": format!("/subscriptions/{id}"),
        "subscriptionId": id,
        "tenantId": tenant,
        "displayName": name,
        "state": "Enabled",
        "authorizationSource": "RoleBased",
    })
}

pub(super) fn get(call: &mut Call<'_>, _: &Request, target: &Target) -> Result<Answer, Refusal> {
    let subscription = find(call.db, target.name(0))?;
    Ok(result(call, 200, &shown(&subscription)))
}

pub(super) fn list(call: &mut Call<'_>, request: &Request, _: &Target) -> Result<Answer, Refusal> {
    let own = call
        .db
        .scan::<Subscription>(PREFIX)
        .filter(|(_, it)| it.tenant.eq_ignore_ascii_case(&call.caller.tenant))
        .map(|(_, it)| shown(&it))
        .collect();
    pages::answer(call, request, own)
}

/// Adds a subscription that is missing.
pub(crate) fn plant(db: &mut Db, seed: &SubscriptionSeed) {
    let key = format!("{PREFIX}{}", seed.id.to_lowercase());
    if db.get_at_once::<Value>(&key).is_none() {
        let record = Subscription {
            id: seed.id.to_lowercase(),
            tenant: seed.tenant.to_lowercase(),
            name: seed.name.clone().unwrap_or_else(|| "sandbox".to_owned()),
        };
        db.put(&key, &record);
    }
}
