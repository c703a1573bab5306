//! `wip jwks`: discovery document and key set of the issuers that clusters host themselves.
//!
//! Owns how they are shown. Asks no cloud: all of it follows from the file and the keys that it names.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
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
                ..
            } => {
                let legacy = cluster.legacy_key();
                let keys = (!signing_keys.is_empty()).then(|| key_set(signing_keys, legacy));
                Some(Documents {
                    cluster: &cluster.name,
                    issuer,
                    discovery: discovery_document(issuer),
                    keys,
                })
            }
            ClusterAt::Eks { .. } | ClusterAt::Aks { .. } | ClusterAt::Gke { .. } => None,
        });
    own.collect()
}

fn value(document: &str) -> Result<Value, Failure> {
    serde_json::from_str(document).map_err(|error| Failure::bug(&error))
}

/// The JSON Schema of `wip jwks --json`, draft 2020-12.
pub(super) fn schema() -> Value {
    let object = |properties: Value, optional: &str| {
        let names = properties.as_object().into_iter().flatten();
        let required = names.map(|(name, _)| name).filter(|name| *name != optional);
        let required: Vec<&String> = required.collect();
        json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
    };
    let text = |what: &str| json!({ "type": "string", "description": what });
    let only = |word: &str| json!({ "const": [word] });
    let discovery = object(
        json!({
            "issuer": text("The issuer, `https://…`."),
            "jwks_uri": text("Where the key set is."),
            "authorization_endpoint": { "const": "urn:kubernetes:programmatic_authorization" },
            "response_types_supported": only("id_token"),
            "subject_types_supported": only("public"),
            "id_token_signing_alg_values_supported": only("RS256"),
            "claims_supported": { "const": ["sub", "iss"] },
        }),
        "",
    );
    let key = object(
        json!({
            "use": { "const": "sig" },
            "kty": { "const": "RSA" },
            "kid": { "type": "string", "pattern": "^([A-Za-z0-9_-]{43})?$" },
            "alg": { "const": "RS256" },
            "n": { "type": "string", "pattern": "^[A-Za-z0-9_-]+$" },
            "e": { "type": "string", "pattern": "^[A-Za-z0-9_-]+$" },
        }),
        "",
    );
    let set = object(
        json!({ "keys": { "type": "array", "items": key, "minItems": 1 } }),
        "",
    );
    let cluster = object(
        json!({
            "issuer": text("The issuer, `https://…`."),
            "discovery": discovery,
            "keys": set,
        }),
        "keys",
    );
    let mut schema = object(
        json!({
            "format": { "const": "wip-jwks/1" },
            "space": text("The name of the Space."),
            "clusters": {
                "type": "object",
                "description": "By the cluster's name in the file: discovery document, and key set where the file names keys.",
                "additionalProperties": cluster,
            },
        }),
        "",
    );
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "Jwks".into();
    schema["description"] = "The documents of issuers that clusters host themselves.".into();
    schema
}
