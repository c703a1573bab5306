//! The arguments of the command line.
//!
//! Owns their names, help and defaults; does nothing with them.

mod clusters;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use wip_provider::Limits;

pub(crate) use clusters::*;

/// The folder of the sandbox where none is named.
pub(crate) const DEFAULT_SANDBOX: &str = ".wip/sandbox";

/// Give Kubernetes workloads access to clouds, without secrets, from one Space file.
#[derive(Debug, Parser)]
#[command(name = "wip", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Where the states are: a folder with a folder per Space, or a bucket (s3://BUCKET/PREFIX,
    /// gs://BUCKET/PREFIX, azblob://ACCOUNT/CONTAINER/PREFIX).
    #[arg(long, global = true, env = "WIP_STATE", value_name = "DIR | URL")]
    pub(crate) state: Option<String>,
    /// Take the lock in a bucket too, for states in a folder that several machines have.
    #[arg(long, global = true, env = "WIP_LOCK", value_name = "URL")]
    pub(crate) lock: Option<String>,
    /// Use the embedded clouds, kept in DIR, instead of real ones.
    #[arg(
        long,
        global = true,
        env = "WIP_SANDBOX",
        value_name = "DIR",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = DEFAULT_SANDBOX
    )]
    pub(crate) sandbox: Option<PathBuf>,
    /// How much to ask of each API of an account: reads=20,writes=10 at once, write-rate=5 a
    /// second, iam.writes=3 of one API alone.
    ///
    /// The settings are reads and writes, requests in flight, and read-rate and write-rate,
    /// requests a second; each of them after an API (iam, sts, s3, kms, eks, servicequotas) and a
    /// dot for that API alone. They count for each region of each account. Where no rate is set or
    /// published, the first answer that throttles tells one; any rate falls while an API throttles,
    /// and rises again.
    #[arg(long, global = true, env = "WIP_LIMITS", value_name = "NAME=N,…")]
    pub(crate) limits: Option<Limits>,
    /// Print one JSON document instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Append a log of every call, as JSON lines, to FILE.
    #[arg(long, global = true, env = "WIP_LOG_FILE", value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// When to use colour; NO_COLOR is respected.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    /// Show more: documents as unified diffs, all members of long lists.
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Print the settings in force and where each comes from, and do nothing else.
    #[arg(long, global = true)]
    pub(crate) show_config: bool,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what would change and why; writes nothing, takes no lock, needs read rights only.
    Plan(PlanArgs),
    /// Make the clouds what the Space file says: show the plan, ask, apply, verify.
    Apply(ApplyArgs),
    /// Delete what wip made for a Space.
    Destroy(DestroyArgs),
    /// Look at everything and expect nothing to do (exit code 2 if there is).
    ///
    /// Of the clouds always; of a cluster where --context or spec.discovery says how to reach it:
    /// whether its service accounts, pods and stores have what the identities need, each with what
    /// mends it. Read rights suffice, and what may not be read is said.
    Verify(VerifyArgs),
    /// Check the Space file alone, without any cloud.
    Validate(FileArgs),
    /// Take over what exists, each with its diff.
    Adopt(AdoptArgs),
    /// Look at the state, or change what it says.
    #[command(subcommand)]
    State(StateCommand),
    /// Print role ARNs and other things that workloads and charts need.
    Output(OutputArgs),
    /// Print the control planes of the Space's cluster, beside those of the Space file.
    ///
    /// What is new bears a +, what is in the file alone a -, what was made anew a ~. Nothing is
    /// guessed: another cluster than the file's, groups that may not be read, and a cluster without
    /// Spaces are errors.
    Discover(DiscoverArgs),
    /// Print what the Helm release of Spaces must say for what was applied.
    ///
    /// A values file; with --set the arguments of `helm` that say the same. It is made from the
    /// state: apply first.
    HelmValues(HelmValuesArgs),
    /// Print the custom resources of Spaces, and other objects, for what was applied.
    Manifests(ManifestsArgs),
    /// Print which workloads must restart for what was applied, and why.
    ///
    /// With --run they are restarted one after the other, and waited for. To run it again, also
    /// after it was cut short, restarts nothing twice.
    Restart(RestartArgs),
    /// Print discovery document and key set of the issuers that clusters host themselves.
    ///
    /// They follow from the file and the keys that it names; nothing is asked of a cloud. Where the
    /// file says `publish`, `wip apply` writes the same bytes into the bucket; elsewhere put each
    /// where the line above it says.
    Jwks(JwksArgs),
    /// Print the least permissions that wip itself needs for the Space, plan and apply apart.
    ///
    /// Two IAM policies for each account, each with its length: what `wip plan` and `wip verify`
    /// need, which is reads only, and what `wip apply` and `wip destroy` need besides. Whoever
    /// applies needs both. A policy that is too long for one comes in parts. Statements whose name
    /// begins with Optional may be left out; what becomes of a run then stands above the policy.
    /// Nothing is asked of a cloud. What a state in a bucket and `wip state rebuild` need, and
    /// sts:AssumeRole on a role that the file lets wip assume, is not among it.
    Permissions(FileArgs),
    /// Explain an error code, or why a resource is as it is.
    Explain(ExplainArgs),
    /// Print the JSON Schema of the Space file, or of a document that --json prints.
    Schema(SchemaArgs),
    /// Print a completion script for a shell.
    Completions(CompletionsArgs),
    /// Print the manual page.
    Man,
    /// Keep the embedded clouds running on loopback, and print the variables that point SDKs at them.
    Sandbox(SandboxArgs),
    /// Print a generated document of the project.
    #[command(hide = true)]
    Reference(ReferenceArgs),
}

/// The Space file, as the one argument.
#[derive(Clone, Debug, Args)]
pub(crate) struct FileArgs {
    /// The Space file.
    #[arg(value_name = "SPACE.yaml", default_value = "space.yaml")]
    pub(crate) file: PathBuf,
}

/// The Space file, as an option of commands whose arguments are something else.
#[derive(Clone, Debug, Args)]
pub(crate) struct FileOption {
    /// The Space file.
    #[arg(short, long, value_name = "SPACE.yaml", default_value = "space.yaml")]
    pub(crate) file: PathBuf,
}

/// What a plan may do unasked, and what it is about.
#[derive(Clone, Debug, Args)]
pub(crate) struct PlanOptions {
    /// Only this address and what it needs (may be given several times).
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) target: Vec<String>,
    /// Let the plan take away up to N grants.
    #[arg(long, value_name = "N")]
    pub(crate) allow_revokes: Option<u32>,
    /// Remove policies with a Deny that somebody put on a role of wip's.
    #[arg(long)]
    pub(crate) remove_denies: bool,
    /// Let workloads lose their access until they restart, as where a method changes without
    /// `alsoTrust`.
    #[arg(long)]
    pub(crate) allow_interruption: bool,
}

/// Arguments of `wip plan`.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,
    #[command(flatten)]
    pub(crate) options: PlanOptions,
    /// Save the plan, for `wip apply PLAN`.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Print Markdown, for a comment on a pull request.
    #[arg(long, conflicts_with = "json")]
    pub(crate) markdown: bool,
    /// Exit with 2 if there is something to do.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Plan to delete everything.
    #[arg(long, conflicts_with = "out")]
    pub(crate) destroy: bool,
    /// How much to look at; `listed` takes from the state what a listing shows to be the same one,
    /// and is never sure that there is nothing to do (exit code 2 with --detailed-exitcode).
    #[arg(long, value_name = "HOW", default_value = "full")]
    pub(crate) refresh: Refresh,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// How much a plan looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Refresh {
    /// Everything.
    Full,
    /// What a listing shows to be new, gone or another one.
    Listed,
}

/// Arguments of `wip apply`.
#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// The Space file, or a plan that `wip plan --out` saved.
    #[arg(value_name = "SPACE.yaml | PLAN", default_value = "space.yaml")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) options: PlanOptions,
    #[command(flatten)]
    pub(crate) run: RunOptions,
    /// Apply the rest although something is blocked.
    #[arg(long)]
    pub(crate) skip_blocked: bool,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Options of every command that changes a cloud.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunOptions {
    /// Do not ask.
    #[arg(long)]
    pub(crate) auto_approve: bool,
    /// Wait up to SECONDS for another run that holds the lock.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) lock_timeout: u64,
    /// Go on although the upstream branch, as last fetched, has another state than this work
    /// tree builds on.
    #[arg(long)]
    pub(crate) allow_stale: bool,
    /// How many steps may be under way at once.
    #[arg(long, value_name = "N", env = "WIP_PARALLELISM", default_value_t = 10,
          value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) parallelism: u16,
}

/// Arguments of `wip destroy`.
#[derive(Debug, Args)]
pub(crate) struct DestroyArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,
    #[command(flatten)]
    pub(crate) run: RunOptions,
    /// Delete what was adopted too; without it, adopted things are left alone and forgotten.
    #[arg(long)]
    pub(crate) adopted: bool,
}

/// Arguments of `wip adopt`.
#[derive(Debug, Args)]
pub(crate) struct AdoptArgs {
    /// What to take over.
    #[arg(
        value_name = "ADDRESS",
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    pub(crate) addresses: Vec<String>,
    /// Everything that is wanted, exists, and is not wip's.
    #[arg(long)]
    pub(crate) all: bool,
    /// The name that it has in the cloud; must be what the Space file says.
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    pub(crate) id: Option<String>,
    #[command(flatten)]
    pub(crate) file: FileOption,
    #[command(flatten)]
    pub(crate) run: RunOptions,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// What to do with the state.
#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// Print the addresses in the state.
    List {
        #[command(flatten)]
        file: FileOption,
    },
    /// Print one resource as it was last applied.
    Show {
        /// Which.
        address: String,
        #[command(flatten)]
        file: FileOption,
    },
    /// Rename an address.
    Mv {
        /// The address that the state has.
        from: String,
        /// The address that it is to have.
        to: String,
        #[command(flatten)]
        file: FileOption,
    },
    /// Strike an address from the state; the live resource is left alone.
    Forget {
        /// Which.
        address: String,
        #[command(flatten)]
        file: FileOption,
    },
    /// Copy the state from where --state says into a folder, for review.
    Pull {
        /// The folder that holds a folder of state per Space.
        #[arg(long, value_name = "DIR", default_value = "state")]
        to: PathBuf,
        #[command(flatten)]
        file: FileOption,
    },
    /// Copy the state from a folder to where --state says; never to an older one, nor to another lineage.
    Push {
        /// The folder that holds a folder of state per Space.
        #[arg(long, value_name = "DIR", default_value = "state")]
        from: PathBuf,
        #[command(flatten)]
        file: FileOption,
    },
    /// Make a lost state anew, from the marks on what is live.
    Rebuild {
        /// The lineage of the lost state, where marks of several are found.
        #[arg(long, value_name = "UUID")]
        lineage: Option<String>,
        #[command(flatten)]
        file: FileOption,
    },
    /// Take away the lock of a run that died.
    Unlock {
        /// The lock's id, as the message says it that names the holder.
        id: String,
        #[command(flatten)]
        file: FileOption,
    },
}

/// Arguments of `wip output`.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Only of this identity.
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) file: FileOption,
}

/// Arguments of `wip explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// An error code (WIP0107) or an address (aws/iam-role:SPACE/NAME).
    #[arg(value_name = "CODE | ADDRESS")]
    pub(crate) what: String,
    #[command(flatten)]
    pub(crate) file: FileOption,
}

/// Arguments of `wip schema`.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Of which document.
    #[arg(value_enum, default_value_t = Schema::Space)]
    pub(crate) of: Schema,
}

/// A document that has a JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Schema {
    /// The Space file.
    Space,
    /// `wip plan --json`.
    Plan,
    /// `wip permissions --json`.
    Permissions,
    /// `wip apply --json`, and every other command that changes a cloud.
    Apply,
    /// `wip output --json`.
    Output,
    /// `wip validate --json`.
    Validate,
    /// What every command prints with `--json` where it fails.
    Error,
    /// `wip explain CODE --json`.
    Explain,
    /// `--show-config --json`.
    Config,
    /// `wip sandbox --json`.
    Environment,
    /// `wip state list --json`.
    StateList,
    /// `wip state show --json`.
    StateShow,
    /// `wip state mv --json` and `wip state forget --json`.
    StateChange,
    /// `wip state pull --json` and `wip state push --json`.
    StateCopy,
    /// `wip state rebuild --json`.
    StateRebuild,
    /// `wip state unlock --json`.
    StateUnlock,
    /// `wip jwks --json`.
    Jwks,
    /// `wip discover --json`.
    Discover,
    /// `wip restart --json`.
    Restart,
    /// `wip verify --json`, where a cluster is looked at.
    Verify,
    /// `wip verify --token --json`.
    Token,
}

/// Arguments of `wip completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

/// Arguments of `wip sandbox`.
#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    /// Space files whose clusters, buckets and keys are to be there.
    #[arg(value_name = "SPACE.yaml")]
    pub(crate) files: Vec<PathBuf>,
    /// Serve the folder until nobody has asked for a while; what `--sandbox` starts.
    #[arg(long, hide = true)]
    pub(crate) serve: bool,
    /// Do in the sandbox's cluster what `helm upgrade` of the Spaces chart with these values does,
    /// and nothing else.
    #[arg(long, value_name = "VALUES.yaml", requires = "files")]
    pub(crate) helm_upgrade: Option<PathBuf>,
    /// Raise the trust policy quota of every account.
    #[arg(long, value_name = "CHARACTERS")]
    pub(crate) trust_policy_quota: Option<u32>,
    /// Raise the quota of roles of every account.
    #[arg(long, value_name = "ROLES")]
    pub(crate) role_quota: Option<u32>,
}

/// Arguments of `wip reference`.
#[derive(Debug, Args)]
pub(crate) struct ReferenceArgs {
    /// Which.
    #[arg(value_enum)]
    pub(crate) what: Reference,
}

/// A generated document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Reference {
    /// docs/kinds.md
    Kinds,
    /// docs/errors.md
    Errors,
}
