//! Objects, as far as access is proved by them.
//!
//! Source: `storage.objects.*`; reports of federated principals at buckets without uniform access (412).

use serde_json::{Value, json};

use super::buckets::{self, Bucket, resource};
use super::denied;
use crate::aws::tokens::base64url;
use crate::db::Db;
use crate::gcp::call::{Call, Refusal, result};
use crate::gcp::rights;
use crate::http::{Answer, Request};

fn prefix(bucket: &str) -> String {
    format!("gcp/object/{bucket}/")
}

pub(super) fn plant(db: &mut Db, bucket: &str, name: &str, content: &[u8]) {
    let key = format!("{}{name}", prefix(bucket));
    db.put(&key, &base64url::encode(content));
}

pub(super) fn has_any(db: &Db, bucket: &str) -> bool {
    db.has_any(&prefix(bucket))
}

/// The key of an object, where the caller may do that with it.
fn checked(
    call: &mut Call<'_>,
    bucket: &str,
    name: &str,
    permission: &str,
) -> Result<String, Refusal> {
    call.resource = Some(format!("{bucket}/{name}"));
    let found: Option<Bucket> = call.db.get(&format!("gcp/bucket/{bucket}"));
    let found = found.ok_or_else(buckets::missing)?;
    let mut about = resource(bucket, Some(&found));
    about.asked.name = format!("projects/_/buckets/{bucket}/objects/{name}");
    about.asked.kind = "storage.googleapis.com/Object".to_owned();
    rights::check(call, permission, &about, || {
        denied(call, permission, "object")
    })?;
    uniform(call, &found)?;
    Ok(format!("{}{name}", prefix(bucket)))
}

/// Principals of a pool need uniform access.
fn uniform(call: &Call<'_>, bucket: &Bucket) -> Result<(), Refusal> {
    match call.caller.is_federated() && !bucket.uniform {
        true => Err(Refusal::new(
            412,
            "conditionNotMet",
            "Principals of workload identity pools require uniform bucket-level access.",
        )),
        false => Ok(()),
    }
}

fn shown(bucket: &str, name: &str) -> Value {
    json!({ "kind": "storage#object", "name": name, "bucket": bucket, "generation": "1" })
}

pub(super) fn insert(
    call: &mut Call<'_>,
    request: &Request,
    bucket: &str,
) -> Result<Answer, Refusal> {
    let invalid = |words| Refusal::new(400, "invalid", words);
    let given = request.query_value("name");
    let (name, content) = match request.query_value("uploadType").as_deref() {
        Some("media") => (given, request.body.as_slice()),
        Some("multipart") => {
            let parts = parts(request).ok_or_else(|| invalid("Malformed multipart body."))?;
            (given.or(parts.0), parts.1)
        }
        _ => {
            return Err(invalid(
                "The sandbox takes uploads of media, alone or in several parts.",
            ));
        }
    };
    let name = name.unwrap_or_default();
    if name.is_empty() {
        return Err(Refusal::new(400, "required", "Required"));
    }
    let key = checked(call, bucket, &name, "storage.objects.create")?;
    // Who may not delete one may not put another in its place ("IAM permissions for JSON methods").
    if call.db.get_at_once::<Value>(&key).is_some() {
        checked(call, bucket, &name, "storage.objects.delete")?;
    }
    call.db.put(&key, &base64url::encode(content));
    Ok(result(&shown(bucket, &name)))
}

/// The name and the content of an upload in two parts: metadata in JSON, and media.
///
/// Source: "Single-request uploads" of Cloud Storage; RFC 2046, 5.1.
fn parts(request: &Request) -> Option<(Option<String>, &[u8])> {
    let kind = request.header("content-type")?;
    let (_, boundary) = kind.split_once("boundary=")?;
    let boundary = boundary.split(';').next()?.trim().trim_matches(['"', '\'']);
    let mark = format!("--{boundary}");
    let after = |text: &'_ [u8], what: &str| {
        let what = what.as_bytes();
        (!what.is_empty()).then(|| text.windows(what.len()).position(|it| it == what))?
    };
    let (body, blank) = (request.body.as_slice(), "\r\n\r\n");
    let first = &body[after(body, &mark)? + mark.len()..];
    let first = &first[after(first, blank)? + blank.len()..];
    let (end, next) = (after(first, &format!("\r\n{mark}"))?, mark.len() + 2);
    let second = &first[end + next..];
    let second = &second[after(second, blank)? + blank.len()..];
    let last = after(second, &format!("\r\n{mark}--"))?;
    let metadata: Value = serde_json::from_slice(&first[..end]).ok()?;
    Some((
        metadata["name"].as_str().map(str::to_owned),
        &second[..last],
    ))
}

pub(super) fn get(
    call: &mut Call<'_>,
    request: &Request,
    bucket: &str,
    name: &str,
) -> Result<Answer, Refusal> {
    let key = checked(call, bucket, name, "storage.objects.get")?;
    let content: Option<String> = call.db.get(&key);
    let content = content.ok_or_else(|| no_object(bucket, name))?;
    if request.query_value("alt").as_deref() == Some("media") {
        let bytes = base64url::decode(&content).unwrap_or_default();
        return Ok(Answer::new(200).with_body("application/octet-stream", bytes));
    }
    Ok(result(&shown(bucket, name)))
}

fn no_object(bucket: &str, name: &str) -> Refusal {
    Refusal::new(404, "notFound", format!("No such object: {bucket}/{name}"))
}

pub(super) fn delete(call: &mut Call<'_>, bucket: &str, name: &str) -> Result<Answer, Refusal> {
    let key = checked(call, bucket, name, "storage.objects.delete")?;
    if call.db.get::<Value>(&key).is_none() {
        return Err(no_object(bucket, name));
    }
    call.db.remove(&key);
    Ok(Answer::new(204))
}

pub(super) fn list(
    call: &mut Call<'_>,
    request: &Request,
    bucket: &str,
) -> Result<Answer, Refusal> {
    let found = buckets::checked(call, bucket, "storage.objects.list")?;
    uniform(call, &found)?;
    let start = request.query_value("prefix").unwrap_or_default();
    let place = prefix(bucket);
    let items: Vec<Value> = call
        .db
        .scan::<String>(&place)
        .filter(|(name, _)| name.starts_with(&start))
        .map(|(name, _)| shown(bucket, name))
        .collect();
    let mut body = json!({ "kind": "storage#objects" });
    if !items.is_empty() {
        body["items"] = items.into();
    }
    Ok(result(&body))
}
