//! What was asked of the sandbox, one entry a call. Never a body, never a credential.

use serde::Serialize;

/// One call as it was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Logged {
    /// Counts the calls from 1 since the log was last emptied.
    pub n: u64,
    /// The service as in a credential scope; of Azure `arm`, `graph`, `login`, `blob` or `vault`; of Google Cloud `cloudresourcemanager`, `container`, `gcpiam`, `gcpsts`, `iamcredentials`, `secretmanager` or `storage`; of Kubernetes `kube`.
    pub service: String,
    /// The operation as in the service's model or specification; empty where the request names none.
    pub operation: String,
    /// The caller's account, or tenant; empty where the caller is not known.
    pub account: String,
    /// The region of the credential scope, or the cluster; empty where there is none.
    pub region: String,
    /// The name of what the call is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The HTTP status of the answer, or 0 where the connection closed or hangs without one.
    pub status: u16,
    /// The error code of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}
