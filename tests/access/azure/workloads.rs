//! The workloads of the example on Azure, and what is theirs there: written down by hand, from the words of the Space file.
//!
//! Owns that a table knows every identity and control plane of its file.
//!
//! Not here: what a workload may do with what is its own (`data.rs`).

use serde_yaml::Value;

use super::{APPLICATIONS, EXAMPLE};
use crate::examples::{Space, example};

/// A storage account and a container in it.
pub(crate) type At = (&'static str, &'static str);

/// One service account, and what is its own.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    /// The name of its identity in the file.
    pub(crate) identity: &'static str,
    pub(crate) namespace: &'static str,
    pub(crate) service_account: &'static str,
    /// What it reads and writes.
    pub(crate) own: Option<At>,
    /// What it reads.
    pub(crate) reads: Option<At>,
    /// The vault whose secrets it reads.
    pub(crate) vault: Option<&'static str>,
}

/// A Space file and its workloads.
pub(crate) struct Example {
    /// What its folder is called.
    pub(crate) folder: &'static str,
    pub(crate) space: Space,
    /// Whether roles decide in its vault, and not access policies.
    pub(crate) by_roles: bool,
    /// Whether its identities are applications.
    pub(crate) by_applications: bool,
    pub(crate) workloads: Vec<Workload>,
}

/// The examples, and one with access policies and somebody who only reads.
pub(crate) fn examples() -> Vec<Example> {
    const READER: &str = "    app:\n      method: entraWorkloadIdentity\n      workloads: [{ namespace: app, serviceAccount: app }]\n      identity: { resourceGroup: ids, location: westeurope }\n      access:\n        - blobContainer: { storageAccount: acmebackups, resourceGroup: data, container: archive, allow: [read, list] }\n";
    let reader = Workload {
        identity: "app",
        namespace: "app",
        service_account: "app",
        own: None,
        reads: Some(("acmebackups", "archive")),
        vault: None,
    };
    vec![
        Example {
            folder: "roles",
            space: example(EXAMPLE),
            by_roles: true,
            by_applications: false,
            workloads: components(),
        },
        Example {
            folder: "policies",
            space: example(EXAMPLE).with("  identities:\n", &format!("  identities:\n{READER}")),
            by_roles: false,
            by_applications: false,
            workloads: components().into_iter().chain([reader]).collect(),
        },
        Example {
            folder: "applications",
            space: example(APPLICATIONS),
            by_roles: true,
            by_applications: true,
            workloads: components(),
        },
    ]
}

/// The components of both control planes; the service accounts are Upbound's ("Workload-identity Configuration").
fn components() -> Vec<Workload> {
    let hosts = [
        "mxp-706c49fa-5bb8-4a7e-9f41-2fc38ef4b065-system",
        "team-a-ctp2",
    ];
    let of = |namespace| {
        let none = Workload {
            identity: "backup",
            namespace,
            service_account: "mxp-controller",
            own: None,
            reads: None,
            vault: None,
        };
        [
            Workload {
                own: Some(("acmebackups", "backups")),
                ..none.clone()
            },
            Workload {
                identity: "billing",
                service_account: "vector",
                own: Some(("acmebilling", "usage")),
                ..none.clone()
            },
            Workload {
                identity: "sharedSecrets",
                service_account: "external-secrets-controller",
                vault: Some("acme-kv"),
                ..none
            },
        ]
    };
    hosts.into_iter().flat_map(of).collect()
}

/// What a table does not know of its Space file.
pub(crate) fn unknown(example: &Example) -> Vec<String> {
    let file: Value = serde_yaml::from_str(&example.space.0).expect("YAML");
    let spec = &file["spec"];
    let planes = spec["controlPlanes"].as_sequence().map_or(0, Vec::len);
    let mut wrong = Vec::new();
    let identities = spec["identities"].as_mapping().expect("identities");
    for name in identities.keys().filter_map(Value::as_str) {
        let known = example.workloads.iter();
        let known = known.filter(|workload| workload.identity == name).count();
        let wanted = match name {
            "app" => 1,
            _ => planes,
        };
        if known != wanted {
            wrong.push(format!(
                "{}: {name} has {wanted} workloads, and the table {known}",
                example.folder
            ));
        }
    }
    wrong
}
