//! Role assignments that bear our mark and that neither the file nor the state means.

use serde_json::json;
use wip_plan::Plan;

use super::stage::{LINEAGE, READER, SUBSCRIPTION, Stage, file};

const GONE: &str = "6e2b0c94-1f7d-4a38-9b5e-0c3d8f6a7e21";

/// Makes an assignment by hand, with this description; answers its id.
fn assignment(stage: &Stage, n: u8, description: &str) -> String {
    let scope = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/data/providers/Microsoft.Storage/storageAccounts/acmebackups/blobServices/default/containers/backups"
    );
    let id = format!(
        "{scope}/providers/Microsoft.Authorization/roleAssignments/5b9d2e71-4c80-4f3a-8e16-7a0c5d9b3f{n:02}"
    );
    let body = json!({ "properties": {
        "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{READER}"),
        "principalId": format!("{}{n:02}", &GONE[..34]),
        "principalType": "ServicePrincipal",
        "description": description,
    } });
    let path = format!("/_azure/arm{id}?api-version=2022-04-01");
    stage.somebody("PUT", &path, &body);
    id
}

fn mark(space: &str, lineage: &str, address: &str) -> String {
    format!("wip-address={address} wip-lineage={lineage} wip-space={space}")
}

fn left_over(plan: &Plan) -> Vec<(String, String)> {
    let notes = plan.notes.iter().filter(|note| note.code == "WIP0341");
    let told = notes.map(|note| {
        let address = note.address.as_ref().expect("an address");
        (address.to_string(), note.text.clone())
    });
    told.collect()
}

#[tokio::test(start_paused = true)]
async fn one_of_a_principal_that_is_gone_is_shown_with_what_to_do() {
    let stage = Stage::new();
    let space = file(0..1, "platform", false);
    stage.bring(&space).await;
    assert_eq!(left_over(&stage.plan(&space).await), []);
    let wanted = "azure/role-assignment:prod-we/backup/acmebackups/backups";
    let older = "azure/role-assignment:prod-we/older/acmebackups/backups";
    let first = assignment(&stage, 1, &mark("prod-we", LINEAGE, wanted));
    let second = assignment(&stage, 2, &mark("prod-we", LINEAGE, older));
    // Another state's, another Space's and somebody's own are theirs.
    let other = "0d8f7b36-9a42-4e51-b7c0-5f2e6a1d4c93";
    assignment(&stage, 3, &mark("prod-we", other, wanted));
    assignment(&stage, 4, &mark("prod-us", LINEAGE, wanted));
    assignment(&stage, 5, "by hand");
    let plan = stage.plan(&space).await;
    assert!(plan.steps.is_empty() && plan.blocked.is_empty(), "{plan:?}");
    let told = left_over(&plan);
    let addresses: Vec<&str> = told.iter().map(|(address, _)| address.as_str()).collect();
    assert_eq!(addresses, [wanted, older]);
    for ((_, text), id) in told.iter().zip([&first, &second]) {
        assert!(text.contains(&GONE[..34]), "{text}");
        let command = format!("az role assignment delete --ids {id}");
        assert!(text.ends_with(&command), "{text}");
    }
    // Whoever rebuilds the state finds the one that the file does not name.
    let marked = wip_engine::marked(&stage.clouds(&space), &space).await;
    let lineages = marked.expect("marks").lineages;
    let has_older = |lineage: &str| {
        let mut all = lineages[lineage].iter();
        all.any(|address| address.to_string() == older)
    };
    assert!(has_older(LINEAGE));
    stage.somebody(
        "DELETE",
        &format!("/_azure/arm{first}?api-version=2022-04-01"),
        &json!({}),
    );
    stage.somebody(
        "DELETE",
        &format!("/_azure/arm{second}?api-version=2022-04-01"),
        &json!({}),
    );
    assert_eq!(left_over(&stage.plan(&space).await), []);
}

#[tokio::test(start_paused = true)]
async fn what_the_state_still_holds_is_not_left_over() {
    let stage = Stage::new();
    stage.bring(&file(0..1, "platform", true)).await;
    // The vault's goes with its identity, by a step of the plan.
    let plan = stage.plan(&file(0..1, "platform", false)).await;
    assert!(!plan.steps.is_empty());
    assert_eq!(left_over(&plan), []);
}

#[tokio::test(start_paused = true)]
async fn whoever_may_not_list_the_subscription_is_told_what_he_does_not_see() {
    let stage = Stage::new();
    let space = file(0..1, "platform", false);
    stage.bring(&space).await;
    let fault = json!({
        "service": "arm",
        "operation": "RoleAssignments_ListForSubscription",
        "class": "access_denied",
    });
    stage.somebody("POST", "/_sandbox/faults", &json!([fault]));
    let notes = stage.plan(&space).await.notes;
    let [note] = notes.as_slice() else {
        panic!("{notes:?}");
    };
    assert!(note.text.contains("were not looked for"), "{}", note.text);
    let log = stage.sandbox.log();
    let last = log
        .iter()
        .rfind(|call| call.operation == "RoleAssignments_ListForSubscription");
    assert_eq!(last.map(|call| call.status), Some(403));
}
