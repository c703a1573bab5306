//! The Space file: parse, defaults, validation, JSON Schema.
//!
//! Owns the turn from a YAML text into a valid [`Space`], with every problem on its source line.
//! Does no I/O and knows no cloud SDK.

mod model;

pub use model::{
    Access, AccountAccess, Aws, Bucket, Cluster, ClusterAt, Component, ControlPlane, Existing,
    Guardrails, HostNamespace, Identity, Ignore, KmsKey, Method, Names, PolicyForm, RestoreSource,
    Role, S3Location, Space, Subject, TrustScope, Verb,
};
