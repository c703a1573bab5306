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

/// How many problems are kept: whoever has more starts with these.
const MOST: usize = 1000;

/// The problems of one source, as they are found.
pub(crate) struct Problems {
    /// Where each line starts, in bytes.
    lines: Vec<usize>,
    source: String,
    found: Vec<Problem>,
    /// How many there were, with those that are not kept.
    count: usize,
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
            count: 0,
        }
    }

    /// Adds one. Its line and column are found when all are sorted.
    pub(crate) fn add(
        &mut self,
        code: Code,
        span: &Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.count += 1;
        if self.is_full() {
            return;
        }
        self.found.push(Problem {
            code,
            span: span.clone(),
            line: 0,
            column: 0,
            message: message.into(),
            label: label.into(),
            help: help.into(),
            also: None,
        });
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
        self.add(code, span, message, label, help);
        let also = Also {
            span: other.clone(),
            line: self.line(other.start),
            label: other_label.into(),
        };
        if let Some(last) = self.found.last_mut().filter(|_| self.count <= MOST) {
            last.also = Some(also);
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Whether no more are kept, so that it is not worth finding good words for another.
    pub(crate) fn is_full(&self) -> bool {
        self.count > MOST
    }

    /// All of them, by position; each once, though an alias was read twice.
    pub(crate) fn sorted(mut self) -> Vec<Problem> {
        self.found.sort_by(|a, b| {
            (a.span.start, a.code, &a.message).cmp(&(b.span.start, b.code, &b.message))
        });
        self.found.dedup();
        let mut found = std::mem::take(&mut self.found);
        // Columns count on from the problem before: a line may be long and hold many.
        let (mut last_line, mut at, mut column) = (0, 0, 1);
        for problem in &mut found {
            let line = self.line(problem.span.start);
            if line != last_line {
                (last_line, at, column) = (line, self.lines[line - 1], 1);
            }
            let between = self.source.get(at..problem.span.start).unwrap_or("");
            column += between.chars().count();
            at = problem.span.start;
            (problem.line, problem.column) = (line, column);
        }
        found
    }

    /// The end of the line that the byte `at` is on, without its line break.
    pub(crate) fn line_end(&self, at: usize) -> usize {
        let next = self.lines.get(self.line(at));
        let end = next.map_or(self.source.len(), |start| start - 1);
        if self.source[..end].ends_with('\r') {
            end - 1
        } else {
            end
        }
    }

    /// The line of a byte, from 1.
    fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at).max(1)
    }
}
