//! YAML for people: documents with a comment above each.

use serde_json::Value;

/// Documents as one YAML text, each with its comment.
pub fn documents<'a>(all: impl IntoIterator<Item = (&'a str, &'a Value)>) -> String {
    let mut text = String::new();
    for (comment, value) in all {
        if !text.is_empty() {
            text.push_str("---\n");
        }
        for line in comment.lines() {
            text.push_str(format!("# {line}").trim_end());
            text.push('\n');
        }
        text.push_str(&document(value));
    }
    text
}

/// One document: what is empty is nothing.
fn document(value: &Value) -> String {
    if value.as_object().is_some_and(serde_json::Map::is_empty) {
        return "{}\n".to_owned();
    }
    // Plain data always has a form in YAML.
    serde_yaml::to_string(value).unwrap_or_default()
}
