//! The AWS JSON 1.1 protocol (KMS, Service Quotas): the operation in `x-amz-target`, JSON in and out.
//!
//! Not here: what an operation does.

use serde_json::{Map, Value};

use super::call::{Call, Refusal};
use crate::http::{Answer, Request};

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// The operation that a request names in `x-amz-target` (what follows the last dot), or an empty text.
pub(crate) fn operation(request: &Request) -> String {
    let target = request.header("x-amz-target").unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default().to_owned()
}

/// The members of the request, or the refusal of a body that is not a JSON object.
pub(crate) fn members(request: &Request) -> Result<Map<String, Value>, Refusal> {
    if request.body.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(&request.body).map_err(|_| {
        Refusal::new(
            400,
            "SerializationException",
            "Unable to parse the request body",
        )
    })
}

/// An answer with that body.
pub(crate) fn result(call: &Call<'_>, body: &Value) -> Answer {
    Answer::new(200)
        .with_header("x-amzn-requestid", call.request_id.as_str())
        .with_body(CONTENT_TYPE, body.to_string())
}

/// A refusal in the form of the JSON services.
pub(crate) fn refusal(refusal: &Refusal, request_id: &str) -> Answer {
    let mut body = Map::new();
    body.insert("__type".to_owned(), refusal.code.as_str().into());
    body.insert("message".to_owned(), refusal.message.as_str().into());
    for (name, value) in &refusal.fields {
        body.insert(name.clone(), value.as_str().into());
    }
    Answer::new(refusal.status)
        .with_header("x-amzn-requestid", request_id)
        .with_body(CONTENT_TYPE, Value::Object(body).to_string())
}
