//! Progress: the stream of journal entries, shown as it is written.
//!
//! A bar on a terminal, plain lines in a pipeline; both on standard error.

use std::cell::Cell;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use wip_state::Entry;

use crate::terminal::{Terminal, one_line};

/// Shows how far an apply is.
pub(crate) struct Progress<'a> {
    terminal: &'a Terminal,
    bar: Option<ProgressBar>,
    tally: Cell<Tally>,
}

/// How many steps came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Begun, whatever came of it.
    pub(crate) begun: usize,
    /// Of these, done.
    pub(crate) done: usize,
    /// Of these, failed.
    pub(crate) failed: usize,
}

impl<'a> Progress<'a> {
    /// For a plan of `steps` steps.
    pub(crate) fn new(terminal: &'a Terminal, steps: usize) -> Self {
        let bar = terminal.moves.then(|| {
            let bar =
                ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}") {
                bar.set_style(style);
            }
            bar
        });
        let tally = Cell::default();
        Self {
            terminal,
            bar,
            tally,
        }
    }

    /// One entry was written.
    pub(crate) fn show(&self, entry: &Entry) {
        let mut tally = self.tally.get();
        match entry {
            Entry::Begin { .. } => tally.begun += 1,
            Entry::Failed { .. } => tally.failed += 1,
            Entry::Made { .. }
            | Entry::Gone { .. }
            | Entry::Adopted { .. }
            | Entry::Forgotten { .. } => tally.done += 1,
            Entry::Moved { .. } => {}
        }
        self.tally.set(tally);
        let (word, address, done) = match entry {
            Entry::Begin { address, .. } => ("begin", address, false),
            Entry::Made { address, .. } => ("done", address, true),
            Entry::Gone { address } => ("gone", address, true),
            Entry::Failed { address, .. } => ("FAILED", address, true),
            Entry::Adopted { address, .. } => ("adopted", address, true),
            Entry::Moved { to: address, .. } => ("renamed", address, false),
            Entry::Forgotten { address } => ("forgotten", address, true),
        };
        let mut line = format!("{word:9} {address}");
        if let Entry::Failed { reason, .. } = entry {
            line.push_str(": ");
            line.push_str(&one_line(reason));
        }
        match &self.bar {
            Some(bar) => {
                if done {
                    bar.inc(1);
                    bar.println(line);
                } else {
                    bar.set_message(address.to_string());
                }
            }
            None => self.terminal.say(&line),
        }
    }

    /// What came of the steps up to now.
    pub(crate) fn tally(&self) -> Tally {
        self.tally.get()
    }

    /// No more entries.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
