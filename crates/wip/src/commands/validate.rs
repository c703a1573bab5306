//! `wip validate`: the file alone, no cloud.

use serde::Serialize;

use crate::args::FileArgs;
use crate::failure::{Exit, Failure};
use crate::run::{Session, Source};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Valid<'a> {
    format: &'static str,
    space: &'a str,
    clusters: usize,
    control_planes: usize,
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
        identities: space.identities.len(),
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
