//! Helm values: what the chart has keys for, and what it has not.

use std::collections::BTreeMap;

use serde_json::Value;

use super::stage::{AKS, EKS, GKE, PLANES, space};
use crate::{Applied, Inexpressible, values};

/// The keys of the chart that wip may set: the Helm reference of Spaces 1.17.
const KNOWN: [&str; 14] = [
    "billing.enabled",
    "billing.storage.provider",
    "billing.storage.secretRef.name",
    "billing.storage.aws.bucket",
    "billing.storage.aws.region",
    "billing.storage.azure.storageAccount",
    "billing.storage.azure.container",
    "billing.storage.gcp.bucket",
    "controlPlanes.mxpController.serviceAccount.annotations",
    "controlPlanes.mxpController.pod.customLabels",
    "controlPlanes.vector.serviceAccount.customAnnotations",
    "controlPlanes.vector.pod.customLabels",
    "controlPlanes.sharedSecrets.serviceAccount.customAnnotations",
    "controlPlanes.sharedSecrets.pod.customLabels",
];
const FEATURES: [&str; 2] = [
    "features.alpha.sharedSecrets.enabled",
    "features.alpha.hostNamespace.enabled",
];

fn applied() -> Applied {
    let outputs = ["roleArn", "clientId", "serviceAccount"];
    let outputs: BTreeMap<String, String> = outputs
        .iter()
        .map(|name| ((*name).to_owned(), format!("the {name}")))
        .collect();
    let names = ["backup", "billing", "sharedSecrets", "app"];
    Applied {
        outputs: names.map(|name| (name.to_owned(), outputs.clone())).into(),
        ..Applied::default()
    }
}

/// Paths of values, down to the maps of annotations and labels.
fn paths(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::Object(members)
            if !path.ends_with("nnotations") && !path.ends_with("customLabels") =>
        {
            for (name, value) in members {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                paths(value, path, found);
            }
        }
        _ => found.push(path),
    }
}

const AWS: &str = "    backup: { method: irsa, access: [{ s3: { bucket: acme-b, region: eu-west-1, prefix: p/ } }] }\n    billing: { method: podIdentity, access: [{ s3: { bucket: acme-u, region: eu-west-1 } }] }\n    sharedSecrets: { method: irsa, access: [{ secretsManager: { region: eu-west-1, prefixes: [p/] } }] }\n";
const ENTRA: &str = "    backup: { method: entraWorkloadIdentity, identity: { resourceGroup: ids, location: westeurope }, access: [{ blobContainer: { storageAccount: acmebackups, resourceGroup: data, container: backups } }] }\n    billing: { method: entraWorkloadIdentity, identity: { resourceGroup: ids, location: westeurope }, access: [{ blobContainer: { storageAccount: acmebilling, resourceGroup: data, container: usage } }] }\n";
const GOOGLE: &str = "    backup: { method: gkeServiceAccount, serviceAccount: { project: acme-prod, id: demo-backup }, access: [{ gcsBucket: { bucket: acme-backups } }] }\n    billing: { method: gkePrincipal, access: [{ gcsBucket: { bucket: acme-billing } }] }\n";

#[test]
fn only_keys_that_the_chart_has_are_set() {
    for (cluster, identities) in [(EKS, AWS), (AKS, ENTRA), (GKE, GOOGLE)] {
        let values = values(&space(cluster, PLANES, identities), "own", &applied()).unwrap();
        let mut found = Vec::new();
        paths(&values.document, String::new(), &mut found);
        for path in &found {
            let is_known = KNOWN.contains(&path.as_str()) || FEATURES.contains(&path.as_str());
            assert!(is_known, "{path}");
        }
        // Where a control plane has a namespace of its own, the feature is on.
        assert!(found.contains(&FEATURES[1].to_owned()));
        assert_eq!(
            values.document["billing"]["storage"]["secretRef"]["name"],
            ""
        );
    }
}

#[test]
fn annotations_and_labels_are_texts_under_the_name_that_each_component_has() {
    let values = values(&space(AKS, PLANES, ENTRA), "own", &applied()).unwrap();
    let at = |path: &str| values.document.pointer(path).cloned().unwrap_or_default();
    let mxp = at("/controlPlanes/mxpController/serviceAccount/annotations");
    assert_eq!(mxp["azure.workload.identity/client-id"], "the clientId");
    let vector = at("/controlPlanes/vector/serviceAccount/customAnnotations");
    assert_eq!(vector, mxp);
    let label = at("/controlPlanes/vector/pod/customLabels");
    assert_eq!(label["azure.workload.identity/use"], "true");
    let arguments = values.arguments();
    let label =
        "--set-string 'controlPlanes.vector.pod.customLabels.azure\\.workload\\.identity/use=true'";
    assert!(arguments.contains(&label.to_owned()), "{arguments:?}");
    assert!(arguments.contains(&"--set 'billing.enabled=true'".to_owned()));
    assert!(arguments.contains(&"--set 'billing.storage.secretRef.name='".to_owned()));
}

#[test]
fn what_the_chart_cannot_say_is_refused() {
    let refused = |billing: &str| {
        let identities = format!("    billing: {{ method: podIdentity, access: [{billing}] }}\n");
        let came = values(&space(EKS, PLANES, &identities), "own", &applied());
        let wrong = came.expect_err("the chart cannot say it");
        assert_eq!(wrong.len(), 1);
        match &wrong[0] {
            Inexpressible::Chart { why, .. } => why.clone(),
            other => panic!("{other}"),
        }
    };
    let one = "{ s3: { bucket: acme-u, region: eu-west-1 } }";
    assert!(refused(&format!("{one}, {}", one.replace("acme-u,", "acme-v,"))).contains("several"));
    assert!(refused(&one.replace("region", "prefix: p/, region")).contains("takes no prefix"));
    assert!(
        refused("{ secretsManager: { region: eu-west-1, prefixes: [p/] } }")
            .contains("access to none")
    );
}

#[test]
fn what_was_not_applied_has_no_values() {
    let came = values(&space(EKS, PLANES, AWS), "own", &Applied::default());
    let wrong = came.expect_err("nothing was applied");
    assert_eq!(wrong.len(), 3);
    assert!(
        wrong
            .iter()
            .all(|why| matches!(why, Inexpressible::NotApplied(_)))
    );
}

#[test]
fn identities_that_are_none_of_the_charts_are_said() {
    let identities = "    app: { method: irsa, workloads: [{ namespace: app, serviceAccount: app }], access: [{ s3: { bucket: acme-b, region: eu-west-1, allow: [read] } }] }\n";
    let planes = "    - { group: default, name: ctp1, id: 706c49fa-5bb8-4a7e-9f41-2fc38ef4b065 }\n";
    let values = values(&space(EKS, planes, identities), "own", &applied()).unwrap();
    assert_eq!(values.document, serde_json::json!({}));
    assert_eq!(values.remarks.len(), 1);
    assert!(values.remarks[0].contains("eks.amazonaws.com/role-arn: the roleArn"));
}
