//! Patches.
//!
//! Source: RFC 7386; "Update API Objects in Place Using kubectl patch": a strategic merge patch of maps alone is a merge patch.

use serde_json::Value;

use super::call::Refusal;
use crate::http::Request;

/// The object after the request's patch.
pub(crate) fn apply(request: &Request, object: &Value) -> Result<Value, Refusal> {
    let kind = request.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    let is_strategic = kind == "application/strategic-merge-patch+json";
    if !is_strategic && kind != "application/merge-patch+json" {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: application/merge-patch+json, application/strategic-merge-patch+json; not {kind}"
        );
        return Err(Refusal::new(415, "UnsupportedMediaType", message));
    }
    let patch: Value = serde_json::from_slice(&request.body)
        .map_err(|error| Refusal::bad(format!("error decoding patch: {error}")))?;
    if is_strategic && has_lists(&patch) {
        return Err(Refusal::bad("the sandbox merges no lists"));
    }
    let mut object = object.clone();
    merge(&mut object, patch);
    Ok(object)
}

fn has_lists(value: &Value) -> bool {
    match value {
        Value::Array(_) => true,
        Value::Object(members) => members.values().any(has_lists),
        _ => false,
    }
}

fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(members) = target else {
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            members.remove(&name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), value);
        }
    }
}
