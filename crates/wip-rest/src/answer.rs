//! Answers, and what is wrong where one is an error.

use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use wip_provider::{Class, CloudError};

/// The largest body that is read, in bytes: far more than a page of anything that wip asks for.
pub(crate) const MAX_BODY: usize = 8 * 1024 * 1024;

/// The longest message of a cloud that is kept, in characters.
const MAX_MESSAGE: usize = 2_000;

/// Headers in which clouds name a request: ARM, Graph, Google.
const REQUEST_IDS: [&str; 3] = ["x-ms-request-id", "request-id", "x-goog-request-id"];

/// What came back of a request that succeeded.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    call: &'static str,
    /// Null where it is empty, and a string where it is no JSON.
    body: Value,
}

impl Answer {
    /// An answer with the body that its headers tell of.
    ///
    /// # Errors
    /// `Broken` where it is another: what answered is not the API, or the answer was cut off.
    pub(crate) fn of(
        call: &'static str,
        status: StatusCode,
        headers: &HeaderMap,
        body: Vec<u8>,
    ) -> Result<Self, CloudError> {
        let sort = headers.get(http::header::CONTENT_TYPE);
        let sort = sort.and_then(|sort| sort.to_str().ok()).unwrap_or("json");
        let body = match (body.is_empty(), sort.contains("json")) {
            (true, _) => Value::Null,
            (false, true) => serde_json::from_slice(&body).map_err(|why| unlike(call, &why))?,
            (false, false) => {
                let text = String::from_utf8(body).map_err(|why| unlike(call, &why))?;
                Value::String(text)
            }
        };
        Ok(Self { status, call, body })
    }

    /// The body as a value.
    ///
    /// # Errors
    /// `Broken` where it is not of that form.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, CloudError> {
        T::deserialize(&self.body).map_err(|error| unlike(self.call, &error))
    }

    /// The body as a text, where it is no JSON.
    ///
    /// # Errors
    /// `Broken` where it is JSON, or empty.
    pub fn text(&self) -> Result<&str, CloudError> {
        let text = self.body.as_str();
        text.ok_or_else(|| unlike(self.call, &"it is no text"))
    }
}

fn unlike(call: &str, error: &dyn std::fmt::Display) -> CloudError {
    let words = format!("the answer is not as documented: {error}");
    CloudError::local(Class::Broken, call, words)
}

/// An answer that is an error, as a cloud's crate judges it.
#[derive(Clone, Copy, Debug)]
pub struct Failed<'a> {
    /// The status.
    pub status: StatusCode,
    /// The cloud's code, empty where it names none.
    pub code: &'a str,
    /// The cloud's words.
    pub message: &'a str,
}

/// What an error means, by the cloud's table.
pub type Judge = fn(Failed<'_>) -> Class;

/// The error that a body says, whatever the cloud: `{"error": {"code", "message"}}`, of Google with the code under `status`, of its
/// storage under `errors`; of token endpoints `{"error", "error_description"}` (RFC 6749, section 5.2). Where errors are no JSON, as Azure's storage services', the code stands in a header ("Status and error
/// codes", Azure docs).
pub(crate) fn error_of(
    call: &'static str,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    judge: Judge,
) -> CloudError {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = &body["error"];
    let text = |name: &str| error[name].as_str().filter(|text| !text.is_empty());
    let header = headers
        .get("x-ms-error-code")
        .and_then(|code| code.to_str().ok());
    let reason = error["errors"][0]["reason"].as_str();
    let of_tokens = error.as_str();
    let code = text("code")
        .or(text("status"))
        .or(reason)
        .or(of_tokens)
        .or(header);
    let description = body["error_description"].as_str();
    let message = text("message").or(description).map_or_else(
        || status.canonical_reason().unwrap_or("no words").to_owned(),
        |message| message.chars().take(MAX_MESSAGE).collect(),
    );
    let failed = Failed {
        status,
        code: code.unwrap_or_default(),
        message: &message,
    };
    CloudError {
        class: judge(failed),
        code: Some(code.map_or_else(|| format!("HTTP {}", status.as_u16()), str::to_owned)),
        request_id: request_id(headers),
        retry_after: retry_after(headers),
        ..CloudError::local(Class::Final, call, message.clone())
    }
}

pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let mut ids = REQUEST_IDS.iter().filter_map(|name| headers.get(*name));
    let id = ids.next()?.to_str().ok()?;
    Some(id.chars().take(100).collect())
}

/// `Retry-After` in seconds, as ARM and Graph send it; a date is not waited for.
fn retry_after(headers: &HeaderMap) -> Option<std::time::Duration> {
    let seconds = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    seconds.parse().ok().map(std::time::Duration::from_secs)
}
