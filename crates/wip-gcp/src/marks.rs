//! Our mark on what lives in Google Cloud: the description of a service account, the labels of a bucket. Members of policies bear none.
//!
//! Owns the turn from a mark into these and back.

use std::collections::BTreeMap;

use wip_plan::{Mark, Owner};

const SPACE: &str = "wip-space";
const LINEAGE: &str = "wip-lineage";
const ADDRESS: &str = "wip-address";
const RELATION: &str = "wip-relation";
const ADOPTED: &str = "adopted";

/// The description that bears a mark: `KEY=VALUE`, with spaces between. At most 256 bytes are taken, and no mark is as long.
pub(crate) fn description(mark: &Mark) -> String {
    let mut text = format!(
        "{SPACE}={} {LINEAGE}={} {ADDRESS}={}",
        mark.space, mark.lineage, mark.address
    );
    if mark.adopted {
        text = format!("{text} {RELATION}={ADOPTED}");
    }
    text
}

/// Whose mark a description bears.
pub(crate) fn owner_by_description(text: &str) -> Owner {
    let part = |key: &str| {
        let mut parts = text.split(' ').filter_map(|part| part.split_once('='));
        parts.find(|(name, _)| *name == key).map(|(_, value)| value)
    };
    match part(SPACE) {
        None => Owner::Unmarked,
        Some(space) => Owner::Marked(Mark {
            space: space.to_owned(),
            lineage: part(LINEAGE).unwrap_or_default().to_owned(),
            address: part(ADDRESS).unwrap_or_default().to_owned(),
            adopted: part(RELATION) == Some(ADOPTED),
        }),
    }
}

/// The labels of a mark. An address has characters that no label takes; that of a bucket follows from its name.
pub(crate) fn labels(mark: &Mark) -> BTreeMap<String, String> {
    let marks = [(SPACE, &mark.space), (LINEAGE, &mark.lineage)];
    let marks = marks.map(|(key, value)| (key.to_owned(), value.clone()));
    let relation = mark
        .adopted
        .then(|| (RELATION.to_owned(), ADOPTED.to_owned()));
    marks.into_iter().chain(relation).collect()
}

/// Whether a label is of a mark.
pub(crate) fn is_of_mark(key: &str) -> bool {
    [SPACE, LINEAGE, RELATION].contains(&key)
}

/// Whose mark the labels of what has that address bear.
pub(crate) fn owner_by_labels(labels: &BTreeMap<String, String>, address: &str) -> Owner {
    match labels.get(SPACE) {
        None => Owner::Unmarked,
        Some(space) => Owner::Marked(Mark {
            space: space.clone(),
            lineage: labels.get(LINEAGE).cloned().unwrap_or_default(),
            address: address.to_owned(),
            adopted: labels.get(RELATION).map(String::as_str) == Some(ADOPTED),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_round_trip_and_fit() {
        // The longest that there can be: a Space of 40 characters, an identity of 40.
        let space = "s".repeat(40);
        let address = format!("gcp/service-account:{space}/{}", "i".repeat(40));
        let mark = Mark {
            space,
            lineage: "5f0c7a4e-8f0e-4b51-9c7b-1c8f5d0a2b11".to_owned(),
            address: address.clone(),
            adopted: true,
        };
        assert!(
            description(&mark).len() <= 256,
            "{}",
            description(&mark).len()
        );
        assert_eq!(
            owner_by_description(&description(&mark)),
            Owner::Marked(mark.clone())
        );
        for (key, value) in labels(&mark) {
            assert!(key.len() <= 63 && value.len() <= 63 && is_of_mark(&key));
        }
        assert_eq!(
            owner_by_labels(&labels(&mark), &address),
            Owner::Marked(mark)
        );
        for none in ["", "by hand", "a=b wip=c"] {
            assert_eq!(owner_by_description(none), Owner::Unmarked);
        }
    }
}
