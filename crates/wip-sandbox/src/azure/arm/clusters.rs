//! AKS clusters: of each only what workload identity needs.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::not_found;
use super::path::Target;
use super::subscriptions;
use crate::azure::CLUSTERS;
use crate::azure::call::{Call, Refusal, result, uuid};
use crate::azure::seed::AksSeed;
use crate::db::Db;
use crate::http::{Answer, Request};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cluster {
    name: String,
    group: String,
    location: String,
    /// With its trailing slash; empty where the issuer is switched off.
    issuer: String,
    workload_identity: bool,
}

fn key(subscription: &str, group: &str, name: &str) -> String {
    format!("{CLUSTERS}{subscription}/{group}/{name}").to_lowercase()
}

/// Source: `ManagedClusters_Get` in the REST specification of Microsoft.ContainerService (`oidcIssuerProfile`, `securityProfile.workloadIdentity`).
pub(super) fn get(call: &mut Call<'_>, _: &Request, target: &Target) -> Result<Answer, Refusal> {
    let subscription = target.subscription().unwrap_or_default();
    let group = target.group().unwrap_or_default();
    let cluster: Cluster = call
        .db
        .get(&key(subscription, group, target.name(0)))
        .ok_or_else(|| not_found(target))?;
    let Cluster {
        name,
        group,
        location,
        issuer,
        workload_identity,
    } = cluster;
    let mut oidc = json!({ "enabled": !issuer.is_empty() });
    if !issuer.is_empty() {
        oidc["issuerURL"] = issuer.into();
    }
    let body = json!({
        "id": format!("/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.ContainerService/managedClusters/{name}"),
        "name": name,
        "type": "Microsoft.ContainerService/ManagedClusters",
        "location": location,
        "properties": {
            "provisioningState": "Succeeded",
            "powerState": { "code": "Running" },
            "oidcIssuerProfile": oidc,
            "securityProfile": { "workloadIdentity": { "enabled": workload_identity } },
        },
    });
    Ok(result(call, 200, &body))
}

/// Who issues the tokens of a cluster.
pub(crate) fn issuer_of(db: &Db, subscription: &str, group: &str, name: &str) -> Option<String> {
    let cluster: Cluster = db.get_at_once(&key(subscription, group, name))?;
    Some(cluster.issuer)
}

/// Adds a cluster that is missing, and its group.
///
/// Source of the issuer's form: Azure/azure-workload-identity#340 and external-secrets/external-secrets#2783: region, tenant, a UUID, a trailing slash.
pub(crate) fn plant(db: &mut Db, seed: &AksSeed) {
    let location = seed.location.as_deref().unwrap_or("westeurope");
    super::groups::plant(db, &seed.subscription, &seed.resource_group, location);
    let key = key(&seed.subscription, &seed.resource_group, &seed.name);
    if db.get_at_once::<Value>(&key).is_some() {
        return;
    }
    let tenant = subscriptions::find(db, &seed.subscription).map_or(String::new(), |it| it.tenant);
    let made = || {
        let id = uuid(&["azure", "issuer", &key]);
        format!("https://{location}.oic.prod-aks.azure.com/{tenant}/{id}/")
    };
    let issuer = if seed.oidc_issuer {
        seed.issuer.clone().unwrap_or_else(made)
    } else {
        String::new()
    };
    let record = Cluster {
        name: seed.name.clone(),
        group: seed.resource_group.clone(),
        location: location.to_owned(),
        issuer,
        workload_identity: seed.workload_identity,
    };
    db.put(&key, &record);
}
