//! Buckets and their policies.
//!
//! Sources: "About Cloud Storage buckets" and "Bucket naming"; "Uniform bucket-level access", "Public access prevention"; "Bucket labels".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::denied;
use crate::db::Db;
use crate::gcp::call::{Call, Refusal, body, result};
use crate::gcp::cel::Asked;
use crate::gcp::policy::{self, Resource};
use crate::gcp::roles::Sort;
use crate::gcp::seed::GcsSeed;
use crate::gcp::{projects, rights};
use crate::http::{Answer, Request};

const PREFIX: &str = "gcp/bucket/";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Bucket {
    name: String,
    pub(super) project: String,
    location: String,
    /// Whether access is uniform over the bucket.
    pub(super) uniform: bool,
    /// `enforced` or `inherited`.
    public_access_prevention: String,
    labels: BTreeMap<String, String>,
}

impl Bucket {
    fn shown(&self, db: &Db) -> Value {
        let number = projects::find(db, &self.project).map_or(0, |project| project.number);
        let mut shown = json!({
            "kind": "storage#bucket",
            "id": self.name,
            "name": self.name,
            "projectNumber": number.to_string(),
            "location": self.location,
            "storageClass": "STANDARD",
            "metageneration": "1",
            "etag": "CAE=",
            "iamConfiguration": {
                "uniformBucketLevelAccess": { "enabled": self.uniform },
                "publicAccessPrevention": self.public_access_prevention,
            },
        });
        if !self.labels.is_empty() {
            shown["labels"] = json!(self.labels);
        }
        shown
    }
}

fn key(name: &str) -> String {
    format!("{PREFIX}{name}")
}

fn policy_key(name: &str) -> String {
    format!("buckets/{name}")
}

/// A bucket, where a policy or a right is asked about it.
pub(super) fn resource(name: &str, bucket: Option<&Bucket>) -> Resource {
    Resource {
        sort: Sort::Bucket,
        key: policy_key(name),
        project: bucket.map_or(String::new(), |bucket| bucket.project.clone()),
        asked: Asked {
            name: format!("projects/_/buckets/{name}"),
            kind: "storage.googleapis.com/Bucket".to_owned(),
            service: "storage.googleapis.com".to_owned(),
            ..Asked::default()
        },
    }
}

/// Adds a bucket that is missing, with its objects.
pub(crate) fn plant(db: &mut Db, seed: &GcsSeed) {
    if db.get_at_once::<Value>(&key(&seed.name)).is_some() {
        return;
    }
    let bucket = Bucket {
        name: seed.name.clone(),
        project: seed.project.clone(),
        location: seed.location.clone().unwrap_or_else(|| "EU".to_owned()),
        uniform: seed.uniform,
        public_access_prevention: "inherited".to_owned(),
        labels: seed.labels.clone(),
    };
    db.put(&key(&seed.name), &bucket);
    policy::plant(db, &policy_key(&seed.name), &seed.policy);
    for (name, content) in &seed.objects {
        super::objects::plant(db, &seed.name, name, content.as_bytes());
    }
}

/// The bucket, where the caller may do that with it.
pub(super) fn checked(
    call: &mut Call<'_>,
    name: &str,
    permission: &str,
) -> Result<Bucket, Refusal> {
    call.resource = Some(name.to_owned());
    let bucket: Option<Bucket> = call.db.get(&key(name));
    let bucket = bucket.ok_or_else(missing)?;
    let resource = resource(name, Some(&bucket));
    rights::check(call, permission, &resource, || {
        denied(call, permission, "bucket")
    })?;
    Ok(bucket)
}

pub(super) fn missing() -> Refusal {
    Refusal::new(404, "notFound", "The specified bucket does not exist.")
}

pub(super) fn get(call: &mut Call<'_>, name: &str) -> Result<Answer, Refusal> {
    let bucket = checked(call, name, "storage.buckets.get")?;
    Ok(result(&bucket.shown(call.db)))
}

pub(super) fn list(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let project = home(call, request, "storage.buckets.list")?;
    let all: Vec<Bucket> = call.db.scan::<Bucket>(PREFIX).map(|(_, it)| it).collect();
    let own = all.iter().filter(|it| it.project == project);
    let items: Vec<Value> = own.map(|bucket| bucket.shown(call.db)).collect();
    let mut body = json!({ "kind": "storage#buckets" });
    let from: usize = match request
        .query_value("pageToken")
        .filter(|text| !text.is_empty())
    {
        None => 0,
        Some(text) => text
            .parse()
            .map_err(|_| Refusal::new(400, "invalid", "Invalid page token."))?,
    };
    let most: usize = match request.query_value("maxResults") {
        None => 1000,
        Some(text) => text
            .parse()
            .map_err(|_| Refusal::new(400, "invalid", "Invalid value."))?,
    };
    let most = most.clamp(1, 1000);
    if items.len().saturating_sub(from) > most {
        body["nextPageToken"] = (from + most).to_string().into();
    }
    let page: Vec<Value> = items.into_iter().skip(from).take(most).collect();
    if !page.is_empty() {
        body["items"] = page.into();
    }
    Ok(result(&body))
}

/// The project that a request names, where the caller may do that in it.
fn home(call: &Call<'_>, request: &Request, permission: &str) -> Result<String, Refusal> {
    let name = request.query_value("project").unwrap_or_default();
    if name.is_empty() {
        return Err(Refusal::new(400, "required", "Required parameter: project"));
    }
    let refused = || denied(call, permission, "project");
    let project = projects::find(call.db, &name).ok_or_else(refused)?;
    rights::check(call, permission, &projects::resource(&project), refused)?;
    Ok(project.id)
}

pub(super) fn insert(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let project = home(call, request, "storage.buckets.create")?;
    let body = body(request).map_err(|refusal| refusal.of(call.service))?;
    let name = body.get("name").and_then(Value::as_str);
    let name = name.unwrap_or_default().to_owned();
    call.resource = Some(name.clone());
    if !is_name(&name) {
        return Err(Refusal::new(
            400,
            "invalid",
            format!("Invalid bucket name: '{name}'"),
        ));
    }
    if let Some(taken) = call.db.get_at_once::<Bucket>(&key(&name)) {
        let words = match taken.project == project {
            true => {
                "Your previous request to create the named bucket succeeded and you already own it."
            }
            false => {
                "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again."
            }
        };
        return Err(Refusal::new(409, "conflict", words));
    }
    let location = body.get("location").and_then(Value::as_str);
    let mut bucket = Bucket {
        name: name.clone(),
        project: project.clone(),
        location: location.unwrap_or("US").to_uppercase(),
        uniform: false,
        public_access_prevention: "inherited".to_owned(),
        labels: BTreeMap::new(),
    };
    apply(&mut bucket, &body)?;
    call.db.put(&key(&name), &bucket);
    let legacy = json!({ "bindings": [
        { "role": "roles/storage.legacyBucketOwner", "members": [format!("projectEditor:{project}"), format!("projectOwner:{project}")] },
        { "role": "roles/storage.legacyBucketReader", "members": [format!("projectViewer:{project}")] },
    ] });
    if let Value::Object(legacy) = legacy {
        policy::plant(call.db, &policy_key(&name), &legacy);
    }
    Ok(result(&bucket.shown(call.db)))
}

pub(super) fn patch(call: &mut Call<'_>, request: &Request, name: &str) -> Result<Answer, Refusal> {
    let mut bucket = checked(call, name, "storage.buckets.update")?;
    let body = body(request).map_err(|refusal| refusal.of(call.service))?;
    apply(&mut bucket, &body)?;
    call.db.put(&key(name), &bucket);
    Ok(result(&bucket.shown(call.db)))
}

fn apply(bucket: &mut Bucket, body: &Map<String, Value>) -> Result<(), Refusal> {
    let invalid = |words: &str| Refusal::new(400, "invalid", words);
    if let Some(configuration) = body.get("iamConfiguration") {
        let uniform = &configuration["uniformBucketLevelAccess"]["enabled"];
        bucket.uniform = uniform.as_bool().unwrap_or(bucket.uniform);
        match configuration["publicAccessPrevention"].as_str() {
            None => {}
            Some(word @ ("enforced" | "inherited")) => {
                bucket.public_access_prevention = word.to_owned();
            }
            Some(_) => return Err(invalid("Invalid value for public access prevention.")),
        }
    }
    let labels = match body.get("labels") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Object(labels)) => labels,
        Some(_) => return Err(invalid("Invalid labels.")),
    };
    let fits = |text: &str| {
        text.chars().count() <= 63
            && text
                .chars()
                .all(|c| c.is_lowercase() || c.is_numeric() || matches!(c, '_' | '-'))
    };
    for (name, value) in labels {
        let is_key = fits(name) && name.chars().next().is_some_and(char::is_lowercase);
        match value {
            Value::Null => {
                bucket.labels.remove(name);
            }
            Value::String(text) if is_key && fits(text) => {
                bucket.labels.insert(name.clone(), text.clone());
            }
            _ => return Err(invalid(&format!("Invalid label: {name}"))),
        }
    }
    match bucket.labels.len() > 64 {
        true => Err(invalid("Too many labels.")),
        false => Ok(()),
    }
}

pub(super) fn delete(call: &mut Call<'_>, name: &str) -> Result<Answer, Refusal> {
    checked(call, name, "storage.buckets.delete")?;
    if super::objects::has_any(call.db, name) {
        return Err(Refusal::new(
            409,
            "conflict",
            "The bucket you tried to delete is not empty.",
        ));
    }
    call.db.remove(&key(name));
    policy::remove(call.db, &policy_key(name));
    Ok(Answer::new(204))
}

pub(super) fn get_policy(
    call: &mut Call<'_>,
    request: &Request,
    name: &str,
) -> Result<Answer, Refusal> {
    let bucket = checked(call, name, "storage.buckets.getIamPolicy")?;
    let version = request.query_value("optionsRequestedPolicyVersion");
    let version = policy::requested(version.as_deref());
    let version = version.map_err(|refusal| refusal.of(call.service))?;
    let policy = policy::read(call.db, &resource(name, Some(&bucket)), version);
    Ok(result(&shown(name, policy)))
}

fn shown(name: &str, mut policy: Map<String, Value>) -> Value {
    policy.insert("kind".to_owned(), "storage#policy".into());
    let id = format!("projects/_/buckets/{name}");
    policy.insert("resourceId".to_owned(), id.into());
    policy.into()
}

pub(super) fn set_policy(
    call: &mut Call<'_>,
    request: &Request,
    name: &str,
) -> Result<Answer, Refusal> {
    call.resource = Some(name.to_owned());
    let bucket: Option<Bucket> = call.db.get(&key(name));
    let bucket = bucket.ok_or_else(missing)?;
    let service = call.service;
    let given = body(request).map_err(|refusal| refusal.of(service))?;
    let permission = "storage.buckets.setIamPolicy";
    let refused = denied(call, permission, "bucket");
    let resource = resource(name, Some(&bucket));
    let written = policy::write(call, &resource, &given, permission, || refused.clone());
    let policy = written.map_err(|refusal| refusal.of(service))?;
    fits(&bucket, &policy)?;
    Ok(result(&shown(name, policy)))
}

/// What a bucket's own settings refuse. The words are ours.
fn fits(bucket: &Bucket, policy: &Map<String, Value>) -> Result<(), Refusal> {
    let bindings = policy.get("bindings").and_then(Value::as_array);
    for binding in bindings.into_iter().flatten() {
        if binding.get("condition").is_some() && !bucket.uniform {
            return Err(Refusal::new(
                412,
                "conditionNotMet",
                "IAM conditions require uniform bucket-level access.",
            ));
        }
        let mut members = binding["members"].as_array().into_iter().flatten();
        let is_public =
            |member: &Value| matches!(member.as_str(), Some("allUsers" | "allAuthenticatedUsers"));
        if bucket.public_access_prevention == "enforced" && members.any(is_public) {
            return Err(Refusal::new(
                412,
                "conditionNotMet",
                "The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention is enforced.",
            ));
        }
    }
    Ok(())
}

/// Source: "Bucket naming": 3 to 63 characters (with dots up to 222, each part up to 63), letters, digits, `-`, `_`, `.`; not `goog…`, no `google`, no address.
fn is_name(name: &str) -> bool {
    let is_edge = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let bytes = name.as_bytes();
    let most = if name.contains('.') { 222 } else { 63 };
    (3..=most).contains(&bytes.len())
        && name.split('.').all(|part| (1..=63).contains(&part.len()))
        && bytes.iter().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.')
        })
        && is_edge(bytes.first())
        && is_edge(bytes.last())
        && !name.starts_with("goog")
        && !name.contains("google")
        && name.parse::<std::net::Ipv4Addr>().is_err()
}
