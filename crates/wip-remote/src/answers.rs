//! What a server's refusal means.
//!
//! Owns the tables from status and code to classes: S3 ("Error responses", Amazon S3 API
//! Reference), Azure Blob Storage ("Blob service error codes"), and Google Cloud Storage ("HTTP
//! status and error codes for JSON").
//! Sends nothing.

use reqwest::StatusCode;

use crate::objects::{Class, Fault};

/// A refusal, taken apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The server's word for it: `NoSuchBucket`.
    pub(crate) code: String,
    /// Its sentence for people.
    pub(crate) message: String,
    /// Its name for the request.
    pub(crate) request_id: Option<String>,
    /// The region in which S3 says that the bucket is.
    pub(crate) region: Option<String>,
}

impl Refusal {
    /// From a body of S3 or Azure: `<Error><Code>…</Code><Message>…</Message></Error>`.
    pub(crate) fn of_xml(status: StatusCode, body: &str) -> Self {
        let within = |name: &str| {
            let (_, rest) = body.split_once(&format!("<{name}>"))?;
            let (text, _) = rest.split_once(&format!("</{name}>"))?;
            Some(text.to_owned())
        };
        Self {
            status: status.as_u16(),
            code: within("Code").unwrap_or_default(),
            message: within("Message").unwrap_or_default(),
            ..Self::default()
        }
    }

    /// From a body of Google's JSON API: `{"error": {"message": …, "errors": [{"reason": …}]}}`.
    pub(crate) fn of_json(status: StatusCode, body: &str) -> Self {
        let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            status: status.as_u16(),
            code: text(&body["error"]["errors"][0]["reason"]),
            message: text(&body["error"]["message"]),
            ..Self::default()
        }
    }

    pub(crate) fn fault(&self) -> Fault {
        let mut said = format!("HTTP {}", self.status);
        for part in [&self.code, &self.message] {
            if !part.is_empty() {
                said = format!("{said}, {part}");
            }
        }
        if let Some(region) = &self.region {
            said = format!("{said}; the bucket is in {region}");
        }
        if let Some(id) = &self.request_id {
            said = format!("{said} (request {id})");
        }
        let class = self.class();
        // A server that is busy may have been so before it answered, and not before it wrote.
        let doubtful = class == Class::Lost || self.status == 503;
        Fault {
            doubtful,
            ..Fault::new(class, said)
        }
    }

    fn class(&self) -> Class {
        let about_date =
            || self.message.contains("Date header") || self.message.contains("too old");
        match (self.status, self.code.as_str()) {
            (_, "NoSuchBucket" | "ContainerNotFound" | "ContainerBeingDeleted") => Class::NoBucket,
            (404, _) if self.message.contains("bucket does not exist") => Class::NoBucket,
            (_, "RequestTimeTooSkewed") => Class::Clock,
            (403, "AuthenticationFailed") if about_date() => Class::Clock,
            (
                _,
                "ExpiredToken"
                | "InvalidToken"
                | "TokenRefreshRequired"
                | "InvalidAccessKeyId"
                | "SignatureDoesNotMatch"
                | "AuthenticationFailed"
                | "InvalidAuthenticationInfo"
                | "NoAuthenticationInformation",
            )
            | (401, _) => Class::Credentials,
            (_, "PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed")
            | (301 | 307 | 308, _) => Class::Region,
            // Another write of the same object was under way, and this one was not done
            // ("Adding preconditions to S3 operations").
            (_, "ConditionalRequestConflict" | "OperationAborted" | "RequestTimeout") => {
                Class::Busy
            }
            (409 | 412, code) if code.contains("Lease") => Class::Other,
            (404, _) => Class::Missing,
            // Azure answers 409 to a create.
            (304 | 409 | 412, _) => Class::Moved,
            (403, _) => Class::Denied,
            (429 | 503, _) => Class::Busy,
            (408 | 500 | 502 | 504, _) => Class::Lost,
            _ => Class::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xml(status: u16, code: &str) -> Fault {
        let body = format!("<?xml?><Error><Code>{code}</Code><Message>no\nway</Message></Error>");
        let status = StatusCode::from_u16(status).expect("a status");
        Refusal::of_xml(status, &body).fault()
    }

    #[test]
    fn a_code_decides_before_its_status_does() {
        for (status, code, class) in [
            (404, "NoSuchBucket", Class::NoBucket),
            (404, "ContainerNotFound", Class::NoBucket),
            (404, "NoSuchKey", Class::Missing),
            (412, "PreconditionFailed", Class::Moved),
            (412, "ConditionNotMet", Class::Moved),
            (412, "LeaseIdMissing", Class::Other),
            (409, "BlobAlreadyExists", Class::Moved),
            (409, "ConditionalRequestConflict", Class::Busy),
            (403, "AccessDenied", Class::Denied),
            (403, "RequestTimeTooSkewed", Class::Clock),
            (403, "SignatureDoesNotMatch", Class::Credentials),
            (400, "ExpiredToken", Class::Credentials),
            (301, "PermanentRedirect", Class::Region),
            (503, "SlowDown", Class::Busy),
            (429, "", Class::Busy),
            (500, "InternalError", Class::Lost),
            (400, "InvalidArgument", Class::Other),
        ] {
            assert_eq!(xml(status, code).class, class, "{status} {code}");
        }
        assert!(xml(503, "SlowDown").doubtful && !xml(429, "").doubtful);
    }

    #[test]
    fn what_was_said_is_one_line() {
        let said = xml(403, "AccessDenied").said;
        assert_eq!(said, "HTTP 403, AccessDenied, no way");
    }

    #[test]
    fn google_says_it_in_json() {
        let fault = |status, body: &str| {
            let status = StatusCode::from_u16(status).expect("a status");
            Refusal::of_json(status, body).fault()
        };
        let body = r#"{"error":{"code":412,"message":"at least one","errors":[{"reason":"conditionNotMet"}]}}"#;
        let moved = fault(412, body);
        assert_eq!(moved.class, Class::Moved);
        assert_eq!(moved.said, "HTTP 412, conditionNotMet, at least one");
        let body = r#"{"error":{"message":"The specified bucket does not exist."}}"#;
        assert_eq!(fault(404, body).class, Class::NoBucket);
        assert_eq!(fault(404, "Not Found").class, Class::Missing);
    }
}
