//! Our mark on what lives in Google Cloud: the description of a service account, the labels of a bucket. Members of policies bear none.
//!
//! Owns the turn from a mark into these and back.

use std::collections::BTreeMap;

use wip_plan::{Mark, Owner};

/// The description that bears a mark: `KEY=VALUE`, with spaces between. At most 256 bytes are taken, and no mark is as long.
pub(crate) fn description(mark: &Mark) -> String {
    let pairs = mark.pairs();
    let parts = Mark::NAMES.iter().filter_map(|name| {
        let value = pairs.get(*name)?;
        Some(format!("{name}={value}"))
    });
    parts.collect::<Vec<_>>().join(" ")
}

/// Whose mark a description bears.
pub(crate) fn owner_by_description(text: &str) -> Owner {
    let part = |key: &str| {
        let mut parts = text.split(' ').filter_map(|part| part.split_once('='));
        let found = parts.find(|(name, _)| *name == key);
        found.map(|(_, value)| value.to_owned())
    };
    Mark::read(part).map_or(Owner::Unmarked, Owner::Marked)
}

/// The labels of a mark. An address has characters that no label takes; that of a bucket follows from its name.
pub(crate) fn labels(mark: &Mark) -> BTreeMap<String, String> {
    let mut labels = mark.pairs();
    labels.retain(|name, _| is_of_mark(name));
    labels
}

/// Whether a label is of a mark.
pub(crate) fn is_of_mark(key: &str) -> bool {
    key != Mark::ADDRESS && Mark::NAMES.contains(&key)
}

/// Whose mark the labels of what has that address bear.
pub(crate) fn owner_by_labels(labels: &BTreeMap<String, String>, address: &str) -> Owner {
    let label = |key: &str| match key {
        Mark::ADDRESS => Some(address.to_owned()),
        key => labels.get(key).cloned(),
    };
    Mark::read(label).map_or(Owner::Unmarked, Owner::Marked)
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
