//! A small Space that holds each kind of Azure, and a change of everything on it.

use serde_json::json;
use wip_sandbox::{Request, Seed};

use super::changed;
use crate::story::Story;

const TENANT: &str = "0b8c1f52-6a0d-4c6e-8f8e-5a1d4d0f7c21";
/// Whoever uses the sandbox.
const OPERATOR: &str = "5a0d4b0e-1f3c-4d27-9a55-0c1b7e9f2d10";
const SUBSCRIPTION: &str = "6f1c9c1e-3b0a-4c7e-9a61-2d5f0b7c8e11";

const SPACE: &str = r#"apiVersion: wip/v1alpha1
kind: Space
metadata: { name: small-azure, labels: { team: platform } }
spec:
  guardrails: { allowDestroy: true }
  clusters:
    - name: one
      aks: { tenant: 0b8c1f52-6a0d-4c6e-8f8e-5a1d4d0f7c21, subscription: 6f1c9c1e-3b0a-4c7e-9a61-2d5f0b7c8e11, resourceGroup: aks, cluster: one }
  controlPlanes:
    - { group: default, name: ctp1, hostNamespace: default-ctp1 }
  buckets:
    - blobContainer: { storageAccount: acmebackups, resourceGroup: data, container: made, create: true, onDestroy: delete }
  identities:
    reports:
      method: entraWorkloadIdentity
      workloads: [ { namespace: reports, serviceAccount: writer } ]
      application: { displayName: Reports }
      access:
        - blobContainer: { storageAccount: acmebackups, resourceGroup: data, container: made, allow: [read, list] }
    backup:
      method: entraWorkloadIdentity
      identity: { resourceGroup: ids, location: westeurope }
      access:
        - blobContainer: { storageAccount: acmebackups, resourceGroup: data, container: backups }
    billing:
      method: entraWorkloadIdentity
      identity: { resourceGroup: ids, location: westeurope, name: theirs, existing: reference }
      access:
        - blobContainer: { storageAccount: acmebackups, resourceGroup: data, container: usage }
        - keyVault: { vault: acme-theirs, resourceGroup: data }
    sharedSecrets:
      method: entraWorkloadIdentity
      identity: { resourceGroup: ids, location: westeurope }
      access:
        - keyVault: { vault: acme-roles, resourceGroup: data }
        - keyVault: { vault: acme-policies, resourceGroup: data }
"#;

/// What of the Space file changes into what.
///
/// An identity in another region is another one, and everything that is about it is made anew.
const CHANGES: [(&str, &str); 6] = [
    ("displayName: Reports", "displayName: Daily reports"),
    ("labels: { team: platform }", "labels: { owner: storage }"),
    (
        "name: ctp1, hostNamespace: default-ctp1",
        "name: ctp2, hostNamespace: default-ctp2",
    ),
    ("container: backups", "container: moved"),
    (
        "        - keyVault: { vault: acme-policies, resourceGroup: data }\n",
        "",
    ),
    (
        "    sharedSecrets:\n      method: entraWorkloadIdentity\n      identity: { resourceGroup: ids, location: westeurope }",
        "    sharedSecrets:\n      method: entraWorkloadIdentity\n      identity: { resourceGroup: ids, location: northeurope }",
    ),
];

/// The story of the small Space.
pub(super) fn story() -> Story {
    let changed = changed(SPACE, &CHANGES);
    Story {
        deeds: vec![reader()],
        ..Story::of("small-azure", foreign(), SPACE, &changed)
    }
}

/// Whoever runs wip may read what is in the storage account, so that wip may say that a container is empty.
fn reader() -> Request {
    let account = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/data/providers/Microsoft.Storage/storageAccounts/acmebackups"
    );
    let body = json!({ "properties": {
        "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
        "principalId": OPERATOR,
        "principalType": "User",
    } });
    let request = http::Request::builder()
        .method("PUT")
        .uri(format!("http://localhost/_azure/arm{account}/providers/Microsoft.Authorization/roleAssignments/2f6c4d80-7b1e-4a95-8d3c-6e0f9a5b7c41?api-version=2022-04-01"))
        .header("authorization", format!("Bearer sandbox:{TENANT}:{OPERATOR}"))
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes());
    request.expect("a request").into()
}

/// What belongs to others, beside and inside of what wip writes.
fn foreign() -> Seed {
    let vault = |name: &str, rbac: bool, policies: &[serde_json::Value]| {
        json!({
            "subscription": SUBSCRIPTION, "resource_group": "data", "name": name,
            "rbac": rbac, "access_policies": policies,
        })
    };
    let theirs = json!({
        "tenantId": TENANT, "objectId": "3e9a1d70-5b2c-4f18-8c6d-7a40f2e1b953",
        "permissions": { "secrets": ["get", "set"] },
    });
    let seed = json!({ "azure": {
        "subscriptions": [{ "id": SUBSCRIPTION, "tenant": TENANT }],
        "identities": [{ "subscription": SUBSCRIPTION, "resource_group": "ids", "name": "theirs" }],
        "storage_accounts": [{
            "subscription": SUBSCRIPTION, "resource_group": "data", "name": "acmebackups",
            "containers": ["backups", "moved", "usage"],
        }],
        "vaults": [vault("acme-roles", true, &[]), vault("acme-policies", false, &[theirs]), vault("acme-theirs", false, &[])],
    } });
    serde_json::from_value(seed).expect("a seed")
}
