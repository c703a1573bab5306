//! The workloads of every example, and what is theirs there: written down by hand, from the words of the Space files.
//!
//! Owns that no example is without its table, and that a table knows every identity and control plane of its file.
//!
//! Not here: what a component may do with what is its own (`components.rs`).

use serde_yaml::Value;

use crate::examples::{Space, example};

/// The account of every cluster of the examples.
pub(crate) const ACCOUNT: &str = "111122223333";
/// The account that owns the other bucket of `cross-account-backup`.
const ELSEWHERE: &str = "444455556666";

/// What a workload is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Component {
    Backup,
    Billing,
    SharedSecrets,
    Velero,
    App,
}

/// How a workload gets its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// A token of its cluster's issuer, and STS.
    WebIdentity,
    /// A token of its cluster, and EKS Auth.
    PodIdentity,
}

/// A prefix of a bucket, which may be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    pub(crate) bucket: &'a str,
    /// The account that owns the bucket.
    pub(crate) owner: &'a str,
    pub(crate) prefix: &'a str,
}

/// One service account of one cluster, and what is its own.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    pub(crate) component: Component,
    pub(crate) by: &'static [By],
    pub(crate) region: &'static str,
    pub(crate) cluster: &'static str,
    pub(crate) namespace: &'static str,
    pub(crate) service_account: &'static str,
    /// Path and name of the role.
    pub(crate) role: &'static str,
    /// Whether any namespace of the form `mxp-*-system` is let in.
    pub(crate) any_host: bool,
    /// What it writes to.
    pub(crate) own: Option<Place<'static>>,
    /// What it restores from.
    pub(crate) restores: Vec<Place<'static>>,
    /// What belongs to others.
    pub(crate) closed: Vec<Place<'static>>,
    /// A prefix of its secrets.
    pub(crate) secrets: Option<&'static str>,
    /// A prefix of its parameters.
    pub(crate) parameters: Option<&'static str>,
    /// A key that what is its own may be encrypted with: of its bucket, of its secrets and parameters, or of its volumes.
    pub(crate) key: Option<&'static str>,
}

impl Workload {
    /// The name of the role, without its path.
    pub(crate) fn role_name(&self) -> &'static str {
        self.role.rsplit('/').next().unwrap_or_default()
    }
}

/// A Space file, its workloads, and policies that are there before wip comes.
pub(crate) struct Example {
    pub(crate) name: &'static str,
    pub(crate) space: Space,
    pub(crate) workloads: Vec<Workload>,
    /// A permissions boundary, which the platform's team fills: with everything here.
    pub(crate) boundary: Option<&'static str>,
}

const WEB: &[By] = &[By::WebIdentity];
const POD: &[By] = &[By::PodIdentity];

const fn place(bucket: &'static str, prefix: &'static str) -> Place<'static> {
    Place {
        bucket,
        owner: ACCOUNT,
        prefix,
    }
}

/// A workload that has nothing yet, of a component whose service account S1 names ("Workload-identity Configuration").
fn workload(
    component: Component,
    (region, cluster): (&'static str, &'static str),
    namespace: &'static str,
    role: &'static str,
) -> Workload {
    Workload {
        component,
        by: WEB,
        region,
        cluster,
        namespace,
        service_account: match component {
            Component::Backup => "mxp-controller",
            Component::Billing => "vector",
            Component::SharedSecrets => "external-secrets-controller",
            Component::Velero => "velero-rafay",
            Component::App => "app",
        },
        role,
        any_host: false,
        own: None,
        restores: vec![],
        closed: vec![],
        secrets: None,
        parameters: None,
        key: None,
    }
}

/// All examples, and one with what none of them has.
pub(crate) fn examples() -> Vec<Example> {
    let new = |name, workloads| Example {
        name,
        space: example(name),
        workloads,
        boundary: None,
    };
    vec![
        new("cross-account-backup", cross_account()),
        new("eks-anywhere", anywhere()),
        new("eks-irsa", irsa()),
        Example {
            boundary: Some("workload-boundary"),
            ..new("eks-irsa-wildcard", wildcard())
        },
        new("eks-pod-identity", pods()),
        new("eks-pod-identity-isolated", isolated()),
        new("velero-two-clusters", velero()),
        sealed_secrets(),
    ]
}

const BACKUPS: Place<'static> = place("acme-backups", "prod-eu/");
const BILLING: Place<'static> = place("acme-billing", "");
const BACKUP_KEY: &str =
    "arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10";

fn irsa() -> Vec<Workload> {
    let at = ("eu-west-1", "prod-eu-1");
    let hosts = [
        "mxp-706c49fa-5bb8-4a7e-9f41-2fc38ef4b065-system",
        "team-a-ctp2",
    ];
    let of = |namespace| {
        [
            Workload {
                own: Some(BACKUPS),
                key: Some(BACKUP_KEY),
                closed: vec![BILLING, place("acme-backups", "team-b/")],
                ..workload(Component::Backup, at, namespace, "prod-eu-backup")
            },
            Workload {
                own: Some(BILLING),
                closed: vec![BACKUPS],
                ..workload(Component::Billing, at, namespace, "prod-eu-billing")
            },
            Workload {
                secrets: Some("prod/"),
                parameters: Some("/prod/"),
                closed: vec![BACKUPS, BILLING],
                ..workload(
                    Component::SharedSecrets,
                    at,
                    namespace,
                    "prod-eu-sharedSecrets",
                )
            },
        ]
    };
    hosts.into_iter().flat_map(of).collect()
}

/// `eks-irsa`, but for keys of secrets and parameters.
fn sealed_secrets() -> Example {
    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/5e8d1a34-97c0-4c52-bb0e-6a3c1f2d7e11";
    let with_key = |space: Space, line: &str| {
        space.with(
            &format!("prefixes: [{line}] }}"),
            &format!("prefixes: [{line}], kmsKeys: [\"{KEY}\"] }}"),
        )
    };
    let keyed = |workload: Workload| match workload.component {
        Component::SharedSecrets => Workload {
            key: Some(KEY),
            ..workload
        },
        _ => workload,
    };
    Example {
        name: "eks-irsa, with keys for secrets",
        space: with_key(with_key(example("eks-irsa"), "prod/"), "/prod/"),
        workloads: irsa().into_iter().map(keyed).collect(),
        boundary: None,
    }
}

fn wildcard() -> Vec<Workload> {
    const BACKUPS: Place<'static> = place("acme-us-backups", "prod-us/");
    const BILLING: Place<'static> = place("acme-us-billing", "");
    let at = ("us-west-2", "prod-us-1");
    let host = "mxp-1d9d3f0e-6a55-4c6d-9a0f-6f6b1b3c2a11-system";
    vec![
        Workload {
            any_host: true,
            own: Some(BACKUPS),
            closed: vec![BILLING, place("acme-us-backups", "prod-eu/")],
            ..workload(Component::Backup, at, host, "workloads/prod-us-backup")
        },
        Workload {
            any_host: true,
            own: Some(BILLING),
            closed: vec![BACKUPS],
            ..workload(Component::Billing, at, host, "workloads/prod-us-billing")
        },
        Workload {
            secrets: Some("prod-us/"),
            closed: vec![BACKUPS, BILLING],
            ..workload(
                Component::SharedSecrets,
                at,
                host,
                "workloads/prod-us-sharedSecrets",
            )
        },
    ]
}

/// All control planes of a Space share the role, so what one restores from, each may read (S1: one value of the chart for
/// all control planes).
fn cross_account() -> Vec<Workload> {
    const BACKUPS: Place<'static> = Place {
        bucket: "acme-ap-backups",
        owner: ELSEWHERE,
        prefix: "prod-ap/",
    };
    let at = ("ap-southeast-2", "prod-ap-1");
    let hosts = [
        "mxp-5f0c4c6e-8a43-4b0e-93ce-0d7bb1a2f7c4-system",
        "mxp-0a7e2c9b-3f3d-4a55-8c6f-2b9d1e4f6a80-system",
    ];
    let of = |namespace| Workload {
        own: Some(BACKUPS),
        key: Some(
            "arn:aws:kms:ap-southeast-2:444455556666:key/7c1e9b52-0f64-4d3e-a1b8-6f2d3c4e5a99",
        ),
        restores: vec![place("acme-ap-archive", "prod-old/")],
        closed: vec![place("acme-ap-archive", "prod-new/")],
        ..workload(Component::Backup, at, namespace, "prod-ap-backup")
    };
    hosts.map(of).into()
}

fn velero() -> Vec<Workload> {
    let of = |cluster| Workload {
        own: Some(place("eks-demobucket", "")),
        key: Some("arn:aws:kms:us-west-2:111122223333:key/2b8e6f04-51d7-4c9a-b3f0-8a7d9c1e4f22"),
        ..workload(
            Component::Velero,
            ("us-west-2", cluster),
            "rafay-system",
            "velero-backup",
        )
    };
    vec![of("demo-1"), of("demo-2")]
}

/// The issuer of `eks-anywhere`, and the key whose public half its file names.
pub(crate) const OWN_ISSUER: &str = "https://s3.us-west-2.amazonaws.com/acme-oidc/edge-1";
pub(crate) const OWN_KEY: &str = include_str!("keys/edge-1.pem");
/// The cluster behind it.
pub(crate) const OWN_CLUSTER: &str = "edge-1";

/// The documents of its issuer are everybody's to read, and nobody's to write.
fn anywhere() -> Vec<Workload> {
    vec![Workload {
        own: Some(place("acme-app", "")),
        closed: vec![place("acme-oidc", "keys/")],
        ..workload(
            Component::App,
            ("us-west-2", OWN_CLUSTER),
            "app",
            "anywhere-app",
        )
    }]
}

fn pods() -> Vec<Workload> {
    const BACKUPS: Place<'static> = place("acme-backups", "pods-eu/");
    let at = ("eu-west-1", "pods-eu-1");
    let hosts = [
        "mxp-706c49fa-5bb8-4a7e-9f41-2fc38ef4b065-system",
        "team-a-ctp2",
    ];
    let of = |namespace| {
        [
            Workload {
                by: POD,
                own: Some(BACKUPS),
                closed: vec![BILLING, place("acme-backups", "prod-eu/")],
                ..workload(Component::Backup, at, namespace, "pods-eu-backup")
            },
            Workload {
                by: POD,
                own: Some(BILLING),
                closed: vec![BACKUPS],
                ..workload(Component::Billing, at, namespace, "pods-eu-billing")
            },
            Workload {
                by: &[By::PodIdentity, By::WebIdentity],
                secrets: Some("prod/"),
                closed: vec![BACKUPS, BILLING],
                ..workload(
                    Component::SharedSecrets,
                    at,
                    namespace,
                    "pods-eu-sharedSecrets",
                )
            },
        ]
    };
    hosts.into_iter().flat_map(of).collect()
}

/// Backups lie at `PREFIX/GROUP/NAME` (the field `prefix` of `SharedBackupConfig`, spaces.upbound.io).
fn isolated() -> Vec<Workload> {
    const FIRST: Place<'static> = place("acme-backups", "pods-isolated/default/ctp1/");
    const SECOND: Place<'static> = place("acme-backups", "pods-isolated/default/ctp2/");
    const THIRD: Place<'static> = place("acme-backups", "pods-isolated/team-a/ctp1/");
    let at = ("eu-west-1", "pods-eu-2");
    let planes = [
        ("default-ctp1", FIRST, vec![], vec![SECOND, THIRD]),
        ("default-ctp2", SECOND, vec![FIRST], vec![THIRD]),
        ("team-a-ctp1", THIRD, vec![], vec![FIRST, SECOND]),
    ];
    let of = |(namespace, own, restores, closed)| {
        [
            Workload {
                by: POD,
                own: Some(own),
                key: Some(BACKUP_KEY),
                restores,
                closed,
                ..workload(Component::Backup, at, namespace, "pods-isolated-backup")
            },
            Workload {
                by: POD,
                secrets: Some("prod/"),
                closed: vec![FIRST, SECOND, THIRD],
                ..workload(
                    Component::SharedSecrets,
                    at,
                    namespace,
                    "pods-isolated-sharedSecrets",
                )
            },
        ]
    };
    planes.into_iter().flat_map(of).collect()
}

/// What a table does not know of its Space file.
pub(crate) fn unknown(example: &Example) -> Vec<String> {
    let file: Value = serde_yaml::from_str(&example.space.0).expect("YAML");
    let spec = &file["spec"];
    let many = |name: &str| spec[name].as_sequence().map_or(0, Vec::len);
    let identities = spec["identities"].as_mapping().expect("identities");
    let mut wrong = Vec::new();
    for name in identities.keys().filter_map(Value::as_str) {
        let component = match name {
            "backup" => Component::Backup,
            "billing" => Component::Billing,
            "sharedSecrets" => Component::SharedSecrets,
            "velero" => Component::Velero,
            "app" => Component::App,
            other => {
                wrong.push(format!("{}: nobody says what {other} is for", example.name));
                continue;
            }
        };
        let known = example.workloads.iter();
        let known = known.filter(|workload| workload.component == component);
        let wanted = many("clusters") * many("controlPlanes").max(1);
        let known = known.count();
        if known != wanted {
            wrong.push(format!(
                "{}: {wanted} workloads of {name}, and {known} in the table",
                example.name
            ));
        }
    }
    wrong
}
