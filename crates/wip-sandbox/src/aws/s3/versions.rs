//! Old versions of objects and delete markers, as far as a bucket must be empty of them before it goes.
//!
//! Source: S3 User Guide, "Working with objects in a versioning-enabled bucket", "Working with objects in a versioning-suspended bucket", "Deleting object versions from a versioning-enabled bucket".
//! Not here: reading an old version, MFA delete.

use serde::{Deserialize, Serialize};

use super::bucket::{Bucket, name, open, open_for};
use super::objects::{self, Object};
use super::target::Target;
use super::xml::{done, result};
use crate::aws::call::{Call, Refusal, hex_id};
use crate::http::{Answer, Request};

/// The id of what was written while versioning was not on.
const NULL: &str = "null";

/// A version that is not the current one, or a delete marker.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Old {
    id: String,
    /// Nothing for a delete marker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object: Option<Object>,
    modified_at: String,
}

/// Where the old versions of a bucket are kept: key, question mark, and a number that grows.
pub(super) fn prefix(partition: &str, bucket: &str) -> String {
    format!("aws/s3/{partition}/version/{bucket}/")
}

/// The id of a version that is written now; `None` where the bucket keeps none.
fn new_id(call: &Call<'_>, bucket: &Bucket, key: &str) -> Option<String> {
    match bucket.versioning.as_deref() {
        Some("Enabled") => Some(hex_id(&["version", &call.request_id, key], 32)),
        _ => None,
    }
}

fn key_of(target: &Target) -> &str {
    target.key.as_deref().unwrap_or_default()
}

/// Keeps what an object was, where the bucket keeps old versions; answers the id of the one that takes its place.
pub(super) fn make_room(call: &mut Call<'_>, bucket: &Bucket, target: &Target) -> Option<String> {
    let id = new_id(call, bucket, key_of(target));
    bucket.versioning.as_ref()?;
    let before: Option<Object> = call.db.get_at_once(&objects::key(call, target));
    if id.is_none() {
        forget_null(call, target);
    }
    if let Some(object) = before.filter(|object| id.is_some() || object.version.is_some()) {
        let old = Old {
            id: object.version.clone().unwrap_or_else(|| NULL.to_owned()),
            modified_at: object.modified_at.clone(),
            object: Some(object),
        };
        keep(call, target, &old);
    }
    id
}

fn olds(call: &Call<'_>, target: &Target) -> Vec<(String, Old)> {
    let all = format!(
        "{}{}?",
        prefix(call.partition, name(target)),
        key_of(target)
    );
    let found = call.db.scan::<Old>(&all);
    // A key that goes on behind a question mark is another one.
    let of_key = found.filter(|(rest, _)| rest.len() == 8);
    of_key
        .map(|(rest, old)| (format!("{all}{rest}"), old))
        .collect()
}

fn keep(call: &mut Call<'_>, target: &Target, old: &Old) {
    let last = olds(call, target).last().and_then(|(key, _)| {
        let (_, number) = key.rsplit_once('?')?;
        number.parse::<u32>().ok()
    });
    let next = last.map_or(0, |last| last + 1);
    let all = prefix(call.partition, name(target));
    let place = format!("{all}{}?{next:08}", key_of(target));
    call.db.put(&place, old);
}

fn forget_null(call: &mut Call<'_>, target: &Target) {
    let null = olds(call, target)
        .into_iter()
        .filter(|(_, old)| old.id == NULL);
    let places: Vec<String> = null.map(|(place, _)| place).collect();
    places.iter().for_each(|place| call.db.remove(place));
}

/// Leaves a delete marker in the place of an object, where the bucket keeps old versions.
pub(super) fn delete(call: &mut Call<'_>, bucket: &Bucket, target: &Target) -> Answer {
    let id = make_room(call, bucket, target);
    let place = objects::key(call, target);
    call.db.remove(&place);
    let answer = done(call, 204);
    if bucket.versioning.is_none() {
        return answer;
    }
    let marker = Old {
        id: id.unwrap_or_else(|| NULL.to_owned()),
        object: None,
        modified_at: call.now().to_string(),
    };
    keep(call, target, &marker);
    answer
        .with_header("x-amz-delete-marker", "true")
        .with_header("x-amz-version-id", marker.id)
}

/// `DeleteObject` with `versionId`: for good; the newest version that is left becomes the object again.
pub(super) fn delete_one(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
    id: &str,
) -> Result<Answer, Refusal> {
    open_for(call, request, target, "s3:DeleteObjectVersion")?;
    let place = objects::key(call, target);
    let current: Option<Object> = call.db.get_at_once(&place);
    let is_current = current.is_some_and(|object| object.version.as_deref().unwrap_or(NULL) == id);
    if is_current {
        call.db.remove(&place);
    }
    let gone = olds(call, target)
        .into_iter()
        .filter(|(_, old)| old.id == id);
    let gone: Vec<String> = gone.map(|(place, _)| place).collect();
    gone.iter().for_each(|place| call.db.remove(place));
    if call.db.get_at_once::<Object>(&place).is_none()
        && let Some((
            newest,
            Old {
                object: Some(object),
                ..
            },
        )) = olds(call, target).pop()
    {
        call.db.remove(&newest);
        call.db.put(&place, &object);
    }
    Ok(done(call, 204).with_header("x-amz-version-id", id))
}

/// One line of a listing of versions.
struct Line {
    key: String,
    id: String,
    latest: bool,
    old: Old,
}

/// `ListObjectVersions`.
///
/// Source: S3 API Reference, "ListObjectVersions": by key, the newest version of each first.
pub(crate) fn list(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    open(call, request, target)?;
    let value = |name: &str| request.query_value(name).unwrap_or_default();
    let limit = objects::max_keys(request)?;
    let (wanted, after) = (
        value("prefix"),
        (value("key-marker"), value("version-id-marker")),
    );
    let mut lines = lines(call, name(target));
    lines.retain(|line| line.key.starts_with(&wanted));
    let start = match &after {
        (key, _) if key.is_empty() => 0,
        (key, id) if id.is_empty() => lines.partition_point(|line| line.key <= *key),
        (key, id) => {
            let is_it = |line: &Line| line.key == *key && line.id == *id;
            lines
                .iter()
                .position(is_it)
                .map_or(lines.len(), |at| at + 1)
        }
    };
    let mut shown = lines.split_off(start);
    let more = shown.len() > limit;
    shown.truncate(limit);
    Ok(result(call, "ListVersionsResult", |xml| {
        xml.text("Name", name(target));
        xml.text("Prefix", &wanted);
        xml.text("KeyMarker", &after.0);
        xml.text("VersionIdMarker", &after.1);
        if let Some(last) = shown.last().filter(|_| more) {
            xml.text("NextKeyMarker", &last.key);
            xml.text("NextVersionIdMarker", &last.id);
        }
        xml.text("MaxKeys", &limit.to_string());
        xml.text("IsTruncated", &more.to_string());
        for line in &shown {
            let element = match line.old.object {
                Some(_) => "Version",
                None => "DeleteMarker",
            };
            xml.element(element, |xml| {
                xml.text("Key", &line.key);
                xml.text("VersionId", &line.id);
                xml.text("IsLatest", &line.latest.to_string());
                xml.text("LastModified", &line.old.modified_at);
                if let Some(object) = &line.old.object {
                    xml.text("ETag", &format!("\"{}\"", object.etag));
                    xml.text("Size", &object.size.to_string());
                    xml.text("StorageClass", "STANDARD");
                }
            });
        }
    }))
}

/// All versions and markers of a bucket, by key, the newest first.
fn lines(call: &Call<'_>, bucket: &str) -> Vec<Line> {
    let objects = objects::prefix(call.partition, bucket);
    let current = call.db.scan::<Object>(&objects).map(|(key, object)| {
        let id = object.version.clone().unwrap_or_else(|| NULL.to_owned());
        let old = Old {
            id: id.clone(),
            modified_at: object.modified_at.clone(),
            object: Some(object),
        };
        (key.to_owned(), u32::MAX, old)
    });
    let all = prefix(call.partition, bucket);
    let olds = call.db.scan::<Old>(&all).filter_map(|(rest, old)| {
        let (key, number) = rest.rsplit_once('?')?;
        Some((key.to_owned(), number.parse::<u32>().ok()?, old))
    });
    let mut all: Vec<(String, u32, Old)> = current.chain(olds).collect();
    all.sort_by(|a, b| (&a.0, b.1).cmp(&(&b.0, a.1)));
    let mut lines: Vec<Line> = Vec::new();
    for (key, _, old) in all {
        let latest = lines.last().is_none_or(|last| last.key != key);
        lines.push(Line {
            key,
            id: old.id.clone(),
            latest,
            old,
        });
    }
    lines
}
