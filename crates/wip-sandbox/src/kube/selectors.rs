//! Label and field selectors of a list.
//!
//! Source: "Labels and Selectors" and "Field Selectors" in the Kubernetes documentation.

use serde_json::Value;

use super::call::Refusal;
use crate::http::Request;

/// What a list is narrowed to.
pub(crate) struct Selectors {
    labels: Vec<Term>,
    name: Option<String>,
}

enum Term {
    Is(String, String),
    IsNot(String, String),
    Has(String),
    HasNot(String),
}

impl Selectors {
    pub(crate) fn of(request: &Request) -> Result<Self, Refusal> {
        let labels = request.query_value("labelSelector").unwrap_or_default();
        let labels = labels.split(',').filter(|term| !term.is_empty()).map(term);
        let field = request.query_value("fieldSelector").unwrap_or_default();
        let name = match field.as_str() {
            "" => None,
            field => match field.strip_prefix("metadata.name=") {
                Some(name) => Some(name.trim_start_matches('=').to_owned()),
                None => return Err(Refusal::bad(format!("field label not supported: {field}"))),
            },
        };
        Ok(Self {
            labels: labels.collect::<Result<_, _>>()?,
            name,
        })
    }

    pub(crate) fn select(&self, object: &Value) -> bool {
        let metadata = &object["metadata"];
        let label = |key: &str| metadata["labels"].get(key).and_then(Value::as_str);
        let fits = |term: &Term| match term {
            Term::Is(key, value) => label(key) == Some(value),
            Term::IsNot(key, value) => label(key) != Some(value),
            Term::Has(key) => label(key).is_some(),
            Term::HasNot(key) => label(key).is_none(),
        };
        self.labels.iter().all(fits)
            && self
                .name
                .as_deref()
                .is_none_or(|name| metadata["name"] == name)
    }
}

fn term(text: &str) -> Result<Term, Refusal> {
    let text = text.trim();
    if text.contains([' ', '(', ')']) {
        // Sets, which nobody here asks for.
        return Err(Refusal::bad(format!("unable to parse requirement: {text}")));
    }
    let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    if let Some((key, value)) = text.split_once("!=").map(owned) {
        return Ok(Term::IsNot(key, value));
    }
    if let Some((key, value)) = text.split_once("==").or(text.split_once('=')).map(owned) {
        return Ok(Term::Is(key, value));
    }
    Ok(match text.strip_prefix('!') {
        Some(key) => Term::HasNot(key.to_owned()),
        None => Term::Has(text.to_owned()),
    })
}
