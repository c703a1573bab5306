//! Values in one line, and what a cloud says made harmless.
//!
//! Owns the escaping that all output for people goes through.

use crate::{Doc, Parts, Why};

/// `text` with everything escaped that could act on a terminal or hide on a page: control
/// characters, line ends, and what is invisible or turns the direction of writing.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.extend(c.escape_default()),
            c if c.is_control() || is_invisible(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Format characters of Unicode that show nothing themselves (general category Cf, and the
/// line and paragraph separators).
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// A document in one line.
///
/// What has an `effect` reads as a sentence: `Allow s3:GetObject on arn:… when …`.
pub(super) fn line(doc: &Doc) -> String {
    match doc {
        Doc::Bool(value) => value.to_string(),
        Doc::Int(value) => value.to_string(),
        Doc::Text(text) => clean(text),
        Doc::Set(members) if members.is_empty() => "nothing".to_owned(),
        Doc::Set(members) => join(members.iter().map(line), ", "),
        Doc::Map(parts) => map(parts),
    }
}

fn map(parts: &Parts) -> String {
    if let Some(effect @ Doc::Text(_)) = parts.get("effect") {
        return sentence(effect, parts);
    }
    if let Some(Doc::Map(statements)) = parts.get("statements") {
        return join(statements.values().map(line), "; ");
    }
    let named = |(name, part): (&str, &Doc)| match part {
        Doc::Map(_) => format!("{}: {{{}}}", clean(name), line(part)),
        _ => format!("{}: {}", clean(name), line(part)),
    };
    match parts.is_empty() {
        true => "nothing".to_owned(),
        false => join(parts.iter().map(named), ", "),
    }
}

fn sentence(effect: &Doc, parts: &Parts) -> String {
    const ORDER: [(&str, &str); 6] = [
        ("action", ""),
        ("notAction", "everything but "),
        ("principal", "by "),
        ("notPrincipal", "by everyone but "),
        ("resource", "on "),
        ("notResource", "on everything but "),
    ];
    let mut words = vec![line(effect)];
    for (name, before) in ORDER {
        if let Some(part) = parts.get(name) {
            words.push(format!("{before}{}", line(part)));
        }
    }
    if let Some(Doc::Map(operators)) = parts.get("condition") {
        words.push(format!("when {}", conditions(operators)));
    }
    let known = |name: &str| {
        ["effect", "sid", "condition"].contains(&name) || ORDER.iter().any(|(n, _)| *n == name)
    };
    let others = parts.iter().filter(|(name, _)| !known(name));
    words.extend(others.map(|(name, part)| format!("{} {}", clean(name), line(part))));
    words.join(" ")
}

fn conditions(operators: &Parts) -> String {
    let one = |(operator, keys): (&str, &Doc)| {
        let operator = clean(operator);
        match keys {
            Doc::Map(keys) => join(
                keys.iter()
                    .map(|(key, values)| format!("{operator} {} {}", clean(key), any_of(values))),
                " and ",
            ),
            other => format!("{operator} {}", line(other)),
        }
    };
    join(operators.iter().map(one), " and ")
}

fn any_of(values: &Doc) -> String {
    match values {
        Doc::Set(values) => join(values.iter().map(line), " or "),
        value => line(value),
    }
}

fn join(words: impl Iterator<Item = String>, between: &str) -> String {
    words.collect::<Vec<_>>().join(between)
}

/// Who caused an edit, in words.
pub(super) fn why(why: Why) -> &'static str {
    match why {
        Why::Changed => "changed",
        Why::Drifted => "drifted",
        Why::ChangedAndDrifted => "changed, drifted",
    }
}

/// At most `limit` characters of `text`.
pub(super) fn cut(text: String, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
