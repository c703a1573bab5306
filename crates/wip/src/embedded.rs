//! The embedded clouds of `--sandbox`: one server process per folder, started or joined.
//!
//! Owns when what a Space takes for granted is planted: each thing once, so that what somebody
//! deletes in the sandbox stays deleted.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use wip_provider::Wire;
use wip_sandbox::{AzureSeed, GoogleSeed, Options, Quotas, Seed};
use wip_space::Space;

use crate::failure::Failure;

/// The URL of a sandbox that answers on a wire.
pub(crate) const ON_WIRE: &str = "http://localhost";

/// How long a server goes on without being asked: `WIP_SANDBOX_IDLE` seconds, or ten minutes.
fn idle() -> Duration {
    let seconds = std::env::var("WIP_SANDBOX_IDLE")
        .ok()
        .and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(600))
}

/// Serves a folder until nobody has asked for a while: the whole work of a server process.
pub(crate) async fn serve(dir: &Path) -> Result<(), Failure> {
    wip_sandbox::serve_folder(dir, Options::default(), idle())
        .await
        .map(drop)
        .map_err(|error| unusable(dir, &error))
}

/// The URL of the folder's server; starts one where none runs.
pub(crate) async fn join(dir: &Path) -> Result<String, Failure> {
    wip_sandbox::join_or_start(dir, || start(dir))
        .await
        .map_err(|error| unusable(dir, &error))
}

/// Plants what the Space takes for granted and was not planted for it before.
pub(crate) async fn plant(dir: &Path, url: &str, space: &Space) -> Result<(), Failure> {
    plant_by(dir, space, async |seed| {
        wip_sandbox::seed_at(url, seed).await
    })
    .await
}

/// The same, of a sandbox that answers on a wire.
pub(crate) async fn plant_on(
    dir: &Path,
    wire: &Arc<dyn Wire>,
    space: &Space,
) -> Result<(), Failure> {
    plant_by(dir, space, async |seed| {
        let request = http::Request::post(format!("{ON_WIRE}/_sandbox/seed"));
        let request = request
            .body(serde_json::to_vec(seed)?)
            .map_err(io::Error::other)?;
        let answer = wire.send(request).await.map_err(io::Error::other)?;
        match answer.status().is_success() {
            true => Ok(()),
            false => Err(io::Error::other(answer.status().to_string())),
        }
    })
    .await
}

async fn plant_by(
    dir: &Path,
    space: &Space,
    seed: impl AsyncFnOnce(&Seed) -> io::Result<()>,
) -> Result<(), Failure> {
    let wanted = crate::clouds::embedded_seed::seed(space);
    let path = dir.join("seeded").join(format!("{}.json", space.name));
    let planted: Seed = match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map_err(|error| unusable(dir, &error.into()))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Seed::default(),
        Err(error) => return Err(unusable(dir, &error)),
    };
    let new = without(&wanted, &planted);
    let lengths = [
        new.clusters.len(),
        new.buckets.len(),
        new.keys.len(),
        new.policies.len(),
        new.azure.subscriptions.len(),
        new.azure.resource_groups.len(),
        new.azure.clusters.len(),
        new.azure.identities.len(),
        new.azure.storage_accounts.len(),
        new.azure.vaults.len(),
        new.google.projects.len(),
        new.google.clusters.len(),
        new.google.accounts.len(),
        new.google.buckets.len(),
        new.google.secrets.len(),
        new.kubernetes.len(),
    ];
    if lengths == [0; 16] {
        return Ok(());
    }
    seed(&new).await.map_err(|error| unusable(dir, &error))?;
    let all = Seed {
        clusters: [planted.clusters, new.clusters].concat(),
        buckets: [planted.buckets, new.buckets].concat(),
        keys: [planted.keys, new.keys].concat(),
        policies: [planted.policies, new.policies].concat(),
        azure: AzureSeed {
            subscriptions: [planted.azure.subscriptions, new.azure.subscriptions].concat(),
            resource_groups: [planted.azure.resource_groups, new.azure.resource_groups].concat(),
            clusters: [planted.azure.clusters, new.azure.clusters].concat(),
            identities: [planted.azure.identities, new.azure.identities].concat(),
            storage_accounts: [planted.azure.storage_accounts, new.azure.storage_accounts].concat(),
            vaults: [planted.azure.vaults, new.azure.vaults].concat(),
        },
        google: GoogleSeed {
            projects: [planted.google.projects, new.google.projects].concat(),
            clusters: [planted.google.clusters, new.google.clusters].concat(),
            accounts: [planted.google.accounts, new.google.accounts].concat(),
            buckets: [planted.google.buckets, new.google.buckets].concat(),
            secrets: [planted.google.secrets, new.google.secrets].concat(),
        },
        kubernetes: [planted.kubernetes, new.kubernetes].concat(),
        ..Seed::default()
    };
    write(&path, &all).map_err(|error| unusable(dir, &error))
}

/// The path of a file with the token of the sandbox's operator at Google Cloud, which is no secret.
pub(crate) fn google_token(dir: &Path) -> Result<String, Failure> {
    let path = dir.join("google-token");
    let write = || {
        std::fs::write(&path, "sandbox:operator@sandbox.example.com\n")?;
        absolute(&path)
    };
    let path = write().map_err(|error| unusable(dir, &error))?;
    Ok(path.display().to_string())
}

/// Sets quotas that differ from those of AWS.
pub(crate) async fn set_quotas(
    dir: &Path,
    url: &str,
    trust_policy_size: Option<u32>,
    roles: Option<u32>,
) -> Result<(), Failure> {
    if trust_policy_size.is_none() && roles.is_none() {
        return Ok(());
    }
    let defaults = Quotas::default();
    let quotas = Quotas {
        trust_policy_size: trust_policy_size.unwrap_or(defaults.trust_policy_size),
        roles: roles.unwrap_or(defaults.roles),
        ..defaults
    };
    let seed = Seed {
        quotas: Some(quotas),
        ..Seed::default()
    };
    wip_sandbox::seed_at(url, &seed)
        .await
        .map_err(|error| unusable(dir, &error))
}

fn without(wanted: &Seed, planted: &Seed) -> Seed {
    let mut new = wanted.clone();
    new.policies.retain(|arn| !planted.policies.contains(arn));
    new.clusters.retain(|it| {
        !planted.clusters.iter().any(|old| {
            (&old.account, &old.region, &old.name) == (&it.account, &it.region, &it.name)
        })
    });
    new.buckets
        .retain(|it| !planted.buckets.iter().any(|old| old.name == it.name));
    new.keys
        .retain(|it| !planted.keys.iter().any(|old| old.arn == it.arn));
    let (azure, old) = (&mut new.azure, &planted.azure);
    unplanted(&mut azure.subscriptions, &old.subscriptions, |it| {
        vec![&it.id]
    });
    unplanted(&mut azure.resource_groups, &old.resource_groups, |it| {
        vec![&it.subscription, &it.name]
    });
    unplanted(&mut azure.clusters, &old.clusters, |it| {
        vec![&it.subscription, &it.resource_group, &it.name]
    });
    unplanted(&mut azure.identities, &old.identities, |it| {
        vec![&it.subscription, &it.resource_group, &it.name]
    });
    // Of an account that is there already, containers that are not; seeding adds them.
    unplanted(&mut azure.storage_accounts, &old.storage_accounts, |it| {
        let names = [&it.subscription, &it.resource_group, &it.name];
        names.into_iter().chain(&it.containers).collect()
    });
    unplanted(&mut azure.vaults, &old.vaults, |it| vec![&it.name]);
    let (google, old) = (&mut new.google, &planted.google);
    unplanted(&mut google.projects, &old.projects, |it| vec![&it.id]);
    unplanted(&mut google.clusters, &old.clusters, |it| {
        vec![&it.project, &it.location, &it.name]
    });
    unplanted(&mut google.accounts, &old.accounts, |it| {
        vec![&it.project, &it.id]
    });
    unplanted(&mut google.buckets, &old.buckets, |it| vec![&it.name]);
    unplanted(&mut google.secrets, &old.secrets, |it| {
        vec![&it.project, &it.name]
    });
    // Of a cluster that is there already, control planes that are not.
    for cluster in &mut new.kubernetes {
        let planted = planted.kubernetes.iter();
        let planted = planted.filter(|old| old.name == cluster.name);
        let old: Vec<_> = planted.flat_map(|old| &old.control_planes).collect();
        cluster.control_planes.retain(|it| !old.contains(&it));
    }
    new.kubernetes.retain(|it| {
        let is_there = planted.kubernetes.iter().any(|old| old.name == it.name);
        !is_there || !it.control_planes.is_empty()
    });
    new
}

/// The path of a kubeconfig with the API servers of these clusters; the token in it is no secret.
pub(crate) fn kubeconfig(dir: &Path, url: &str, clusters: &[String]) -> Result<String, Failure> {
    let entry = |name: &String| {
        let server = format!("{url}/_kube/{name}");
        serde_json::json!({ "name": name, "cluster": { "server": server } })
    };
    let context = |name: &String| serde_json::json!({ "name": name, "context": { "cluster": name, "user": "sandbox" } });
    let config = serde_json::json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": clusters.iter().map(entry).collect::<Vec<_>>(),
        "contexts": clusters.iter().map(context).collect::<Vec<_>>(),
        "users": [{ "name": "sandbox", "user": { "token": "sandbox" } }],
        "current-context": clusters.first().map_or("", String::as_str),
    });
    let path = dir.join("kubeconfig");
    let write = || {
        std::fs::write(&path, serde_json::to_vec_pretty(&config)?)?;
        absolute(&path)
    };
    let path = write().map_err(|error| unusable(dir, &error))?;
    Ok(path.display().to_string())
}

/// Does in the cluster what `helm upgrade` of the Spaces chart with these values does.
pub(crate) async fn helm_upgrade(
    dir: &Path,
    url: &str,
    cluster: &str,
    values: &serde_json::Value,
) -> Result<(), Failure> {
    let refused = |why: String| {
        let heading = format!("the cluster {cluster} does not take these values");
        Failure::new("WIP0005", heading, "").with_cause(&why)
    };
    wip_sandbox::upgrade_at(url, cluster, values)
        .await
        .map_err(|error| unusable(dir, &error))?
        .map_err(refused)
}

/// Leaves of `new` what is not in `old` by its key.
fn unplanted<T>(new: &mut Vec<T>, old: &[T], key: impl Fn(&T) -> Vec<&String>) {
    new.retain(|it| old.iter().all(|old| key(old) != key(it)));
}

/// Starts this program again as a server, in a process group of its own, so that Ctrl-C ends
/// only the command.
fn start(dir: &Path) -> io::Result<()> {
    let mut argument = std::ffi::OsString::from("--sandbox=");
    argument.push(absolute(dir)?);
    let mut server = Command::new(std::env::current_exe()?);
    // It outlives the command, so it does not keep the caller's credentials, nor the command's log.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let of_clouds = ["AWS_", "AZURE_", "GOOGLE_", "CLOUDSDK_"];
        if of_clouds.iter().any(|it| text.starts_with(it)) || text == "WIP_LOG_FILE" {
            server.env_remove(name);
        }
    }
    server
        .args(["sandbox", "--serve"])
        .arg(argument)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map(drop)
}

fn absolute(dir: &Path) -> io::Result<PathBuf> {
    std::path::absolute(dir)
}

fn write(path: &Path, seed: &Seed) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let new = path.with_extension("new");
    std::fs::write(&new, serde_json::to_vec_pretty(seed)?)?;
    std::fs::rename(new, path)
}

fn unusable(dir: &Path, error: &io::Error) -> Failure {
    let heading = format!("the sandbox in {} cannot be used", dir.display());
    Failure::new(
        "WIP0005",
        heading,
        "another folder starts another sandbox: --sandbox=DIR",
    )
    .because(error)
}
