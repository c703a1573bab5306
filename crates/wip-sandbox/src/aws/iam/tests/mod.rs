//! IAM and STS asked as a client asks them.

mod account;
mod identity_policies;
mod managed_policies;
mod names;
mod providers;
mod roles;
mod sessions;
mod trust_policies;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};

use crate::Sandbox;
use crate::aws::asking::{ACCOUNT, Asker, element, text};
use crate::http::{Answer, Request};

pub(super) const REGION: &str = "eu-west-1";
pub(super) const PROVIDER: &str =
    "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC";

/// Parameters of a call, by name.
pub(super) type Params<'a> = &'a [(&'a str, &'a str)];

/// A call of `service` with these parameters.
pub(super) fn ask_as(
    asker: Asker<'_>,
    (service, version): (&str, &str),
    action: &str,
    params: &[(&str, &str)],
) -> Answer {
    let mut form = format!("Action={action}&Version={version}");
    for (name, value) in params {
        form += &format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    let request = Request {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        body: form.into_bytes(),
        ..Request::default()
    };
    asker.ask(service, request)
}

/// An IAM call of the usual account.
pub(super) fn ask(sandbox: &Sandbox, action: &str, params: &[(&str, &str)]) -> Answer {
    ask_as(
        Asker::new(sandbox, REGION),
        ("iam", "2010-05-08"),
        action,
        params,
    )
}

/// As [`ask`], of a call that must succeed.
pub(super) fn done(sandbox: &Sandbox, action: &str, params: &[(&str, &str)]) -> Answer {
    let answer = ask(sandbox, action, params);
    assert_eq!(answer.status, 200, "{action} {params:?}: {}", text(&answer));
    answer
}

/// Status, code and message of a call that must be refused.
pub(super) fn refused(
    sandbox: &Sandbox,
    action: &str,
    params: &[(&str, &str)],
) -> (u16, String, String) {
    let answer = ask(sandbox, action, params);
    assert_ne!(answer.status, 200, "{action} {params:?} was not refused");
    (
        answer.status,
        element(&answer, "Code"),
        element(&answer, "Message"),
    )
}

/// A trust policy that every role of these tests may have.
pub(super) fn trust() -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": PROVIDER },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": { "StringEquals": { "oidc.eks.eu-west-1.amazonaws.com/id/ABC:aud": "sts.amazonaws.com" } },
        }],
    })
    .to_string()
}

/// An identity policy.
pub(super) fn reading(bucket: &str) -> String {
    let resource = format!("arn:aws:s3:::{bucket}/*");
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": resource }],
    })
    .to_string()
}

pub(super) fn make_role(sandbox: &Sandbox, name: &str) {
    let params = [("RoleName", name), ("AssumeRolePolicyDocument", &trust())];
    done(sandbox, "CreateRole", &params);
}

/// The decoded document in an element of an answer.
pub(super) fn document(answer: &Answer, name: &str) -> Value {
    let encoded = element(answer, name);
    let decoded = percent_decode_str(&encoded).decode_utf8().unwrap();
    serde_json::from_str(&decoded).unwrap()
}

/// The texts of all elements of a name.
pub(super) fn all(answer: &Answer, name: &str) -> Vec<String> {
    let body = text(answer);
    let start = format!("<{name}>");
    let parts = body.split(&start).skip(1);
    parts
        .map(|part| part.split("</").next().unwrap().to_owned())
        .collect()
}

/// The names of the elements directly in the first element of a name.
pub(super) fn fields(answer: &Answer, name: &str) -> Vec<String> {
    let body = text(answer);
    let (_, rest) = body.split_once(&format!("<{name}>")).unwrap();
    let mut fields = Vec::new();
    let mut depth = 0;
    for part in rest.split('<').skip(1) {
        if part.starts_with('/') {
            depth -= 1;
            if depth < 0 {
                break;
            }
            continue;
        }
        if depth == 0 {
            fields.push(part.split('>').next().unwrap().to_owned());
        }
        depth += 1;
    }
    fields
}

#[test]
fn requests_for_another_version_or_operation_are_refused() {
    let sandbox = Sandbox::in_memory(crate::Options::default());
    let asker = Asker::new(&sandbox, REGION);
    for (version, action) in [("2010-05-08", "MakeRole"), ("2009-01-01", "GetRole")] {
        let answer = ask_as(asker, ("iam", version), action, &[]);
        assert_eq!(answer.status, 400);
        assert_eq!(element(&answer, "Code"), "InvalidAction");
    }
    assert_eq!(ACCOUNT, "111122223333");
}
