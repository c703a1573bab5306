//! Discovery: the control planes of a cluster.
//!
//! An empty or a short list takes access away, so whatever might make one is an error here: another cluster, a group that may not be read or is not there, a cluster without Spaces, an id that has gone.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, ApiResource, DynamicObject};
use serde::Deserialize;
use serde_json::Value;
use wip_provider::{Class, CloudError};
use wip_space::{Discovered, HostNamespace};

use crate::{Kube, KubeError, labels};

/// What to look for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The cluster's name in the file.
    pub cluster: &'a str,
    /// Who issues its tokens, `https://…`.
    pub issuer: &'a str,
    /// Only these groups; all when empty.
    pub groups: &'a BTreeSet<String>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The control planes, by group and name.
    pub control_planes: Vec<FoundControlPlane>,
    /// What does not fit, and hinders nothing.
    pub remarks: Vec<String>,
}

/// A control plane as the cluster has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundControlPlane {
    /// Its group.
    pub group: String,
    /// Its name.
    pub name: String,
    /// Where its components run; `None` as long as it has no id.
    pub host_namespace: Option<HostNamespace>,
    /// How it stands.
    pub standing: Standing,
}

/// How a control plane stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is ready.
    Ready,
    /// It is not ready, or not yet.
    NotReady,
    /// It is being deleted, and still there.
    Deleting,
}

impl Found {
    /// Those that have a host namespace.
    pub fn placed(&self) -> BTreeSet<Discovered> {
        let placed = self.control_planes.iter().filter_map(|plane| {
            Some(Discovered {
                group: plane.group.clone(),
                name: plane.name.clone(),
                host_namespace: plane.host_namespace.clone()?,
            })
        });
        placed.collect()
    }
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
}

/// Reads the control planes of a cluster, once it is known to be the one that is meant.
///
/// # Errors
/// Whatever may make the list shorter than it is.
pub async fn discover(kube: &Kube, ask: Ask<'_>) -> Result<Found, KubeError> {
    is_the_cluster(kube, ask.cluster, ask.issuer).await?;
    let objects = control_planes(kube, ask.groups).await?;
    let mut control_planes = Vec::new();
    for object in &objects {
        control_planes.push(read(object)?);
    }
    control_planes.sort_by(|a, b| (&a.group, &a.name).cmp(&(&b.group, &b.name)));
    let mut found = Found {
        control_planes,
        remarks: Vec::new(),
    };
    check_namespaces(kube, ask.groups, &mut found).await?;
    Ok(found)
}

/// Whether a cluster is the file's, for who only looks: why that cannot be told, where it cannot.
///
/// # Errors
/// It is another one.
pub async fn check_cluster(
    kube: &Kube,
    cluster: &str,
    issuer: &str,
) -> Result<Option<String>, KubeError> {
    match is_the_cluster(kube, cluster, issuer).await {
        Ok(()) => Ok(None),
        Err(KubeError::NoIssuer(error)) => Ok(Some(error.message)),
        Err(error) => Err(error),
    }
}

/// Whether the cluster's tokens are issued by who issues those of the file's.
async fn is_the_cluster(kube: &Kube, cluster: &str, issuer: &str) -> Result<(), KubeError> {
    let said: Discovery = kube
        .document("/.well-known/openid-configuration")
        .await
        .map_err(|error| match error.class {
            Class::Denied | Class::Missing => KubeError::NoIssuer(error),
            _ => KubeError::Call(error),
        })?;
    // AKS ends its issuers with a slash; whoever wrote the file by hand may not.
    match said.issuer.trim_end_matches('/') == issuer.trim_end_matches('/') {
        true => Ok(()),
        false => Err(KubeError::OtherCluster {
            cluster: cluster.to_owned(),
            expected: issuer.to_owned(),
            found: said.issuer,
        }),
    }
}

fn resource() -> ApiResource {
    ApiResource {
        group: "spaces.upbound.io".to_owned(),
        version: "v1beta1".to_owned(),
        api_version: "spaces.upbound.io/v1beta1".to_owned(),
        kind: "ControlPlane".to_owned(),
        plural: "controlplanes".to_owned(),
    }
}

async fn control_planes(
    kube: &Kube,
    groups: &BTreeSet<String>,
) -> Result<Vec<DynamicObject>, KubeError> {
    let resource = resource();
    let refused = |error: CloudError| match error.class {
        Class::Missing => KubeError::NoSpaces,
        Class::Denied => KubeError::Denied(error),
        _ => KubeError::Call(error),
    };
    if groups.is_empty() {
        let api = Api::all_with(kube.client(), &resource);
        return kube
            .list("list controlplanes", &api, None)
            .await
            .map_err(refused);
    }
    let mut found = Vec::new();
    for group in groups {
        let api = Api::namespaced_with(kube.client(), group, &resource);
        let planes = kube
            .list("list controlplanes", &api, None)
            .await
            .map_err(refused)?;
        // A namespace that is not there has an empty list too.
        if planes.is_empty() {
            is_there(kube, group).await?;
        }
        found.extend(planes);
    }
    Ok(found)
}

async fn is_there(kube: &Kube, group: &str) -> Result<(), KubeError> {
    let api: Api<Namespace> = Api::all(kube.client());
    match kube.call("get namespaces", || api.get(group)).await {
        Ok(_) => Ok(()),
        Err(error) if error.class == Class::Missing => Err(KubeError::NoGroup(group.to_owned())),
        Err(error) if error.class == Class::Denied => Err(KubeError::Denied(error)),
        Err(error) => Err(KubeError::Call(error)),
    }
}

/// One object; names and ids must be what Kubernetes and Spaces make of them, because policies are made of them.
fn read(object: &DynamicObject) -> Result<FoundControlPlane, KubeError> {
    let group = object.metadata.namespace.clone().unwrap_or_default();
    let name = object.metadata.name.clone().unwrap_or_default();
    let odd = |what: &str, text: &str| {
        let text: String = text.chars().take(80).collect();
        KubeError::Contradiction(format!(
            "the control plane {group}/{name} has a {what} that cannot be one: {text:?}"
        ))
    };
    for part in [&group, &name] {
        if !is_label(part) {
            return Err(odd("name", part));
        }
    }
    let named = object.data["spec"]["hostNamespace"]["name"].as_str();
    let id = object.data["status"]["controlPlaneID"].as_str();
    let host_namespace = match (named, id.filter(|id| !id.is_empty())) {
        (Some(namespace), _) if is_label(namespace) => {
            Some(HostNamespace::Named(namespace.to_owned()))
        }
        (Some(namespace), _) => return Err(odd("host namespace", namespace)),
        (None, Some(id)) if is_id(id) => Some(HostNamespace::OfId(id.to_owned())),
        (None, Some(id)) => return Err(odd("controlPlaneID", id)),
        (None, None) => None,
    };
    let conditions = object.data["status"]["conditions"].as_array();
    let is_ready =
        |condition: &Value| condition["type"] == "Ready" && condition["status"] == "True";
    let standing = if object.metadata.deletion_timestamp.is_some() {
        Standing::Deleting
    } else if conditions.is_some_and(|all| all.iter().any(is_ready)) {
        Standing::Ready
    } else {
        Standing::NotReady
    };
    Ok(FoundControlPlane {
        group,
        name,
        host_namespace,
        standing,
    })
}

/// Holds the host namespaces of the control planes against the namespaces that bear their names.
async fn check_namespaces(
    kube: &Kube,
    groups: &BTreeSet<String>,
    found: &mut Found,
) -> Result<(), KubeError> {
    let api: Api<Namespace> = Api::all(kube.client());
    let labelled = match kube.list("list namespaces", &api, Some(labels::HOST)).await {
        Ok(labelled) => labelled,
        Err(error) if error.class == Class::Denied => {
            found.remarks.push(format!(
                "the host namespaces could not be held against the control planes: {error}"
            ));
            return Ok(());
        }
        Err(error) => return Err(KubeError::Call(error)),
    };
    // Host namespace → the name of its control plane.
    let mut labelled: BTreeMap<String, String> = labelled
        .into_iter()
        .filter_map(|namespace| {
            let owner = namespace.metadata.labels?.remove(labels::HOST)?;
            Some((namespace.metadata.name?, owner))
        })
        .collect();
    let mut missing = Vec::new();
    let mut pending = Vec::new();
    for plane in &found.control_planes {
        let full = format!("{}/{}", plane.group, plane.name);
        let Some(host) = &plane.host_namespace else {
            pending.push((full, plane.name.clone()));
            continue;
        };
        match labelled.remove(&host.name()) {
            Some(owner) if owner == plane.name => {}
            Some(owner) => {
                return Err(KubeError::Contradiction(format!(
                    "the control plane {full} is to run in {}, and that namespace says that it is {owner}'s",
                    host.name()
                )));
            }
            None => missing.push(format!(
                "{full}: its host namespace {} is not there, or not labelled as one",
                host.name()
            )),
        }
    }
    for (full, name) in pending {
        if let Some((namespace, _)) = labelled.iter().find(|(_, owner)| **owner == name) {
            return Err(KubeError::Contradiction(format!(
                "the control plane {full} has no id, and the namespace {namespace} says that it is its: it has lost its id, or is another's namesake"
            )));
        }
        found.remarks.push(format!(
            "{full} has no id yet, and is left out until it has one"
        ));
    }
    found.remarks.extend(missing);
    if groups.is_empty() {
        let left = labelled.iter().map(|(namespace, owner)| {
            format!("the namespace {namespace} says that it is of a control plane {owner}, which is not there")
        });
        found.remarks.extend(left);
    }
    Ok(())
}

/// RFC 1123: what names of namespaces and control planes are.
fn is_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    let inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| inner(byte) || *byte == b'-')
        && bytes.first().is_some_and(inner)
        && bytes.last().is_some_and(inner)
}

/// A UUID, as Spaces makes them.
fn is_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && text
            .bytes()
            .all(|byte| byte == b'-' || matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
