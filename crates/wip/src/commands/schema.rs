//! `wip schema`: the JSON Schemas of what people and pipelines read and write.

use super::permissions;
use crate::args::{Schema, SchemaArgs};
use crate::failure::{Exit, Failure};
use crate::run::Session;

/// Prints a schema, draft 2020-12.
pub(crate) fn run(session: Session<'_>, args: &SchemaArgs) -> Result<Exit, Failure> {
    let schema = match args.of {
        Schema::Space => wip_space::schema(),
        Schema::Plan => wip_plan::schema(),
        Schema::Permissions => permissions::schema(),
    };
    session.terminal.print_json(&schema)?;
    Ok(Exit::Done)
}
