//! Every kind through its whole life, and identities that somebody makes again.

use std::collections::BTreeSet;

use serde_json::json;
use wip_conformance::{Life, Lived};
use wip_plan::Action;
use wip_provider::Cloud as _;
use wip_space::Space;

use super::stage::{
    IDENTITY, LINEAGE, READER, SUBSCRIPTION, Stage, TENANT, applications, file, identity, parse,
    signing_in_as, text,
};
use crate::Azure;

#[tokio::test(start_paused = true)]
async fn every_kind_is_made_read_changed_and_deleted() {
    let container = "  buckets:\n    - blobContainer: { storageAccount: acmeusage, resourceGroup: data, container: usage, \
                     create: true, onDestroy: delete }\n";
    let mut made = BTreeSet::new();
    for (principal, kind) in [
        (IDENTITY, "azure/identity"),
        ("application: { displayName: Acme }", "azure/application"),
    ] {
        let of = |label: &str| parse(&(signing_in_as(principal, 0..2, label, true) + container));
        let (first, second) = (of("platform"), of("other"));
        // Role assignments decide in one vault, access policies in the other.
        for rbac in [true, false] {
            let stage = Stage::with(&|azure| {
                azure["vaults"][0]["rbac"] = rbac.into();
                azure["storage_accounts"][1]["containers"] = json!([]);
            });
            stage.may("acmeusage", READER);
            let lived = lead(&stage, &first, &second).await;
            // Nothing of the others can be changed but what makes them anew.
            assert_eq!(lived.changed, BTreeSet::from([kind.to_owned()]));
            made.extend(lived.made);
        }
    }
    let all: BTreeSet<String> = Azure::kinds()
        .iter()
        .map(|kind| kind.info().name.to_owned())
        // Which nobody makes: its life is the next test's.
        .filter(|kind| kind != "azure/existing-identity")
        .collect();
    assert_eq!(made, all);
}

#[tokio::test(start_paused = true)]
async fn what_the_space_made_is_not_referred_to_by_it() {
    let stage = Stage::new();
    stage.bring(&file(0..1, "platform", false)).await;
    let own = "location: westeurope, existing: reference }";
    let text = text(0..1, "platform", false).replacen("location: westeurope }", own, 1);
    let plan = stage.plan(&parse(&text)).await;
    let mut blocked = plan.blocked.iter();
    let address = "azure/existing-identity:prod-we/backup";
    let found = blocked.find(|it| it.address.to_string() == address);
    let reason = &found.expect("it is blocked").reason;
    let way_out = "`wip state forget azure/identity:prod-we/backup`";
    assert!(reason.contains(way_out), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn an_identity_that_the_file_refers_to_is_known_by_its_ids_and_is_never_written() {
    let stage = Stage::with(&|azure| {
        azure["identities"] = json!([
            { "subscription": SUBSCRIPTION, "resource_group": "ids", "name": "theirs" },
        ]);
    });
    let there = |name: &str| {
        let text = text(0..1, "platform", false);
        let own = format!("location: westeurope, name: {name}, existing: reference }}");
        parse(&text.replacen("location: westeurope }", &own, 1))
    };
    let space = there("theirs");
    stage.bring(&space).await;
    let address = "azure/existing-identity:prod-we/backup".parse();
    let address = address.expect("an address");
    let owned = stage.state().await.resources[&address].clone();
    assert_eq!(owned.relation, wip_plan::Relation::Shared);
    assert_eq!(owned.id, owned.given.get("principalId").cloned());
    // Made again by hand, it has other ids.
    let theirs = identity("backup").replace("prod-we-backup", "theirs");
    let path = format!("/_azure/arm{theirs}?api-version=2023-01-31");
    stage.somebody("DELETE", &path, &json!({}));
    let said: Vec<String> = stage
        .plan(&space)
        .await
        .blocked
        .iter()
        .map(|it| it.reason.clone())
        .collect();
    let words = "there is no managed identity theirs in the resource group ids, and the file only refers to it";
    assert!(said.iter().any(|why| why == words), "{said:?}");
    stage.somebody("PUT", &path, &json!({ "location": "westeurope" }));
    stage.bring(&space).await;
    let again = stage.state().await.resources[&address].clone();
    assert_ne!(again.given["clientId"], owned.given["clientId"]);
    // Nothing of it goes with the rest.
    stage.bring(&file(0..1, "platform", false)).await;
    assert!(!stage.state().await.resources.contains_key(&address));
    assert!(stage.sandbox.dump().contains("/theirs\""), "it stays");
    let log = stage.sandbox.log();
    let of_theirs = log
        .iter()
        .filter(|call| call.resource.as_deref() == Some("theirs"))
        .map(|call| call.operation.as_str())
        .filter(|operation| operation.starts_with("UserAssignedIdentities_"))
        .filter(|operation| *operation != "UserAssignedIdentities_Get");
    let somebodys = [
        "UserAssignedIdentities_Delete",
        "UserAssignedIdentities_CreateOrUpdate",
    ];
    assert_eq!(of_theirs.collect::<Vec<_>>(), somebodys);
}

/// A whole life of everything.
async fn lead(stage: &Stage, first: &Space, second: &Space) -> Lived {
    let before = stage.sandbox.dump();
    let driver = stage.driver(first);
    let life = Life {
        driver: &driver,
        space: first,
        changed: second,
        lineage: LINEAGE,
    };
    let lived = life.lead().await.expect("a whole life");
    assert_eq!(stage.sandbox.dump(), before, "nothing is left");
    lived
}

#[tokio::test(start_paused = true)]
async fn the_state_knows_what_azure_made_of_an_identity() {
    let stage = Stage::new();
    let space = file(0..1, "platform", true);
    stage.bring(&space).await;
    let state = stage.state().await;
    for (address, owned) in &state.resources {
        let names: Vec<&str> = owned.given.keys().map(String::as_str).collect();
        match address.kind() {
            "azure/identity" => assert_eq!(names, ["clientId", "principalId"]),
            _ => assert!(names.is_empty(), "{address}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_identity_that_was_made_again_by_hand_gets_everything_again() {
    let stage = Stage::new();
    let space = file(0..2, "platform", true);
    stage.bring(&space).await;
    let old = stage.state().await;
    // Somebody deletes it and makes it again, tags and all: same name, another principal.
    let path = format!("/_azure/arm{}?api-version=2023-01-31", identity("backup"));
    let tags = json!({
        "team": "platform",
        "wip-space": "prod-we",
        "wip-lineage": LINEAGE,
        "wip-address": "azure/identity:prod-we/backup",
    });
    stage.somebody("DELETE", &path, &json!({}));
    stage.somebody(
        "PUT",
        &path,
        &json!({ "location": "westeurope", "tags": tags }),
    );
    let plan = stage.plan(&space).await;
    let steps: BTreeSet<(String, Action, bool)> = plan
        .steps
        .iter()
        .map(|step| (step.address.to_string(), step.action, step.replace))
        .collect();
    let step = |address: &str, action, replace| (address.to_owned(), action, replace);
    let credential =
        |n: usize| format!("azure/federated-credential:prod-we/aks-1/ns{n:02}/mxp-controller");
    let assignment = "azure/role-assignment:prod-we/backup/acmebackups/backups";
    assert_eq!(
        steps,
        BTreeSet::from([
            step("azure/identity:prod-we/backup", Action::Adopt, false),
            step(&credential(0), Action::Create, false),
            step(&credential(1), Action::Create, false),
            step(assignment, Action::Create, true),
            step(assignment, Action::Delete, true),
        ])
    );
    stage.bring(&space).await;
    let address = "azure/identity:prod-we/backup".parse().expect("an address");
    let new = stage.state().await;
    assert_ne!(new.resources[&address].given, old.resources[&address].given);
}

#[tokio::test(start_paused = true)]
async fn a_look_at_what_is_as_it_should_be_costs_few_requests() {
    for space in [
        file(0..20, "platform", true),
        applications(0..20, "platform", true),
    ] {
        let stage = Stage::new();
        stage.bring(&space).await;
        stage.sandbox.clear_log();
        assert!(stage.plan(&space).await.is_empty());
        let calls = stage.sandbox.log().len();
        // Four for each identity, three for each distinct target, and five.
        assert!(calls <= 3 * 4 + 3 * 3 + 5, "{calls}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_assignment_that_somebody_made_is_shared_and_stays() {
    let stage = Stage::new();
    let space = file(0..1, "platform", false);
    stage.bring(&space).await;
    // Somebody's own assignment in the place of ours.
    let state = stage.state().await;
    let address = "azure/role-assignment:prod-we/backup/acmebackups/backups".parse();
    let address = address.expect("an address");
    let ours = state.resources[&address].id.clone().expect("an id");
    let principal = "azure/identity:prod-we/backup".parse().expect("an address");
    let principal = &state.resources[&principal].given["principalId"];
    stage.somebody(
        "DELETE",
        &format!("/_azure/arm{ours}?api-version=2022-04-01"),
        &json!({}),
    );
    let (collection, _) = ours.rsplit_once('/').expect("a collection");
    let theirs = format!("{collection}/7d0f3a52-4c1e-4f6b-9a35-1e8c2b6d4f70");
    let path = format!("/_azure/arm{theirs}?api-version=2022-04-01");
    let role = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
    let body = json!({ "properties": {
        "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{role}"),
        "principalId": principal,
        "principalType": "ServicePrincipal",
    } });
    stage.somebody("PUT", &path, &body);
    stage.bring(&space).await;
    let owned = &stage.state().await.resources[&address];
    assert_eq!(owned.relation, wip_plan::Relation::Shared);
    assert_eq!(owned.id.as_deref(), Some(theirs.as_str()));
}

#[tokio::test(start_paused = true)]
async fn a_wide_look_finds_identities_that_the_file_does_not_name() {
    let stage = Stage::new();
    stage.bring(&file(0..1, "platform", true)).await;
    let less = file(0..1, "platform", false);
    let marked = wip_engine::marked(&stage.clouds(&less), &less).await;
    let lineages = marked.expect("marks").lineages;
    let found: Vec<String> = lineages[LINEAGE]
        .iter()
        .filter(|address| address.kind() == "azure/identity")
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        found,
        ["backup", "billing", "sharedSecrets"].map(|name| format!("azure/identity:prod-we/{name}"))
    );
}

#[tokio::test(start_paused = true)]
async fn where_access_policies_decide_only_ours_is_written() {
    let theirs = json!({
        "tenantId": TENANT,
        "objectId": "1d4c9b70-8e2f-4a63-b5d1-6f0a3c7e2b98",
        "permissions": { "secrets": ["all"], "keys": ["get"] },
    });
    let stage = Stage::with(&|azure| {
        azure["vaults"][0]["rbac"] = false.into();
        azure["vaults"][0]["access_policies"] = json!([theirs]);
    });
    let space = file(0..1, "platform", true);
    stage.bring(&space).await;
    let state = stage.state().await;
    let kinds: BTreeSet<&str> = state
        .resources
        .keys()
        .map(|address| address.kind())
        .collect();
    assert!(kinds.contains("azure/key-vault-access-policy"), "{kinds:?}");
    let address = "azure/role-assignment:prod-we/sharedSecrets/acme-kv"
        .parse()
        .expect("an address");
    assert!(!state.resources.contains_key(&address));
    let dump = stage.sandbox.dump().to_string();
    assert!(
        dump.contains("1d4c9b70-8e2f-4a63-b5d1-6f0a3c7e2b98"),
        "somebody else's policy stays"
    );
    // More than ours for our identity is drift, and is taken away again.
    let principal = "azure/identity:prod-we/sharedSecrets"
        .parse()
        .expect("an address");
    let more = json!({ "properties": { "accessPolicies": [{
        "tenantId": TENANT,
        "objectId": state.resources[&principal].given["principalId"],
        "permissions": { "secrets": ["set"] },
    }] } });
    let vault = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/data/providers/Microsoft.KeyVault/vaults/acme-kv"
    );
    let path = format!("/_azure/arm{vault}/accessPolicies/add?api-version=2023-07-01");
    stage.somebody("PUT", &path, &more);
    assert_eq!(stage.plan(&space).await.steps.len(), 1);
    stage.bring(&space).await;
    // Without the vault in the file ours goes, and theirs stays.
    stage.bring(&file(0..1, "platform", false)).await;
    let log = stage.sandbox.log();
    let writes: BTreeSet<&str> = log
        .iter()
        .map(|call| call.operation.as_str())
        .filter(|operation| operation.starts_with("Vaults_") && *operation != "Vaults_Get")
        .collect();
    assert_eq!(writes, BTreeSet::from(["Vaults_UpdateAccessPolicy"]));
}
