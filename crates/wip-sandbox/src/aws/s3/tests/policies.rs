//! Bucket policies: each that is refused, some that are taken, and how they are shown.

use serde_json::{Value, json};

use super::*;

#[test]
fn policies_that_are_refused() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    create(&asker, "abc");
    asker.make_role("there");
    let documents = [
        (
            "",
            "Policies must be valid JSON and the first byte must be '{'",
        ),
        (
            " {}",
            "Policies must be valid JSON and the first byte must be '{'",
        ),
        (
            "[]",
            "Policies must be valid JSON and the first byte must be '{'",
        ),
        ("{", "This policy contains invalid Json"),
        (
            r#"{"Statement":[],"Statement":[]}"#,
            "This policy contains invalid Json",
        ),
        ("{}", "Missing required field Statement"),
        (
            r#"{"Statement":[]}"#,
            "Could not parse the policy: Statement is empty!",
        ),
        (r#"{"Statement":["x"]}"#, "Invalid policy syntax."),
        (r#"{"Statements":[]}"#, "Unknown field Statements"),
        (
            r#"{"Version":"2012-10-18","Statement":[]}"#,
            "The policy must contain a valid version string",
        ),
        (r#"{"Id":1,"Statement":[]}"#, "Invalid policy syntax."),
    ];
    for (document, message) in documents {
        refused(
            &put_policy(&asker, document),
            400,
            "MalformedPolicy",
            message,
            document,
        );
    }
    let statements = [
        (json!({ "Effect": null }), "Missing required field Effect"),
        (json!({ "Effect": "allow" }), "Invalid effect: allow"),
        (
            json!({ "Principal": null }),
            "Missing required field Principal",
        ),
        (json!({ "Action": null }), "Missing required field Action"),
        (
            json!({ "Resource": null }),
            "Missing required field Resource",
        ),
        (json!({ "Resources": [] }), "Unknown field Resources"),
        (json!({ "Sid": 1 }), "Invalid policy syntax."),
        (json!({ "NotPrincipal": "*" }), "Invalid policy syntax."),
        (json!({ "Action": 1 }), "Invalid policy syntax."),
        (
            json!({ "Action": "ListBucket" }),
            "Policy has invalid action",
        ),
        (json!({ "Action": [] }), "Policy has invalid action"),
        (
            json!({ "Action": "s3:ListBuckets" }),
            "Policy has invalid action",
        ),
        (
            json!({ "Action": "s3:CreateBucket" }),
            "Policy has invalid action",
        ),
        (
            json!({ "Action": ["s3:ListBucket", "kms:Decrypt"] }),
            "Policy has invalid action",
        ),
        (json!({ "Resource": "*" }), "Policy has invalid resource"),
        (json!({ "Resource": [] }), "Policy has invalid resource"),
        (
            json!({ "Resource": "arn:aws:s3:::other" }),
            "Policy has invalid resource",
        ),
        (
            json!({ "Resource": "arn:aws:s3:::abcd/*" }),
            "Policy has invalid resource",
        ),
        (
            json!({ "Resource": "arn:aws-cn:s3:::abc" }),
            "Policy has invalid resource",
        ),
        (
            json!({ "Resource": "arn:aws:s3:us-east-1::abc" }),
            "Policy has invalid resource",
        ),
        (
            json!({ "Resource": "arn:aws:s3:::abc/*" }),
            "Action does not apply to any resource(s) in statement",
        ),
        (
            json!({ "Action": "s3:GetObject" }),
            "Action does not apply to any resource(s) in statement",
        ),
        (
            json!({ "Action": ["s3:PutObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::abc/*" }),
            "Action does not apply to any resource(s) in statement",
        ),
        (
            json!({ "Principal": "arn:aws:iam::999988887777:root" }),
            "Invalid principal in policy",
        ),
        (json!({ "Principal": {} }), "Invalid principal in policy"),
        (
            json!({ "Principal": { "AWS": [] } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "backup" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "99998888777" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::111122223333:user/alice" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::111122223333:role/gone" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::111122223333:role/path/there" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::111122223333:role/*" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::999988887777:group/g" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws-cn:iam::999988887777:root" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws:sts::111122223333:assumed-role/gone/s" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "AROAAAAAAAAAAAAAAAAAA" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "Service": "backup" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "Federated": "accounts.example.com" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "CanonicalUser": "abc" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "Robot": "abc" } }),
            "Invalid principal in policy",
        ),
        (json!({ "Condition": [] }), "Invalid policy syntax."),
        (
            json!({ "Condition": { "Like": { "s3:prefix": "a" } } }),
            "Invalid Condition type : Like",
        ),
        (
            json!({ "Condition": { "StringLike": { "s3:prefixes": "a" } } }),
            "Policy has an invalid condition key",
        ),
        (
            json!({ "Condition": { "StringLike": { "oidc.example.com:sub": "a" } } }),
            "Policy has an invalid condition key",
        ),
        (
            json!({ "Condition": { "IpAddress": { "aws:SourceIp": "10.0.0.0/33" } } }),
            "Invalid IP address in Conditions",
        ),
        (
            json!({
                "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
                "Condition": { "StringLike": { "s3:prefix": "a" } },
            }),
            "Conditions do not apply to combination of actions and resources in statement",
        ),
    ];
    for (changes, message) in statements {
        let answer = put_policy(&asker, &policy(&with(&changes)));
        refused(
            &answer,
            400,
            "MalformedPolicy",
            message,
            &changes.to_string(),
        );
    }
    let large = policy(&with(&json!({ "Sid": "x".repeat(20 * 1024) })));
    let message = "Policy exceeds the maximum allowed document size.";
    refused(
        &put_policy(&asker, &large),
        400,
        "PolicyTooLarge",
        message,
        "large",
    );
    let left = asker.s3("GET /abc?policy", &[], "");
    refused(
        &left,
        404,
        "NoSuchBucketPolicy",
        "The bucket policy does not exist",
        "nothing was stored",
    );
}

#[test]
fn policies_that_are_taken() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    create(&asker, "abc");
    asker.make_role("there");
    for changes in [
        json!({}),
        json!({ "Sid": "any text" }),
        json!({ "Action": "s3:*", "Resource": ["arn:aws:s3:::abc", "arn:aws:s3:::abc/*"] }),
        json!({ "Action": "S3:list*" }),
        json!({ "Action": "*", "Resource": "arn:aws:s3:::abc*" }),
        json!({ "Principal": { "AWS": ["arn:aws:iam::111122223333:role/there", "999988887777"] } }),
        json!({ "Principal": { "AWS": "arn:aws:iam::999988887777:user/alice" } }),
        json!({ "Principal": { "Service": "logging.s3.amazonaws.com" } }),
        json!({ "Effect": "Deny", "Principal": "*", "Condition": { "Bool": { "aws:SecureTransport": false } } }),
        json!({ "Condition": { "StringLikeIfExists": { "s3:prefix": ["a", "b/*"] } } }),
        json!({ "Condition": { "StringEquals": { "s3:ResourceAccount": "111122223333" } } }),
    ] {
        let policy = policy(&with(&changes));
        let answer = put_policy(&asker, &policy);
        assert_eq!(answer.status, 204, "{changes}: {}", text(&answer));
        assert_eq!(text(&asker.s3("GET /abc?policy", &[], "")), policy);
    }
    let odd = "{ \"Statement\" : {\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:role\\/there\"},\n \"Effect\":\"Allow\",\"Action\":\"s3:ListBucket\",\"Resource\":\"arn:aws:s3:::abc\"} }\n";
    assert_eq!(put_policy(&asker, odd).status, 204);
    let answer = asker.s3("GET /abc?policy", &[], "");
    assert_eq!(text(&answer), odd, "byte for byte");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(asker.s3("DELETE /abc?policy", &[], "").status, 204);
    assert_eq!(asker.s3("DELETE /abc?policy", &[], "").status, 204);
}

#[test]
fn a_deleted_role_is_shown_by_its_id() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    create(&asker, "abc");
    asker.make_role("there");
    let arn = "arn:aws:iam::111122223333:role/there";
    let before = policy(&with(
        &json!({ "Principal": { "AWS": ["999988887777", arn] }, "Sid": arn }),
    ));
    assert_eq!(put_policy(&asker, &before).status, 204);
    let shown = || text(&asker.s3("GET /abc?policy", &[], ""));
    assert_eq!(shown(), before);
    asker.iam("Action=DeleteRole&RoleName=there");
    let orphan = shown();
    let id: Value = serde_json::from_str(&orphan).unwrap();
    let id = id["Statement"][0]["Principal"]["AWS"][1]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(id.starts_with("AROA") && id.len() == 21, "{id}");
    let place = format!("\"999988887777\",\"{arn}\"");
    assert_eq!(
        orphan,
        before.replace(&place, &format!("\"999988887777\",\"{id}\"")),
        "nothing else changed"
    );
    asker.make_role("there");
    assert_eq!(shown(), orphan, "a new role of that name is another role");
    let message = "Invalid principal in policy";
    refused(
        &put_policy(&asker, &orphan),
        400,
        "MalformedPolicy",
        message,
        "an orphan is not taken back",
    );
    assert_eq!(put_policy(&asker, &before).status, 204);
    assert_eq!(shown(), before);
}

#[test]
fn public_policies_are_blocked() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    create(&asker, "abc");
    let public = policy(&with(&json!({ "Principal": "*" })));
    let message = "User: arn:aws:iam::111122223333:user/sandbox is not authorized to perform: s3:PutBucketPolicy on resource: \"arn:aws:s3:::abc\" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.";
    refused(
        &put_policy(&asker, &public),
        403,
        "AccessDenied",
        message,
        "blocked",
    );
    assert_eq!(
        asker.s3("DELETE /abc?publicAccessBlock", &[], "").status,
        204
    );
    let gone = asker.s3("GET /abc?publicAccessBlock", &[], "");
    let message = "The public access block configuration was not found";
    refused(
        &gone,
        404,
        "NoSuchPublicAccessBlockConfiguration",
        message,
        "deleted",
    );
    assert_eq!(put_policy(&asker, &public).status, 204);
    assert_eq!(
        element(&asker.s3("GET /abc?policyStatus", &[], ""), "IsPublic"),
        "true"
    );
    assert_eq!(put_policy(&asker, &policy(&statement())).status, 204);
    assert_eq!(
        element(&asker.s3("GET /abc?policyStatus", &[], ""), "IsPublic"),
        "false"
    );
}
