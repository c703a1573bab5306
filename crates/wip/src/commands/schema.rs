//! `wip schema`: the JSON Schemas of what people and pipelines read and write.

use schemars::{JsonSchema, schema_for};

use super::{changes, explain, jwks, output, permissions, sandbox, state, validate};
use crate::args::{Schema, SchemaArgs};
use crate::clouds::clusters;
use crate::failure::{self, Exit, Failure};
use crate::run::Session;
use crate::settings;

/// Prints a schema, draft 2020-12.
pub(crate) fn run(session: Session<'_>, args: &SchemaArgs) -> Result<Exit, Failure> {
    let schema = match args.of {
        Schema::Space => wip_space::schema(),
        Schema::Plan => wip_plan::schema(),
        Schema::Permissions => permissions::schema(),
        Schema::Apply => of::<changes::Applied<'_>>(),
        Schema::Output => of::<output::Outputs>(),
        Schema::Validate => of::<validate::Valid<'_>>(),
        Schema::Error => of::<failure::Document<'_>>(),
        Schema::Explain => of::<explain::Explained>(),
        Schema::Config => of::<settings::Config>(),
        Schema::Environment => of::<sandbox::Environment>(),
        Schema::StateList => of::<state::List<'_>>(),
        Schema::StateShow => of::<state::Show<'_>>(),
        Schema::StateChange => of::<state::Change<'_>>(),
        Schema::StateCopy => of::<state::Copy<'_>>(),
        Schema::StateRebuild => of::<state::Rebuild<'_>>(),
        Schema::StateUnlock => of::<state::Unlock<'_>>(),
        Schema::Jwks => jwks::schema(),
        Schema::Discover | Schema::Restart | Schema::Verify | Schema::Token => {
            clusters::schema(args.of)?
        }
    };
    session.terminal.print_json(&schema)?;
    Ok(Exit::Done)
}

fn of<Document: JsonSchema>() -> serde_json::Value {
    schema_for!(Document).to_value()
}
