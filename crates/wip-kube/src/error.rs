//! What ends a look at a cluster.

use wip_provider::CloudError;

/// Why a cluster could not be asked, or why what it said is not to be relied on.
#[derive(Debug, thiserror::Error)]
pub enum KubeError {
    /// There is no kubeconfig, or it has no such context.
    #[error("{0}")]
    Config(String),
    /// Tokens would travel in the clear.
    #[error("{0} is plain http, and not on loopback")]
    Insecure(String),
    /// A call failed.
    #[error("the cluster could not be asked")]
    Call(#[source] CloudError),
    /// The context leads to another cluster than the file means.
    #[error(
        "the tokens of this cluster are issued by {found}, and those of `{cluster}` by {expected}"
    )]
    OtherCluster {
        /// The cluster's name in the file.
        cluster: String,
        /// Who issues the tokens of the file's cluster.
        expected: String,
        /// Who issues those of the cluster that was asked.
        found: String,
    },
    /// Nobody may say which cluster this is.
    #[error("which cluster this is could not be found out")]
    NoIssuer(#[source] CloudError),
    /// There are no control planes of that version.
    #[error("the cluster knows no controlplanes.spaces.upbound.io/v1beta1")]
    NoSpaces,
    /// A group that is to be read is not there.
    #[error("there is no group `{0}`")]
    NoGroup(String),
    /// Nobody may read control planes there.
    #[error("control planes may not be listed")]
    Denied(#[source] CloudError),
    /// An object says what cannot be.
    #[error("{0}")]
    Contradiction(String),
    /// A rollout does not come to its end.
    #[error("{what} in {namespace}: the rollout was not done within {seconds} s")]
    Stuck {
        /// `deployment/NAME`.
        what: String,
        /// Its namespace.
        namespace: String,
        /// How long somebody waited.
        seconds: u64,
    },
}

impl From<CloudError> for KubeError {
    fn from(error: CloudError) -> Self {
        Self::Call(error)
    }
}
