//! Documents as indented text, and two of them as a unified diff.
//!
//! Looks like YAML; nothing reads it back.

use similar::TextDiff;

use super::mask::masked_doc;
use super::words::clean;
use crate::{Doc, Field};

/// `doc` as indented text, one value a line, `(sensitive)` for the sensitive ones of `fields`.
pub fn document(doc: &Doc, fields: &[Field]) -> String {
    let mut out = String::new();
    match masked_doc(doc, fields) {
        Doc::Map(parts) if parts.is_empty() => {}
        doc => write(&doc, 0, &mut out),
    }
    out
}

/// What turns `before` into `after`, both as [`document`] prints them, as a unified diff
/// with three lines around each change; nothing where nothing differs.
pub fn unified(before: Option<&Doc>, after: Option<&Doc>, fields: &[Field]) -> String {
    let text = |doc: Option<&Doc>| doc.map(|doc| document(doc, fields)).unwrap_or_default();
    TextDiff::from_lines(text(before), text(after))
        .unified_diff()
        .context_radius(3)
        .to_string()
}

fn write(doc: &Doc, indent: usize, out: &mut String) {
    let margin = " ".repeat(indent);
    match doc {
        Doc::Map(parts) if !parts.is_empty() => {
            for (name, part) in parts {
                let name = scalar(name);
                match part {
                    Doc::Map(inner) if !inner.is_empty() => {
                        *out += &format!("{margin}{name}:\n");
                        write(part, indent + 2, out);
                    }
                    Doc::Set(inner) if !inner.is_empty() => {
                        *out += &format!("{margin}{name}:\n");
                        write(part, indent + 2, out);
                    }
                    value => *out += &format!("{margin}{name}: {}\n", flat(value)),
                }
            }
        }
        Doc::Set(members) if !members.is_empty() => {
            for member in members {
                let mut inner = String::new();
                write(member, indent + 2, &mut inner);
                // The first line of a member stands behind its dash.
                *out += &format!("{margin}- {}", inner.trim_start_matches(' '));
            }
        }
        value => *out += &format!("{margin}{}\n", flat(value)),
    }
}

fn flat(doc: &Doc) -> String {
    match doc {
        Doc::Bool(value) => value.to_string(),
        Doc::Int(value) => value.to_string(),
        Doc::Text(text) => scalar(text),
        Doc::Set(_) => "[]".to_owned(),
        Doc::Map(_) => "{}".to_owned(),
    }
}

/// A text, in quotes where it could be taken for something else.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_./:*@+=,()$~".contains(c);
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || "/(~".contains(c));
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "~"];
    let quoted = !starts_well
        || !text.chars().all(plain)
        || text.ends_with([' ', ':'])
        || text.contains(": ")
        || reserved.contains(&text.to_ascii_lowercase().as_str());
    match quoted {
        true => format!(
            "\"{}\"",
            clean(&text.replace('\\', "\\\\").replace('"', "\\\""))
        ),
        false => text.to_owned(),
    }
}
