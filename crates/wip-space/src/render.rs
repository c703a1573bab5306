//! How problems look: as rustc shows them, on the source line.
//!
//! Owns the look. What is wrong is `Problem`'s; where it is printed is the caller's.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Level, Renderer, Snippet};

use crate::Problem;

/// How many problems are shown; what is left is counted.
const SHOWN: usize = 100;
/// A source line longer than this, in bytes, is shown around the problem only.
const LINE: usize = 400;
/// Two places nearer than this, in bytes, are shown in one excerpt.
const NEAR: usize = 16 * 1024;

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
    let primary = Mark {
        kind: AnnotationKind::Primary,
        span: &problem.span,
        label: &problem.label,
    };
    let other = problem.also.as_ref().map(|also| Mark {
        kind: AnnotationKind::Context,
        span: &also.span,
        label: &also.label,
    });
    let group = Level::ERROR
        .primary_title(problem.message.as_str())
        .id(problem.code.as_str());
    let group = match other {
        None => group.element(snippet(&[primary], file_name, source)),
        Some(other) if other.span.start.abs_diff(primary.span.start) < NEAR => {
            group.element(snippet(&[primary, other], file_name, source))
        }
        Some(other) => group
            .element(snippet(&[primary], file_name, source))
            .element(snippet(&[other], file_name, source)),
    };
    renderer.render(&[group.element(Level::HELP.message(problem.help.as_str()))])
}

/// A marked place.
struct Mark<'a> {
    kind: AnnotationKind,
    span: &'a Range<usize>,
    label: &'a str,
}

/// The lines of the source that hold the marks.
fn snippet<'a>(
    marks: &[Mark<'a>],
    file_name: &'a str,
    source: &'a [u8],
) -> Snippet<'a, Annotation<'a>> {
    let first = marks.iter().map(|mark| mark.span.start).min().unwrap_or(0);
    let last = marks.iter().map(|mark| mark.span.start).max().unwrap_or(0);
    let window = window(source, first..last);
    let line = source[..window.start]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
        + 1;
    let excerpt = String::from_utf8_lossy(&source[window.clone()]);
    let clamp = |at: usize| floor(&excerpt, at.saturating_sub(window.start));
    let annotations: Vec<_> = marks
        .iter()
        .map(|mark| {
            let start = clamp(mark.span.start);
            let span = start..clamp(mark.span.end).max(start);
            mark.kind.span(span).label(mark.label)
        })
        .collect();
    Snippet::source(excerpt)
        .path(file_name)
        .line_start(line)
        .annotations(annotations)
}

/// The lines from one place to another; of a very long line only the part around them.
fn window(source: &[u8], span: Range<usize>) -> Range<usize> {
    let start = span.start.min(source.len());
    let end = span.end.clamp(start, source.len());
    let before = source[..start]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let line = source[end..].iter().position(|byte| *byte == b'\n');
    let after = line.map_or(source.len(), |at| end + at);
    let after = after - usize::from(after > end && source[..after].ends_with(b"\r"));
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
