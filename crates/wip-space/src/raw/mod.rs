//! The Space file as it is written: one type per map of the file.
//!
//! Owns which fields there are and what form each value has. Defaults, references and what the
//! values mean together are `lower`'s.

mod access;
mod azure;
mod bucket;
mod forms;
mod google;
mod identity;
mod place;

pub(crate) use access::*;
pub(crate) use azure::*;
pub(crate) use bucket::*;
pub(crate) use forms::*;
pub(crate) use google::*;
pub(crate) use identity::*;
pub(crate) use place::*;

use crate::declare::{choice, record};
use crate::read::{Entries, Spanned};

record! {
    /// A Space: its clusters, its control planes, and the cloud identities of its components.
    #[schemars(title = "Space")]
    SpaceFile {
        /// The version of this format.
        "apiVersion" api_version: ApiVersion,
        /// What the file describes.
        "kind" kind: Kind,
        /// Name and labels.
        "metadata" metadata: Metadata,
        /// What there is, and what is wanted.
        "spec" spec: Spec,
    }
}

choice! {
    /// The version of the format.
    ApiVersion {
        /// The first one.
        V1Alpha1 = "wip/v1alpha1",
    }
}

choice! {
    /// What the file describes.
    Kind {
        /// A Space.
        Space = "Space",
    }
}

record! {
    /// Name and labels of the Space.
    Metadata {
        /// The Space's name, part of every name that wip makes.
        "name" name: SpaceName,
        /// Tags on all that wip makes.
        [default] "labels" labels: Entries<TagKey, TagValue>,
    }
}

record! {
    /// What there is, and what is wanted.
    Spec {
        /// How to reach AWS, and defaults for its roles.
        [default] "aws" aws: AwsSpec,
        /// The clusters whose service accounts get access.
        "clusters" clusters: Vec<Spanned<ClusterSpec>>,
        /// The control planes that run on them.
        [default] "controlPlanes" control_planes: Vec<Spanned<ControlPlaneSpec>>,
        /// Also read control planes from a cluster, each time that something is planned.
        [default] "discovery" discovery: DiscoverySpec,
        /// Buckets and containers that wip makes, or of which it owns settings and statements.
        [default] "buckets" buckets: Vec<Spanned<BucketSpec>>,
        /// KMS keys of which wip owns statements.
        [default] "kmsKeys" kms_keys: Vec<Spanned<KmsKeySpec>>,
        /// The identities, by name. `backup`, `billing` and `sharedSecrets` imply their component.
        "identities" identities: Entries<IdentityName, IdentitySpec>,
        /// What a plan may not do unasked.
        [default] "guardrails" guardrails: GuardrailsSpec,
        /// Renames: a rename is not a delete.
        [default] "moved" moved: Vec<Spanned<MovedSpec>>,
    }
}

record! {
    /// What a plan may not do unasked; each default is the safe one.
    GuardrailsSpec {
        /// Whether an identity may admit a service account of any namespace. Default: false.
        [default] "allowAnyNamespace" allow_any_namespace: bool,
        /// How many grants a plan may take away without `--allow-revokes`. Default: 1.
        [default] "maxRevokes" max_revokes: u32,
        /// Whether `wip destroy` goes ahead without the Space's name typed in. Default: false.
        [default] "allowDestroy" allow_destroy: bool,
        /// The trust policy quota in characters; unset, it is read from Service Quotas.
        [default] "trustPolicyQuota" trust_policy_quota: u32,
        /// Actions and policies that no identity may have. Default: `*`, `iam:*`,
        /// `kms:PutKeyPolicy`, `Owner`, `Contributor`, `roles/owner`, `roles/editor`.
        [default] "forbid" forbid: Vec<Spanned<Forbidden>>,
    }
}

record! {
    /// A rename: what the state knows as `from` is now `to`.
    MovedSpec {
        /// The address that the state has.
        "from" from: AddressText,
        /// The address that this file makes.
        "to" to: AddressText,
    }
}
