//! The workloads of the examples on Google Cloud, and what is theirs there: written down by hand, from the words of the Space files.
//!
//! Owns that a table knows every identity and control plane of its file.
//!
//! Not here: what a workload may do with what is its own (`data.rs`).

use serde_yaml::Value;

use crate::examples::{Space, example};

pub(crate) const PRINCIPAL: &str = "gke-principal";
pub(crate) const IMPERSONATION: &str = "gke-impersonation";

/// A bucket, and what the names of objects begin with.
pub(crate) type At = (&'static str, &'static str);

/// One service account of Kubernetes, and what is its own.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    /// The name of its identity in the file.
    pub(crate) identity: &'static str,
    pub(crate) namespace: &'static str,
    pub(crate) service_account: &'static str,
    /// The service account of IAM that it acts as.
    pub(crate) account: Option<&'static str>,
    /// What it reads and writes.
    pub(crate) own: Option<At>,
    /// What it only adds to.
    pub(crate) adds: Option<At>,
    /// What it only reads.
    pub(crate) reads: Option<At>,
    /// What the names of its secrets begin with, or are.
    pub(crate) secrets: &'static [&'static str],
}

/// A Space file and its workloads.
pub(crate) struct Example {
    /// What its folder is called.
    pub(crate) folder: &'static str,
    pub(crate) space: Space,
    pub(crate) workloads: Vec<Workload>,
}

/// The examples, and one with somebody who only reads, and for a whole cluster.
pub(crate) fn examples() -> Vec<Example> {
    const READER: &str = "    app:\n      method: gkePrincipal\n      workloads: [{ namespace: app, serviceAccount: app }]\n      access:\n        - gcsBucket: { bucket: acme-archive, prefix: kept/, allow: [read, list] }\n        - gcpRole: { role: roles/secretmanager.secretAccessor, resource: projects/acme-prod/secrets/web }\n";
    let reader = Workload {
        identity: "app",
        namespace: "app",
        service_account: "app",
        account: None,
        own: None,
        adds: None,
        reads: Some(("acme-archive", "kept/")),
        secrets: &["web"],
    };
    let principals = || components([None; 3], ("acme-backups", ""), &["db", "smtp"]);
    let accounts = [
        "apps-no-backup@acme-prod.iam.gserviceaccount.com",
        "apps-no-billing@acme-prod.iam.gserviceaccount.com",
        "apps-no-secrets@acme-prod.iam.gserviceaccount.com",
    ];
    let own = ("acme-apps-backups", "apps-no/");
    vec![
        Example {
            folder: "principals",
            space: example(PRINCIPAL),
            workloads: principals(),
        },
        Example {
            folder: "readers",
            space: example(PRINCIPAL).with("  identities:\n", &format!("  identities:\n{READER}")),
            workloads: principals().into_iter().chain([reader]).collect(),
        },
        Example {
            folder: "accounts",
            space: example(IMPERSONATION),
            workloads: components(accounts.map(Some), own, &["apps-"]),
        },
    ]
}

/// The components of both control planes; the service accounts are Upbound's ("Workload-identity Configuration").
fn components(
    accounts: [Option<&'static str>; 3],
    own: At,
    secrets: &'static [&'static str],
) -> Vec<Workload> {
    let hosts = [
        "mxp-706c49fa-5bb8-4a7e-9f41-2fc38ef4b065-system",
        "team-a-ctp2",
    ];
    let [of_backup, of_billing, of_secrets] = accounts;
    let of = |namespace| {
        let none = Workload {
            identity: "backup",
            namespace,
            service_account: "mxp-controller",
            account: of_backup,
            own: None,
            adds: None,
            reads: None,
            secrets: &[],
        };
        [
            Workload {
                own: Some(own),
                ..none.clone()
            },
            Workload {
                identity: "billing",
                service_account: "vector",
                account: of_billing,
                adds: Some(("acme-billing", "")),
                ..none.clone()
            },
            Workload {
                identity: "sharedSecrets",
                service_account: "external-secrets-controller",
                account: of_secrets,
                secrets,
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
