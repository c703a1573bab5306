//! The tags of a bucket.
//!
//! Not here: tags of objects.

use std::collections::BTreeMap;

use super::bucket::{name, open};
use super::settings::save;
use super::target::Target;
use super::xml::{Element, done, malformed, result};
use crate::aws::call::{Call, Refusal};
use crate::http::{Answer, Request};

/// `GetBucketTagging`.
///
/// Source: S3 API Reference, "GetBucketTagging" (`NoSuchTagSet`).
pub(crate) fn get(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let tags = open(call, request, target)?.tags;
    if tags.is_empty() {
        return Err(
            Refusal::new(404, "NoSuchTagSet", "The TagSet does not exist")
                .with("BucketName", name(target)),
        );
    }
    Ok(result(call, "Tagging", |xml| {
        xml.element("TagSet", |xml| {
            for (key, value) in &tags {
                xml.element("Tag", |xml| {
                    xml.text("Key", key);
                    xml.text("Value", value);
                });
            }
        });
    }))
}

/// `PutBucketTagging`: all tags at once.
///
/// Source: S3 API Reference, "PutBucketTagging" (`InvalidTag`); S3 User Guide, "Using cost allocation S3 bucket tags": 50 tags, keys of 128 and values of 256 characters.
pub(crate) fn put(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let mut bucket = open(call, request, target)?;
    let root = Element::read(&request.body, "Tagging")?;
    root.only(&["TagSet"])?;
    let set = root.child("TagSet").ok_or_else(malformed)?;
    let tags = read(set, &bucket.tags)?;
    let is_gone = |key: &&String| is_system(key) && !tags.contains_key(*key);
    if bucket.tags.keys().any(|key| is_gone(&key)) {
        return Err(kept());
    }
    bucket.tags = tags;
    save(call, target, &bucket);
    Ok(done(call, 204))
}

/// Tags that only AWS writes.
fn is_system(key: &str) -> bool {
    key.to_lowercase().starts_with("aws:")
}

/// Source: the answer of S3 as cloud-custodian/cloud-custodian#2834 quotes it.
fn kept() -> Refusal {
    invalid_tag("System Tags cannot be removed by requester")
}

/// The tags of a set of a request; system tags only as they are `there` already.
///
/// Source: S3 User Guide, "Using cost allocation S3 bucket tags": 50 tags, keys of 128 and values of 256 letters, digits, spaces and `+ - = . _ : / @`.
pub(super) fn read(
    set: &Element,
    there: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Refusal> {
    set.only(&["Tag"])?;
    let is_plain = |c: char| c.is_alphanumeric() || c.is_whitespace() || "+-=._:/@".contains(c);
    let fits = |text: &str, most: usize| text.chars().count() <= most && text.chars().all(is_plain);
    let mut tags = BTreeMap::new();
    for tag in &set.children {
        tag.only(&["Key", "Value"])?;
        let key = tag.child_text("Key").ok_or_else(malformed)?;
        let value = tag.child_text("Value").ok_or_else(malformed)?;
        let is_new = there.get(key).is_none_or(|before| before != value);
        if key.is_empty() || !fits(key, 128) || (is_system(key) && is_new) {
            return Err(invalid_tag("The TagKey you have provided is invalid"));
        }
        if !fits(value, 256) {
            return Err(invalid_tag("The TagValue you have provided is invalid"));
        }
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(invalid_tag(
                "Cannot provide multiple Tags with the same key",
            ));
        }
    }
    if tags.len() > 50 {
        return Err(Refusal::new(
            400,
            "BadRequest",
            "Bucket tag count cannot be greater than 50",
        ));
    }
    Ok(tags)
}

fn invalid_tag(message: &str) -> Refusal {
    Refusal::new(400, "InvalidTag", message)
}

/// `DeleteBucketTagging`.
pub(crate) fn delete(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let mut bucket = open(call, request, target)?;
    if bucket.tags.keys().any(|key| is_system(key)) {
        return Err(kept());
    }
    bucket.tags.clear();
    save(call, target, &bucket);
    Ok(done(call, 204))
}
