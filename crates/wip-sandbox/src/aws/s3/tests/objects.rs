//! Objects, and listings in pages.

use super::*;

#[test]
fn objects() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    create(&asker, "abc");
    let put = asker.s3(
        "PUT /abc/a/x%20%25",
        &[("if-none-match", "*")],
        "h\u{e9}llo\n%",
    );
    assert_eq!(put.status, 200);
    let etag = put.header("etag").unwrap().to_owned();
    let again = asker.s3("PUT /abc/a/x%20%25", &[("if-none-match", "*")], "x");
    assert_eq!(
        (again.status, element(&again, "Code").as_str()),
        (412, "PreconditionFailed")
    );
    let stale = asker.s3("PUT /abc/a/x%20%25", &[("if-match", "\"0\"")], "x");
    assert_eq!(
        (stale.status, element(&stale, "Condition").as_str()),
        (412, "If-Match")
    );
    let got = asker.s3("GET /abc/a/x%20%25", &[], "");
    assert_eq!((got.status, text(&got).as_str()), (200, "h\u{e9}llo\n%"));
    let head = asker.s3("HEAD /abc/a/x%20%25", &[], "");
    assert_eq!(
        (head.header("content-length"), head.header("etag")),
        (Some("8"), Some(etag.as_str()))
    );
    assert_eq!(
        asker
            .s3("GET /abc/a/x%20%25", &[("if-none-match", &etag)], "")
            .status,
        304
    );
    assert_eq!(
        asker
            .s3("PUT /abc/a/x%20%25", &[("if-match", &etag)], "y")
            .status,
        200
    );
    let missing = asker.s3("GET /abc/nope", &[], "");
    refused(
        &missing,
        404,
        "NoSuchKey",
        "The specified key does not exist.",
        "missing",
    );
    assert_eq!(
        asker
            .s3("PUT /abc/nope", &[("if-match", "\"0\"")], "x")
            .status,
        404
    );
    let full = asker.s3("DELETE /abc", &[], "");
    refused(
        &full,
        409,
        "BucketNotEmpty",
        "The bucket you tried to delete is not empty",
        "full",
    );
    assert_eq!(asker.s3("DELETE /abc/a/x%20%25", &[], "").status, 204);
    assert_eq!(asker.s3("DELETE /abc/a/x%20%25", &[], "").status, 204);
    assert_eq!(asker.s3("DELETE /abc", &[], "").status, 204);
    assert_eq!(asker.s3("HEAD /abc", &[], "").status, 404);
}

#[test]
fn listings_come_in_pages() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    create(&asker, "abc");
    for key in ["a/1", "a/2", "b", "c/1", "d"] {
        assert_eq!(asker.s3(&format!("PUT /abc/{key}"), &[], "x").status, 200);
    }
    let all = text(&asker.s3("GET /abc?list-type=2&prefix=a/", &[], ""));
    assert_eq!(all.matches("<Contents>").count(), 2);
    let mut token = String::new();
    let mut found = Vec::new();
    for _ in 0..3 {
        let page = asker.s3(
            &format!("GET /abc?list-type=2&delimiter=/&max-keys=2{token}"),
            &[],
            "",
        );
        let body = text(&page);
        found.push((
            body.matches("<Contents>").count(),
            body.matches("<CommonPrefixes>").count(),
        ));
        if element(&page, "IsTruncated") == "false" {
            break;
        }
        token = format!(
            "&continuation-token={}",
            element(&page, "NextContinuationToken")
        );
    }
    assert_eq!(found, [(1, 1), (1, 1)], "a/ b, then c/ d");
    create(&asker, "abd");
    let page = asker.s3("GET /?max-buckets=1", &[], "");
    assert_eq!(element(&page, "Name"), "abc");
    let token = element(&page, "ContinuationToken");
    let page = asker.s3(
        &format!("GET /?max-buckets=1&continuation-token={token}"),
        &[],
        "",
    );
    assert_eq!(
        (
            element(&page, "Name").as_str(),
            element(&page, "ContinuationToken").as_str()
        ),
        ("abd", "")
    );
    assert!(!text(&asker.of(OTHER).s3("GET /", &[], "")).contains("<Bucket>"));
    assert_eq!(asker.s3("GET /?max-buckets=0", &[], "").status, 400);
}

/// Source: S3 User Guide, "Working with object metadata": with the object in every answer about it, and 2 KB at most.
#[test]
fn what_is_said_of_an_object_is_said_again() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    create(&asker, "abc");
    let said = [
        ("content-type", "application/json"),
        ("cache-control", "max-age=300"),
        ("x-amz-meta-wip-space", "edge"),
    ];
    assert_eq!(asker.s3("PUT /abc/k", &said, "{}").status, 200);
    for what in ["GET /abc/k", "HEAD /abc/k"] {
        let answer = asker.s3(what, &[], "");
        for (name, value) in said {
            assert_eq!(answer.header(name), Some(value), "{what}");
        }
    }
    assert_eq!(asker.s3("PUT /abc/k", &[], "{}").status, 200);
    let plain = asker.s3("GET /abc/k", &[], "");
    assert_eq!(plain.header("x-amz-meta-wip-space"), None, "written over");
    assert_eq!(plain.header("cache-control"), None);
    let (most, more) = ("x".repeat(2048 - 3), "x".repeat(2049 - 3));
    let put = |value: &str| asker.s3("PUT /abc/k", &[("x-amz-meta-key", value)], "");
    assert_eq!(put(&most).status, 200);
    refused(
        &put(&more),
        400,
        "MetadataTooLarge",
        "Your metadata headers exceed the maximum allowed metadata size",
        "2,049 bytes",
    );
}
