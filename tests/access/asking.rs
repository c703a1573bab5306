//! Raw requests of somebody with credentials, or with none, and what is answered: nothing is shared with wip's clients.
//!
//! Not here: what is asked.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

/// The credentials of a caller: an access key id, and a session's token.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) id: String,
    pub(crate) token: Option<String>,
}

impl Keys {
    /// Those of an account's administrator.
    pub(crate) fn of_account(account: &str) -> Self {
        Self {
            id: account.to_owned(),
            token: None,
        }
    }
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The error code; empty where the answer has none, as an answer to HEAD.
    pub(crate) fn code(&self) -> String {
        let headers = ["x-amzn-errortype", "x-ms-error-code"];
        if let Some(code) = headers.iter().find_map(|name| self.header(name)) {
            return code;
        }
        let json = self.json();
        if let Some(number) = json["error_codes"][0].as_u64() {
            return format!("AADSTS{number}");
        }
        let error = &json["error"];
        // Key Vault has the telling one inside; of Google, Cloud Storage has a reason, STS a text, and all else a status.
        let texts = [
            &json["__type"],
            &error["innererror"]["code"],
            &error["code"],
            &error["status"],
            &error["errors"][0]["reason"],
            error,
        ];
        match texts.iter().find_map(|text| text.as_str()) {
            Some(code) => code.to_owned(),
            None => self.element("Code"),
        }
    }

    pub(crate) fn worked(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The value of a header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().to_owned())
    }

    /// The text of an XML element; empty where there is none.
    pub(crate) fn element(&self, name: &str) -> String {
        let found = self.body.split_once(&format!("<{name}>"));
        let found = found.and_then(|(_, rest)| rest.split_once("</"));
        found.map_or_else(String::new, |(text, _)| text.to_owned())
    }

    /// The body, where it is JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// Whom to ask, as whom, in which region.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// `http://127.0.0.1:PORT`.
    url: String,
    keys: Option<Keys>,
    region: String,
}

impl Caller {
    /// The access key id; empty for nobody.
    pub(crate) fn id(&self) -> &str {
        self.keys.as_ref().map_or("", |keys| keys.id.as_str())
    }

    pub(crate) fn new(url: &str, keys: Keys, region: &str) -> Self {
        Self {
            url: url.to_owned(),
            keys: Some(keys),
            region: region.to_owned(),
        }
    }

    /// Who does not sign.
    pub(crate) fn nobody(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            keys: None,
            region: String::new(),
        }
    }

    /// The same caller in another region.
    pub(crate) fn in_region(&self, region: &str) -> Self {
        Self {
            region: region.to_owned(),
            ..self.clone()
        }
    }

    /// An S3 request, `what` as `PUT /bucket?policy`.
    pub(crate) fn s3(&self, what: &str, body: &str) -> Answer {
        self.ask(what, ("s3", &self.region), &[], body)
    }

    /// Puts an object that is to be encrypted with a key.
    pub(crate) fn put_sealed(&self, object: &str, key: &str) -> Answer {
        let headers = [
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", key),
        ];
        self.ask(
            &format!("PUT {object}"),
            ("s3", &self.region),
            &headers,
            "x",
        )
    }

    /// A call of IAM.
    pub(crate) fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.query(("iam", "us-east-1", "2010-05-08"), action, parameters)
    }

    /// A call of STS.
    pub(crate) fn sts(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        self.query(("sts", &self.region, "2011-06-15"), action, parameters)
    }

    fn query(
        &self,
        (service, region, version): (&str, &str, &str),
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Answer {
        let mut body = format!("Action={action}&Version={version}");
        for (name, value) in parameters {
            body.push_str(&format!("&{name}={}", encoded(value)));
        }
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        self.ask(
            "POST /",
            (service, region),
            &[("content-type", form)],
            &body,
        )
    }

    fn json(&self, service: &str, target: &str, members: &Value) -> Answer {
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", target),
        ];
        self.ask(
            "POST /",
            (service, &self.region),
            &headers,
            &members.to_string(),
        )
    }

    /// A call of KMS.
    pub(crate) fn kms(&self, operation: &str, members: &Value) -> Answer {
        self.json("kms", &format!("TrentService.{operation}"), members)
    }

    /// A call of Secrets Manager.
    pub(crate) fn secrets(&self, operation: &str, members: &Value) -> Answer {
        let target = format!("secretsmanager.{operation}");
        self.json("secretsmanager", &target, members)
    }

    /// A call of Systems Manager.
    pub(crate) fn ssm(&self, operation: &str, members: &Value) -> Answer {
        self.json("ssm", &format!("AmazonSSM.{operation}"), members)
    }

    /// A call of EKS, or of EKS Auth, `what` as `GET /clusters/c`.
    pub(crate) fn eks(&self, service: &str, what: &str, members: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        let body = match members {
            Value::Null => String::new(),
            members => members.to_string(),
        };
        self.ask(what, (service, &self.region), &headers, &body)
    }

    /// What is asked of the sandbox itself; panics where it does not do it.
    pub(crate) fn sandbox(&self, what: &str, members: &Value) -> Value {
        let path = format!("POST /_sandbox/{what}");
        let answer = self.ask(&path, ("", ""), &[], &members.to_string());
        assert!(answer.worked(), "{what}: {answer:?}");
        answer.json()
    }

    fn ask(
        &self,
        what: &str,
        (service, region): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut headers: Vec<(&str, String)> = headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        // The sandbox knows the caller by this, and checks no signature.
        if let (Some(keys), false) = (&self.keys, service.is_empty()) {
            headers.push(("x-amz-date", "20250101T000000Z".to_owned()));
            let authorization = format!(
                "AWS4-HMAC-SHA256 Credential={}/20250101/{region}/{service}/aws4_request, \
                 SignedHeaders=host;x-amz-date, Signature={:064}",
                keys.id, 0
            );
            headers.push(("authorization", authorization));
            if let Some(token) = &keys.token {
                headers.push(("x-amz-security-token", token.clone()));
            }
        }
        raw(&self.url, what, &headers, body)
    }
}

/// A request to `http://127.0.0.1:PORT`, `what` as `GET /path`, and its answer.
pub(crate) fn raw(url: &str, what: &str, headers: &[(&str, String)], body: &str) -> Answer {
    let address = url.strip_prefix("http://").expect("plain http");
    let mut request = format!("{what} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    let mut stream = TcpStream::connect(address).expect("the sandbox listens");
    let sent = stream.write_all(request.as_bytes());
    sent.expect("the sandbox reads");
    let mut text = String::new();
    let read = stream.read_to_string(&mut text);
    read.expect("the sandbox answers");
    let (head, body) = text.split_once("\r\n\r\n").expect("head and body");
    let status = head.split(' ').nth(1).and_then(|text| text.parse().ok());
    Answer {
        status: status.expect("a status"),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

/// A policy of one statement that allows everything.
pub(crate) fn everything() -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }],
    })
    .to_string()
}

/// Percent-encoded, all but letters and digits.
pub(crate) fn encoded(value: &str) -> String {
    let letter = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    value.bytes().map(letter).collect()
}
