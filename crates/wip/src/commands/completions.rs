//! `wip completions`: a completion script for a shell.

use clap::CommandFactory as _;

use crate::args::{Cli, CompletionsArgs};
use crate::failure::{Exit, Failure};
use crate::run::Session;

/// Prints the script.
pub(crate) fn run(session: Session<'_>, args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "wip", &mut script);
    session.terminal.print(&String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}
