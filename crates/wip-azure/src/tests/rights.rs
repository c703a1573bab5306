//! What wip needs for itself: every call has its action, and roles are as narrow as the file lets them be.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use wip_provider::RoleDefinition;
use wip_space::{EntraPrincipal, Space};

use super::stage::{SUBSCRIPTION, TENANT};
use crate::rights::{all, rights};

/// Another subscription.
const OTHER: &str = "0a1b2c3d-3b0a-4c7e-9a61-2d5f0b7c8e11";

/// A Space whose runs may make every call that there is; `more` is access of its one identity.
fn space(more: &str) -> Space {
    let text = format!(
        "apiVersion: wip/v1alpha1\nkind: Space\nmetadata: {{ name: demo }}\nspec:\n  clusters:\n    - name: aks-1\n      \
         aks: {{ tenant: {TENANT}, subscription: {SUBSCRIPTION}, resourceGroup: aks, cluster: aks-1 }}\n  identities:\n    app:\n      \
         method: entraWorkloadIdentity\n      workloads: [{{ namespace: app, serviceAccount: app }}]\n      \
         identity: {{ resourceGroup: Ids, location: westeurope }}\n      access:\n        \
         - blobContainer: {{ storageAccount: acmedata, resourceGroup: data, container: own, allow: [read, list] }}\n        \
         - blobContainer: {{ storageAccount: acmefar, resourceGroup: far, container: far, subscription: {OTHER}, allow: [read, write, list, delete] }}\n{more}"
    );
    wip_space::parse("space.yaml", text.as_bytes()).unwrap_or_else(|problems| {
        panic!(
            "{}",
            wip_space::render(&problems, "space.yaml", text.as_bytes(), false)
        )
    })
}

fn everything() -> Space {
    space(&format!(
        "        - keyVault: {{ vault: acme-kv, resourceGroup: secrets }}\n        \
         - azureRole: {{ role: Reader, scope: /subscriptions/{SUBSCRIPTION}/resourceGroups/data }}\n  \
         buckets:\n    - blobContainer: {{ storageAccount: acmemade, resourceGroup: made, container: own, create: true, onDestroy: delete, \
         subscription: {SUBSCRIPTION} }}\n"
    ))
}

/// The names of the calls that the clients make, as the sources have them.
fn calls(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("tests") {
            calls(&path, found);
        } else if path.is_file() && !path.ends_with("rights.rs") {
            let text = fs::read_to_string(&path).expect("a source");
            for api in ["arm:", "blob:"] {
                let start = format!("\"{api}");
                let names = text
                    .split(start.as_str())
                    .skip(1)
                    .filter_map(|rest| rest.split('"').next());
                found.extend(names.map(|name| format!("{api}{name}")));
            }
        }
    }
}

#[test]
fn every_call_has_its_action_and_every_action_its_call() {
    let mut made = BTreeSet::new();
    calls(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut made,
    );
    assert!(made.len() > 15, "{made:?}");
    // Of wide looks, for `wip state rebuild`.
    assert!(made.remove("arm:UserAssignedIdentities_ListBySubscription"));
    assert!(made.remove("arm:BlobContainers_List"));
    let given = all(&everything());
    for right in &given {
        assert_ne!(right.action(), "", "{}", right.call);
    }
    let given: BTreeSet<String> = given.iter().map(|right| right.call.to_owned()).collect();
    assert_eq!(made, given);
}

/// Scope and actions of each role.
fn told(roles: &[RoleDefinition]) -> Vec<(String, Vec<String>)> {
    let told = roles.iter().map(|role| {
        let document: Value = serde_json::from_str(&role.json).expect("JSON");
        assert_eq!(
            document["AssignableScopes"],
            serde_json::json!([role.scope])
        );
        assert_eq!(document["Name"], role.name.as_str());
        let actions = document["Actions"].as_array().expect("actions");
        let actions = actions
            .iter()
            .map(|it| it.as_str().expect("a text").to_owned());
        (role.scope.clone(), actions.collect())
    });
    told.collect()
}

#[test]
fn each_scope_has_what_is_needed_there() {
    let needed = rights(&everything());
    let own = &needed[SUBSCRIPTION];
    let whole = format!("/subscriptions/{SUBSCRIPTION}");
    let group = |name: &str| format!("{whole}/resourceGroups/{name}");
    let actions = |texts: &[&str]| -> Vec<String> {
        texts
            .iter()
            .map(|text| format!("Microsoft.{text}"))
            .collect()
    };
    assert_eq!(
        told(&own.plan),
        [
            (
                whole.clone(),
                actions(&[
                    "Authorization/roleAssignments/read",
                    "Authorization/roleDefinitions/read",
                    "Resources/subscriptions/read",
                ])
            ),
            (
                group("aks"),
                actions(&["ContainerService/managedClusters/read"])
            ),
            (
                group("data"),
                actions(&[
                    "Authorization/roleAssignments/read",
                    "Storage/storageAccounts/blobServices/containers/read",
                ])
            ),
            (
                group("ids"),
                actions(&[
                    "ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read",
                    "ManagedIdentity/userAssignedIdentities/read",
                ])
            ),
            (
                group("made"),
                actions(&[
                    "Storage/storageAccounts/blobServices/containers/read",
                    "Storage/storageAccounts/read",
                ])
            ),
            (
                group("secrets"),
                actions(&["Authorization/roleAssignments/read", "KeyVault/vaults/read"])
            ),
        ]
    );
    // Whether it is empty only its data say.
    let made = own.plan.iter().find(|role| role.scope == group("made"));
    let made: Value = serde_json::from_str(&made.expect("a role").json).expect("JSON");
    let blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
    assert_eq!(made["DataActions"], serde_json::json!([blobs]));
    let writes: Vec<String> = told(&own.apply)
        .into_iter()
        .map(|(scope, _)| scope)
        .collect();
    let groups = ["data", "ids", "made", "secrets"].map(group);
    assert_eq!(writes, groups);
    // Nothing is made in the other subscription but assignments.
    assert_eq!(
        told(&needed[OTHER].apply),
        [(
            format!("/subscriptions/{OTHER}/resourceGroups/far"),
            actions(&[
                "Authorization/roleAssignments/delete",
                "Authorization/roleAssignments/write",
            ])
        )]
    );
    for role in needed.values().flat_map(|needed| &needed.plan) {
        for (_, actions) in told(std::slice::from_ref(role)) {
            assert!(
                actions.iter().all(|it| it.ends_with("/read")),
                "{actions:?}"
            );
        }
    }
}

#[test]
fn an_assignment_of_roles_is_limited_where_the_file_knows_them() {
    let condition = |space: &Space, group: &str| {
        let needed = rights(space);
        let mut roles = needed.values().flat_map(|needed| &needed.apply);
        let role = roles.find(|role| role.scope.ends_with(group));
        role.expect("a role").condition.clone()
    };
    let plain = space("");
    let data = condition(&plain, "/data").expect("a condition");
    assert!(
        data.contains("GuidEquals {2a2b9908-6ea1-4ae2-8e65-a410df84e7d1}"),
        "{data}"
    );
    let far = condition(&plain, "/far").expect("a condition");
    assert!(
        far.contains("GuidEquals {ba92f5b4-2d11-453d-a403-e96b0029c9fe}"),
        "{far}"
    );
    assert_eq!(condition(&plain, "/ids"), None);
    // Which role `Reader` is, only Azure knows.
    assert_eq!(condition(&everything(), "/data"), None);
}

#[test]
fn an_identity_that_is_there_is_not_written() {
    let file = everything();
    let made = rights(&file);
    let of = |needed: &std::collections::BTreeMap<String, wip_provider::RoleRights>| {
        let roles = told(&needed[SUBSCRIPTION].apply);
        let ids = roles.into_iter().find(|(scope, _)| scope.ends_with("/ids"));
        ids.expect("a role").1
    };
    let identity = "Microsoft.ManagedIdentity/userAssignedIdentities/write".to_owned();
    assert!(of(&made).contains(&identity));
    let mut referred = file;
    let EntraPrincipal::Managed(managed) = &mut referred.entra[0].principal else {
        panic!("a managed identity");
    };
    managed.is_made = false;
    let needed = rights(&referred);
    assert!(!of(&needed).contains(&identity));
    assert_eq!(of(&needed).len(), 2);
}
