//! `wip jwks --read`: the keys that sign a cluster's tokens, written beside the Space file.
//!
//! What is published stays what the file names: a key comes into it by a change that people review.

use std::path::Path;

use wip_kube::{ClusterKey, Kube};
use wip_space::{Cluster, ClusterAt, SigningKey};

use super::{Connected, connect, failure, the_cluster};
use crate::args::JwksArgs;
use crate::failure::{Exit, Failure};
use crate::run::{Run, Session};

/// Exit code 2 where the file lacks a key.
pub(crate) async fn run(session: Session<'_>, args: &JwksArgs) -> Result<Exit, Failure> {
    let path = &args.file.file;
    let run = Run::open(session, path).await?;
    let cluster = the_cluster(&run.space, args.cluster.as_deref())?;
    let ClusterAt::SelfHosted { signing_keys, .. } = &cluster.at else {
        let heading = format!("the keys of {} are its cloud's to publish", cluster.name);
        let hint = "only clusters with `selfHosted` name keys in the Space file";
        return Err(Failure::new("WIP0004", heading, hint));
    };
    let connected = connect(session, &run.space, cluster, &args.reach, None).await?;
    let found = read(&connected, args.secret.as_deref()).await?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut missing = 0;
    for ClusterKey { pem, key } in &found {
        if signing_keys.contains(key) {
            session
                .terminal
                .print(&format!("  {}  in the file", key.kid));
            continue;
        }
        missing += 1;
        let name = file_name(cluster, key);
        let file = folder.join(&name);
        std::fs::write(&file, pem).map_err(|error| Failure::file("write", &file, &error))?;
        session
            .terminal
            .print(&format!("+ {}  written to {name}", key.kid));
    }
    for key in signing_keys {
        if !found.iter().any(|found| found.key == *key) {
            session
                .terminal
                .print(&format!("- {}  in the file alone", key.kid));
        }
    }
    Ok(match missing {
        0 => Exit::Done,
        _ => {
            session.terminal.say("name the new files under signingKeys, before those that are there where they sign already; then wip apply");
            Exit::Pending
        }
    })
}

async fn read(connected: &Connected, secret: Option<&str>) -> Result<Vec<ClusterKey>, Failure> {
    let kube: &Kube = &connected.kube;
    let read = match secret {
        None => wip_kube::signing_keys(kube).await,
        Some(secret) => {
            let Some((namespace, name)) = secret.split_once('/') else {
                let heading = format!("{secret} is no Secret");
                return Err(Failure::new("WIP0004", heading, "write NAMESPACE/NAME"));
            };
            let key = wip_kube::signing_key_in(kube, namespace, name).await;
            key.map(|key| vec![key])
        }
    };
    read.map_err(|error| failure::of(error, connected))
}

/// A name that tells keys apart, and says whose it is.
fn file_name(cluster: &Cluster, key: &SigningKey) -> String {
    let id: String = key
        .kid
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(8)
        .collect();
    format!("{}-{id}.pub", cluster.name)
}
