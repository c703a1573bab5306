//! A request to the sandbox: answered, with a status, whatever it is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wip_sandbox::{Options, Reply, Request, Sandbox};

/// Hosts and headers that lead into each service.
const SERVICES: [&str; 10] = [
    "iam",
    "sts",
    "s3",
    "kms",
    "eks",
    "eks-auth",
    "secretsmanager",
    "ssm",
    "servicequotas",
    // Not signed: tokens, and what everybody may read.
    "",
];

fuzz_target!(|input: (u8, bool, &str, &str, &[u8])| {
    let (service, posts, path, query, body) = input;
    let service = SERVICES[usize::from(service) % SERVICES.len()];
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential=111122223333/20250101/us-east-1/{service}/aws4_request, SignedHeaders=host;x-amz-date, Signature={:064}",
        0
    );
    let sandbox = Sandbox::in_memory(Options::default());
    let signed = (!service.is_empty()).then(|| ("authorization".to_owned(), scope));
    let reply = sandbox.handle(&Request {
        method: if posts { "POST" } else { "GET" }.to_owned(),
        path: format!("/{}", path.trim_start_matches('/')),
        query: query.to_owned(),
        headers: [
            ("host", "localhost"),
            ("x-amz-date", "20250101T000000Z"),
            ("content-type", "application/x-www-form-urlencoded"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into_iter()
        .chain(signed)
        .collect(),
        body: body.to_vec(),
    });
    let Reply::Answer(answer) = reply else {
        panic!("no fault was set, and there is no answer");
    };
    assert!((100..600).contains(&answer.status), "{}", answer.status);
    // A panic in the sandbox is caught and answered: here it must not be hidden.
    let said = String::from_utf8_lossy(&answer.body);
    assert!(answer.status != 500, "{said}");
});
