//! Asking a sandbox in tests, signed as a client would sign, without a socket.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::http::{Answer, Reply, Request};
use crate::{Options, Sandbox};

/// The account of [`Asker::new`].
pub(crate) const ACCOUNT: &str = "111122223333";

/// A client of one account in one region.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'a> {
    sandbox: &'a Sandbox,
    account: &'a str,
    region: &'a str,
}

/// An empty world.
pub(crate) fn world() -> Sandbox {
    Sandbox::in_memory(Options::default())
}

impl<'a> Asker<'a> {
    pub(crate) fn new(sandbox: &'a Sandbox, region: &'a str) -> Self {
        Self {
            sandbox,
            account: ACCOUNT,
            region,
        }
    }

    pub(crate) fn of(self, account: &'a str) -> Self {
        Self { account, ..self }
    }

    pub(crate) fn from(self, region: &'a str) -> Self {
        Self { region, ..self }
    }

    pub(crate) fn ask(&self, service: &str, mut request: Request) -> Answer {
        let scope = format!(
            "{}/20250101/{}/{service}/aws4_request",
            self.account, self.region
        );
        let signature = "0".repeat(64);
        let headers = [
            (
                "authorization",
                format!(
                    "AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={signature}"
                ),
            ),
            ("x-amz-date", "20250101T000000Z".to_owned()),
        ];
        for (name, value) in headers {
            request.headers.insert(name.to_owned(), value);
        }
        match self.sandbox.handle(&request) {
            Reply::Answer(answer) => answer,
            other => panic!("no answer: {other:?}"),
        }
    }

    /// An S3 request, `what` as `PUT /bucket?policy`.
    pub(crate) fn s3(&self, what: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let (method, uri) = what.split_once(' ').unwrap();
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let headers: BTreeMap<String, String> = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        self.ask(
            "s3",
            Request {
                method: method.to_owned(),
                path: path.to_owned(),
                query: query.to_owned(),
                headers,
                body: body.as_bytes().to_vec(),
            },
        )
    }

    /// A call in the JSON protocol, `target` as `TrentService.DescribeKey`.
    pub(crate) fn json(&self, service: &str, target: &str, body: &Value) -> Said {
        let request = Request {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            headers: [("x-amz-target".to_owned(), target.to_owned())].into(),
            body: body.to_string().into_bytes(),
            ..Request::default()
        };
        Said::of(&self.ask(service, request))
    }

    /// A REST call to EKS, `what` as `GET /clusters`.
    pub(crate) fn eks(&self, what: &str, body: &str) -> Said {
        let (method, uri) = what.split_once(' ').unwrap();
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: BTreeMap::new(),
            body: body.as_bytes().to_vec(),
        };
        Said::of(&self.ask("eks", request))
    }

    /// Makes a role that trusts EC2.
    pub(crate) fn make_role(&self, name: &str) {
        let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        let trust =
            percent_encoding::utf8_percent_encode(trust, percent_encoding::NON_ALPHANUMERIC);
        self.iam(&format!(
            "Action=CreateRole&RoleName={name}&AssumeRolePolicyDocument={trust}"
        ));
    }

    /// An IAM call that must succeed.
    pub(crate) fn iam(&self, form: &str) {
        let request = Request {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            body: format!("{form}&Version=2010-05-08").into_bytes(),
            ..Request::default()
        };
        let answer = self.ask("iam", request);
        assert_eq!(answer.status, 200, "{form}: {}", text(&answer));
    }
}

/// An answer in JSON.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    /// The error code, empty when there is none.
    pub(crate) code: String,
    pub(crate) body: Value,
}

impl Said {
    pub(crate) fn of(answer: &Answer) -> Self {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let code = answer
            .header("x-amzn-errortype")
            .or(body["__type"].as_str());
        Self {
            status: answer.status,
            code: code.unwrap_or_default().to_owned(),
            body,
        }
    }

    pub(crate) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }
}

/// The body of an answer.
pub(crate) fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

/// The text of an element of an XML answer, empty when there is none.
pub(crate) fn element(answer: &Answer, name: &str) -> String {
    let body = text(answer);
    let start = format!("<{name}>");
    let found = body
        .split_once(&start)
        .and_then(|(_, rest)| rest.split_once("</"));
    found.map_or_else(String::new, |(text, _)| {
        text.replace("&apos;", "'")
            .replace("&quot;", "\"")
            .replace("&gt;", ">")
            .replace("&lt;", "<")
    })
}
