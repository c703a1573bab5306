//! Problems: what is wrong in a Space file, where, and the fix.
//!
//! Owns their shape, their positions and their order. How they look is `render`'s.

use std::ops::Range;

use crate::Code;

/// One thing that is wrong in a Space file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which kind of problem; stable.
    pub code: Code,
    /// Where, in bytes of the source.
    pub span: Range<usize>,
    /// The line that `span` starts on, from 1.
    pub line: usize,
    /// The column that `span` starts at, in characters from 1.
    pub column: usize,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What to print at the caret; a few words.
    pub label: String,
    /// The fix.
    pub help: String,
    /// The other place, where the problem has two: the first of two duplicates.
    pub also: Option<Also>,
}

/// A second place that a problem is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Also {
    /// Where, in bytes of the source.
    pub span: Range<usize>,
    /// The line that `span` starts on, from 1.
    pub line: usize,
    /// What to print there; a few words.
    pub label: String,
}

/// The problems of one source, as they are found.
pub(crate) struct Problems {
    /// Where each line starts, in bytes.
    lines: Vec<usize>,
    source: String,
    found: Vec<Problem>,
}

impl Problems {
    pub(crate) fn new(source: &str) -> Self {
        let lines = std::iter::once(0)
            .chain(source.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self {
            lines,
            source: source.to_owned(),
            found: Vec::new(),
        }
    }

    /// Adds one; the same one twice (an alias read twice) counts once.
    pub(crate) fn add(
        &mut self,
        code: Code,
        span: &Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) -> &mut Problem {
        let (line, column) = self.position(span.start);
        self.found.push(Problem {
            code,
            span: span.clone(),
            line,
            column,
            message: message.into(),
            label: label.into(),
            help: help.into(),
            also: None,
        });
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    /// Adds one that has a second place.
    #[expect(clippy::too_many_arguments, reason = "two places, each with its words")]
    pub(crate) fn add_pair(
        &mut self,
        code: Code,
        span: &Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
        other: &Range<usize>,
        other_label: impl Into<String>,
    ) {
        let also = Also {
            span: other.clone(),
            line: self.position(other.start).0,
            label: other_label.into(),
        };
        self.add(code, span, message, label, help).also = Some(also);
    }

    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    /// All of them, by position; each once, though an alias was read twice.
    pub(crate) fn sorted(mut self) -> Vec<Problem> {
        self.found.sort_by(|a, b| {
            (a.span.start, a.code, &a.message).cmp(&(b.span.start, b.code, &b.message))
        });
        self.found.dedup();
        self.found
    }

    /// The end of the line that the byte `at` is on, without its line break.
    pub(crate) fn line_end(&self, at: usize) -> usize {
        let rest = self.source.get(at..).unwrap_or("");
        at + rest.find(['\n', '\r']).unwrap_or(rest.len())
    }

    /// Line and column of a byte, both from 1.
    pub(crate) fn position(&self, at: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= at).max(1);
        let start = self.lines[line - 1];
        let before = self.source.get(start..at).unwrap_or("");
        (line, before.chars().count() + 1)
    }
}
