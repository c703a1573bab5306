//! A saved plan: the plan document with what apply needs besides.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wip_plan::Plan;
use wip_space::{Beside, HostNamespace};

use crate::failure::Failure;
use crate::run::Source;

/// `wip plan --out`: a plan, the Space file that it was made from, and a digest of both.
#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    #[serde(flatten)]
    plan: Plan,
    file: File,
    /// SHA-256 over the rest, in hexadecimal: finds what was cut off or edited, and signs nothing.
    digest: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    name: String,
    text: String,
    /// The files with public keys that it names, so that apply reads none of them again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    keys: BTreeMap<String, String>,
    /// The control planes that were discovered for it, so that apply asks no cluster again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    discovered: Option<Vec<Discovered>>,
}

/// A control plane that was discovered: exactly one of `id` and `hostNamespace`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Discovered {
    group: String,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host_namespace: Option<String>,
}

impl From<&wip_space::Discovered> for Discovered {
    fn from(found: &wip_space::Discovered) -> Self {
        let (id, host_namespace) = match &found.host_namespace {
            HostNamespace::OfId(id) => (Some(id.clone()), None),
            HostNamespace::Named(name) => (None, Some(name.clone())),
        };
        Self {
            group: found.group.clone(),
            name: found.name.clone(),
            id,
            host_namespace,
        }
    }
}

impl Discovered {
    fn read(self) -> Option<wip_space::Discovered> {
        let host_namespace = match (self.id, self.host_namespace) {
            (Some(id), None) => HostNamespace::OfId(id),
            (None, Some(name)) => HostNamespace::Named(name),
            _ => return None,
        };
        Some(wip_space::Discovered {
            group: self.group,
            name: self.name,
            host_namespace,
        })
    }
}

/// Writes a plan.
pub(crate) fn write(path: &Path, plan: &Plan, source: &Source) -> Result<(), Failure> {
    let file = File {
        name: source.name.clone(),
        text: String::from_utf8_lossy(&source.text).into_owned(),
        keys: keys(source),
        discovered: discovered(source),
    };
    let digest = digest(plan, &file)?;
    let saved = Saved {
        plan: plan.clone(),
        file,
        digest,
    };
    let mut text = serde_json::to_string_pretty(&saved).map_err(|error| unwritable(&error))?;
    text.push('\n');
    std::fs::write(path, text).map_err(|error| Failure::file("write the plan to", path, &error))
}

/// The plan in `source` and the Space file that it was made from; `None` where it is no plan.
pub(crate) fn read(source: &Source) -> Result<Option<(Plan, Source)>, Failure> {
    if source.text.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Ok(None);
    }
    let broken = |why: &str| {
        Failure::new(
            "WIP0230",
            format!("{} is not a plan that can be applied", source.name),
            "make a new one: wip plan --out FILE",
        )
        .with_cause(why)
    };
    let value: serde_json::Value = serde_json::from_slice(&source.text)
        .map_err(|error| broken("it is cut off or no JSON").because(&error))?;
    match value.get("format").and_then(serde_json::Value::as_str) {
        Some("wip-plan/1") => {}
        Some(other) => {
            return Err(broken(&format!(
                "its format is {other}, this wip applies wip-plan/1"
            )));
        }
        None => return Err(broken("it has no `format`")),
    }
    if value.get("digest").is_none() {
        return Err(broken(
            "it was printed with --json, which shows a plan and does not save it",
        ));
    }
    let saved: Saved = serde_json::from_value(value)
        .map_err(|error| broken("it does not have the shape of a plan").because(&error))?;
    if digest(&saved.plan, &saved.file)? != saved.digest {
        return Err(broken("it was changed after it was saved"));
    }
    let keys = saved.file.keys.into_iter();
    let discovered = match saved.file.discovered {
        None => None,
        Some(found) => {
            let found: Option<_> = found.into_iter().map(Discovered::read).collect();
            Some(found.ok_or_else(|| broken("it has a control plane without a place"))?)
        }
    };
    let source = Source {
        name: saved.file.name,
        text: saved.file.text.into_bytes(),
        beside: Beside {
            keys: keys
                .map(|(name, text)| (name, Ok(text.into_bytes())))
                .collect(),
            discovered,
        },
    };
    Ok(Some((saved.plan, source)))
}

/// The keys of a file that was parsed, so that all of them are there and are PEM.
fn keys(source: &Source) -> BTreeMap<String, String> {
    let texts = source.beside.keys.iter().filter_map(|(name, bytes)| {
        let bytes = bytes.as_ref().ok()?;
        Some((name.clone(), String::from_utf8_lossy(bytes).into_owned()))
    });
    texts.collect()
}

fn discovered(source: &Source) -> Option<Vec<Discovered>> {
    let found = source.beside.discovered.as_ref()?;
    Some(found.iter().map(Discovered::from).collect())
}

fn digest(plan: &Plan, file: &File) -> Result<String, Failure> {
    let bytes = serde_json::to_vec(&(plan, file)).map_err(|error| unwritable(&error))?;
    Ok(Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

fn unwritable(error: &serde_json::Error) -> Failure {
    Failure::new("WIP0231", "the plan cannot be written as JSON", "").because(error)
}
