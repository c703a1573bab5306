//! `wip jwks`: discovery document and key set of the issuers that clusters host themselves.
//!
//! Owns how they are shown. Asks no cloud: all of it follows from the file and the keys that it names.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use wip_space::{ClusterAt, DISCOVERY_DOCUMENT, KEY_SET, Space, discovery_document, key_set};

use crate::args::JwksArgs;
use crate::failure::{Exit, Failure};
use crate::run::{Session, Source};

/// `wip-jwks/1`.
#[derive(Serialize)]
struct Jwks<'a> {
    format: &'static str,
    space: &'a str,
    /// By the cluster's name in the file.
    clusters: BTreeMap<&'a str, Published<'a>>,
}

#[derive(Serialize)]
struct Published<'a> {
    issuer: &'a str,
    discovery: Value,
    /// Absent where the file names no key.
    #[serde(skip_serializing_if = "Option::is_none")]
    keys: Option<Value>,
}

/// The documents of one issuer, as they are published.
struct Documents<'a> {
    cluster: &'a str,
    issuer: &'a str,
    discovery: String,
    keys: Option<String>,
}

/// Prints the documents of one cluster, or of all.
pub(crate) fn run(session: Session<'_>, args: &JwksArgs) -> Result<Exit, Failure> {
    let source = Source::read(&args.file.file)?;
    let space = source.parse(session.terminal.color)?;
    let mut documents = documents(&space);
    if let Some(name) = &args.cluster {
        documents.retain(|of| of.cluster == name);
    }
    if documents.is_empty() {
        let which = match &args.cluster {
            Some(name) => format!(
                "{} has no cluster {name} that hosts its own issuer",
                source.name
            ),
            None => format!("{} has no cluster that hosts its own issuer", source.name),
        };
        let hint = "only clusters with `selfHosted` do; EKS publishes the documents of its clusters itself";
        return Err(Failure::new("WIP0004", which, hint));
    }
    if session.terminal.json {
        let clusters = documents.iter().map(|of| {
            let published = Published {
                issuer: of.issuer,
                discovery: value(&of.discovery)?,
                keys: of.keys.as_deref().map(value).transpose()?,
            };
            Ok((of.cluster, published))
        });
        session.terminal.print_json(&Jwks {
            format: "wip-jwks/1",
            space: &space.name,
            clusters: clusters.collect::<Result<_, Failure>>()?,
        })?;
        return Ok(Exit::Done);
    }
    for Documents {
        issuer,
        discovery,
        keys,
        ..
    } in &documents
    {
        let print = |name: &str, text: &str| {
            let text = text.trim_end();
            session
                .terminal
                .print(&format!("# {issuer}/{name}\n{text}"));
        };
        print(DISCOVERY_DOCUMENT, discovery);
        match keys {
            Some(keys) => print(KEY_SET, keys),
            None => session
                .terminal
                .say("the file names no signingKeys, so there is no key set"),
        }
    }
    Ok(Exit::Done)
}

fn documents(space: &Space) -> Vec<Documents<'_>> {
    let own = space
        .clusters
        .iter()
        .filter_map(|cluster| match &cluster.at {
            ClusterAt::SelfHosted {
                issuer,
                signing_keys,
                legacy_empty_kid,
                ..
            } => {
                let legacy = signing_keys.first().filter(|_| *legacy_empty_kid);
                let keys = (!signing_keys.is_empty()).then(|| key_set(signing_keys, legacy));
                Some(Documents {
                    cluster: &cluster.name,
                    issuer,
                    discovery: discovery_document(issuer),
                    keys,
                })
            }
            ClusterAt::Eks { .. } => None,
        });
    own.collect()
}

fn value(document: &str) -> Result<Value, Failure> {
    serde_json::from_str(document).map_err(|error| {
        Failure::new("WIP0299", "a bug in wip", "")
            .because(&error)
            .exits(Exit::Bug)
    })
}
