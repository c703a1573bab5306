//! `$filter` of role assignments and role definitions: terms joined with `and`.
//!
//! Source: "Role Assignments - List For Scope" and "Role Definitions - List" in the REST reference.

use crate::azure::call::Refusal;

/// The terms of a filter, each one of those that the listing knows.
pub(super) fn terms(filter: Option<&str>) -> Vec<String> {
    let filter = filter.unwrap_or_default().trim();
    filter
        .split(" and ")
        .map(str::trim)
        .filter(|term| !term.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The value of a term `name eq 'value'`; the quotes may be missing.
pub(super) fn equal<'a>(term: &'a str, name: &str) -> Option<&'a str> {
    let (left, right) = term.split_once(" eq ")?;
    left.trim()
        .eq_ignore_ascii_case(name)
        .then(|| unquoted(right))
}

/// The argument of a term `name('value')`.
pub(super) fn argument<'a>(term: &'a str, name: &str) -> Option<&'a str> {
    let (left, right) = term.split_once('(')?;
    let inner = right.strip_suffix(')')?;
    left.trim()
        .eq_ignore_ascii_case(name)
        .then(|| unquoted(inner))
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''))
        .unwrap_or(text)
}

/// Refuses a term that the listing does not know.
pub(super) fn unknown(term: &str) -> Refusal {
    let message = format!("The filter '{term}' is not supported.");
    Refusal::new(400, "UnsupportedQuery", message)
}
