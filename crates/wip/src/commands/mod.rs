//! The commands, one file each.

mod adopt;
mod apply;
mod changes;
mod completions;
mod destroy;
mod explain;
mod jwks;
mod man;
mod output;
mod permissions;
mod plan;
mod reference;
mod sandbox;
mod schema;
mod state;
mod validate;
mod verify;

use crate::args::{Cli, Command};
use crate::clouds::clusters;
use crate::env::Env;
use crate::failure::{Exit, Failure};
use crate::run::Session;
use crate::terminal::Terminal;

/// Runs the command.
#[tracing::instrument(name = "run", skip_all, fields(version = env!("CARGO_PKG_VERSION")))]
pub(crate) async fn run(cli: &Cli, env: &Env, terminal: &Terminal) -> Result<Exit, Failure> {
    let session = Session {
        global: &cli.global,
        env,
        terminal,
    };
    match &cli.command {
        Command::Plan(args) => plan::run(session, args).await,
        Command::Apply(args) => apply::run(session, args).await,
        Command::Destroy(args) => destroy::run(session, args).await,
        Command::Verify(args) => verify::run(session, args).await,
        Command::Validate(args) => validate::run(session, args),
        Command::Adopt(args) => adopt::run(session, args).await,
        Command::State(command) => state::run(session, command).await,
        Command::Output(args) => output::run(session, args).await,
        Command::Discover(args) => clusters::discover::run(session, args).await,
        Command::HelmValues(args) => clusters::helm_values::run(session, args).await,
        Command::Manifests(args) => clusters::manifests::run(session, args).await,
        Command::Restart(args) => clusters::restart::run(session, args).await,
        Command::Jwks(args) if args.read => clusters::keys::run(session, args).await,
        Command::Jwks(args) => jwks::run(session, args),
        Command::Permissions(args) => permissions::run(session, args),
        Command::Explain(args) => explain::run(session, args).await,
        Command::Schema(args) => schema::run(session, args),
        Command::Completions(args) => completions::run(session, args),
        Command::Man => man::run(session),
        Command::Sandbox(args) => sandbox::run(session, args).await,
        Command::Reference(args) => reference::run(session, args),
    }
}
