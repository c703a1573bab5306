//! `wip sandbox`: keep the embedded clouds running on loopback.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{DEFAULT_SANDBOX, SandboxArgs};
use crate::clouds::embedded;
use crate::failure::{Exit, Failure};
use crate::run::{Session, Source};

/// How often a sandbox that is kept running is asked, so that it does not end as idle.
const ALIVE_EVERY: std::time::Duration = std::time::Duration::from_secs(5);

/// `wip-environment/1`: the variables that point SDKs at the sandbox.
#[derive(Serialize, JsonSchema)]
pub(super) struct Environment {
    #[schemars(extend("const" = "wip-environment/1"))]
    format: &'static str,
    /// By name.
    variables: BTreeMap<&'static str, String>,
}

/// Prints the variables that point SDKs at it, and keeps it running until it is interrupted.
///
/// With the hidden `--serve` it is the process that `--sandbox` starts: it prints nothing and
/// ends by itself when nobody has asked for a while.
pub(crate) async fn run(session: Session<'_>, args: &SandboxArgs) -> Result<Exit, Failure> {
    let default = PathBuf::from(DEFAULT_SANDBOX);
    let dir = session.global.sandbox.as_ref().unwrap_or(&default);
    if args.serve {
        embedded::serve(dir).await?;
        return Ok(Exit::Done);
    }
    let url = embedded::join(dir).await?;
    embedded::set_quotas(dir, &url, args.trust_policy_quota, args.role_quota).await?;
    let mut account = "000000000000".to_owned();
    let mut clusters: Vec<String> = Vec::new();
    for file in &args.files {
        let space = Source::read(file)?.parse(session.terminal.color)?;
        embedded::plant(dir, &url, &space).await?;
        for cluster in &space.clusters {
            if !clusters.contains(&cluster.name) {
                clusters.push(cluster.name.clone());
            }
        }
        if let Some(identity) = space.identities.first() {
            account.clone_from(&identity.account);
        }
    }
    if let Some(path) = &args.helm_upgrade {
        let [cluster] = clusters.as_slice() else {
            let heading = "--helm-upgrade is for one cluster";
            let hint = "name one Space file, of a Space with one cluster";
            return Err(Failure::new("WIP0004", heading, hint));
        };
        let values = values(path)?;
        embedded::helm_upgrade(dir, &url, cluster, &values).await?;
        session.terminal.say(&format!(
            "the release on {cluster} has these values; what runs there is as it was, until it restarts"
        ));
        return Ok(Exit::Done);
    }
    let kubeconfig = embedded::kubeconfig(dir, &url, &clusters)?;
    let token = embedded::google_token(dir)?;
    let google = |api: &str| format!("{url}/_gcp/{api}/");
    let variables = [
        ("AWS_ENDPOINT_URL", url.clone()),
        ("AWS_ACCESS_KEY_ID", account),
        ("AWS_SECRET_ACCESS_KEY", "sandbox".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("KUBECONFIG", kubeconfig),
        ("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", token),
        (
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER",
            google("cloudresourcemanager"),
        ),
        (
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER",
            google("container"),
        ),
        ("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM", google("gcpiam")),
        (
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER",
            google("secretmanager"),
        ),
        (
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE",
            format!("{url}/_gcp/storage/storage/v1/"),
        ),
    ];
    if session.terminal.json {
        session.terminal.print_json(&Environment {
            format: "wip-environment/1",
            variables: variables.into(),
        })?;
    } else {
        let lines = variables.map(|(name, value)| format!("export {name}={value}"));
        session.terminal.print(&lines.join("\n"));
    }
    session.terminal.say("the access key id is the account that is asked; Ctrl-C ends this, and the sandbox soon after");
    while embedded::join(dir).await? == url {
        tokio::time::sleep(ALIVE_EVERY).await;
    }
    Err(Failure::new(
        "WIP0005",
        "the sandbox was replaced by another",
        "",
    ))
}

/// The values in a YAML file.
fn values(path: &Path) -> Result<serde_json::Value, Failure> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))?;
    serde_yaml::from_str(&text).map_err(|error| {
        let heading = format!("{} is no values file", path.display());
        Failure::new("WIP0004", heading, "`wip helm-values` writes one").because(&error)
    })
}
