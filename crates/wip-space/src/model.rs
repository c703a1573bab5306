//! The model: a Space that is valid, with every default filled in.
//!
//! Owns what a Space means (whose subjects an identity admits, where its role lives).
//! Knows no source text: positions belong to the parser.

mod azure;
mod cluster;
mod discovery;
mod google;

use std::collections::{BTreeMap, BTreeSet};

pub use azure::{
    Application, AzureAccess, BlobContainer, Container, EntraIdentity, EntraPrincipal,
    ManagedIdentity, Vault,
};
pub use cluster::{Cluster, ClusterAt, Publish};
pub use discovery::{Discovered, Discovery};
pub use google::{
    GcsBucket, GcsLocation, GoogleAccess, GoogleIdentity, GooglePrincipal, GoogleResource,
    ServiceAccount,
};

use crate::Bucket;

/// One Space, valid and with its defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    /// A DNS label of at most 40 characters; part of every name that wip makes.
    pub name: String,
    /// Tags on all that wip makes.
    pub labels: BTreeMap<String, String>,
    /// How to reach AWS.
    pub aws: Aws,
    /// Its clusters, in the order of the file.
    pub clusters: Vec<Cluster>,
    /// Its control planes: those of the file, in its order, then those that were discovered.
    pub control_planes: Vec<ControlPlane>,
    /// Where control planes are read from besides.
    pub discovery: Option<Discovery>,
    /// Buckets of which wip owns settings and statements.
    pub buckets: Vec<Bucket>,
    /// Containers of blobs that wip makes, or of which the file says where they are.
    pub containers: Vec<BlobContainer>,
    /// Buckets of Cloud Storage that wip makes, or of which the file says where they are.
    pub gcs_buckets: Vec<GcsBucket>,
    /// Keys of which wip owns statements.
    pub kms_keys: Vec<KmsKey>,
    /// Its identities on AWS, sorted by name.
    pub identities: Vec<Identity>,
    /// Its identities on Azure, sorted by name; a name is that of one identity, whatever its cloud.
    pub entra: Vec<EntraIdentity>,
    /// Its identities on Google Cloud, sorted by name.
    pub google: Vec<GoogleIdentity>,
    /// What a plan may not do unasked.
    pub guardrails: Guardrails,
    /// Renames, as pairs of addresses in text: from, to.
    pub moved: Vec<(String, String)>,
}

/// How to reach AWS.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Aws {
    /// By account id (12 digits); an account without an entry is reached with the ambient credentials.
    pub accounts: BTreeMap<String, AccountAccess>,
}

/// How to reach one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountAccess {
    /// With the credentials of the environment.
    Ambient,
    /// With a profile of the AWS configuration files.
    Profile(String),
    /// By assuming a role, from the ambient credentials.
    AssumeRole {
        /// The role's ARN, in that account.
        role_arn: String,
        /// What the role's trust asks for.
        external_id: Option<String>,
    },
}

/// One control plane.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlPlane {
    /// Its group: the namespace of its ControlPlane object.
    pub group: String,
    /// Its name.
    pub name: String,
    /// The namespace that its components run in.
    pub host_namespace: HostNamespace,
    /// The cluster that it runs on.
    pub cluster: String,
    /// What it restores from: read and list only.
    pub restore_from: Vec<RestoreSource>,
}

/// The namespace that a control plane's components run in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostNamespace {
    /// `mxp-<id>-system`, from `status.controlPlaneID`.
    OfId(String),
    /// `spec.hostNamespace.name` of Spaces 1.17.
    Named(String),
}

impl HostNamespace {
    /// The namespace's name.
    pub fn name(&self) -> String {
        match self {
            Self::OfId(id) => format!("mxp-{id}-system"),
            Self::Named(name) => name.clone(),
        }
    }
}

/// What a control plane restores from.
#[derive(Clone, Debug, PartialEq)]
pub enum RestoreSource {
    /// Another control plane of the Space: group, name.
    ControlPlane(String, String),
    /// A place in a bucket.
    S3(S3Location),
}

/// A place in a bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct S3Location {
    /// The bucket's name.
    pub bucket: String,
    /// Its region.
    pub region: String,
    /// Its account; the identity's own where the file does not say.
    pub account: Option<String>,
    /// The prefix, `""` for the whole bucket; never begins with `/`.
    pub prefix: String,
    /// The ARN of the key that it is encrypted with.
    pub kms_key: Option<String>,
}

/// A key of which wip owns statements.
#[derive(Clone, Debug, PartialEq)]
pub struct KmsKey {
    /// Its ARN; account and region are in it.
    pub arn: String,
    /// Whether wip writes its statements into the key's policy.
    pub policy: bool,
}

/// One identity: which workloads, and what they may reach.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// Its name within the Space.
    pub name: String,
    /// What it is for.
    pub component: Component,
    /// How its workloads prove who they are.
    pub method: Method,
    /// Methods that its role trusts besides, while the method changes; never `method` itself.
    pub also_trust: BTreeSet<Method>,
    /// How [`Method::PodIdentity`] keeps its workloads apart; `Shared` for other methods.
    pub isolation: Isolation,
    /// The ARN of the role that its workloads act as, where that is not its own.
    pub target_role: Option<String>,
    /// How exactly its subjects are named.
    pub trust: TrustScope,
    /// Whom it admits, by cluster; a cluster with an empty set has nobody yet.
    pub subjects: BTreeMap<String, BTreeSet<Subject>>,
    /// What it may reach.
    pub access: Vec<Access>,
    /// What its control planes restore from: read and list only.
    pub restore_from: Vec<S3Location>,
    /// Where its role lives.
    pub account: String,
    /// The partition that its role lives in.
    pub partition: String,
    /// Its role.
    pub role: Role,
}

impl Identity {
    /// The account of the role that its workloads act as.
    pub fn acting_account(&self) -> &str {
        let target = self.target_role.as_deref();
        let account = target.and_then(|arn| arn.split(':').nth(4));
        account.unwrap_or(&self.account)
    }

    /// Whether its role trusts workloads that come by `method`.
    pub fn trusts(&self, method: Method) -> bool {
        self.method == method || self.also_trust.contains(&method)
    }
}

/// What an identity is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Component {
    /// Backup and restore, service account `mxp-controller`.
    Backup,
    /// Billing, service account `vector`.
    Billing,
    /// Shared secrets, service account `external-secrets-controller`.
    SharedSecrets,
    /// The file names its workloads.
    Custom,
}

impl Component {
    /// The service account of the component, in each host namespace.
    pub fn service_account(self) -> Option<&'static str> {
        match self {
            Self::Backup => Some("mxp-controller"),
            Self::Billing => Some("vector"),
            Self::SharedSecrets => Some("external-secrets-controller"),
            Self::Custom => None,
        }
    }
}

/// How workloads prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// IAM roles for service accounts: a web-identity token of the cluster's issuer.
    Irsa,
    /// EKS Pod Identity: an association of each service account with the role.
    PodIdentity,
}

/// How the workloads of one role are kept apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isolation {
    /// Not at all.
    #[default]
    Shared,
    /// Each association has a session policy for its control plane.
    SessionPolicy,
    /// Trust and permissions ask for the session's tags.
    SessionTags,
}

/// How exactly an identity names its subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrustScope {
    /// Each by its name.
    Exact,
    /// `mxp-*-system`.
    HostPattern,
    /// The service account's name in any namespace.
    AnyNamespace,
}

/// Whom a trust admits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// One service account.
    Exact {
        /// Its namespace.
        namespace: String,
        /// Its name.
        service_account: String,
    },
    /// All that match.
    Pattern {
        /// The pattern of the namespace: `mxp-*-system` or `*`.
        namespace: String,
        /// The service account's name.
        service_account: String,
    },
}

impl Subject {
    /// The `sub` claim, or a pattern of it: `system:serviceaccount:NS:SA`.
    pub fn claim(&self) -> String {
        match self {
            Self::Exact {
                namespace,
                service_account,
            }
            | Self::Pattern {
                namespace,
                service_account,
            } => format!("system:serviceaccount:{namespace}:{service_account}"),
        }
    }
}

/// The IAM role of an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name, at most 64 characters (`[\w+=,.@-]`).
    pub name: String,
    /// Its path, begins and ends with `/`.
    pub path: String,
    /// A policy's ARN; a bare name of the file is one of the role's account.
    pub permissions_boundary: Option<String>,
    /// Seconds, 3600 to 43200.
    pub max_session_duration: u32,
    /// For people.
    pub description: String,
    /// ARNs of managed policies.
    pub attach: BTreeSet<String>,
    /// Where its permissions are written.
    pub policies: PolicyForm,
    /// What others put on it with wip's knowledge.
    pub ignore: Ignore,
    /// How far wip owns a role that exists.
    pub existing: Existing,
}

/// Where the permissions of a role are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyForm {
    /// Into one inline policy.
    Inline,
    /// Into customer managed policies.
    Managed,
}

/// Policies of a role that wip leaves alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ignore {
    /// Names of inline policies.
    pub policies: BTreeSet<String>,
    /// ARNs of attached policies.
    pub attachments: BTreeSet<String>,
}

/// How far wip owns a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Whole.
    Manage,
    /// Its trust only; the role must exist.
    TrustOnly,
    /// Not at all; the role must exist and is checked.
    Reference,
}

/// Something that an identity may reach.
#[derive(Clone, Debug, PartialEq)]
pub enum Access {
    /// Objects in a bucket.
    S3 {
        /// Where.
        at: S3Location,
        /// What, where the file says; else what the component needs.
        allow: Option<BTreeSet<Verb>>,
    },
    /// Secrets of AWS Secrets Manager.
    SecretsManager {
        /// Their region.
        region: String,
        /// Their account; the identity's own where the file does not say.
        account: Option<String>,
        /// Which.
        names: Names,
        /// ARNs of the keys that they are encrypted with.
        kms_keys: BTreeSet<String>,
        /// What, where the file says.
        allow: Option<BTreeSet<Verb>>,
    },
    /// Parameters of AWS Systems Manager.
    ParameterStore {
        /// Their region.
        region: String,
        /// Their account; the identity's own where the file does not say.
        account: Option<String>,
        /// Which.
        names: Names,
        /// ARNs of the keys that they are encrypted with.
        kms_keys: BTreeSet<String>,
        /// What, where the file says.
        allow: Option<BTreeSet<Verb>>,
    },
    /// Snapshots of EBS volumes, as Velero takes them.
    EbsSnapshots {
        /// ARNs of the keys that the volumes are encrypted with.
        kms_keys: BTreeSet<String>,
    },
    /// Other roles.
    AssumeRole {
        /// Their ARNs.
        roles: BTreeSet<String>,
    },
    /// One raw IAM statement, as JSON.
    Statement(serde_json::Value),
}

/// Which secrets or parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// All whose name starts so.
    Prefixes(BTreeSet<String>),
    /// Exactly these.
    Exactly(BTreeSet<String>),
}

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Read.
    Read,
    /// Write.
    Write,
    /// List.
    List,
    /// Delete.
    Delete,
}

/// What a plan may not do unasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guardrails {
    /// Whether an identity may admit a service account of any namespace.
    pub allow_any_namespace: bool,
    /// How many grants a plan may take away unasked.
    pub max_revokes: u32,
    /// Whether `wip destroy` goes ahead without the Space's name typed in.
    pub allow_destroy: bool,
    /// The trust policy quota; read from Service Quotas when not given.
    pub trust_policy_quota: Option<u32>,
    /// Actions and policies that no identity may have.
    pub forbid: BTreeSet<String>,
}
