//! One call to Google Cloud: who asks, for what; and the refusal that may come of it.
//!
//! Not here: what the services do.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::caller::Caller;
use crate::db::Db;
use crate::http::{Answer, Request};

const JSON: &str = "application/json; charset=UTF-8";

/// The services of Google Cloud that the sandbox speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// Resource Manager.
    Projects,
    /// Kubernetes Engine.
    Container,
    /// Identity and Access Management; `gcpiam`, because `iam` is the one of AWS.
    Iam,
    /// Service Account Credentials.
    Credentials,
    /// Secret Manager.
    Secrets,
    /// Cloud Storage, its JSON API.
    Storage,
    /// Security Token Service; `gcpsts`, because `sts` is the one of AWS.
    Sts,
}

const ALL: [Service; 7] = [
    Service::Projects,
    Service::Container,
    Service::Iam,
    Service::Credentials,
    Service::Secrets,
    Service::Storage,
    Service::Sts,
];

impl Service {
    /// The name in paths, faults and the log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Service::Projects => "cloudresourcemanager",
            Service::Container => "container",
            Service::Iam => "gcpiam",
            Service::Credentials => "iamcredentials",
            Service::Secrets => "secretmanager",
            Service::Storage => "storage",
            Service::Sts => "gcpsts",
        }
    }

    /// The service of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|service| service.name() == name)
    }
}

/// One call, while it is being answered.
pub(crate) struct Call<'a> {
    /// The world. A refused call changes nothing, whatever it wrote before the refusal.
    pub(crate) db: &'a mut Db,
    pub(crate) service: Service,
    pub(crate) caller: Caller,
    /// The name of what the call is about, for the log; a handler sets it as soon as it knows it.
    pub(crate) resource: Option<String>,
}

/// The decoded segments of a path; a verb behind a colon is a segment of its own, with its colon.
pub(crate) fn segments(path: &str) -> Vec<String> {
    let decoded = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
    let mut segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(str::to_owned)
        .collect();
    let last = segments.pop().unwrap_or_default();
    match last.rsplit_once(':') {
        Some((name, verb)) if verb.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            segments.extend([name.to_owned(), format!(":{verb}")]);
        }
        _ => segments.push(last),
    }
    segments.iter().map(|segment| decoded(segment)).collect()
}

/// The members of a JSON body; an empty body has none.
pub(crate) fn body(request: &Request) -> Result<Map<String, Value>, Refusal> {
    if request.body.is_empty() {
        return Ok(Map::new());
    }
    let value: Value = serde_json::from_slice(&request.body)
        .map_err(|_| Refusal::invalid("Invalid JSON payload received. Unexpected token."))?;
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(Refusal::invalid(
            "Invalid JSON payload received. Unknown name \"\": Root element must be a message.",
        )),
    }
}

/// An answer with a JSON body.
pub(crate) fn result(body: &Value) -> Answer {
    Answer::new(200).with_body(JSON, body.to_string())
}

/// Why Google does not do what was asked, as a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The status by its name, as `PERMISSION_DENIED`; of Cloud Storage the reason, as `forbidden`.
    pub(crate) code: String,
    /// The message for people.
    pub(crate) message: String,
}

impl Refusal {
    /// A refusal of that status, code and message.
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// Source of the pairs here: `google.rpc.Code`, its mapping to HTTP.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "INVALID_ARGUMENT", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "NOT_FOUND", message)
    }

    pub(crate) fn denied(message: impl Into<String>) -> Self {
        Self::new(403, "PERMISSION_DENIED", message)
    }

    /// The same in the codes of a service: Cloud Storage has reasons of its own ("HTTP status and error codes for JSON").
    pub(crate) fn of(self, service: Service) -> Self {
        if service != Service::Storage {
            return self;
        }
        let code = match self.code.as_str() {
            "INVALID_ARGUMENT" => "invalid",
            "NOT_FOUND" => "notFound",
            "PERMISSION_DENIED" => "forbidden",
            "UNAUTHENTICATED" => "authError",
            "ABORTED" | "FAILED_PRECONDITION" => "conditionNotMet",
            "ALREADY_EXISTS" => "conflict",
            "RESOURCE_EXHAUSTED" => "rateLimitExceeded",
            "INTERNAL" => "internalError",
            "UNAVAILABLE" => "backendError",
            _ => return self,
        };
        let status = match code {
            "conditionNotMet" => 412,
            _ => self.status,
        };
        Self {
            status,
            code: code.to_owned(),
            ..self
        }
    }
}

/// A refusal in the form of the service.
///
/// Sources: AIP-193 (errors of Google's APIs); "HTTP status and error codes for JSON" of Cloud Storage; RFC 6749, 5.2.
pub(crate) fn render(service: Service, refusal: &Refusal) -> Answer {
    let Refusal {
        status,
        code,
        message,
    } = refusal;
    let body = match service {
        Service::Sts => json!({ "error": code, "error_description": message }),
        Service::Storage => json!({ "error": {
            "code": status,
            "message": message,
            "errors": [{ "message": message, "domain": "global", "reason": code }],
        } }),
        _ => json!({ "error": { "code": status, "message": message, "status": code } }),
    };
    Answer::new(*status).with_body(JSON, body.to_string())
}
