//! What no workload may do on Azure, whatever it is for: change who it is or what it may, and manage what it uses.
//!
//! Source: none of the roles that the components' guide names has one of these actions ("Azure built-in roles"), but for what
//! Storage Blob Data Contributor may do with the container that it is for: read it, change it, and delete it whole.

use serde_json::{Value, json};

use super::super::report::Expected::{Says, Works};
use super::super::report::Report;
use super::stage::{
    ARM, GRAPH, SUBSCRIPTION, Stage, assigned, assignment, container, identity, in_group, operator,
    vault,
};
use super::workloads::Workload;

/// The role of somebody who may do everything ("Azure built-in roles").
const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";

/// All cases of a workload.
pub(crate) fn check(report: &mut Report, who: &str, workload: &Workload, stage: &Stage) {
    let token = stage.token(workload, ARM);
    let refused = Says(403, "AuthorizationFailed");
    let (principal, own) = (
        stage.principal(workload.identity),
        identity(workload.identity),
    );
    let whole = format!("/subscriptions/{SUBSCRIPTION}");
    let policy = json!({ "properties": { "accessPolicies": [{
        "tenantId": super::stage::TENANT, "objectId": principal, "permissions": { "secrets": ["all"] },
    }] } });
    let credential = json!({ "properties": {
        "issuer": "https://issuer.example/", "subject": "anybody", "audiences": ["api://AzureADTokenExchange"],
    } });
    let owner = assigned(OWNER, &principal);
    let on_itself = format!("{own}/federatedIdentityCredentials");
    let cluster = in_group("aks", "Microsoft.ContainerService/managedClusters/aks-1");
    let assignments = format!("{whole}/providers/Microsoft.Authorization/roleAssignments");
    for (method, id, body) in [
        ("GET", whole.clone(), Value::Null),
        ("GET", cluster, Value::Null),
        ("GET", own.clone(), Value::Null),
        ("GET", on_itself.clone(), Value::Null),
        ("GET", assignments, Value::Null),
        ("GET", vault("acme-kv"), Value::Null),
        ("GET", container("acmebackups", "others"), Value::Null),
        ("PUT", format!("{on_itself}/more"), credential),
        ("PUT", assignment(&whole, who), owner.clone()),
        (
            "PUT",
            assignment(&container("acmebackups", "backups"), who),
            owner,
        ),
        (
            "PUT",
            format!("{}/accessPolicies/add", vault("acme-kv")),
            policy,
        ),
        ("PUT", own.clone(), json!({ "location": "westeurope" })),
        ("PUT", container("acmebackups", "made-by-a-pod"), json!({})),
        ("DELETE", own, Value::Null),
        ("DELETE", container("acmebackups", "others"), Value::Null),
    ] {
        // The administrator proves that there is something to read.
        if method == "GET" {
            let done = stage.arm(&operator(), method, &id, &body);
            assert!(done.worked(), "{id}: {done:?}");
        }
        let answer = stage.arm(&token, method, &id, &body);
        let what = format!("{method} {id}");
        report.case((who, &what), (refused, "nobody's job"), &answer);
    }
    let source = "actions of Storage Blob Data Contributor and Reader";
    for (at, may_write) in [(workload.own, true), (workload.reads, false)] {
        let Some((account, name)) = at else {
            continue;
        };
        let id = container(account, name);
        let answer = stage.arm(&token, "GET", &id, &Value::Null);
        report.case((who, "GET its own container"), (Works, source), &answer);
        let answer = stage.arm(&token, "PUT", &id, &json!({}));
        let expected = if may_write { Works } else { refused };
        report.case((who, "PUT its own container"), (expected, source), &answer);
        // Whoever may delete his container does it at the very end (`access/azure.rs`).
        if !may_write {
            let answer = stage.arm(&token, "DELETE", &id, &Value::Null);
            report.case(
                (who, "DELETE its own container"),
                (refused, source),
                &answer,
            );
        }
    }
    let graph = stage.token(workload, GRAPH);
    for (method, body) in [
        ("GET", Value::Null),
        ("POST", json!({ "displayName": "more" })),
    ] {
        let what = format!("{method} /_azure/graph/v1.0/applications");
        let kind = [("content-type", "application/json")];
        let answer = stage.ask(&graph, &what, &kind, &body);
        let expected = Says(403, "Authorization_RequestDenied");
        report.case((who, &what), (expected, "nobody's job"), &answer);
    }
}
