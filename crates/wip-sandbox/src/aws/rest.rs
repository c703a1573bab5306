//! The REST-JSON protocol (EKS): the operation in method and path, JSON in and out.
//!
//! Not here: which paths there are, and what an operation does.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::call::{Call, Refusal};
use crate::http::{Answer, Request};

const CONTENT_TYPE: &str = "application/json";

/// The decoded segments of the path, as `["clusters", "prod", "pod-identity-associations"]`.
pub(crate) fn segments(request: &Request) -> Vec<String> {
    request
        .path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect()
}

/// An answer with that body.
pub(crate) fn result(call: &Call<'_>, body: &Value) -> Answer {
    Answer::new(200)
        .with_header("x-amzn-requestid", call.request_id.as_str())
        .with_body(CONTENT_TYPE, body.to_string())
}

/// A refusal in the form of the REST-JSON services.
pub(crate) fn refusal(refusal: &Refusal, request_id: &str) -> Answer {
    let mut body = Map::new();
    body.insert("message".to_owned(), refusal.message.as_str().into());
    for (name, value) in &refusal.fields {
        body.insert(name.clone(), value.as_str().into());
    }
    Answer::new(refusal.status)
        .with_header("x-amzn-requestid", request_id)
        .with_header("x-amzn-errortype", refusal.code.as_str())
        .with_body(CONTENT_TYPE, Value::Object(body).to_string())
}
