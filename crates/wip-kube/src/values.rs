//! The values of the Spaces chart that what was applied needs.
//!
//! The chart has one value for all control planes of a cluster, and for `mxp-controller` another name of the field than for the others.
//! Source: the Helm reference of Spaces 1.17.

use serde_json::{Map, Value, json};
use wip_space::{
    Access, AzureAccess, Component, EntraIdentity, GoogleAccess, GoogleIdentity, GooglePrincipal,
    HostNamespace, Identity, Method, Space,
};

use crate::{Applied, labels};

/// The values for one cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// As the chart takes them.
    pub document: Value,
    /// What the chart does not do.
    pub remarks: Vec<String>,
}

/// Why there are no values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Inexpressible {
    /// The chart has no value for what the file says.
    #[error("{identity}: {why}")]
    Chart {
        /// The identity.
        identity: String,
        /// What the chart cannot say.
        why: String,
    },
    /// The state does not have it yet.
    #[error("{0}: nothing was applied for it yet")]
    NotApplied(String),
}

/// What one identity asks of the chart.
struct Need {
    identity: String,
    component: Component,
    /// Key and value, of the service account.
    annotation: Option<(&'static str, String)>,
    /// Whether its pods need Azure's label.
    labelled: bool,
    /// Where billing writes to.
    storage: Vec<Result<Value, String>>,
}

/// The values for the release on a cluster.
///
/// # Errors
/// All that the chart cannot express, and all that was not applied yet.
pub fn values(
    space: &Space,
    cluster: &str,
    applied: &Applied,
) -> Result<Values, Vec<Inexpressible>> {
    let mut wrong = Vec::new();
    let needs = needs(space, cluster, applied, &mut wrong);
    let mut document = json!({});
    let mut remarks = Vec::new();
    for need in &needs {
        match need.component {
            Component::Custom => remarks.extend(remark(need)),
            component => {
                component_values(&mut document, need, component);
                if component == Component::Billing {
                    billing(&mut document, need, &mut wrong);
                }
            }
        }
    }
    if document.get("billing").is_none()
        && needs.iter().any(|it| it.component == Component::Billing)
    {
        set(&mut document, &["billing", "enabled"], true.into());
    }
    let named = space.control_planes.iter().any(|plane| {
        plane.cluster == cluster && matches!(plane.host_namespace, HostNamespace::Named(_))
    });
    if named {
        let path = ["features", "alpha", "hostNamespace", "enabled"];
        set(&mut document, &path, true.into());
    }
    match wrong.is_empty() {
        true => Ok(Values { document, remarks }),
        false => Err(wrong),
    }
}

fn needs(
    space: &Space,
    cluster: &str,
    applied: &Applied,
    wrong: &mut Vec<Inexpressible>,
) -> Vec<Need> {
    let mut needs = Vec::new();
    let mut output = |identity: &str, name: &str| {
        let found = applied.outputs.get(identity).and_then(|all| all.get(name));
        if found.is_none() {
            wrong.push(Inexpressible::NotApplied(identity.to_owned()));
        }
        found.cloned()
    };
    for identity in &space.identities {
        if !identity.subjects.contains_key(cluster) {
            continue;
        }
        let role = output(&identity.name, "roleArn");
        let annotation = match identity.method {
            Method::Irsa => role.map(|role| (labels::ROLE, role)),
            Method::PodIdentity => None,
        };
        needs.push(Need {
            identity: identity.name.clone(),
            component: identity.component,
            annotation,
            labelled: false,
            storage: s3(identity),
        });
    }
    for identity in &space.entra {
        if !identity.subjects.contains_key(cluster) {
            continue;
        }
        let client = output(&identity.name, "clientId");
        needs.push(Need {
            identity: identity.name.clone(),
            component: identity.component,
            annotation: client.map(|client| (labels::CLIENT, client)),
            labelled: true,
            storage: blobs(identity),
        });
    }
    for identity in &space.google {
        if !identity.subjects.contains_key(cluster) {
            continue;
        }
        let annotation = match &identity.principal {
            GooglePrincipal::ServiceAccount(_) => {
                output(&identity.name, "serviceAccount").map(|email| (labels::EMAIL, email))
            }
            GooglePrincipal::Direct => None,
        };
        needs.push(Need {
            identity: identity.name.clone(),
            component: identity.component,
            annotation,
            labelled: false,
            storage: gcs(identity),
        });
    }
    needs
}

fn s3(identity: &Identity) -> Vec<Result<Value, String>> {
    let places = identity.access.iter().filter_map(|access| match access {
        Access::S3 { at, .. } => Some(at),
        _ => None,
    });
    places
        .map(|at| match at.prefix.as_str() {
            "" => Ok(json!({
                "provider": "aws",
                "aws": { "bucket": at.bucket, "region": at.region },
            })),
            prefix => Err(no_prefix(&at.bucket, prefix)),
        })
        .collect()
}

fn blobs(identity: &EntraIdentity) -> Vec<Result<Value, String>> {
    let places = identity.access.iter().filter_map(|access| match access {
        AzureAccess::BlobContainer { at, .. } => Some(at),
        _ => None,
    });
    places
        .map(|at| {
            Ok(json!({
                "provider": "azure",
                "azure": { "storageAccount": at.storage_account, "container": at.container },
            }))
        })
        .collect()
}

fn gcs(identity: &GoogleIdentity) -> Vec<Result<Value, String>> {
    let places = identity.access.iter().filter_map(|access| match access {
        GoogleAccess::Bucket { at, .. } => Some(at),
        _ => None,
    });
    places
        .map(|at| match at.prefix.as_str() {
            "" => Ok(json!({ "provider": "gcp", "gcp": { "bucket": at.bucket } })),
            prefix => Err(no_prefix(&at.bucket, prefix)),
        })
        .collect()
}

fn no_prefix(bucket: &str, prefix: &str) -> String {
    format!(
        "the chart writes usage to the root of the bucket {bucket} and takes no prefix, so that below {prefix} nothing would ever arrive; give billing the whole bucket"
    )
}

/// The chart's names: the values of a component, and of its annotations.
fn place_of(component: Component) -> Option<(&'static str, &'static str)> {
    match component {
        Component::Backup => Some(("mxpController", "annotations")),
        Component::Billing => Some(("vector", "customAnnotations")),
        Component::SharedSecrets => Some(("sharedSecrets", "customAnnotations")),
        Component::Custom => None,
    }
}

fn component_values(document: &mut Value, need: &Need, component: Component) {
    let Some((values, annotations)) = place_of(component) else {
        return;
    };
    if let Some((key, value)) = &need.annotation {
        let path = ["controlPlanes", values, "serviceAccount", annotations, key];
        set(document, &path, value.clone().into());
    }
    if need.labelled {
        let path = ["controlPlanes", values, "pod", "customLabels", labels::USE];
        set(document, &path, "true".into());
    }
    if component == Component::SharedSecrets {
        let path = ["features", "alpha", "sharedSecrets", "enabled"];
        set(document, &path, true.into());
    }
}

fn billing(document: &mut Value, need: &Need, wrong: &mut Vec<Inexpressible>) {
    let refuse = |why: &str| Inexpressible::Chart {
        identity: need.identity.clone(),
        why: why.to_owned(),
    };
    let storage = match need.storage.as_slice() {
        [Ok(storage)] => storage.clone(),
        [Err(why)] => return wrong.push(refuse(why)),
        [] => {
            return wrong.push(refuse(
                "the chart writes usage to a bucket or container, and the identity has access to none",
            ));
        }
        _ => {
            return wrong.push(refuse(
                "the chart writes usage to one bucket or container, and the identity has access to several",
            ));
        }
    };
    let known = document.pointer("/billing/storage").cloned();
    let mut storage = storage;
    storage["secretRef"] = json!({ "name": "" });
    if known.is_some_and(|known| known != storage) {
        return wrong.push(refuse(
            "another identity of billing on this cluster writes elsewhere, and the chart has one place for all",
        ));
    }
    set(document, &["billing", "enabled"], true.into());
    set(document, &["billing", "storage"], storage);
}

/// What somebody else has to do for an identity that is none of the chart's.
fn remark(need: &Need) -> Option<String> {
    let (key, value) = need.annotation.as_ref()?;
    let label = match need.labelled {
        true => format!(", and their pods the label {}: \"true\"", labels::USE),
        false => String::new(),
    };
    Some(format!(
        "{} is none of the chart's: annotate its service accounts with {key}: {value}{label}",
        need.identity
    ))
}

/// Sets a value, with the maps that lead to it.
fn set(document: &mut Value, path: &[&str], value: Value) {
    let mut at = document;
    for name in path {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        at = &mut at[*name];
    }
    *at = value;
}

impl Values {
    /// The arguments of `helm` that say the same, one for each value.
    pub fn arguments(&self) -> Vec<String> {
        let mut found = Vec::new();
        leaves(&self.document, String::new(), &mut found);
        found
    }
}

fn leaves(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let name = name.replace('.', "\\.");
                let path = match path.as_str() {
                    "" => name,
                    path => format!("{path}.{name}"),
                };
                leaves(value, path, found);
            }
        }
        Value::String(text) => {
            // Helm makes true, null and numbers of such texts, unless it is told not to.
            let looks_like_another =
                text.parse::<f64>().is_ok() || matches!(text.as_str(), "true" | "false" | "null");
            let flag = if looks_like_another {
                "--set-string"
            } else {
                "--set"
            };
            let text = text.replace('\\', "\\\\").replace(',', "\\,");
            found.push(format!("{flag} '{path}={text}'"));
        }
        other => found.push(format!("--set '{path}={other}'")),
    }
}
