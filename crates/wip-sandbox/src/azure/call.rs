//! One call to Azure: who asks, for what; and the refusal that may come of it.
//!
//! Not here: what the services do.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::caller::Caller;
use super::moment::Moment;
use crate::aws::call::hex_id;
use crate::db::Db;
use crate::http::{Answer, Request};

pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// The services of Azure that the sandbox speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// Azure Resource Manager.
    Arm,
    /// Microsoft Graph.
    Graph,
    /// Entra's token endpoint.
    Login,
    /// Blob Storage.
    Blob,
    /// The secrets of Key Vault.
    Vault,
}

impl Service {
    /// The name in paths, faults and the log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Service::Arm => "arm",
            Service::Graph => "graph",
            Service::Login => "login",
            Service::Blob => "blob",
            Service::Vault => "vault",
        }
    }

    /// The service of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [
            Service::Arm,
            Service::Graph,
            Service::Login,
            Service::Blob,
            Service::Vault,
        ]
        .into_iter()
        .find(|service| service.name() == name)
    }
}

/// One call, while it is being answered.
pub(crate) struct Call<'a> {
    /// The world. A refused call changes nothing, whatever it wrote before the refusal.
    pub(crate) db: &'a mut Db,
    pub(crate) moment: &'a mut Moment,
    pub(crate) caller: Caller,
    /// Scheme and host that the caller asked, for links to next pages.
    pub(crate) base: String,
    pub(crate) request_id: String,
    /// The name of what the call is about, for the log; a handler sets it as soon as it knows it.
    pub(crate) resource: Option<String>,
    /// What nobody else may write while this call is under way.
    pub(crate) holds: Option<String>,
    /// Object id of a principal that this call made.
    pub(crate) new_principal: Option<String>,
}

/// An id for what is made under a key: it follows from the key, and is another one each time that it is made anew.
pub(crate) fn new_id(db: &mut Db, what: &str, key: &str) -> String {
    let count = format!("sandbox/azure/made/{what}/{key}");
    let times = db.get_at_once::<u64>(&count).unwrap_or(0) + 1;
    db.put(&count, &times);
    uuid(&["azure", what, key, &times.to_string()])
}

/// A UUID that follows from the parts.
pub(crate) fn uuid(parts: &[&str]) -> String {
    let hex = hex_id(parts, 32);
    let (a, b, c, d) = (&hex[..8], &hex[8..12], &hex[13..16], &hex[17..20]);
    format!("{a}-{b}-5{c}-a{d}-{}", &hex[20..])
}

/// Whether a text is a UUID as Azure writes it.
pub(crate) fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12]
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// The decoded segments of a path.
pub(crate) fn segments(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect()
}

/// Scheme and host of a request, as its sender sees them.
pub(crate) fn base(request: &Request) -> String {
    format!("http://{}", request.header("host").unwrap_or("localhost"))
}

/// The members of a JSON body; an empty body has none.
pub(crate) fn body(request: &Request) -> Result<Map<String, Value>, Refusal> {
    if request.body.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(&request.body).map_err(|error| {
        let message =
            format!("The request content was invalid and could not be deserialized: '{error}'.");
        Refusal::new(400, "InvalidRequestContent", message)
    })
}

/// An answer with a JSON body.
pub(crate) fn result(call: &Call<'_>, status: u16, body: &Value) -> Answer {
    bare(call, status).with_body(JSON, body.to_string())
}

/// An answer without a body.
pub(crate) fn bare(call: &Call<'_>, status: u16) -> Answer {
    Answer::new(status).with_header("x-ms-request-id", call.request_id.as_str())
}

/// Why Azure does not do what was asked, as a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Azure's error code, as `ResourceNotFound`.
    pub(crate) code: String,
    /// The message for people.
    pub(crate) message: String,
    /// A further code that says more, as `ForbiddenByRbac`.
    pub(crate) inner: Option<&'static str>,
    /// Headers besides the usual ones.
    pub(crate) headers: Vec<(String, String)>,
}

impl Refusal {
    /// A refusal of that status, code and message.
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            inner: None,
            headers: Vec::new(),
        }
    }

    /// The refusal with one more header.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// A refusal in the form of the service.
///
/// Sources: "Azure REST API guidelines" (Resource Manager); "Microsoft Graph error responses and resource types"; "Status and error codes" of the storage services; "Authentication, requests and responses" of Key Vault (`innererror`).
pub(crate) fn render(service: Service, refusal: &Refusal, request_id: &str) -> Answer {
    let Refusal { code, message, .. } = refusal;
    let mut answer = match service {
        Service::Login => super::login::render(refusal, request_id),
        Service::Blob => super::blob::render(refusal, request_id),
        Service::Arm | Service::Vault => {
            let mut error = json!({ "code": code, "message": message });
            if let Some(inner) = refusal.inner {
                error["innererror"] = json!({ "code": inner });
            }
            Answer::new(refusal.status).with_body(JSON, json!({ "error": error }).to_string())
        }
        Service::Graph => {
            let inner = json!({ "date": "2025-01-01T00:00:00", "request-id": request_id, "client-request-id": request_id });
            let error = json!({ "code": code, "message": message, "innerError": inner });
            Answer::new(refusal.status)
                .with_header("request-id", request_id)
                .with_body(JSON, json!({ "error": error }).to_string())
        }
    }
    .with_header("x-ms-request-id", request_id);
    for (name, value) in &refusal.headers {
        answer = answer.with_header(name, value);
    }
    answer
}
