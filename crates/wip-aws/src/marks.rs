//! Our mark on what has tags: `wip-space`, `wip-lineage`, `wip-address`, and `wip-relation` on what was adopted.
//!
//! Owns the turn from a mark into tags and back.

use std::collections::BTreeMap;

use aws_sdk_iam::types::Tag;
use wip_plan::{Mark, Owner};
use wip_provider::{Class, CloudError};

const SPACE: &str = "wip-space";
const LINEAGE: &str = "wip-lineage";
const ADDRESS: &str = "wip-address";
const RELATION: &str = "wip-relation";
const ADOPTED: &str = "adopted";

/// The tags of a mark, and the labels.
pub(crate) fn tags(mark: &Mark, labels: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let marks = [
        (SPACE, &mark.space),
        (LINEAGE, &mark.lineage),
        (ADDRESS, &mark.address),
    ];
    let marks = marks.map(|(key, value)| (key.to_owned(), value.clone()));
    let relation = mark
        .adopted
        .then(|| (RELATION.to_owned(), ADOPTED.to_owned()));
    labels
        .clone()
        .into_iter()
        .chain(marks)
        .chain(relation)
        .collect()
}

/// Whose mark tags bear.
pub(crate) fn owner(tags: &BTreeMap<String, String>) -> Owner {
    let tag = |key: &str| tags.get(key).cloned();
    match tag(SPACE) {
        None => Owner::Unmarked,
        Some(space) => Owner::Marked(Mark {
            space,
            lineage: tag(LINEAGE).unwrap_or_default(),
            address: tag(ADDRESS).unwrap_or_default(),
            adopted: tag(RELATION).as_deref() == Some(ADOPTED),
        }),
    }
}

/// Tags as IAM's SDK has them.
pub(crate) fn to_iam(tags: &BTreeMap<String, String>) -> Result<Vec<Tag>, CloudError> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    let tags: Result<Vec<Tag>, _> = tags.iter().map(tag).collect();
    tags.map_err(|error| CloudError::local(Class::Final, "iam:Tag", error.to_string()))
}

/// Tags as a map.
pub(crate) fn from_iam(tags: Option<&[Tag]>) -> BTreeMap<String, String> {
    let pair = |tag: &Tag| (tag.key.clone(), tag.value.clone());
    tags.unwrap_or_default().iter().map(pair).collect()
}

/// The keys of the tags of a mark.
pub(crate) fn keys() -> Vec<String> {
    [SPACE, LINEAGE, ADDRESS, RELATION]
        .map(str::to_owned)
        .to_vec()
}
