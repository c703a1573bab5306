//! Key vaults: who decides about their secrets, and the access policies.
//!
//! Sources: `Vaults_*` in the REST specification of Microsoft.KeyVault (what is required, the permissions, `add`, `replace` and `remove`); Azure/AzureKeyVault#6 (`ConflictError` where two write at once); the tests of the Azure CLI (`An invalid value was provided for 'accessPolicies'.`). The words for a name that is taken are ours.
//! `add` gives an object more permissions, `replace` gives it these instead of its others, `remove` takes these away from it: as the Terraform provider for Azure uses them.
//! Not here: the secrets (`vault.rs`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::path::Target;
use super::{bad, not_found, subscriptions};
use crate::azure::call::{Call, Refusal, body, is_uuid, result};
use crate::azure::seed::VaultSeed;
use crate::db::Db;
use crate::http::{Answer, Request};

/// Where vaults are; names are unique in all of Azure.
pub(super) const PREFIX: &str = "azure/vault/";

/// A vault.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Vault {
    pub(crate) subscription: String,
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) location: String,
    pub(crate) tenant: String,
    /// Whether role assignments decide, and not access policies.
    pub(crate) rbac: bool,
    pub(crate) policies: Vec<Policy>,
}

/// What one object may do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Policy {
    pub(crate) tenant_id: String,
    pub(crate) object_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) application_id: Option<String>,
    pub(crate) permissions: Permissions,
}

/// Permissions by what they are about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Permissions {
    keys: Vec<String>,
    pub(crate) secrets: Vec<String>,
    certificates: Vec<String>,
    storage: Vec<String>,
}

impl Permissions {
    fn lists(&mut self) -> [&mut Vec<String>; 4] {
        [
            &mut self.keys,
            &mut self.secrets,
            &mut self.certificates,
            &mut self.storage,
        ]
    }

    fn are_none(&mut self) -> bool {
        self.lists().iter().all(|list| list.is_empty())
    }
}

impl Vault {
    /// The resource id.
    pub(crate) fn id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.KeyVault/vaults/{}",
            self.subscription, self.group, self.name
        )
    }

    fn shown(&self) -> Value {
        json!({
            "id": self.id(),
            "name": self.name,
            "type": "Microsoft.KeyVault/vaults",
            "location": self.location,
            "tags": {},
            "properties": {
                "tenantId": self.tenant,
                "sku": { "family": "A", "name": "standard" },
                "accessPolicies": self.policies,
                "enabledForDeployment": false,
                "enableSoftDelete": true,
                "enableRbacAuthorization": self.rbac,
                "vaultUri": format!("https://{}.vault.azure.net/", self.name),
                "provisioningState": "Succeeded",
                "publicNetworkAccess": "Enabled",
            },
        })
    }
}

fn key(name: &str) -> String {
    format!("{PREFIX}{}", name.to_lowercase())
}

/// The vault of a name, wherever it is.
pub(crate) fn named(db: &Db, name: &str) -> Option<Vault> {
    db.get(&key(name))
}

fn is_at(vault: &Vault, target: &Target) -> bool {
    target
        .subscription()
        .is_some_and(|id| id.eq_ignore_ascii_case(&vault.subscription))
        && target
            .group()
            .is_some_and(|name| name.eq_ignore_ascii_case(&vault.group))
}

fn find(call: &Call<'_>, target: &Target) -> Result<Vault, Refusal> {
    named(call.db, target.name(0))
        .filter(|vault| is_at(vault, target))
        .ok_or_else(|| not_found(&target.outermost()))
}

pub(super) fn get(call: &mut Call<'_>, _: &Request, target: &Target) -> Result<Answer, Refusal> {
    let vault = find(call, target)?;
    Ok(result(call, 200, &vault.shown()))
}

/// Writes a whole vault, with what it had before gone: who does that to a vault with access policies has lost them.
pub(super) fn put(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let name = target.name(0);
    begin_write(call, name)?;
    let existing = call.db.get_at_once::<Vault>(&key(name));
    if existing.as_ref().is_some_and(|vault| !is_at(vault, target)) {
        let message = format!(
            "The vault name '{name}' is already in use. Vault names are globally unique so it is possible that the name is already taken."
        );
        return Err(Refusal::new(409, "VaultAlreadyExists", message));
    }
    let body = body(request)?;
    let properties = body.get("properties").cloned().unwrap_or_default();
    let Some(location) = body.get("location").and_then(Value::as_str) else {
        return Err(Refusal::new(
            400,
            "LocationRequired",
            "The location property is required for this definition.",
        ));
    };
    let subscription = target.subscription().unwrap_or_default().to_owned();
    let tenant = subscriptions::find(call.db, &subscription)?.tenant;
    if properties["tenantId"].as_str() != Some(tenant.as_str())
        || properties["sku"]["name"].is_null()
    {
        return Err(bad(
            "The parameters 'tenantId' and 'sku' have no values, or invalid ones.",
        ));
    }
    let policies = policies(&properties["accessPolicies"], &tenant)?;
    let vault = Vault {
        subscription,
        group: target.group().unwrap_or_default().to_owned(),
        name: existing
            .as_ref()
            .map_or(name, |vault| &vault.name)
            .to_owned(),
        location: location.replace(' ', "").to_lowercase(),
        tenant,
        rbac: properties["enableRbacAuthorization"]
            .as_bool()
            .unwrap_or(false),
        policies,
    };
    call.db.put(&key(name), &vault);
    let status = if existing.is_some() { 200 } else { 201 };
    Ok(result(call, status, &vault.shown()))
}

pub(super) fn put_policies(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let mut vault = find(call, target)?;
    begin_write(call, &vault.name)?;
    let body = body(request)?;
    let asked = policies(
        &body.get("properties").cloned().unwrap_or_default()["accessPolicies"],
        &vault.tenant,
    )?;
    let kind = target.name(1).to_lowercase();
    if asked.is_empty() || !["add", "replace", "remove"].contains(&kind.as_str()) {
        return Err(invalid());
    }
    for policy in &asked {
        let at = vault.policies.iter().position(|own| is_for(own, policy));
        match (kind.as_str(), at) {
            ("remove", None) => {}
            ("remove", Some(at)) => {
                let own = &mut vault.policies[at];
                let mut gone = policy.permissions.clone();
                for (own, gone) in own.permissions.lists().into_iter().zip(gone.lists()) {
                    own.retain(|name| !gone.iter().any(|other| other.eq_ignore_ascii_case(name)));
                }
                if own.permissions.are_none() {
                    vault.policies.remove(at);
                }
            }
            (_, None) => vault.policies.push(policy.clone()),
            ("replace", Some(at)) => vault.policies[at] = policy.clone(),
            (_, Some(at)) => {
                let mut more = policy.permissions.clone();
                let own = vault.policies[at].permissions.lists();
                for (own, more) in own.into_iter().zip(more.lists()) {
                    more.retain(|name| !own.iter().any(|other| other.eq_ignore_ascii_case(name)));
                    own.append(more);
                }
            }
        }
    }
    call.db.put(&key(&vault.name), &vault);
    let left: Vec<&Policy> = vault
        .policies
        .iter()
        .filter(|own| asked.iter().any(|it| is_for(own, it)))
        .collect();
    let body = json!({
        "id": format!("{}/accessPolicies/", vault.id()),
        "type": "Microsoft.KeyVault/vaults/accessPolicies",
        "location": vault.location,
        "properties": { "accessPolicies": left },
    });
    Ok(result(call, 200, &body))
}

fn is_for(one: &Policy, other: &Policy) -> bool {
    one.object_id.eq_ignore_ascii_case(&other.object_id)
        && one.application_id == other.application_id
}

fn invalid() -> Refusal {
    bad("An invalid value was provided for 'accessPolicies'.")
}

const OF_SECRETS: [&str; 9] = [
    "all", "get", "list", "set", "delete", "backup", "restore", "recover", "purge",
];

/// The policies of a body; of the vault's tenant, for objects with ids, with permissions that there are.
fn policies(value: &Value, tenant: &str) -> Result<Vec<Policy>, Refusal> {
    if value.is_null() {
        return Ok(Vec::new());
    }
    let policies: Vec<Policy> = serde_json::from_value(value.clone()).map_err(|_| invalid())?;
    let fits = |policy: &Policy| {
        policy.tenant_id.eq_ignore_ascii_case(tenant)
            && is_uuid(&policy.object_id)
            && policy
                .permissions
                .secrets
                .iter()
                .all(|name| OF_SECRETS.contains(&name.to_lowercase().as_str()))
    };
    if policies.iter().all(fits) {
        Ok(policies)
    } else {
        Err(invalid())
    }
}

/// Refuses a write while another of the same vault is under way.
fn begin_write(call: &mut Call<'_>, name: &str) -> Result<(), Refusal> {
    let held = key(name);
    if call.moment.is_held(&held) {
        return Err(Refusal::new(
            409,
            "ConflictError",
            "A conflict occurred that prevented the operation from completing. The operation failed because the Key Vault changed from the point the operation began. This can happen if parallel operations are being performed on the Key Vault. To prevent this error, serialize the operations so that only one operation is performed on the Key Vault at a time.",
        ));
    }
    call.holds = Some(held);
    Ok(())
}

/// Adds a vault that is missing, its group and its secrets.
pub(crate) fn plant(db: &mut Db, seed: &VaultSeed) {
    let location = seed.location.as_deref().unwrap_or("westeurope");
    super::groups::plant(db, &seed.subscription, &seed.resource_group, location);
    let key = key(&seed.name);
    if db.get_at_once::<Value>(&key).is_none() {
        let tenant =
            subscriptions::find(db, &seed.subscription).map_or(String::new(), |it| it.tenant);
        let policies =
            policies(&Value::from(seed.access_policies.clone()), &tenant).unwrap_or_default();
        let record = Vault {
            subscription: seed.subscription.clone(),
            group: seed.resource_group.clone(),
            name: seed.name.clone(),
            location: location.to_owned(),
            tenant,
            rbac: seed.rbac,
            policies,
        };
        db.put(&key, &record);
    }
    crate::azure::vault::plant(db, &seed.name, &seed.secrets);
}
