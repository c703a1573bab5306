//! Applications.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::asked::{Asked, Key};
use super::{bad, body, deleted, not_found, one, page, service_principals, with};
use crate::azure::call::{Call, Refusal, new_id, uuid};
use crate::db::Db;
use crate::http::{Answer, Request};

/// An application.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Application {
    pub(super) id: String,
    pub(super) app_id: String,
    pub(super) display_name: String,
    pub(super) unique_name: Option<String>,
    description: Option<String>,
    notes: Option<String>,
    sign_in_audience: String,
    tags: Vec<String>,
}

fn prefix(tenant: &str) -> String {
    format!("azure/application/{tenant}/")
}

fn key(tenant: &str, id: &str) -> String {
    format!("{}{}", prefix(tenant), id.to_lowercase())
}

fn all(db: &Db, tenant: &str) -> Vec<Application> {
    db.scan(&prefix(tenant)).map(|(_, it)| it).collect()
}

/// Whether a tenant has an application of a client id.
pub(crate) fn has(db: &Db, tenant: &str, client: &str) -> bool {
    all(db, tenant)
        .iter()
        .any(|it| it.app_id.eq_ignore_ascii_case(client))
}

/// Whether an object id is an application's, and no service principal's.
pub(crate) fn is_object(db: &Db, tenant: &str, id: &str) -> bool {
    db.get::<Application>(&key(tenant, id)).is_some()
}

/// The application of a client id.
pub(super) fn of_client(call: &Call<'_>, client: &str) -> Option<Application> {
    all(call.db, &call.caller.tenant)
        .into_iter()
        .find(|it| it.app_id.eq_ignore_ascii_case(client))
}

/// The application that is asked for.
pub(super) fn find(call: &Call<'_>, asked: &Asked) -> Result<Application, Refusal> {
    let tenant = &call.caller.tenant;
    let key_asked = asked
        .key
        .as_ref()
        .ok_or_else(|| bad("The request names no application."))?;
    let found = match key_asked {
        Key::Id(id) => call.db.get(&key(tenant, id)),
        Key::AppId(id) => of_client(call, id),
        Key::UniqueName(name) | Key::Name(name) => all(call.db, tenant)
            .into_iter()
            .find(|it| it.unique_name.as_ref() == Some(name)),
    };
    found.ok_or_else(|| not_found(key_asked.text()))
}

pub(super) fn shown(application: &Application) -> Value {
    serde_json::to_value(application).unwrap_or_default()
}

pub(super) fn list(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let all = all(call.db, &call.caller.tenant)
        .iter()
        .map(shown)
        .collect();
    page(call, request, "applications", all)
}

pub(super) fn get(call: &mut Call<'_>, asked: &Asked) -> Result<Answer, Refusal> {
    let found = find(call, asked)?;
    Ok(one(call, 200, "applications", shown(&found)))
}

pub(super) fn create(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let body = body(request)?;
    let unique = body
        .get("uniqueName")
        .and_then(Value::as_str)
        .map(str::to_owned);
    make(call, &body, unique)
}

fn make(
    call: &mut Call<'_>,
    body: &Map<String, Value>,
    unique: Option<String>,
) -> Result<Answer, Refusal> {
    let tenant = call.caller.tenant.clone();
    let name = body
        .get("displayName")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if name.is_empty() || name.chars().count() > 256 {
        return Err(bad(
            "Invalid value specified for property 'displayName' of resource 'Application'.",
        ));
    }
    if let Some(unique) = &unique {
        is_free(call, unique)?;
    }
    // Names for people need not be unique, so each gets ids of its own.
    let base = format!("{tenant}/{}", unique.as_deref().unwrap_or(name));
    let id = new_id(call.db, "application", &base);
    let mut application = Application {
        app_id: uuid(&["azure", "app", &id]),
        id,
        display_name: name.to_owned(),
        unique_name: unique,
        description: None,
        notes: None,
        sign_in_audience: "AzureADMyOrg".to_owned(),
        tags: Vec::new(),
    };
    change(&mut application, body)?;
    call.resource = Some(application.id.clone());
    call.db.put(&key(&tenant, &application.id), &application);
    Ok(one(call, 201, "applications", shown(&application)))
}

/// Refuses a key that another application has, or that one in the bin has kept.
///
/// Source: microsoftgraph/msgraph-bicep-types#137, which has the words, and that deleting does not release the key.
fn is_free(call: &Call<'_>, unique: &str) -> Result<(), Refusal> {
    let tenant = &call.caller.tenant;
    let mut records = [prefix(tenant), deleted::prefix(tenant)]
        .into_iter()
        .flat_map(|prefix| call.db.keys(&prefix).map(str::to_owned).collect::<Vec<_>>());
    let has_it = |key: String| {
        let record = call.db.get_at_once::<Application>(&key);
        record.is_some_and(|it| it.unique_name.as_deref() == Some(unique))
    };
    match records.any(has_it) {
        true => Err(bad(
            "Another object with the same value for property uniqueName already exists.",
        )),
        false => Ok(()),
    }
}

/// Sets what a body says.
fn change(application: &mut Application, body: &Map<String, Value>) -> Result<(), Refusal> {
    let invalid = |name: &str| {
        bad(&format!(
            "Invalid value specified for property '{name}' of resource 'Application'."
        ))
    };
    for (name, value) in body {
        let text = || {
            value
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| invalid(name))
        };
        match name.as_str() {
            "displayName" => application.display_name = text()?,
            "description" => application.description = Some(text()?),
            "notes" => application.notes = Some(text()?),
            "signInAudience" => application.sign_in_audience = text()?,
            "tags" => {
                application.tags =
                    serde_json::from_value(value.clone()).map_err(|_| invalid(name))?;
            }
            "uniqueName" if value.as_str() == application.unique_name.as_deref() => {}
            // One without a key gets one ("Reference existing Microsoft Graph resources", Bicep templates for Graph).
            "uniqueName" if application.unique_name.is_none() => {
                application.unique_name = Some(text()?);
            }
            "id" | "appId" | "uniqueName" => {
                return Err(bad(&format!(
                    "Property '{name}' is read-only and cannot be set."
                )));
            }
            _ => {
                return Err(bad(&format!(
                    "The property '{name}' does not exist on type 'microsoft.graph.application', or the sandbox does not serve it."
                )));
            }
        }
    }
    Ok(())
}

pub(super) fn update(
    call: &mut Call<'_>,
    request: &Request,
    asked: &Asked,
) -> Result<Answer, Refusal> {
    let body = body(request)?;
    let creates = request
        .header("prefer")
        .is_some_and(|value| value.contains("create-if-missing"));
    match (find(call, asked), &asked.key) {
        (Err(_), Some(Key::UniqueName(name))) if creates => make(call, &body, Some(name.clone())),
        (Err(refusal), _) => Err(refusal),
        (Ok(mut application), _) => {
            let wanted = body.get("uniqueName").and_then(Value::as_str);
            if let Some(unique) = wanted.filter(|_| application.unique_name.is_none()) {
                is_free(call, unique)?;
            }
            change(&mut application, &body)?;
            let key = key(&call.caller.tenant, &application.id);
            call.db.put(&key, &application);
            Ok(with(call, 204))
        }
    }
}

/// It goes into the bin, its service principal goes with it, and its role assignments stay.
///
/// Source: "Delete application"; "Apps & service principals in Microsoft Entra ID".
pub(super) fn delete(call: &mut Call<'_>, asked: &Asked) -> Result<Answer, Refusal> {
    let found = find(call, asked)?;
    let tenant = call.caller.tenant.clone();
    call.db.remove(&key(&tenant, &found.id));
    deleted::keep(call.db, &tenant, &found);
    call.db
        .remove_all(&super::credentials::prefix(&tenant, &found.id));
    service_principals::remove_of(call.db, &tenant, &found.app_id);
    Ok(with(call, 204))
}
