//! `somebody`: what happens beside `wip` in a case, in the sandbox of the folder.
//!
//! `somebody iam PutRolePolicy RoleName=r …` calls AWS with raw requests of the Query protocol, so that nothing is shared with wip's clients.
//! `somebody eks "POST /clusters/c" BODY` calls EKS in the same way.
//! `somebody s3 "PUT /bucket/key" BODY` calls S3 in the same way, in us-west-2.
//! `somebody gcp "POST gcpiam/v1/projects/…" BODY` calls Google Cloud in the same way.
//! `somebody kube "POST CLUSTER/apis/…" BODY` calls the API server of a cluster in the same way.
//! `somebody sandbox "POST kube/rights" BODY` says how the sandbox is to be.
//! `somebody seeds BODY` adds what the sandbox's seed in JSON lacks.
//! `somebody counts` prints how often each call was made since the last time.
//! `somebody kills COMMAND … at iam CreateRole` ends a command without warning when that call has had its effect and was not answered.
//! `somebody loses FILE` removes a file.
//! `somebody as ACCOUNT COMMAND …` runs a command as a caller of that account, with the sandbox as its AWS.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, ExitCode};
use std::time::Duration;

/// The account whose things a case is about.
const ACCOUNT: &str = "111122223333";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["as", account, program, arguments @ ..] => run_as(account, program, arguments),
        ["iam", action, parameters @ ..] => call_iam(action, parameters),
        ["eks", what, body] => call_eks(what, body),
        ["s3", what, body @ ..] => {
            let headers = signed("us-west-2/s3", "application/octet-stream");
            ask(what, &headers, body.first().unwrap_or(&""));
            ExitCode::SUCCESS
        }
        ["gcp", what, body @ ..] => {
            let (method, path) = what.split_once(' ').expect("METHOD PATH");
            let headers = "authorization: Bearer sandbox:operator@sandbox.example.com\r\ncontent-type: application/json\r\n";
            ask(
                &format!("{method} /_gcp/{path}"),
                headers,
                body.first().unwrap_or(&""),
            );
            ExitCode::SUCCESS
        }
        ["kube", what, body @ ..] => {
            let (method, path) = what.split_once(' ').expect("METHOD PATH");
            let content = match method {
                "PATCH" => "application/merge-patch+json",
                _ => "application/json",
            };
            let headers = format!("authorization: Bearer sandbox\r\ncontent-type: {content}\r\n");
            ask(
                &format!("{method} /_kube/{path}"),
                &headers,
                body.first().unwrap_or(&""),
            );
            ExitCode::SUCCESS
        }
        ["sandbox", what, body] => {
            let (method, path) = what.split_once(' ').expect("METHOD PATH");
            ask(&format!("{method} /_sandbox/{path}"), "", body);
            ExitCode::SUCCESS
        }
        ["seeds", body] => {
            ask("POST /_sandbox/seed", "", body);
            ExitCode::SUCCESS
        }
        ["counts"] => counts(),
        ["loses", file] => {
            std::fs::remove_file(file).expect("it is there");
            ExitCode::SUCCESS
        }
        ["kills", program, arguments @ .., "at", service, operation] => {
            kill(program, arguments, service, operation)
        }
        _ => panic!("see the words at the top of tests/somebody.rs"),
    }
}

/// `http://127.0.0.1:PORT`, of the sandbox that runs for this folder.
fn endpoint() -> String {
    let text = std::fs::read_to_string(".wip/sandbox/endpoint");
    text.expect("wip has run with --sandbox here")
        .trim()
        .to_owned()
}

fn run_as(account: &str, program: &str, arguments: &[&str]) -> ExitCode {
    let status = Command::new(program)
        .args(arguments)
        .env("AWS_ENDPOINT_URL", endpoint())
        .env("AWS_ACCESS_KEY_ID", account)
        .env("AWS_SECRET_ACCESS_KEY", "sandbox")
        .env("AWS_REGION", "eu-west-1")
        .env_remove("AWS_PROFILE")
        .status()
        .expect("the program can be started");
    ExitCode::from(u8::try_from(status.code().expect("it ends by itself")).expect("a byte"))
}

/// Prints nothing but what goes wrong.
fn call_iam(action: &str, parameters: &[&str]) -> ExitCode {
    let mut body = format!("Action={action}&Version=2010-05-08");
    for parameter in parameters {
        let (name, value) = parameter.split_once('=').expect("NAME=VALUE");
        body.push_str(&format!("&{name}={}", encoded(value)));
    }
    let headers = signed(
        "us-east-1/iam",
        "application/x-www-form-urlencoded; charset=utf-8",
    );
    ask("POST /", &headers, &body);
    ExitCode::SUCCESS
}

/// Prints nothing but what goes wrong.
fn call_eks(what: &str, body: &str) -> ExitCode {
    ask(what, &signed("eu-west-1/eks", "application/json"), body);
    ExitCode::SUCCESS
}

/// The headers of a call to a service in a region, `REGION/SERVICE`.
fn signed(scope: &str, content: &str) -> String {
    format!(
        "content-type: {content}\r\n\
         x-amz-date: 20250101T000000Z\r\n\
         authorization: AWS4-HMAC-SHA256 Credential={ACCOUNT}/20250101/{scope}/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={:064}\r\n",
        0
    )
}

/// Sets a fault by which that call is never answered, and waits until it is made.
fn kill(program: &str, arguments: &[&str], service: &str, operation: &str) -> ExitCode {
    let fault =
        serde_json::json!([{ "service": service, "operation": operation, "class": "hang" }]);
    ask("POST /_sandbox/faults", "", &fault.to_string());
    let before = calls().len();
    let mut child = Command::new(program)
        .args(arguments)
        .spawn()
        .expect("the program can be started");
    while !calls()[before..]
        .iter()
        .any(|call| call["operation"] == operation)
    {
        let ended = child.try_wait().expect("the program can be asked");
        assert!(ended.is_none(), "it ended without that call: {ended:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().expect("the program can be ended");
    child.wait().expect("the program has ended");
    ask("POST /_sandbox/faults", "", "[]");
    ExitCode::SUCCESS
}

/// What was asked of the sandbox since the log was last emptied.
fn calls() -> Vec<serde_json::Value> {
    let log = ask("GET /_sandbox/log", "", "");
    log.lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

/// Sorted, because calls that are made at the same time have no order.
fn counts() -> ExitCode {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for call in calls() {
        let text = |name: &str| call[name].as_str().unwrap_or_default().to_owned();
        let name = format!(
            "{} {}:{}",
            text("account"),
            text("service"),
            text("operation")
        );
        *counts.entry(name).or_default() += 1;
    }
    ask("DELETE /_sandbox/log", "", "");
    let mut out = std::io::stdout();
    for (call, count) in counts {
        writeln!(out, "{count} × {call}").expect("somebody listens");
    }
    ExitCode::SUCCESS
}

/// The body of the answer; panics where it is no success.
fn ask(what: &str, headers: &str, body: &str) -> String {
    let endpoint = endpoint();
    let address = endpoint
        .strip_prefix("http://")
        .expect("plain http, on loopback");
    let length = body.len();
    let request = format!(
        "{what} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(address).expect("the sandbox listens");
    stream
        .write_all(request.as_bytes())
        .expect("the sandbox reads");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("the sandbox answers");
    assert!(answer.starts_with("HTTP/1.1 2"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").expect("head and body");
    body.to_owned()
}

/// Percent-encoded, all but letters and digits.
fn encoded(value: &str) -> String {
    value
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
