//! YAML that every reader takes the same way: what could be taken for something else than
//! a text is in double quotes, and every text is on one line.
//!
//! Owns when and how a text is quoted; the layout is that of `serde_yaml`, which by itself
//! writes `on`, `no`, `1:20` and `0123` bare, and breaks texts at their line ends.

use serde::Serialize;
use serde_yaml::{Mapping, Value};

/// Stands in the tree where a quoted text will be, followed by its number.
const STAND_IN: &str = "wip.quoted.";

/// What YAML 1.1 takes for a boolean or for nothing, and what other readers take for a
/// number, in lower case. Source: yaml.org/type, pages `bool`, `null`, `float`.
const WORDS: [&str; 12] = [
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity",
];

/// `value` as YAML in block style.
pub(super) fn to_yaml<T: Serialize>(value: &T) -> Result<String, serde_yaml::Error> {
    let mut quoted = Vec::new();
    let tree = stand_in(serde_yaml::to_value(value)?, &mut quoted);
    Ok(fill_in(&serde_yaml::to_string(&tree)?, &quoted))
}

/// Replaces each text that needs quotes, and remembers it quoted.
fn stand_in(value: Value, quoted: &mut Vec<String>) -> Value {
    match value {
        Value::String(text) if !is_plain(&text) => {
            let text = quote(&text);
            let name = format!("{STAND_IN}{}", quoted.len());
            // As long as the text: a long key is laid out otherwise than a short one.
            let name = format!("{name:_<width$}", width = text.len());
            quoted.push(text);
            Value::String(name)
        }
        Value::Sequence(members) => Value::Sequence(
            members
                .into_iter()
                .map(|member| stand_in(member, quoted))
                .collect(),
        ),
        Value::Mapping(parts) => {
            let mut mapping = Mapping::with_capacity(parts.len());
            for (name, part) in parts {
                let name = stand_in(name, quoted);
                mapping.insert(name, stand_in(part, quoted));
            }
            Value::Mapping(mapping)
        }
        other => other,
    }
}

/// Puts the quoted texts where they belong.
fn fill_in(text: &str, quoted: &[String]) -> String {
    let mut parts = text.split(STAND_IN);
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(part.len());
        let (number, rest) = part.split_at(digits);
        if let Some(text) = number
            .parse()
            .ok()
            .and_then(|number: usize| quoted.get(number))
        {
            filled.push_str(text);
        }
        filled.push_str(rest.trim_start_matches('_'));
    }
    filled
}

/// Whether a text can stand without quotes: it begins with a letter or a slash, so that it
/// is no number, date or YAML sign, and has nothing in it that needs a second thought.
fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(is_bare)
        && !text.contains(": ")
        && !text.contains("  ")
        && !text.ends_with([':', ' '])
        && !text.contains(STAND_IN)
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// Whether a character stands outside of quotes in what wip writes.
pub(super) fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || " _-./:@+=*".contains(c)
}

/// A double-quoted scalar (YAML 1.2, section 5.7). A reviewer must see what is there, so
/// everything but the letters of common scripts is escaped. The ranges are fixed: the same
/// text has the same bytes whatever Unicode version wip is built with.
fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            ' '..='~'
            | '\u{a1}'..='\u{ac}'
            | '\u{ae}'..='\u{24f}'
            | '\u{391}'..='\u{3ff}'
            | '\u{400}'..='\u{52f}'
            | '\u{3041}'..='\u{30ff}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7a3}' => quoted.push(c),
            '\0'..='\u{ff}' => quoted.push_str(&format!("\\x{:02X}", c as u32)),
            '\0'..='\u{ffff}' => quoted.push_str(&format!("\\u{:04X}", c as u32)),
            _ => quoted.push_str(&format!("\\U{:08X}", c as u32)),
        }
    }
    quoted.push('"');
    quoted
}
