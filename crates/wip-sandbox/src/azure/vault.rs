//! The secrets of key vaults: listing, reading and setting them.
//!
//! Sources: "Get Secret", "Get Secrets" and "Set Secret" in the REST reference of Key Vault; "Provide access to Key Vault keys, certificates, and secrets with Azure role-based access control" (dataActions; access policies do not count where roles do, and the other way round); answers that users report (`ForbiddenByRbac`, `ForbiddenByPolicy`, `SecretNotFound`, with their words). What a bad api-version and an unknown vault get is ours.
//! Not here: vaults as resources (`arm/vaults.rs`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::access::acts_on_data;
use super::arm::vaults::{self, Vault};
use super::call::{Call, Refusal, body, result};
use super::caller::{Caller, issuer};
use crate::aws::call::hex_id;
use crate::db::Db;
use crate::http::{Answer, Request};

const VERSIONS: [&str; 9] = [
    "7.0",
    "7.1",
    "7.2",
    "7.3",
    "7.4",
    "7.5",
    "7.6",
    "2025-07-01",
    "2026-04-01",
];

fn key(vault: &str, name: &str) -> String {
    format!(
        "azure/secret/{}/{}",
        vault.to_lowercase(),
        name.to_lowercase()
    )
}

/// The operation that a request names.
pub(super) fn operation(method: &str, path: &[String]) -> String {
    let parts: Vec<&str> = path.iter().skip(1).map(String::as_str).collect();
    match (method, &parts[..]) {
        ("GET", ["secrets"]) => "GetSecrets",
        ("GET", ["secrets", _] | ["secrets", _, _]) => "GetSecret",
        ("PUT", ["secrets", _]) => "SetSecret",
        _ => "",
    }
    .to_owned()
}

/// Does what is asked.
pub(super) fn handle(
    call: &mut Call<'_>,
    request: &Request,
    path: &[String],
) -> Result<Answer, Refusal> {
    let bad = |message: &str| Refusal::new(400, "BadParameter", message);
    match request.query_value("api-version") {
        None => return Err(bad("api-version must be specified")),
        Some(version) if !VERSIONS.contains(&version.as_str()) => {
            return Err(bad(&format!(
                "The specified version ({version}) is not recognized."
            )));
        }
        Some(_) => {}
    }
    let operation = operation(&request.method, path);
    let no_place = || Refusal::new(404, "NotFound", "The requested resource does not exist.");
    let vault = path
        .first()
        .and_then(|name| vaults::named(call.db, name))
        .ok_or_else(no_place)?;
    match operation.as_str() {
        "GetSecrets" => {
            call.resource = Some(vault.name.clone());
            check(call, &vault, "list", "readMetadata", &vault.id())?;
            let prefix = key(&vault.name, "");
            let all: Vec<Value> = call
                .db
                .scan::<String>(&prefix)
                .map(|(name, _)| json!({ "id": id(&vault, name), "attributes": attributes() }))
                .collect();
            Ok(result(
                call,
                200,
                &json!({ "value": all, "nextLink": null }),
            ))
        }
        "GetSecret" => {
            let name = path.get(2).ok_or_else(no_place)?;
            call.resource = Some(format!("{}/{name}", vault.name));
            check(
                call,
                &vault,
                "get",
                "getSecret",
                &format!("{}/secrets/{name}", vault.id()),
            )?;
            let value: String = call
                .db
                .get(&key(&vault.name, name))
                .ok_or_else(|| missing(name))?;
            let version = version(&vault.name, name, &value);
            if path.get(3).is_some_and(|asked| *asked != version) {
                return Err(missing(name));
            }
            let id = format!("{}/{version}", id(&vault, name));
            Ok(result(
                call,
                200,
                &json!({ "value": value, "id": id, "attributes": attributes() }),
            ))
        }
        "SetSecret" => {
            let name = path.get(2).ok_or_else(no_place)?;
            call.resource = Some(format!("{}/{name}", vault.name));
            let scope = format!("{}/secrets/{name}", vault.id());
            check(call, &vault, "set", "setSecret", &scope)?;
            let body = body(request)?;
            let value = body.get("value").and_then(Value::as_str);
            let value = value.ok_or_else(|| bad("The parameter value is not specified."))?;
            call.db.put(&key(&vault.name, name), &value.to_owned());
            let id = format!("{}/{}", id(&vault, name), version(&vault.name, name, value));
            Ok(result(
                call,
                200,
                &json!({ "value": value, "id": id, "attributes": attributes() }),
            ))
        }
        _ => Err(no_place()),
    }
}

fn missing(name: &str) -> Refusal {
    let message = format!(
        "A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"
    );
    Refusal::new(404, "SecretNotFound", message)
}

fn id(vault: &Vault, name: &str) -> String {
    format!(
        "https://{}.vault.azure.net/secrets/{name}",
        vault.name.to_lowercase()
    )
}

fn version(vault: &str, name: &str, value: &str) -> String {
    hex_id(&["secret", vault, name, value], 32)
}

fn attributes() -> Value {
    json!({ "enabled": true, "created": 1_735_689_600, "updated": 1_735_689_600, "recoveryLevel": "Recoverable+Purgeable" })
}

/// Refuses what neither role nor policy allows, whichever counts for the vault.
fn check(
    call: &Call<'_>,
    vault: &Vault,
    permission: &str,
    action: &str,
    scope: &str,
) -> Result<(), Refusal> {
    let caller = &call.caller;
    let Caller {
        app,
        object,
        tenant,
        ..
    } = caller;
    let issuer = issuer(tenant);
    let Vault { name, location, .. } = vault;
    if vault.rbac {
        let action = format!("Microsoft.KeyVault/vaults/secrets/{action}/action");
        if acts_on_data(call.db, caller, &action, scope) {
            return Ok(());
        }
        let resource = scope.to_lowercase();
        let message = format!(
            "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: appid={app};oid={object};iss={issuer}\r\nAction: '{action}'\r\nResource: '{resource}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null \r\nVault: {name};location={location}\r\n"
        );
        return Err(forbidden(message, "ForbiddenByRbac"));
    }
    let mut policies = vault
        .policies
        .iter()
        .filter(|it| it.object_id.eq_ignore_ascii_case(object));
    let allows =
        |own: &String| own.eq_ignore_ascii_case(permission) || own.eq_ignore_ascii_case("all");
    if policies.any(|policy| policy.permissions.secrets.iter().any(allows)) {
        return Ok(());
    }
    let message = format!(
        "The user, group or application 'appid={app};oid={object};iss={issuer}' does not have secrets {permission} permission on key vault '{name};location={location}'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287"
    );
    Err(forbidden(message, "ForbiddenByPolicy"))
}

fn forbidden(message: String, inner: &'static str) -> Refusal {
    let mut refusal = Refusal::new(403, "Forbidden", message);
    refusal.inner = Some(inner);
    refusal
}

/// Adds secrets that are missing.
pub(super) fn plant(db: &mut Db, vault: &str, secrets: &BTreeMap<String, String>) {
    for (name, value) in secrets {
        let key = key(vault, name);
        if db.get_at_once::<String>(&key).is_none() {
            db.put(&key, value);
        }
    }
}
