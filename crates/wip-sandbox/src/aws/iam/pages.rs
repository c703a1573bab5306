//! Listings in pages: `Marker`, `MaxItems`, `IsTruncated`.
//!
//! Source: `ListRoles` and its like in botocore's model of `iam`: 100 items unless asked otherwise, at most 1,000, and perhaps fewer than asked.

use super::names;
use crate::aws::call::Refusal;
use crate::aws::query::{Params, Xml};

const PREFIX: &str = "after:";

/// Which page is asked for.
pub(super) struct Asked {
    /// The key of the last item of the page before; empty for the first page.
    pub(super) after: String,
    /// How many items at most.
    pub(super) most: usize,
}

/// One page.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    next: Option<String>,
}

/// Reads `Marker` and `MaxItems`.
pub(super) fn asked(params: &Params) -> Result<Asked, Refusal> {
    let most = names::number(params, "MaxItems", 1, 1000)?.unwrap_or(100) as usize;
    let after = match params.text("Marker") {
        None => String::new(),
        Some(marker) => marker
            .strip_prefix(PREFIX)
            .filter(|key| !key.is_empty())
            .ok_or_else(|| names::invalid("Invalid Marker."))?
            .to_owned(),
    };
    Ok(Asked { after, most })
}

impl<T> Page<T> {
    /// The page of what sorts after the marker; `items` are sorted by key.
    pub(super) fn of(asked: &Asked, items: impl Iterator<Item = (String, T)>) -> Self {
        let mut rest = items.filter(|(key, _)| asked.after.is_empty() || *key > asked.after);
        let mut page = Vec::new();
        let mut last = None;
        for (key, item) in rest.by_ref().take(asked.most) {
            page.push(item);
            last = Some(key);
        }
        let next = rest.next().and(last).map(|key| format!("{PREFIX}{key}"));
        Self { items: page, next }
    }

    /// `<IsTruncated>` and `<Marker>`.
    pub(super) fn write_end(&self, xml: &mut Xml) {
        xml.text(
            "IsTruncated",
            if self.next.is_some() { "true" } else { "false" },
        );
        xml.optional("Marker", self.next.as_deref());
    }
}
