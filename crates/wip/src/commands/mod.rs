//! The commands, one file each.

mod adopt;
mod apply;
mod changes;
mod completions;
mod destroy;
mod explain;
mod man;
mod output;
mod plan;
mod reference;
mod sandbox;
mod schema;
mod state;
mod validate;
mod verify;

use crate::args::{Cli, Command};
use crate::env::Env;
use crate::failure::{Exit, Failure};
use crate::run::Session;
use crate::terminal::Terminal;

/// Runs the command.
pub(crate) fn run(cli: &Cli, env: &Env, terminal: &Terminal) -> Result<Exit, Failure> {
    let session = Session {
        global: &cli.global,
        env,
        terminal,
    };
    let _run = tracing::info_span!("run", version = env!("CARGO_PKG_VERSION")).entered();
    match &cli.command {
        Command::Plan(args) => wait(plan::run(session, args)),
        Command::Apply(args) => wait(apply::run(session, args)),
        Command::Destroy(args) => wait(destroy::run(session, args)),
        Command::Verify(args) => wait(verify::run(session, args)),
        Command::Validate(args) => validate::run(session, args),
        Command::Adopt(args) => wait(adopt::run(session, args)),
        Command::State(command) => state::run(session, command),
        Command::Output(args) => wait(output::run(session, args)),
        Command::Explain(args) => wait(explain::run(session, args)),
        Command::Schema(args) => schema::run(session, args),
        Command::Completions(args) => completions::run(session, args),
        Command::Man => man::run(session),
        Command::Sandbox(args) => wait(sandbox::run(session, args)),
        Command::Reference(args) => reference::run(session, args),
    }
}

/// One thread waits for all clouds.
fn wait(command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new("WIP0299", "the runtime cannot start", "").because(&error))?
        .block_on(command)
}
