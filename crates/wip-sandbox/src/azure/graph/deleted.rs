//! The bin: applications that were deleted, which keep their keys for 30 days.
//!
//! Sources: "Delete application", "List deleted items", "Get deleted item", "Permanently delete item". Here nothing goes by itself, and nothing is restored.

use super::applications::{Application, shown};
use super::asked::Asked;
use super::{bad, not_found, one, page, with};
use crate::azure::call::{Call, Refusal};
use crate::db::Db;
use crate::http::{Answer, Request};

/// The prefix of the keys of a tenant's deleted applications.
pub(super) fn prefix(tenant: &str) -> String {
    format!("azure/deleted-application/{tenant}/")
}

fn key(tenant: &str, id: &str) -> String {
    format!("{}{}", prefix(tenant), id.to_lowercase())
}

/// Puts an application into the bin.
pub(super) fn keep(db: &mut Db, tenant: &str, application: &Application) {
    db.put(&key(tenant, &application.id), application);
}

fn find(call: &Call<'_>, asked: &Asked) -> Result<Application, Refusal> {
    let id = asked.key.as_ref().map(super::asked::Key::text);
    let id = id.ok_or_else(|| bad("The request names no deleted item."))?;
    let found = call.db.get(&key(&call.caller.tenant, id));
    found.ok_or_else(|| not_found(id))
}

pub(super) fn list(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let prefix = prefix(&call.caller.tenant);
    let all = call.db.scan::<Application>(&prefix);
    let all = all.map(|(_, it)| shown(&it)).collect();
    page(call, request, "applications", all)
}

pub(super) fn get(call: &mut Call<'_>, asked: &Asked) -> Result<Answer, Refusal> {
    let found = find(call, asked)?;
    Ok(one(call, 200, "directoryObjects", shown(&found)))
}

pub(super) fn delete(call: &mut Call<'_>, asked: &Asked) -> Result<Answer, Refusal> {
    let found = find(call, asked)?;
    let key = key(&call.caller.tenant, &found.id);
    call.db.remove(&key);
    Ok(with(call, 204))
}
