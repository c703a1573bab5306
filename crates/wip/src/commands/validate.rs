//! `wip validate`: the file alone, no cloud.

use schemars::JsonSchema;
use serde::Serialize;

use crate::args::FileArgs;
use crate::failure::{Exit, Failure};
use crate::run::{Session, Source};

/// `wip-validate/1`: a valid Space file, and how much is in it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Valid<'a> {
    #[schemars(extend("const" = "wip-validate/1"))]
    format: &'static str,
    /// The Space's name.
    space: &'a str,
    /// How many clusters.
    clusters: usize,
    /// How many control planes.
    control_planes: usize,
    /// How many identities.
    identities: usize,
}

/// Says that the file is valid, or all that is wrong with it.
pub(crate) fn run(session: Session<'_>, args: &FileArgs) -> Result<Exit, Failure> {
    let source = Source::read(&args.file)?;
    let space = source.parse(session.terminal.color)?;
    let valid = Valid {
        format: "wip-validate/1",
        space: &space.name,
        clusters: space.clusters.len(),
        control_planes: space.control_planes.len(),
        identities: space.identities.len() + space.entra.len() + space.google.len(),
    };
    if session.terminal.json {
        session.terminal.print_json(&valid)?;
    } else {
        session.terminal.print(&format!(
            "{}: valid · Space {} · clusters {} · control planes {} · identities {}",
            source.name, valid.space, valid.clusters, valid.control_planes, valid.identities
        ));
    }
    Ok(Exit::Done)
}
