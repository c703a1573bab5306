//! Which requests are not even asked what they want.

use super::{answer, authorization, get};
use crate::aws::asking::{element, text, world};
use crate::http::{Answer, Request};

fn changed(header: &str, value: Option<&str>) -> Answer {
    let mut request = get("r");
    match value {
        Some(value) => request.headers.insert(header.to_owned(), value.to_owned()),
        None => request.headers.remove(header),
    };
    answer(&world(), &request)
}

#[test]
fn a_request_that_is_not_signed_in_the_right_form_is_refused() {
    let good = authorization("iam");
    let cases = [
        (None, 403, "MissingAuthenticationToken"),
        (Some("Basic eDp5".to_owned()), 400, "IncompleteSignature"),
        (
            Some(good.replace("Signature=", "Sig=")),
            400,
            "IncompleteSignature",
        ),
        (
            Some(good.replace("=000", "=xyz")),
            400,
            "IncompleteSignature",
        ),
        (
            Some(good.replace("SignedHeaders=host;x-amz-date", "SignedHeaders=")),
            400,
            "IncompleteSignature",
        ),
        (
            Some(good.replace("/aws4_request", "")),
            400,
            "IncompleteSignature",
        ),
        (
            Some(good.replace("/20250101/", "/today/")),
            400,
            "IncompleteSignature",
        ),
        (
            Some(good.replace("/iam/", "/ec2/")),
            403,
            "SignatureDoesNotMatch",
        ),
    ];
    for (header, status, code) in cases {
        let answer = changed("authorization", header.as_deref());
        assert_eq!(
            (answer.status, element(&answer, "Code").as_str()),
            (status, code),
            "{header:?}"
        );
        assert!(
            !text(&answer).contains("Signature=0"),
            "a signature is not told again"
        );
    }
    let undated = changed("x-amz-date", None);
    assert_eq!(element(&undated, "Code"), "IncompleteSignature");
}

#[test]
fn each_service_asks_for_a_signature_in_its_own_way() {
    let ask = |method: &str, path: &str, header: Option<(&str, &str)>| {
        let mut request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            ..Request::default()
        };
        if let Some((name, value)) = header {
            request.headers.insert(name.to_owned(), value.to_owned());
        }
        answer(&world(), &request)
    };
    let kms = ask(
        "POST",
        "/",
        Some(("x-amz-target", "TrentService.DescribeKey")),
    );
    assert_eq!(kms.status, 400);
    assert!(text(&kms).contains("\"__type\":\"MissingAuthenticationTokenException\""));
    let eks = ask("GET", "/clusters/prod", None);
    assert_eq!(
        (eks.status, eks.header("x-amzn-errortype")),
        (403, Some("MissingAuthenticationTokenException"))
    );
    let s3 = ask("GET", "/bucket", None);
    assert_eq!(
        (s3.status, element(&s3, "Code").as_str()),
        (403, "AccessDenied")
    );
}

#[test]
fn refused_requests_are_logged_too() {
    let sandbox = world();
    let mut request = get("r");
    request.headers.remove("authorization");
    answer(&sandbox, &request);
    let log = sandbox.log();
    assert_eq!(log.len(), 1);
    assert_eq!(
        (log[0].service.as_str(), log[0].operation.as_str()),
        ("iam", "GetRole")
    );
    assert_eq!(
        (log[0].status, log[0].code.as_deref()),
        (403, Some("MissingAuthenticationToken"))
    );
}
