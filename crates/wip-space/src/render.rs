//! How problems look: as rustc shows them, on the source line.
//!
//! Owns the look. What is wrong is `Problem`'s; where it is printed is the caller's.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::Problem;

/// How many problems are shown; what is left is counted.
const SHOWN: usize = 100;
/// A source line longer than this, in bytes, is shown around the problem only.
const LINE: usize = 400;

/// The problems as text, each with its code, its source line, a caret, and the fix.
///
/// `source` is the file that was parsed, `colour` asks for ANSI colours.
pub fn render(problems: &[Problem], file_name: &str, source: &[u8], colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.term_width(120);
    let mut text = String::new();
    for problem in problems.iter().take(SHOWN) {
        text.push_str(&one(problem, file_name, source, &renderer));
        text.push_str("\n\n");
    }
    if problems.len() > SHOWN {
        text.push_str(&format!("… and {} more\n\n", problems.len() - SHOWN));
    }
    let plural = if problems.len() == 1 { "" } else { "s" };
    text.push_str(&format!(
        "{} problem{plural} in {file_name}\n",
        problems.len()
    ));
    text
}

fn one(problem: &Problem, file_name: &str, source: &[u8], renderer: &Renderer) -> String {
    let first = problem.also.as_ref().map_or(&problem.span, |also| {
        if also.span.start < problem.span.start {
            &also.span
        } else {
            &problem.span
        }
    });
    let last = problem
        .also
        .as_ref()
        .map_or(problem.span.end, |also| also.span.end.max(problem.span.end));
    let window = window(source, first.start..last.max(first.start));
    let line = source[..window.start]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
        + 1;
    let excerpt = String::from_utf8_lossy(&source[window.clone()]);
    let place = |span: &Range<usize>| {
        let clamp = |at: usize| floor(&excerpt, at.saturating_sub(window.start));
        clamp(span.start)..clamp(span.end).max(clamp(span.start))
    };
    let mut snippet = Snippet::source(excerpt.as_ref())
        .path(file_name)
        .line_start(line)
        .annotation(
            AnnotationKind::Primary
                .span(place(&problem.span))
                .label(problem.label.as_str()),
        );
    if let Some(also) = &problem.also {
        let span = place(&also.span);
        snippet = snippet.annotation(
            AnnotationKind::Context
                .span(span)
                .label(also.label.as_str()),
        );
    }
    let group = Level::ERROR
        .primary_title(problem.message.as_str())
        .id(problem.code.as_str())
        .element(snippet)
        .element(Level::HELP.message(problem.help.as_str()));
    renderer.render(&[group])
}

/// The lines that a span touches; of a very long line only the part around it.
fn window(source: &[u8], span: Range<usize>) -> Range<usize> {
    let start = span.start.min(source.len());
    let end = span.end.clamp(start, source.len());
    let before = source[..start]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let after = source[end..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(source.len(), |at| end + at);
    let after = if source[..after].ends_with(b"\r") && after > end {
        after - 1
    } else {
        after
    };
    before.max(boundary(source, start.saturating_sub(LINE)))
        ..after.min(boundary(source, end + LINE))
}

/// The nearest place at or before `at` where no UTF-8 character is cut.
fn boundary(source: &[u8], at: usize) -> usize {
    let mut at = at.min(source.len());
    while at > 0 && source.get(at).is_some_and(|byte| byte & 0xC0 == 0x80) {
        at -= 1;
    }
    at
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
