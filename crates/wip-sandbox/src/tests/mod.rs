//! The sandbox as a whole: faults, durability, the wire, processes.

mod durability;
mod faults;
mod process;
mod signatures;
pub(crate) mod wire;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::aws::asking::{ACCOUNT, element};
use crate::http::{Answer, Reply, Request};
use crate::{Fault, FaultClass, Sandbox};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// A signed request of IAM.
fn request(action: &str, params: &[(&str, &str)]) -> Request {
    let mut form = format!("Action={action}&Version=2010-05-08");
    for (name, value) in params {
        form += &format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    let mut request = Request {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        body: form.into_bytes(),
        ..Request::default()
    };
    request.headers.insert(
        "content-type".to_owned(),
        "application/x-www-form-urlencoded".to_owned(),
    );
    request
        .headers
        .insert("authorization".to_owned(), authorization("iam"));
    request
        .headers
        .insert("x-amz-date".to_owned(), "20250101T000000Z".to_owned());
    request
}

fn authorization(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={ACCOUNT}/20250101/eu-west-1/{service}/aws4_request, SignedHeaders=host;x-amz-date, Signature={}",
        "0".repeat(64)
    )
}

fn create(name: &str) -> Request {
    request(
        "CreateRole",
        &[("RoleName", name), ("AssumeRolePolicyDocument", TRUST)],
    )
}

fn get(name: &str) -> Request {
    request("GetRole", &[("RoleName", name)])
}

fn answer(sandbox: &Sandbox, request: &Request) -> Answer {
    match sandbox.handle(request) {
        Reply::Answer(answer) => answer,
        other => panic!("no answer: {other:?}"),
    }
}

/// Status and error code.
fn outcome(sandbox: &Sandbox, request: &Request) -> (u16, String) {
    let answer = answer(sandbox, request);
    (answer.status, element(&answer, "Code"))
}

fn control(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> Answer {
    let request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        body: body.as_bytes().to_vec(),
        ..Request::default()
    };
    answer(sandbox, &request)
}

/// A fault of the next call of an operation.
fn next(operation: &str, class: FaultClass) -> Vec<Fault> {
    vec![Fault {
        service: None,
        operation: Some(operation.to_owned()),
        nth: 1,
        times: 1,
        class,
    }]
}
