//! `wip`: the command line.
//!
//! Owns arguments, terminal, environment, clock and exit codes.
//! What another front end would need too is in the libraries.

mod args;
mod clouds;
mod codes;
mod commands;
mod env;
mod failure;
mod log;
mod progress;
mod run;
mod saved;
mod settings;
mod terminal;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::args::Cli;
use crate::env::Env;
use crate::failure::Exit;
use crate::terminal::Terminal;

fn main() -> ExitCode {
    let matches = match Cli::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return ExitCode::from(terminal::usage(&error)),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(terminal::usage(&error)),
    };
    let env = Env::of_process();
    let terminal = Terminal::new(&cli.global, &env);
    let result = settings::shown(&cli.global, &matches, &terminal).unwrap_or_else(|| {
        log::start(&cli.global)?;
        commands::run(&cli, &env, &terminal)
    });
    let exit = result.unwrap_or_else(|failure| terminal.fail(&failure));
    ExitCode::from(exit.code())
}

impl Exit {
    /// The process's exit code, as the contract has it.
    fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Error => 1,
            Self::Pending => 2,
            Self::Partial => 3,
            Self::Blocked => 4,
            Self::Interrupted => 130,
            Self::Bug => 255,
        }
    }
}
