//! A request and an answer as plain values, so that the sandbox can be asked without a socket.
//!
//! Not here: sockets (`server.rs`), and what a request means (`aws`).

use std::collections::BTreeMap;
use std::time::Duration;

use percent_encoding::percent_decode_str;

/// One HTTP request, whole.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The method, upper-case.
    pub method: String,
    /// The path as it came, still percent-encoded, without the query.
    pub path: String,
    /// The query as it came, without the `?`; empty when there is none.
    pub query: String,
    /// Header values by lower-case name; several of one name are joined with `, `.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The query as decoded names and values, in order; a name without `=` has an empty value.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        pairs(&self.query)
    }

    /// The decoded value of the first query parameter of that name.
    pub fn query_value(&self, name: &str) -> Option<String> {
        self.query_pairs()
            .into_iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }
}

impl From<axum::http::Request<Vec<u8>>> for Request {
    fn from(request: axum::http::Request<Vec<u8>>) -> Self {
        let (head, body) = request.into_parts();
        let mut whole = Self {
            method: head.method.as_str().to_owned(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            body,
            ..Self::default()
        };
        for (name, value) in &head.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            whole
                .headers
                .entry(name.as_str().to_owned())
                .and_modify(|have| *have = format!("{have}, {value}"))
                .or_insert_with(|| value.into_owned());
        }
        // Where no socket is, nobody has written the header yet.
        if let Some(host) = head.uri.authority() {
            let host = host.to_string();
            whole.headers.entry("host".to_owned()).or_insert(host);
        }
        whole
    }
}

/// The decoded pairs of a query string or of an `application/x-www-form-urlencoded` body.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(key), decoded(value))
        })
        .collect()
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}

/// One HTTP answer, whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Header names (lower-case) and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How long the call is under way: whoever delivers the answer waits as long first, or another call may find this one not done.
    pub takes: Duration,
}

impl Answer {
    /// An answer of that status, without headers and body.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            takes: Duration::ZERO,
        }
    }

    /// The answer with that body and its `content-type`.
    #[must_use]
    pub fn with_body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut answer = self.with_header("content-type", content_type);
        answer.body = body.into();
        answer
    }

    /// The answer with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The answer as the type of the `http` crate.
    ///
    /// # Errors
    /// Where a header is none.
    pub fn into_http(self) -> Result<axum::http::Response<Vec<u8>>, axum::http::Error> {
        let mut response = axum::http::Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(self.body)
    }

    /// The value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// What the other side of the connection gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The answer, whole.
    Answer(Answer),
    /// The answer's head and half of its body, then the connection closes.
    Truncated(Answer),
    /// Nothing: the connection closes.
    Closed,
    /// Nothing, and the connection stays open.
    Hangs,
    /// The answer, whole, but not before faults have been set more often than this.
    Held(Answer, u64),
}
