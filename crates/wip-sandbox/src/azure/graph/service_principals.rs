//! Service principals: of applications, which are made here, and of managed identities, which are only seen here.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::asked::{Asked, Key};
use super::{applications, bad, body, credentials, not_found, one, page, with};
use crate::azure::call::{Call, Refusal, new_id};
use crate::azure::principals::{self, Principal};
use crate::db::Db;
use crate::http::{Answer, Request};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServicePrincipal {
    id: String,
    app_id: String,
    display_name: String,
}

fn prefix(tenant: &str) -> String {
    format!("azure/service-principal/{tenant}/")
}

fn key(tenant: &str, app: &str) -> String {
    format!("{}{}", prefix(tenant), app.to_lowercase())
}

fn shown(principal: &ServicePrincipal, kind: &str) -> Value {
    let ServicePrincipal {
        id,
        app_id,
        display_name,
    } = principal;
    json!({
        "id": id,
        "appId": app_id,
        "displayName": display_name,
        "servicePrincipalType": kind,
        "accountEnabled": true,
    })
}

fn all(call: &Call<'_>) -> Vec<Value> {
    let tenant = &call.caller.tenant;
    let own = call
        .db
        .scan::<ServicePrincipal>(&prefix(tenant))
        .map(|(_, it)| shown(&it, "Application"))
        .collect::<Vec<_>>();
    let identities = crate::azure::arm::identities::of_tenant(call.db, tenant).map(|it| {
        shown(
            &ServicePrincipal {
                id: it.principal_id,
                app_id: it.client_id,
                display_name: it.name,
            },
            "ManagedIdentity",
        )
    });
    own.into_iter().chain(identities).collect()
}

fn find(call: &Call<'_>, asked: &Asked) -> Result<Value, Refusal> {
    let key = asked
        .key
        .as_ref()
        .ok_or_else(|| bad("The request names no service principal."))?;
    let member = match key {
        Key::Id(_) => "id",
        Key::AppId(_) => "appId",
        Key::UniqueName(_) | Key::Name(_) => return Err(not_found(key.text())),
    };
    let fits = |it: &Value| {
        it[member]
            .as_str()
            .is_some_and(|own| own.eq_ignore_ascii_case(key.text()))
    };
    all(call)
        .into_iter()
        .find(fits)
        .ok_or_else(|| not_found(key.text()))
}

pub(super) fn list(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let all = all(call);
    page(call, request, "servicePrincipals", all)
}

pub(super) fn get(call: &mut Call<'_>, asked: &Asked) -> Result<Answer, Refusal> {
    let found = find(call, asked)?;
    Ok(one(call, 200, "servicePrincipals", found))
}

/// Sources: "Create servicePrincipal"; reports of its users (`NoBackingApplicationObject`, `Request_MultipleObjectsWithSameKeyValue`).
pub(super) fn create(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let body = body(request)?;
    let tenant = call.caller.tenant.clone();
    let app = body
        .get("appId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let application = applications::of_client(call, app).ok_or_else(|| {
        bad(&format!("The appId '{app}' of the service principal does not reference a valid application object."))
    })?;
    let key = key(&tenant, &application.app_id);
    if call.db.get_at_once::<ServicePrincipal>(&key).is_some() {
        let message = format!(
            "The service principal cannot be created, updated, or restored because the service principal name {app} is already in use."
        );
        return Err(Refusal::new(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            message,
        ));
    }
    let made = ServicePrincipal {
        id: new_id(call.db, "service-principal", &key),
        app_id: application.app_id.clone(),
        display_name: application.display_name.clone(),
    };
    call.db.put(&key, &made);
    let principal = Principal {
        credentials: credentials::prefix(&tenant, &application.id),
        tenant,
        object_id: made.id.clone(),
        client_id: made.app_id.clone(),
    };
    principals::add(call.db, &principal);
    call.new_principal = Some(made.id.clone());
    call.resource = Some(made.id.clone());
    Ok(one(
        call,
        201,
        "servicePrincipals",
        shown(&made, "Application"),
    ))
}

pub(super) fn delete(call: &mut Call<'_>, asked: &Asked) -> Result<Answer, Refusal> {
    let found = find(call, asked)?;
    if found["servicePrincipalType"] != "Application" {
        return Err(bad(
            "Service principals of managed identities are deleted with the identity.",
        ));
    }
    let tenant = call.caller.tenant.clone();
    remove_of(
        call.db,
        &tenant,
        found["appId"].as_str().unwrap_or_default(),
    );
    Ok(with(call, 204))
}

/// Takes the service principal of an application away.
pub(super) fn remove_of(db: &mut Db, tenant: &str, app: &str) {
    let key = key(tenant, app);
    if let Some(gone) = db.get_at_once::<ServicePrincipal>(&key) {
        db.remove(&key);
        principals::remove(db, tenant, &gone.id, &gone.app_id);
    }
}
