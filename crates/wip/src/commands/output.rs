//! `wip output`: role ARNs and other things that workloads and charts need.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::failure::{Exit, Failure};
use crate::run::{Run, Session};

/// `wip-output/1`: what workloads and charts need to know of the identities in the state.
#[derive(Serialize, JsonSchema)]
pub(super) struct Outputs {
    #[schemars(extend("const" = "wip-output/1"))]
    format: &'static str,
    /// The Space's name.
    space: String,
    /// Identity → name (`roleArn`) → value.
    identities: BTreeMap<String, BTreeMap<String, String>>,
}

/// Reads the state alone: what was applied, not what the file says by now.
pub(crate) async fn run(session: Session<'_>, args: &OutputArgs) -> Result<Exit, Failure> {
    if let Some(name) = args.name.as_deref().filter(|name| is_file_name(name)) {
        return Err(Failure::new(
            "WIP0004",
            format!("{name} is no identity"),
            &format!(
                "the argument is the name of an identity; the Space file goes after -f: wip output -f {name}"
            ),
        ));
    }
    let run = Run::open(session, &args.file.file).await?;
    let state = run.load().await?.state;
    let mut identities: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (address, owned) in &state.resources {
        let mut outputs = run.clouds.outputs(address, &owned.place, &owned.doc);
        outputs.extend(owned.given.clone());
        if !outputs.is_empty() {
            identities
                .entry(address.local_name().to_owned())
                .or_default()
                .extend(outputs);
        }
    }
    if let Some(name) = &args.name {
        identities.retain(|identity, _| identity == name);
        if identities.is_empty() {
            return Err(Failure::new(
                "WIP0260",
                format!("the state has no identity {name}"),
                "apply first; `wip output` without a name prints all that there are",
            ));
        }
    }
    if session.terminal.json {
        session.terminal.print_json(&Outputs {
            format: "wip-output/1",
            space: run.space.name.clone(),
            identities,
        })?;
        return Ok(Exit::Done);
    }
    if identities.is_empty() {
        session.terminal.say(match state.resources.is_empty() {
            true => "the state holds no identity yet: apply first",
            false => "there is nothing that workloads or charts must be told of these identities",
        });
    }
    let names = identities.values().flat_map(BTreeMap::keys);
    let wide = names.map(String::len).max().unwrap_or(0).max(10);
    for (identity, outputs) in &identities {
        for (name, value) in outputs {
            session
                .terminal
                .print(&format!("{identity:20} {name:wide$} {value}"));
        }
    }
    Ok(Exit::Done)
}

/// Names of identities have no dot.
fn is_file_name(name: &str) -> bool {
    name.contains(['.', '/'])
}
