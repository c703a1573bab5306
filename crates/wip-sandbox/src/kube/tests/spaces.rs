//! What the Spaces software and the webhooks make of objects.

use serde_json::{Value, json};

use super::*;
use crate::{AssociationSeed, Seed};

#[test]
fn a_control_plane_gets_its_id_and_goes_with_its_namespace() {
    let stage = Stage::new();
    let planes = "eks/apis/spaces.upbound.io/v1beta1/namespaces/team-a/controlplanes";
    let plane = |name: &str, annotations: Value, spec: Value| {
        let made = json!({
            "apiVersion": "spaces.upbound.io/v1beta1",
            "kind": "ControlPlane",
            "metadata": { "name": name, "annotations": annotations },
            "spec": spec,
        });
        let made = stage.ask(&format!("POST {planes}"), made);
        assert_eq!(made.status, 201, "{}", made.body);
        made.body
    };
    let made = plane("two", json!({}), json!({}));
    let id = made["status"]["controlPlaneID"]
        .as_str()
        .expect("an id")
        .to_owned();
    let host = format!("eks/api/v1/namespaces/mxp-{id}-system");
    assert_eq!(stage.get(&host).status, 200);
    let own = json!({ "hostNamespace": { "name": "own-host" } });
    plane("three", json!({}), own);
    assert_eq!(stage.get("eks/api/v1/namespaces/own-host").status, 200);
    let pending = plane("four", json!({ "sandbox/pending": "true" }), json!({}));
    assert_eq!(pending.get("status"), None);
    let ready = stage.merge(
        &format!("{planes}/four"),
        json!({ "metadata": { "annotations": { "sandbox/pending": null } } }),
    );
    assert!(ready.body["status"]["controlPlaneID"].is_string());
    assert_eq!(
        stage
            .ask(&format!("DELETE {planes}/two"), Value::Null)
            .status,
        200
    );
    assert_eq!(stage.get(&host).status, 404);
    plane("five", json!({ "sandbox/terminating": "true" }), json!({}));
    stage.ask(&format!("DELETE {planes}/five"), Value::Null);
    let five = stage.get(&format!("{planes}/five"));
    assert!(five.body["metadata"]["deletionTimestamp"].is_string());
}

#[test]
fn the_values_of_the_chart_reach_service_accounts_and_pods() {
    let stage = Stage::new();
    let account = |name: &str| {
        let path = format!("eks/api/v1/namespaces/{HOST}/serviceaccounts/{name}");
        let body = stage.get(&path).body;
        body["metadata"]["annotations"].clone()
    };
    assert_eq!(account("mxp-controller"), Value::Null);
    let role = json!({ "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/backup" });
    let values = |annotations: &str| {
        json!({
            "billing": { "enabled": true },
            "controlPlanes": {
                "mxpController": { "serviceAccount": { annotations: role } },
                "vector": { "serviceAccount": { "customAnnotations": role }, "persistence": { "enabled": true } },
            },
        })
    };
    assert_eq!(stage.upgrade("eks", values("annotations")), 204);
    assert_eq!(account("mxp-controller"), role);
    assert_eq!(account("vector"), role);
    let sets = format!("eks/apis/apps/v1/namespaces/{HOST}/statefulsets");
    assert_eq!(stage.get(&sets).names(), ["vector"]);
    // The chart has no such key, so that nothing comes of it, and what was there goes.
    assert_eq!(stage.upgrade("eks", values("customAnnotations")), 204);
    assert_eq!(account("mxp-controller"), Value::Null);
    let truth =
        json!({ "controlPlanes": { "vector": { "pod": { "customLabels": { "use": true } } } } });
    assert_eq!(stage.upgrade("eks", truth), 400);
    assert_eq!(stage.upgrade("nowhere", json!({})), 400);
}

#[test]
fn webhooks_inject_into_new_pods_alone() {
    let stage = Stage::new();
    let arn = "arn:aws:iam::111122223333:role/backup";
    let values = json!({ "controlPlanes": { "mxpController": {
        "serviceAccount": { "annotations": { "eks.amazonaws.com/role-arn": arn } },
    } } });
    for cluster in ["eks", "own"] {
        assert_eq!(stage.upgrade(cluster, values.clone()), 204);
        let role = || stage.variable(cluster, "mxp-controller", "AWS_ROLE_ARN");
        assert_eq!(role(), None, "{cluster}: the pod is older");
        restart(&stage, cluster, "mxp-controller");
        assert_eq!(role().as_deref(), Some(arn), "{cluster}");
    }
    // An association takes precedence over the annotation.
    let association = AssociationSeed {
        account: ACCOUNT.to_owned(),
        region: "eu-west-1".to_owned(),
        cluster: "one".to_owned(),
        namespace: HOST.to_owned(),
        service_account: "mxp-controller".to_owned(),
        role_arn: arn.to_owned(),
        owner_arn: None,
    };
    let seed = Seed {
        associations: vec![association],
        ..Seed::default()
    };
    stage.sandbox.seed(&seed).expect("a seed");
    restart(&stage, "eks", "mxp-controller");
    assert_eq!(
        stage.variable("eks", "mxp-controller", "AWS_ROLE_ARN"),
        None
    );
    let uri = stage.variable(
        "eks",
        "mxp-controller",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    );
    assert_eq!(uri.as_deref(), Some("http://169.254.170.23/v1/credentials"));
}

#[test]
fn azure_injects_where_the_pod_has_the_label() {
    let stage = Stage::new();
    let client = "0a7e2c9b-3f3d-4a55-8c6f-2b9d1e4f6a80";
    let account = json!({ "annotations": { "azure.workload.identity/client-id": client } });
    let values = |labels: Value| json!({ "controlPlanes": { "mxpController": { "serviceAccount": account, "pod": { "customLabels": labels } } } });
    stage.upgrade("aks", values(json!({})));
    restart(&stage, "aks", "mxp-controller");
    let variable = |name: &str| stage.variable("aks", "mxp-controller", name);
    assert_eq!(variable("AZURE_CLIENT_ID"), None);
    // A new label changes the template, and with it the pods.
    stage.upgrade(
        "aks",
        values(json!({ "azure.workload.identity/use": "true" })),
    );
    assert_eq!(variable("AZURE_CLIENT_ID").as_deref(), Some(client));
    assert_eq!(variable("AZURE_TENANT_ID").as_deref(), Some("t"));
}

fn restart(stage: &Stage, cluster: &str, workload: &str) {
    let path = format!("{cluster}/apis/apps/v1/namespaces/{HOST}/deployments/{workload}");
    let generation = stage.get(&path).body["metadata"]["generation"].clone();
    let at = json!({ "kubectl.kubernetes.io/restartedAt": format!("after {generation}") });
    let patch = json!({ "spec": { "template": { "metadata": { "annotations": at } } } });
    assert_eq!(stage.merge(&path, patch).status, 200);
}

#[test]
fn a_rollout_takes_a_while() {
    let stage = Stage::new();
    let before = stage.pod("eks", "mxp-controller")["metadata"]["uid"].clone();
    restart(&stage, "eks", "mxp-controller");
    let path = format!("eks/apis/apps/v1/namespaces/{HOST}/deployments/mxp-controller");
    let progress = || {
        let body = stage.get(&path).body;
        let number = |value: &Value| value.as_u64().expect("a number");
        (
            number(&body["metadata"]["generation"]) - number(&body["status"]["observedGeneration"]),
            number(&body["status"]["updatedReplicas"]),
        )
    };
    assert_eq!(
        [progress(), progress(), progress()],
        [(1, 1), (0, 0), (0, 1)]
    );
    assert_ne!(
        stage.pod("eks", "mxp-controller")["metadata"]["uid"],
        before
    );
    let stuck =
        json!({ "cluster": "eks", "namespace": HOST, "name": "mxp-controller", "stuck": true });
    assert_eq!(stage.control("kube/stuck", &stuck), 204);
    restart(&stage, "eks", "mxp-controller");
    assert_eq!([progress(), progress(), progress()], [(1, 1); 3]);
}
