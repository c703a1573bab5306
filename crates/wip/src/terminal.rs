//! What people and pipelines see: text, colour, documents, errors.
//!
//! Results go to standard output, everything else to standard error.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::sync::PoisonError;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::args::{Color, Global};
use crate::env::{Env, Output};
use crate::failure::{Exit, Failure};

/// Where output goes, and how.
pub(crate) struct Terminal {
    /// One JSON document instead of text.
    pub(crate) json: bool,
    /// Show more.
    pub(crate) verbose: bool,
    /// Standard output takes colour.
    pub(crate) color: bool,
    /// Standard error is a terminal: progress may move the cursor.
    pub(crate) moves: bool,
    choice: anstream::ColorChoice,
    output: Output,
}

impl Terminal {
    /// As the arguments and the surroundings have it.
    pub(crate) fn new(global: &Global, env: &Env) -> Self {
        let choice = match global.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        let color = match choice {
            anstream::ColorChoice::Auto => {
                anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
            }
            choice => choice != anstream::ColorChoice::Never,
        };
        Self {
            json: global.json,
            verbose: global.verbose,
            color,
            moves: env.err_is_terminal,
            choice,
            output: env.output.clone(),
        }
    }

    /// For a command line that could not be read but for its `--json`.
    fn of_json(env: &Env) -> Self {
        Self {
            json: true,
            verbose: false,
            color: false,
            moves: false,
            choice: anstream::ColorChoice::Never,
            output: env.output.clone(),
        }
    }

    /// A result, to standard output.
    ///
    /// A reader that went away (`| head`) is not an error.
    pub(crate) fn print(&self, text: &str) {
        if self.keep(text) {
            return;
        }
        let mut out = anstream::AutoStream::new(io::stdout(), self.choice);
        let end = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let written = write!(out, "{text}{end}").and_then(|()| out.flush());
        if let Err(error) = written
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.say(&format!(
                "error[WIP0001]: cannot write to standard output: {error}"
            ));
            std::process::exit(1);
        }
    }

    /// A result as one JSON document.
    pub(crate) fn print_json(&self, document: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(document).map_err(|error| Failure::bug(&error))?;
        self.print(&text);
        Ok(())
    }

    /// Something for the person at the terminal, to standard error.
    pub(crate) fn say(&self, text: &str) {
        if self.keep(text) {
            return;
        }
        let mut err = anstream::AutoStream::new(io::stderr(), self.choice);
        let _ = writeln!(err, "{text}");
    }

    /// Keeps a text where that is wanted.
    fn keep(&self, text: &str) -> bool {
        let Output::Kept(kept) = &self.output else {
            return false;
        };
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_str(&anstream::adapter::strip_str(text).to_string());
        if !text.is_empty() && !text.ends_with('\n') {
            kept.push('\n');
        }
        true
    }

    /// A warning, to standard error.
    pub(crate) fn warn(&self, text: &str) {
        let style = bold(AnsiColor::Yellow);
        self.say(&format!("{style}warning{style:#}: {text}"));
    }

    /// Asks; anything but the expected answer is a no.
    pub(crate) async fn ask(&self, question: &str, expected: &str) -> bool {
        let mut err = anstream::AutoStream::new(io::stderr(), self.choice);
        let _ = write!(err, "{question} ");
        let _ = err.flush();
        let (tell, told) = tokio::sync::oneshot::channel();
        // A thread of its own: nobody waits for it where a signal is the answer.
        std::thread::spawn(move || {
            let mut answer = String::new();
            let read = io::stdin().read_line(&mut answer);
            let _ = tell.send(read.is_ok().then_some(answer));
        });
        matches!(told.await, Ok(Some(answer)) if answer.trim() == expected)
    }

    /// A failure: one document with `--json`, else heading, causes and hint.
    pub(crate) fn fail(&self, failure: &Failure) -> Exit {
        if self.json {
            if self.print_json(&failure.document()).is_err() {
                return Exit::Bug;
            }
            return failure.exit;
        }
        if let Some(shown) = &failure.shown {
            self.say(shown.text.trim_end());
            return failure.exit;
        }
        let red = bold(AnsiColor::Red);
        self.say(&format!(
            "{red}error[{}]{red:#}: {}",
            failure.code, failure.heading
        ));
        for cause in &failure.causes {
            self.say(&format!("  because: {}", one_line(cause)));
        }
        if let Some(hint) = &failure.hint {
            let cyan = bold(AnsiColor::Cyan);
            self.say(&format!("{cyan}help{cyan:#}: {hint}"));
        }
        failure.exit
    }
}

/// Whether a command line asks for JSON, before it is known to be right.
pub(crate) fn asks_for_json(arguments: &[OsString]) -> bool {
    let options = arguments.iter().take_while(|argument| *argument != "--");
    options.into_iter().any(|argument| argument == "--json")
}

/// Wrong arguments, for machines.
pub(crate) fn usage_json(error: &clap::Error, env: &Env) -> u8 {
    let text = error.render().to_string();
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    let mut failure = Failure::new(
        "WIP0004",
        first.strip_prefix("error: ").unwrap_or(first),
        "`--help` says which arguments there are",
    );
    failure.causes = lines
        .map(str::trim)
        .filter(|line| !line.starts_with("For more information"))
        .map(str::to_owned)
        .collect();
    Terminal::of_json(env).fail(&failure).code()
}

/// Wrong arguments are an error of the user, exit code 1; help and version are none.
pub(crate) fn usage(error: &clap::Error) -> u8 {
    let _ = error.print();
    u8::from(error.use_stderr())
}

fn bold(color: AnsiColor) -> Style {
    color.on_default().bold()
}

/// What a server said, in one line, without what would act on a terminal.
pub(crate) fn one_line(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    wip_plan::render::clean(&text)
}
