//! Which lines a state file can have at all.
//!
//! Owns a look at each line before the YAML parser sees it, in time linear in the text: no
//! anchors, tags, nested flow collections or block texts, and a bounded depth. The parser is
//! quadratic in some of these, and wip writes none of them.

use super::quote::is_bare;

/// More columns than the deepest line begins with: two for each level of a document, and
/// those of the resource around it.
const MAX_INDENT: usize = 2 * (super::MAX_DEPTH + 6);

/// The first line, from 1, that no version of wip writes.
pub(super) fn first_foreign_line(text: &str) -> Option<usize> {
    text.split('\n')
        .position(|line| !is_possible(line))
        .map(|line| line + 1)
}

fn is_possible(line: &str) -> bool {
    if line.starts_with('#') {
        return !line.ends_with('\r');
    }
    let indent = line.find(|c| !" -?:".contains(c)).unwrap_or(line.len());
    if indent > MAX_INDENT {
        return false;
    }
    let mut rest = line[indent..].chars();
    while let Some(c) = rest.next() {
        let fits = match c {
            '"' => is_closed(&mut rest),
            '[' => rest.next() == Some(']'),
            '{' => rest.next() == Some('}'),
            c => is_bare(c),
        };
        if !fits {
            return false;
        }
    }
    true
}

/// Goes behind the quote that ends a text.
fn is_closed(rest: &mut std::str::Chars<'_>) -> bool {
    while let Some(c) = rest.next() {
        match c {
            '"' => return true,
            '\\' => {
                rest.next();
            }
            _ => {}
        }
    }
    false
}
