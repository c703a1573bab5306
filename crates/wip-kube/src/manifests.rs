//! Manifests: the custom resources of Spaces that what was applied needs, and the config map of the webhook on clusters without EKS.
//!
//! Sources: the CRDs of Spaces 1.17; thanos-io/objstore (`config`); external-secrets (providers, and which of them take a reference to a service account); the README of aws/amazon-eks-pod-identity-webhook.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use wip_space::{
    Access, AzureAccess, ClusterAt, Component, GoogleAccess, Method, Names, S3Location, Space,
    Subject,
};

use crate::{Applied, labels};

/// One object, with what there is to say of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// For who reads it.
    pub comment: String,
    /// The object.
    pub object: Value,
}

/// Where backups go.
struct Storage {
    provider: &'static str,
    bucket: String,
    prefix: String,
    config: Value,
}

/// An identity of the cluster: its name, and the control planes that it is for.
struct Serving<'a> {
    name: &'a str,
    /// Group → names.
    groups: BTreeMap<String, BTreeSet<String>>,
}

/// The objects for a cluster.
pub fn manifests(space: &Space, cluster: &str, applied: &Applied) -> Vec<Manifest> {
    let mut all = Vec::new();
    for identity in &space.identities {
        let serving = serving(space, cluster, &identity.name, &identity.subjects);
        match identity.component {
            Component::Backup => {
                let places = identity.access.iter().filter_map(|access| match access {
                    Access::S3 { at, .. } => Some(s3_storage(at, &identity.partition)),
                    _ => None,
                });
                backups(&mut all, &serving, places.collect());
            }
            Component::SharedSecrets => {
                let providers = identity.access.iter().filter_map(|access| {
                    let (service, region, names) = match access {
                        Access::SecretsManager { region, names, .. } => {
                            ("SecretsManager", region, names)
                        }
                        Access::ParameterStore { region, names, .. } => {
                            ("ParameterStore", region, names)
                        }
                        _ => return None,
                    };
                    Some(aws_store(service, region, names, identity.method))
                });
                stores(&mut all, &serving, providers.collect());
            }
            Component::Billing | Component::Custom => {}
        }
    }
    for identity in &space.entra {
        let serving = serving(space, cluster, &identity.name, &identity.subjects);
        let (mut places, mut providers) = (Vec::new(), Vec::new());
        for access in &identity.access {
            match access {
                AzureAccess::BlobContainer { at, .. } => places.push(Storage {
                    provider: "Azure",
                    bucket: at.container.clone(),
                    prefix: String::new(),
                    config: json!({
                        "storage_account": at.storage_account,
                        "container": at.container,
                        "endpoint": "blob.core.windows.net",
                    }),
                }),
                AzureAccess::KeyVault(vault) => providers.push((
                    vault.vault.clone(),
                    String::new(),
                    json!({ "azurekv": {
                        "authType": "WorkloadIdentity",
                        "vaultUrl": format!("https://{}.vault.azure.net", vault.vault),
                    } }),
                )),
                AzureAccess::Role { .. } => {}
            }
        }
        match identity.component {
            Component::Backup => backups(&mut all, &serving, places),
            Component::SharedSecrets => stores(&mut all, &serving, providers),
            Component::Billing | Component::Custom => {}
        }
    }
    for identity in &space.google {
        let serving = serving(space, cluster, &identity.name, &identity.subjects);
        let (mut places, mut providers) = (Vec::new(), Vec::new());
        for access in &identity.access {
            match access {
                GoogleAccess::Bucket { at, .. } => places.push(Storage {
                    provider: "GCP",
                    bucket: at.bucket.clone(),
                    prefix: at.prefix.clone(),
                    config: Value::Null,
                }),
                GoogleAccess::Secrets { project, names } => providers.push((
                    project.clone(),
                    names_in_words(names),
                    json!({ "gcpsm": { "projectID": project } }),
                )),
                GoogleAccess::Role { .. } => {}
            }
        }
        match identity.component {
            Component::Backup => backups(&mut all, &serving, places),
            Component::SharedSecrets => stores(&mut all, &serving, providers),
            Component::Billing | Component::Custom => {}
        }
    }
    all.extend(webhook(space, cluster, applied));
    all
}

fn serving<'a>(
    space: &Space,
    cluster: &str,
    name: &'a str,
    subjects: &BTreeMap<String, BTreeSet<Subject>>,
) -> Serving<'a> {
    let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let subjects = subjects.get(cluster);
    let planes = space.control_planes.iter();
    for plane in planes.filter(|plane| plane.cluster == cluster) {
        let host = plane.host_namespace.name();
        let is_served = subjects.into_iter().flatten().any(|subject| match subject {
            Subject::Exact { namespace, .. } => *namespace == host,
            Subject::Pattern { .. } => true,
        });
        if is_served {
            groups
                .entry(plane.group.clone())
                .or_default()
                .insert(plane.name.clone());
        }
    }
    Serving { name, groups }
}

/// `sharedSecrets` → `shared-secrets`: what Kubernetes takes for a name.
fn kebab(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() && !text.ends_with('-') {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// The name of the first of several things, and of those after it.
fn numbered(name: &str, index: usize) -> String {
    match index {
        0 => kebab(name),
        index => format!("{}-{}", kebab(name), index + 1),
    }
}

fn s3_storage(at: &S3Location, partition: &str) -> Storage {
    let suffix = if partition == "aws-cn" { ".cn" } else { "" };
    let mut config = json!({
        "endpoint": format!("s3.{}.amazonaws.com{suffix}", at.region),
        "region": at.region,
        // Without it, the library looks for credentials by itself, and not everywhere (thanos-io/objstore, README).
        "aws_sdk_auth": true,
    });
    if let Some(key) = &at.kms_key {
        config["sse_config"] = json!({ "type": "SSE-KMS", "kms_key_id": key });
    }
    Storage {
        provider: "AWS",
        bucket: at.bucket.clone(),
        prefix: at.prefix.clone(),
        config,
    }
}

fn backups(all: &mut Vec<Manifest>, serving: &Serving<'_>, places: Vec<Storage>) {
    for (index, storage) in places.iter().enumerate() {
        let mut object_storage = json!({
            "provider": storage.provider,
            "bucket": storage.bucket,
            "credentials": { "source": "InjectedIdentity" },
        });
        // Backups lie below PREFIX/GROUP/NAME: the slash between is the software's.
        let prefix = storage.prefix.trim_end_matches('/');
        if !prefix.is_empty() {
            object_storage["prefix"] = prefix.into();
        }
        if !storage.config.is_null() {
            object_storage["config"] = storage.config.clone();
        }
        let name = numbered(serving.name, index);
        for (group, planes) in &serving.groups {
            let planes: Vec<&str> = planes.iter().map(String::as_str).collect();
            all.push(Manifest {
                comment: format!("Backups of {} in group {group}.", planes.join(", ")),
                object: json!({
                    "apiVersion": "spaces.upbound.io/v1alpha1",
                    "kind": "SharedBackupConfig",
                    "metadata": { "name": name, "namespace": group },
                    "spec": { "objectStorage": object_storage },
                }),
            });
        }
        all.push(Manifest {
            comment: "Backups of the whole Space. Which service account takes them, Upbound does not document: try one before you rely on it.".to_owned(),
            object: json!({
                "apiVersion": "admin.spaces.upbound.io/v1alpha1",
                "kind": "SpaceBackupConfig",
                "metadata": { "name": name },
                "spec": { "objectStorage": object_storage },
            }),
        });
    }
}

/// A store's part of the name, what is in it, and the provider.
type Provider = (String, String, Value);

fn aws_store(service: &str, region: &str, names: &Names, method: Method) -> Provider {
    let mut provider = json!({ "aws": { "service": service, "region": region } });
    // A reference to a service account works with IRSA only (external-secrets#2951).
    if method == Method::Irsa {
        provider["aws"]["auth"] = json!({
            "jwt": { "serviceAccountRef": { "name": labels::SECRETS_ACCOUNT } },
        });
    }
    (
        kebab(service),
        format!(" {}", names_in_words(names)).trim_end().to_owned(),
        provider,
    )
}

fn names_in_words(names: &Names) -> String {
    let list = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>().join(", ");
    match names {
        Names::Prefixes(prefixes) => format!("whose names begin with {}", list(prefixes)),
        Names::Exactly(exactly) => format!("of the names {}", list(exactly)),
    }
}

fn stores(all: &mut Vec<Manifest>, serving: &Serving<'_>, providers: Vec<Provider>) {
    let several = providers.len() > 1;
    for (index, (part, what, provider)) in providers.iter().enumerate() {
        let is_first = !providers[..index].iter().any(|(other, ..)| other == part);
        let name = match (several, is_first) {
            (false, _) => kebab(serving.name),
            (true, true) => format!("{}-{part}", kebab(serving.name)),
            (true, false) => format!("{}-{part}-{}", kebab(serving.name), index + 1),
        };
        let what = match what.trim() {
            "" => String::new(),
            what => format!(" It may read those {what}."),
        };
        for (group, planes) in &serving.groups {
            all.push(Manifest {
                comment: format!(
                    "Secrets for control planes of group {group}.{what}\nnamespaceSelector: the namespaces within the control planes that may use the store."
                ),
                object: json!({
                    "apiVersion": "spaces.upbound.io/v1alpha1",
                    "kind": "SharedSecretStore",
                    "metadata": { "name": name, "namespace": group },
                    "spec": {
                        "controlPlaneSelector": { "names": planes },
                        "namespaceSelector": { "names": ["default"] },
                        "provider": provider,
                    },
                }),
            });
        }
    }
}

/// The config map of the pod identity webhook, on a cluster that is not of EKS.
fn webhook(space: &Space, cluster: &str, applied: &Applied) -> Option<Manifest> {
    let known = space.clusters.iter().find(|known| known.name == cluster)?;
    if !matches!(known.at, ClusterAt::SelfHosted { .. }) {
        return None;
    }
    let mut config = BTreeMap::new();
    for identity in &space.identities {
        let outputs = applied.outputs.get(&identity.name);
        let Some(role) = outputs.and_then(|outputs| outputs.get("roleArn")) else {
            continue;
        };
        for subject in identity.subjects.get(cluster).into_iter().flatten() {
            // Of patterns the webhook knows only `*`, whatever its README says (`pkg/cache/cache.go`).
            if let Subject::Exact {
                namespace,
                service_account,
            } = subject
            {
                config.insert(
                    format!("{namespace}/{service_account}"),
                    json!({
                        "RoleARN": role,
                        "Audience": "sts.amazonaws.com",
                        "UseRegionalSTS": true,
                        "TokenExpiration": 86400,
                    }),
                );
            }
        }
    }
    if config.is_empty() {
        return None;
    }
    Some(Manifest {
        comment: "For the pod identity webhook with --watch-config-map, in the namespace that its --namespace names; an annotation on the service account wins over it.".to_owned(),
        object: json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": { "name": "pod-identity-webhook", "namespace": "eks" },
            "data": { "config": serde_json::to_string(&config).unwrap_or_default() },
        }),
    })
}
