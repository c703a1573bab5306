//! The arguments of commands that look at clusters.

use std::path::PathBuf;

use clap::Args;

use super::{FileArgs, FileOption};

/// How clusters are reached.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Clusters")]
pub(crate) struct Reach {
    /// The kubeconfig's context for the Space's cluster, instead of spec.discovery.context; with
    /// several clusters CLUSTER=CONTEXT, once for each that is to be looked at.
    #[arg(
        long,
        env = "WIP_CONTEXT",
        value_name = "[CLUSTER=]CONTEXT",
        value_delimiter = ';'
    )]
    pub(crate) context: Vec<String>,
}

/// Arguments of `wip jwks`.
#[derive(Debug, Args)]
pub(crate) struct JwksArgs {
    /// Only of this cluster.
    pub(crate) cluster: Option<String>,
    #[command(flatten)]
    pub(crate) file: FileOption,
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Ask the cluster for the keys that sign its tokens, and write those that the Space file lacks
    /// beside it, instead.
    #[arg(long)]
    pub(crate) read: bool,
    /// With --read: take the key from this Secret, as EKS Anywhere keeps it (eksa-system/CLUSTER-sa).
    #[arg(long, value_name = "NAMESPACE/NAME", requires = "read")]
    pub(crate) secret: Option<String>,
}

/// Arguments of `wip verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Ask the cluster for a token of this service account, try it with the cloud, and say what
    /// differs where it is refused; nothing else is looked at.
    #[arg(long, value_name = "NAMESPACE/NAME")]
    pub(crate) token: Option<String>,
}

/// Arguments of `wip discover`.
#[derive(Debug, Args)]
pub(crate) struct DiscoverArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Write them into the Space file, whose comments and order stay.
    #[arg(long)]
    pub(crate) write: bool,
}

/// Arguments of `wip helm-values`.
#[derive(Debug, Args)]
pub(crate) struct HelmValuesArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,
    /// Of this cluster; needed where there are several.
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// Print arguments of `helm`, one a line, instead of a file.
    #[arg(long, conflicts_with = "out")]
    pub(crate) set: bool,
    /// Write them to FILE.
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub(crate) out: Option<PathBuf>,
}

/// Arguments of `wip manifests`.
#[derive(Debug, Args)]
pub(crate) struct ManifestsArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Of this cluster; needed where there are several.
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// Print instead what the owner of this account must add to policies that wip does not write.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) owner: Option<String>,
}

/// Arguments of `wip restart`.
#[derive(Debug, Args)]
pub(crate) struct RestartArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Restart them, and wait for each.
    #[arg(long)]
    pub(crate) run: bool,
    /// How long to wait for each rollout.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub(crate) timeout: u64,
}
