//! The webhooks that inject into pods when they are made.
//!
//! Sources: aws/amazon-eks-pod-identity-webhook `pkg/handler/handler.go` (an association takes precedence over the annotation; names of variables and paths) and `pkg/cache/cache.go` (the config map); Azure/azure-workload-identity `pkg/webhook/consts.go` (the pod's label, the service account's annotation).

use serde_json::{Value, json};

use super::call::Call;
use super::objects;
use super::seed::KubeAt;
use crate::aws::eks;
use crate::azure::tenant_of;

const ROLE: &str = "eks.amazonaws.com/role-arn";
const CLIENT: &str = "azure.workload.identity/client-id";
const TENANT: &str = "azure.workload.identity/tenant-id";
const USE: &str = "azure.workload.identity/use";

/// What is injected into a pod, as variables of each container.
pub(crate) fn mutate(call: &Call<'_>, pod: &mut Value) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let namespace = text(&pod["metadata"]["namespace"]);
    let account = text(&pod["spec"]["serviceAccountName"]);
    let annotation = |key: &str| {
        let account = objects::find(call, "serviceaccounts", Some(&namespace), &account)?;
        let value = account.body["metadata"]["annotations"].get(key)?;
        value.as_str().map(str::to_owned)
    };
    let mut variables: Vec<(&str, String)> = Vec::new();
    match &call.cluster.at {
        KubeAt::Eks {
            account: owner,
            region,
            cluster,
        } => {
            let at = (owner.as_str(), region.as_str(), cluster.as_str());
            if eks::has_association(call.db, at, &namespace, &account) {
                variables.extend(pod_identity());
            } else if let Some(role) = annotation(ROLE) {
                variables.extend(web_identity(role));
            }
        }
        KubeAt::Issuer { .. } => {
            let role = annotation(ROLE).or_else(|| mapped(call, &namespace, &account));
            if let Some(role) = role {
                variables.extend(web_identity(role));
            }
        }
        KubeAt::Aks { .. } | KubeAt::Gke { .. } => {}
    }
    let is_labelled = pod["metadata"]["labels"].get(USE) == Some(&"true".into());
    if is_labelled && !matches!(call.cluster.at, KubeAt::Gke { .. }) {
        let tenant = match &call.cluster.at {
            KubeAt::Aks { subscription, .. } => tenant_of(call.db, subscription),
            _ => None,
        };
        variables.extend([
            ("AZURE_CLIENT_ID", annotation(CLIENT).unwrap_or_default()),
            (
                "AZURE_TENANT_ID",
                annotation(TENANT).or(tenant).unwrap_or_default(),
            ),
            (
                "AZURE_FEDERATED_TOKEN_FILE",
                "/var/run/secrets/azure/wi/token/azure-identity-token".to_owned(),
            ),
            (
                "AZURE_AUTHORITY_HOST",
                "https://login.microsoftonline.com/".to_owned(),
            ),
        ]);
    }
    if variables.is_empty() {
        return;
    }
    let variables: Vec<Value> = variables
        .into_iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    for container in pod["spec"]["containers"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        container["env"] = variables.clone().into();
    }
}

fn pod_identity() -> [(&'static str, String); 2] {
    [
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://169.254.170.23/v1/credentials".to_owned(),
        ),
        (
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token"
                .to_owned(),
        ),
    ]
}

fn web_identity(role: String) -> [(&'static str, String); 2] {
    [
        ("AWS_ROLE_ARN", role),
        (
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "/var/run/secrets/eks.amazonaws.com/serviceaccount/token".to_owned(),
        ),
    ]
}

/// The role that the webhook's config map gives a service account, by its very namespace or by `*`.
fn mapped(call: &Call<'_>, namespace: &str, account: &str) -> Option<String> {
    let mut maps = objects::all(call, "configmaps", None).into_iter();
    let map = maps.find(|map| map.body["metadata"]["name"] == "pod-identity-webhook")?;
    let config: Value = serde_json::from_str(map.body["data"]["config"].as_str()?).ok()?;
    let entry = [namespace, "*"]
        .iter()
        .find_map(|namespace| config.get(format!("{namespace}/{account}")))?;
    entry["RoleARN"].as_str().map(str::to_owned)
}
