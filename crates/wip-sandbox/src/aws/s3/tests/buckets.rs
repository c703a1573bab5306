//! Buckets that are not made, not found, or not the caller's.

use serde_json::json;

use super::*;
use crate::{BucketSeed, RoleSeed, Sandbox, Seed};

#[test]
fn buckets_that_are_not_made() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    create(&asker, "abc");
    let west = asker.from("us-west-2");
    let unspecified = "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.";
    let incompatible = "The eu-west-1 location constraint is incompatible for the region specific endpoint this request was sent to.";
    let invalid = "The specified location-constraint is not valid";
    let schema =
        "The XML you provided was not well-formed or did not validate against our published schema";
    for (asker, name, body, status, code, message) in [
        (
            asker,
            "Abc",
            String::new(),
            400,
            "InvalidBucketName",
            "The specified bucket is not valid.",
        ),
        (
            west,
            "new",
            String::new(),
            400,
            "IllegalLocationConstraintException",
            unspecified,
        ),
        (
            west,
            "new",
            configuration("eu-west-1"),
            400,
            "IllegalLocationConstraintException",
            incompatible,
        ),
        (
            west,
            "new",
            configuration("mars-1"),
            400,
            "InvalidLocationConstraint",
            invalid,
        ),
        (
            asker,
            "new",
            configuration("us-east-1"),
            400,
            "InvalidLocationConstraint",
            invalid,
        ),
        (
            asker,
            "new",
            configuration("cn-north-1"),
            400,
            "InvalidLocationConstraint",
            invalid,
        ),
        (asker, "new", "{}".to_owned(), 400, "MalformedXML", schema),
        (
            asker,
            "new",
            "<CreateBucket/>".to_owned(),
            400,
            "MalformedXML",
            schema,
        ),
        (
            west,
            "abc",
            configuration("us-west-2"),
            409,
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.",
        ),
        (
            asker.of(OTHER),
            "abc",
            String::new(),
            409,
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
        ),
    ] {
        let answer = asker.s3(&format!("PUT /{name}"), &[], &body);
        refused(&answer, status, code, message, &body);
    }
    let acl = asker.s3("PUT /new", &[("x-amz-acl", "public-read")], "");
    let message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
    refused(
        &acl,
        400,
        "InvalidBucketAclWithObjectOwnership",
        message,
        "acl",
    );
    create(&asker, "abc");
    assert_eq!(asker.s3("PUT /far", &[], &configuration("EU")).status, 200);
    let far = asker.s3("HEAD /far", &[], "");
    assert_eq!(
        (far.status, far.header("x-amz-bucket-region")),
        (301, Some("eu-west-1"))
    );
}

#[test]
fn wrong_places_and_owners() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-west-2");
    assert_eq!(
        asker
            .s3("PUT /abc", &[], &configuration("us-west-2"))
            .status,
        200
    );
    let missing = asker.s3("GET /nope?policy", &[], "");
    refused(
        &missing,
        404,
        "NoSuchBucket",
        "The specified bucket does not exist",
        "missing",
    );
    assert_eq!(element(&missing, "BucketName"), "nope");

    let east = asker.from("us-east-1");
    let redirect = east.s3("GET /abc?encryption", &[], "");
    let message = "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.";
    refused(
        &redirect,
        301,
        "PermanentRedirect",
        message,
        "another region",
    );
    assert_eq!(
        element(&redirect, "Endpoint"),
        "abc.s3.us-west-2.amazonaws.com"
    );
    assert_eq!(redirect.header("x-amz-bucket-region"), Some("us-west-2"));
    let global = east.s3("GET /?encryption", &[("host", "abc.s3.amazonaws.com")], "");
    let message = "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'us-west-2'";
    refused(
        &global,
        400,
        "AuthorizationHeaderMalformed",
        message,
        "the global name",
    );
    assert_eq!(element(&global, "Region"), "us-west-2");
    assert!(
        text(&east.s3("GET /abc?location", &[], "")).ends_with(">us-west-2</LocationConstraint>")
    );

    for (owner, status, code) in [
        (ACCOUNT, 200, ""),
        (OTHER, 403, "AccessDenied"),
        ("me", 400, "InvalidBucketOwnerAWSAccountID"),
    ] {
        let answer = asker.s3(
            "GET /abc?encryption",
            &[("x-amz-expected-bucket-owner", owner)],
            "",
        );
        assert_eq!(
            (answer.status, element(&answer, "Code").as_str()),
            (status, code),
            "{owner}"
        );
    }
    let unknown = asker.s3("GET /abc?acl", &[], "");
    let message = "A header you provided implies functionality that is not implemented.";
    refused(&unknown, 501, "NotImplemented", message, "not served");
}

#[test]
fn callers_of_another_account() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-west-2");
    let stranger = asker.of(OTHER);
    assert_eq!(
        asker
            .s3("PUT /abc", &[], &configuration("us-west-2"))
            .status,
        200
    );
    let head = || stranger.s3("HEAD /abc", &[], "");
    assert_eq!((head().status, head().body.len()), (403, 0));
    assert_eq!(head().header("x-amz-bucket-region"), Some("us-west-2"));
    assert_eq!(stranger.s3("HEAD /nope", &[], "").status, 404);
    refused(
        &stranger.s3("GET /abc?policy", &[], ""),
        403,
        "AccessDenied",
        "Access Denied",
        "policy",
    );
    for (changes, status) in [
        (json!({ "Principal": { "AWS": OTHER } }), 200),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::444455556666:root" } }),
            200,
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::444455556666:user/sandbox" } }),
            200,
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::444455556666:user/alice" } }),
            403,
        ),
        (
            json!({ "Principal": { "AWS": OTHER }, "Action": "s3:GetBucketLocation" }),
            403,
        ),
        (
            json!({ "Principal": { "AWS": OTHER }, "Effect": "Deny" }),
            403,
        ),
        (
            json!({ "Principal": { "AWS": OTHER }, "Condition": { "StringEquals": { "s3:prefix": "a" } } }),
            403,
        ),
    ] {
        assert_eq!(put_policy(&asker, &policy(&with(&changes))).status, 204);
        assert_eq!(head().status, status, "{changes}");
    }
    let all = with(&json!({
        "Principal": { "AWS": OTHER },
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::abc", "arn:aws:s3:::abc/*"],
    }));
    assert_eq!(put_policy(&asker, &policy(&all)).status, 204);
    for method in ["GET", "PUT", "DELETE"] {
        let answer = stranger.s3(&format!("{method} /abc?policy"), &[], &policy(&all));
        let message = "The specified method is not allowed against this resource.";
        refused(&answer, 405, "MethodNotAllowed", message, method);
    }
    assert_eq!(stranger.s3("PUT /abc/k", &[], "x").status, 200);
}

#[test]
fn seeds_overwrite_nothing() {
    let sandbox = Sandbox::in_memory(crate::Options::default());
    let theirs = with(&json!({ "Principal": { "AWS": "arn:aws:iam::111122223333:role/there" } }));
    let seed = Seed {
        buckets: vec![BucketSeed {
            account: ACCOUNT.to_owned(),
            region: "eu-west-1".to_owned(),
            name: "abc".to_owned(),
            kms_key: Some("arn:k".to_owned()),
            policy: Some(json!({ "Statement": [theirs] })),
            tags: std::collections::BTreeMap::new(),
            public_policies: false,
        }],
        roles: vec![RoleSeed {
            account: ACCOUNT.to_owned(),
            region: None,
            name: "there".to_owned(),
            path: None,
            trust: None,
            attach: Vec::new(),
        }],
        ..Seed::default()
    };
    sandbox.seed(&seed).unwrap();
    let asker = Asker::new(&sandbox, "eu-west-1");
    assert_eq!(
        element(&asker.s3("GET /abc?encryption", &[], ""), "KMSMasterKeyID"),
        "arn:k"
    );
    assert!(text(&asker.s3("GET /abc?policy", &[], "")).contains("role/there"));
    asker.iam("Action=DeleteRole&RoleName=there");
    assert!(text(&asker.s3("GET /abc?policy", &[], "")).contains("AROA"));
    assert_eq!(asker.s3("DELETE /abc?policy", &[], "").status, 204);
    sandbox.seed(&seed).unwrap();
    assert_eq!(asker.s3("GET /abc?policy", &[], "").status, 404);
}
