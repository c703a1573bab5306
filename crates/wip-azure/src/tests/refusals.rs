//! What cannot be wanted, and whose credentials are wrong: said before anything is written.

use serde_json::{Value, json};

use super::stage::{SUBSCRIPTION, Stage, TENANT, file};

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
    let refused = refused.expect_err("another tenant");
    let words = std::error::Error::source(&refused)
        .expect("a cause")
        .to_string();
    for part in [SUBSCRIPTION, TENANT, other] {
        assert!(words.contains(part), "{words}");
    }
    let log = stage.sandbox.log();
    let asked: Vec<&str> = log.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(asked, ["Subscriptions_Get"]);
}
