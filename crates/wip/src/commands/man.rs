//! `wip man`: the manual page.

use clap::CommandFactory as _;

use crate::args::Cli;
use crate::failure::{Exit, Failure};
use crate::run::Session;

/// Prints the page, in roff.
pub(crate) fn run(session: Session<'_>) -> Result<Exit, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| {
            Failure::new("WIP0299", "the manual cannot be written", "").because(&error)
        })?;
    session.terminal.print(&String::from_utf8_lossy(&page));
    Ok(Exit::Done)
}
