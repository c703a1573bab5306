//! Our mark on what has tags: `wip-space`, `wip-lineage`, `wip-address`, and `wip-relation` on what was adopted.
//!
//! Owns the turn from a mark into tags and back.

use std::collections::BTreeMap;

use aws_sdk_iam::types::Tag;
use wip_plan::{Mark, Owner};
use wip_provider::{Class, CloudError};

/// The tags of a mark, and the labels.
pub(crate) fn tags(mark: &Mark, labels: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut tags = labels.clone();
    tags.extend(mark.pairs());
    tags
}

/// Whose mark tags bear.
pub(crate) fn owner(tags: &BTreeMap<String, String>) -> Owner {
    Mark::read(|key| tags.get(key).cloned()).map_or(Owner::Unmarked, Owner::Marked)
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
    Mark::NAMES.map(str::to_owned).to_vec()
}
