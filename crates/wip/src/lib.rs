//! `wip`: the command line, as one function.
//!
//! Owns arguments, terminal, environment, clock and exit codes.
//! What another front end would need too is in the libraries.

mod args;
mod clouds;
mod codes;
mod commands;
mod env;
mod failure;
mod git;
mod key_files;
mod locking;
mod log;
mod progress;
mod run;
mod saved;
mod settings;
mod signals;
mod terminal;

use std::ffi::OsString;

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::args::Cli;
use crate::failure::Exit;
use crate::terminal::Terminal;

pub use crate::env::{Env, Output};

/// Runs one command line, whose first argument is the program's name; answers the exit code.
///
/// Needs a tokio runtime with I/O and time. Where it is dropped before its end, it is as if the
/// process had died there.
pub async fn run(arguments: impl IntoIterator<Item = OsString>, env: &Env) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let json = terminal::asks_for_json(&arguments);
    let parsed = Cli::command()
        .try_get_matches_from(arguments)
        .and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (mut cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) if json && error.use_stderr() => return terminal::usage_json(&error, env),
        Err(error) => return terminal::usage(&error),
    };
    let terminal = Terminal::new(&cli.global, env);
    if let Err(failure) = settings::without_empty(&mut cli.global, &matches) {
        return terminal.fail(&failure).code();
    }
    let result = match settings::shown(&cli.global, &matches, &terminal) {
        Some(shown) => shown,
        None => match log::start(&cli.global) {
            Ok(()) => commands::run(&cli, env, &terminal).await,
            Err(failure) => Err(failure),
        },
    };
    let exit = result.unwrap_or_else(|failure| terminal.fail(&failure));
    exit.code()
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
