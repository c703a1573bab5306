//! Objects: what is kept of each, and how it is read and changed.
//!
//! Source: "Kubernetes API Concepts" and the API conventions (lists in pages, `resourceVersion`, `dryRun`).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{Call, Objects, Refusal};
use super::resources::{self, Resource};
use super::selectors::Selectors;
use super::{json_answer, patch, schemas, spaces, workloads};
use crate::aws::call::clock;
use crate::aws::tokens::base64url;
use crate::azure::uuid;
use crate::http::{Answer, Request};

/// The most of one page of a list, where nobody asks for fewer.
const PAGE: usize = 500;

/// One object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Object {
    /// Without what follows from the rest: uid, version and time.
    pub(crate) body: Value,
    pub(crate) uid: String,
    pub(crate) version: u64,
    /// Seconds since 1970.
    pub(crate) created_at: i64,
    /// How many readers still see a rollout that is not done.
    #[serde(default)]
    pub(crate) rolling: u32,
}

fn prefix(call: &Call<'_>, resource: &Resource) -> String {
    format!("kube/{}/object/{}/", call.name, resource.full())
}

fn key(call: &Call<'_>, resource: &Resource, namespace: Option<&str>, name: &str) -> String {
    let namespace = namespace.unwrap_or("-");
    format!("{}{namespace}/{name}", prefix(call, resource))
}

/// One object of a resource by its plural.
pub(crate) fn find(
    call: &Call<'_>,
    plural: &str,
    namespace: Option<&str>,
    name: &str,
) -> Option<Object> {
    let key = key(call, resources::known(plural), namespace, name);
    call.db.get_at_once(&key)
}

/// All objects of a resource by its plural, in one namespace or in all.
pub(crate) fn all(call: &Call<'_>, plural: &str, namespace: Option<&str>) -> Vec<Object> {
    let mut prefix = prefix(call, resources::known(plural));
    if let Some(namespace) = namespace {
        prefix += &format!("{namespace}/");
    }
    let all = call.db.scan::<Object>(&prefix);
    all.map(|(_, object)| object).collect()
}

/// Writes an object, new or changed.
pub(crate) fn put(call: &mut Call<'_>, plural: &str, body: Value) -> Object {
    let resource = resources::known(plural);
    let text = |name: &str| body["metadata"][name].as_str().map(str::to_owned);
    let (namespace, name) = (text("namespace"), text("name").unwrap_or_default());
    let key = key(call, resource, namespace.as_deref(), &name);
    let object = match call.db.get_at_once::<Object>(&key) {
        Some(old) if old.body == body => return old,
        Some(old) => Object {
            body,
            version: old.version + 1,
            ..old
        },
        None => {
            let count = format!("sandbox/{key}");
            let made = call.db.get_at_once::<u64>(&count).unwrap_or(0) + 1;
            call.db.put(&count, &made);
            Object {
                body,
                uid: uuid(&["kube", &key, &made.to_string()]),
                version: made,
                created_at: clock(),
                rolling: 0,
            }
        }
    };
    call.db.put(&key, &object);
    object
}

/// Writes an object back whose bookkeeping has changed.
pub(crate) fn keep(call: &mut Call<'_>, plural: &str, object: &Object) {
    let text = |name: &str| object.body["metadata"][name].as_str();
    let key = key(
        call,
        resources::known(plural),
        text("namespace"),
        text("name").unwrap_or_default(),
    );
    call.db.put(&key, object);
}

/// Removes an object.
pub(crate) fn remove(call: &mut Call<'_>, plural: &str, namespace: Option<&str>, name: &str) {
    let key = key(call, resources::known(plural), namespace, name);
    call.db.remove(&key);
}

/// Removes a namespace with everything in it.
pub(crate) fn remove_namespace(call: &mut Call<'_>, name: &str) {
    for resource in resources::ALL.iter().filter(|it| it.namespaced) {
        let prefix = format!("{}{name}/", prefix(call, resource));
        call.db.remove_all(&prefix);
    }
    remove(call, "namespaces", None, name);
}

/// An object as it is answered, in the version that was asked for.
fn shown(resource: &Resource, version: &str, object: &Object) -> Value {
    let mut body = object.body.clone();
    body["apiVersion"] = resource.api_version(version).into();
    body["kind"] = resource.kind.into();
    let metadata = &mut body["metadata"];
    metadata["uid"] = object.uid.clone().into();
    metadata["resourceVersion"] = object.version.to_string().into();
    metadata["creationTimestamp"] = time(object.created_at).into();
    if resource.plural == "pods" {
        body["status"]["startTime"] = time(object.created_at).into();
    }
    body
}

fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_string()
}

pub(crate) fn handle(
    call: &mut Call<'_>,
    request: &Request,
    objects: &Objects,
) -> Result<Answer, Refusal> {
    if objects.subresource.is_some() || objects.verb == "watch" {
        return Err(Refusal::no_route());
    }
    let dry = request.query_value("dryRun").is_some_and(|it| it == "All");
    let resource = objects.resource;
    let (status, object) = match (objects.verb, objects.name.as_deref()) {
        ("list", _) => return list(call, request, objects),
        ("create", None) => (201, create(call, request, objects, dry)?),
        (verb, Some(name)) => {
            let old = get(call, resource, objects.namespace.as_deref(), name)?;
            let object = match verb {
                "get" => workloads::seen(call, resource.plural, old),
                "delete" => return delete(call, objects, &old, dry),
                _ => change(call, request, objects, old, dry)?,
            };
            (200, object)
        }
        _ => return Err(Refusal::no_route()),
    };
    Ok(json_answer(
        status,
        &shown(resource, &objects.version, &object),
    ))
}

fn get(
    call: &Call<'_>,
    resource: &Resource,
    namespace: Option<&str>,
    name: &str,
) -> Result<Object, Refusal> {
    if resource.namespaced && namespace.is_none() {
        return Err(Refusal::no_route());
    }
    call.db
        .get(&key(call, resource, namespace, name))
        .ok_or_else(|| Refusal::not_found(resource, name))
}

fn list(call: &mut Call<'_>, request: &Request, objects: &Objects) -> Result<Answer, Refusal> {
    let selectors = Selectors::of(request)?;
    let resource = objects.resource;
    let mut prefix = prefix(call, resource);
    if let Some(namespace) = &objects.namespace {
        prefix += &format!("{namespace}/");
    }
    let limit = request.query_value("limit").unwrap_or_default();
    let limit = match limit.parse() {
        Ok(0) | Err(_) => PAGE,
        Ok(limit) => PAGE.min(limit),
    };
    let after = match request.query_value("continue") {
        Some(token) if !token.is_empty() => base64url::decode(&token)
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| Refusal::bad("continue key is not valid"))?,
        _ => String::new(),
    };
    let mut found: Vec<(String, Object)> = call
        .db
        .scan_after::<Object>(&prefix, &after)
        .filter(|(_, object)| selectors.select(&object.body))
        .take(limit + 1)
        .map(|(rest, object)| (rest.to_owned(), object))
        .collect();
    let mut metadata = json!({ "resourceVersion": "1" });
    if found.len() > limit {
        found.truncate(limit);
        let last = found.last().map_or("", |(rest, _)| rest);
        metadata["continue"] = base64url::encode(last.as_bytes()).into();
    }
    let found = found
        .into_iter()
        .map(|(_, object)| workloads::seen(call, resource.plural, object));
    let items: Vec<Value> = found
        .map(|object| shown(resource, &objects.version, &object))
        .collect();
    let body = json!({
        "kind": format!("{}List", resource.kind),
        "apiVersion": resource.api_version(&objects.version),
        "metadata": metadata,
        "items": items,
    });
    Ok(json_answer(200, &body))
}

/// The object in a body, which must be of the resource and of the place that the path names.
fn body(request: &Request, objects: &Objects) -> Result<Value, Refusal> {
    let resource = objects.resource;
    let mut body: Value = serde_json::from_slice(&request.body)
        .map_err(|error| Refusal::bad(format!("error decoding the body: {error}")))?;
    let version = resource.api_version(&objects.version);
    let is = |name: &str, expected: &str| body.get(name).and_then(Value::as_str) == Some(expected);
    if !is("apiVersion", &version) || !is("kind", resource.kind) {
        return Err(Refusal::bad(format!(
            "the body is no {} of {version}",
            resource.kind
        )));
    }
    let namespace = body["metadata"].get("namespace").and_then(Value::as_str);
    if let (Some(said), Some(asked)) = (namespace, &objects.namespace)
        && said != asked
    {
        return Err(Refusal::bad(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    if let Some(namespace) = &objects.namespace {
        body["metadata"]["namespace"] = namespace.clone().into();
    }
    let Some(members) = body["metadata"].as_object_mut() else {
        return Err(Refusal::bad("metadata is no object"));
    };
    for own in [
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "managedFields",
    ] {
        members.remove(own);
    }
    Ok(body)
}

fn create(
    call: &mut Call<'_>,
    request: &Request,
    objects: &Objects,
    dry: bool,
) -> Result<Object, Refusal> {
    let resource = objects.resource;
    if resource.namespaced != objects.namespace.is_some() {
        return Err(Refusal::no_route());
    }
    let mut body = body(request, objects)?;
    let name = body["metadata"]["name"].as_str().unwrap_or_default();
    let name = name.to_owned();
    if !is_label(&name) {
        let why = format!(
            "metadata.name: Invalid value: \"{name}\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
        );
        return Err(Refusal::invalid(&resource.full_kind(), &name, &why));
    }
    if let Some(namespace) = &objects.namespace
        && find(call, "namespaces", None, namespace).is_none()
    {
        return Err(Refusal::not_found(
            resources::known("namespaces"),
            namespace,
        ));
    }
    schemas::check(request, objects, &mut body)?;
    let namespace = objects.namespace.as_deref();
    if call
        .db
        .get_at_once::<Value>(&key(call, resource, namespace, &name))
        .is_some()
    {
        let message = format!("{} \"{name}\" already exists", resource.full());
        return Err(Refusal::new(409, "AlreadyExists", message));
    }
    if dry {
        return Ok(Object {
            body,
            uid: uuid(&["kube", "dry", &name]),
            version: 1,
            created_at: clock(),
            rolling: 0,
        });
    }
    let object = put(call, resource.plural, body);
    match resource.plural {
        "controlplanes" => Ok(spaces::made(call, &object)),
        _ => Ok(object),
    }
}

fn change(
    call: &mut Call<'_>,
    request: &Request,
    objects: &Objects,
    old: Object,
    dry: bool,
) -> Result<Object, Refusal> {
    let resource = objects.resource;
    let name = objects.name.as_deref().unwrap_or_default();
    let (said, mut body) = if objects.verb == "update" {
        let said: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        (said, body(request, objects)?)
    } else {
        let patched = patch::apply(request, &old.body)?;
        (patched.clone(), patched)
    };
    let version = said["metadata"]["resourceVersion"].as_str();
    if version.is_some_and(|version| version != old.version.to_string()) {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{name}\": the object has been modified; please apply your changes to the latest version and try again",
            resource.full()
        );
        return Err(Refusal::new(409, "Conflict", message));
    }
    if body["metadata"]["name"] != name {
        return Err(Refusal::bad(
            "the name of the object does not match the name on the URL",
        ));
    }
    if let Some(members) = body["metadata"].as_object_mut() {
        members.remove("resourceVersion");
    }
    schemas::check(request, objects, &mut body)?;
    if dry {
        return Ok(Object { body, ..old });
    }
    let before = old.body.clone();
    let object = put(call, resource.plural, body);
    match resource.plural {
        "deployments" | "statefulsets" => {
            Ok(workloads::changed(call, resource.plural, &before, object))
        }
        "controlplanes" => Ok(spaces::made(call, &object)),
        _ => Ok(object),
    }
}

fn delete(
    call: &mut Call<'_>,
    objects: &Objects,
    old: &Object,
    dry: bool,
) -> Result<Answer, Refusal> {
    let name = objects.name.as_deref().unwrap_or_default();
    let plural = objects.resource.plural;
    if !dry {
        match plural {
            "namespaces" => remove_namespace(call, name),
            "controlplanes" => spaces::deleted(call, old),
            _ => remove(call, plural, objects.namespace.as_deref(), name),
        }
    }
    let body = json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success" });
    Ok(json_answer(200, &body))
}

/// Source: "Object Names and IDs": RFC 1123 labels, of which all names here are.
fn is_label(name: &str) -> bool {
    let bytes = name.as_bytes();
    let inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=253).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| inner(byte) || matches!(byte, b'-' | b'.'))
        && bytes.first().is_some_and(inner)
        && bytes.last().is_some_and(inner)
}
