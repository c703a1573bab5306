//! What cannot be wanted, and whose credentials are wrong: said before anything is written.

use serde_json::{Value, json};

use super::stage::{SUBSCRIPTION, Stage, TENANT, file, parse, text};

/// What is blocked in the Space of one control plane, each with its reason, and nothing that only waits for it.
async fn blocked(change: &dyn Fn(&mut Value)) -> Vec<(String, String)> {
    let stage = Stage::with(change);
    let plan = stage.plan(&file(0..1, "platform", true)).await;
    let all = plan.blocked.iter();
    all.map(|it| (it.address.to_string(), it.reason.clone()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_switch_that_is_off_is_named_with_the_command_that_turns_it_on() {
    for (field, flags) in [
        (
            "oidc_issuer",
            "--enable-oidc-issuer --enable-workload-identity",
        ),
        ("workload_identity", "--enable-workload-identity"),
    ] {
        let all = blocked(&|azure| azure["clusters"][0][field] = false.into()).await;
        assert_eq!(all.len(), 3, "{all:?}");
        for (address, reason) in all {
            assert!(
                address.starts_with("azure/federated-credential:"),
                "{address}"
            );
            let command = "az aks update --subscription 6f1c9c1e-3b0a-4c7e-9a61-2d5f0b7c8e11 --resource-group aks --name aks-1";
            assert!(reason.ends_with(&format!("{command} {flags}")), "{reason}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_blocks_only_what_needs_it() {
    for (change, address, words) in [
        (
            &(|azure: &mut Value| azure["storage_accounts"][0]["containers"] = json!([]))
                as &dyn Fn(&mut Value),
            "azure/role-assignment:prod-we/backup/acmebackups/backups",
            "there is no container backups in the storage account acmebackups",
        ),
        (
            &|azure| azure["vaults"] = json!([]),
            "azure/role-assignment:prod-we/sharedSecrets/acme-kv",
            "there is no key vault acme-kv",
        ),
    ] {
        let all = blocked(change).await;
        let [(at, reason)] = all.as_slice() else {
            panic!("{all:?}");
        };
        assert_eq!(at, address);
        assert!(reason.contains(words), "{reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_tenant_is_told_before_anything_else_is_asked() {
    let other = "5d9b6a41-1f0c-4a53-9d67-3c2b8e0f4a19";
    let stage = Stage::with(&|azure| azure["subscriptions"][0]["tenant"] = other.into());
    let space = file(0..1, "platform", true);
    let state = stage.state().await;
    let refused = wip_engine::check(&stage.clouds(&space), &space, &state).await;
    let wip_engine::EngineError::Mismatch(mismatch) = refused.expect_err("another tenant") else {
        panic!("no mismatch");
    };
    let words = format!(
        "azure {SUBSCRIPTION}: the file names tenant {TENANT}, and the subscription is in {other}"
    );
    assert_eq!(mismatch.to_string(), words);
    let log = stage.sandbox.log();
    let asked: Vec<&str> = log.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(asked, ["Subscriptions_Get"]);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_not_there_is_told_with_the_nearest_name() {
    for (role, words) in [
        (
            "Storage Blob Data Reder",
            Some("; did you mean `Storage Blob Data Reader`?"),
        ),
        (
            "Chief",
            Some(
                "; `az role definition list --subscription 6f1c9c1e-3b0a-4c7e-9a61-2d5f0b7c8e11 --query '[].roleName'` names those that there are",
            ),
        ),
        (
            "12345678-1234-4123-8123-123456789012",
            Some(
                "; `az role definition list --subscription 6f1c9c1e-3b0a-4c7e-9a61-2d5f0b7c8e11 --query '[].roleName'` names those that there are",
            ),
        ),
        ("Key Vault Reader", None),
        ("21090545-7ca7-4776-b22c-e363652d74d2", None),
    ] {
        let stage = Stage::with(&|_| {});
        let scope = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/data");
        let app = format!(
            "    app: {{ method: entraWorkloadIdentity, workloads: [{{ namespace: app, serviceAccount: app }}], identity: \
             {{ resourceGroup: ids, location: westeurope }}, access: [{{ azureRole: {{ role: {role}, scope: {scope} }} }}] }}\n"
        );
        let plan = stage
            .plan(&parse(&(text(0..1, "platform", false) + &app)))
            .await;
        let said: Vec<&str> = plan.blocked.iter().map(|it| it.reason.as_str()).collect();
        match words {
            None => assert!(said.is_empty(), "{said:?}"),
            Some(words) => {
                let whole =
                    format!("there is no role `{role}` in subscription {SUBSCRIPTION}{words}");
                assert_eq!(said, [whole]);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_with_a_condition_is_left_alone() {
    let stage = Stage::new();
    let space = file(0..1, "platform", false);
    stage.bring(&space).await;
    let address = "azure/role-assignment:prod-we/backup/acmebackups/backups".parse();
    let address = address.expect("an address");
    let state = stage.state().await;
    let identity = "azure/identity:prod-we/backup".parse().expect("an address");
    let id = state.resources[&address].id.clone().expect("an id");
    let role = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
    let condition = "((!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'})))";
    let body = json!({ "properties": {
        "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{role}"),
        "principalId": state.resources[&identity].given["principalId"],
        "principalType": "ServicePrincipal",
        "condition": condition,
        "conditionVersion": "2.0",
    } });
    stage.somebody(
        "PUT",
        &format!("/_azure/arm{id}?api-version=2022-04-01"),
        &body,
    );
    let plan = stage.plan(&space).await;
    let [blocked] = plan.blocked.as_slice() else {
        panic!("{:?}", plan.blocked);
    };
    assert_eq!(blocked.address, address);
    for part in ["has a condition", id.as_str(), condition] {
        assert!(blocked.reason.contains(part), "{}", blocked.reason);
    }
    assert!(plan.steps.is_empty());
}
