//! Which identity policies are refused, and with what; the same for inline and for managed ones.

use serde_json::{Value, json};

use super::{ask, make_role, refused};
use crate::aws::asking::{text, world};

const SYNTAX: &str = "Syntax errors in policy.";
const LEGACY: &str = "The policy failed legacy parsing";
const BUCKET: &str = "arn:aws:s3:::bucket";

/// A document with one statement: a good one, with these fields instead; `null` takes a field away.
fn with(changes: Value) -> String {
    let mut statement = json!({ "Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET });
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            statement.as_object_mut().unwrap().remove(name);
        } else {
            statement[name] = value.clone();
        }
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

fn resource(value: &str) -> String {
    with(json!({ "Resource": value }))
}

fn action(value: &str) -> String {
    with(json!({ "Action": value }))
}

fn condition(value: Value) -> String {
    with(json!({ "Condition": value }))
}

/// `policy, message fragment`; the code is always the same.
fn refusals() -> Vec<(String, &'static str)> {
    let statement = json!({ "Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET });
    let same =
        json!({ "Sid": "same", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET });
    vec![
        ("no json".to_owned(), SYNTAX),
        ("[]".to_owned(), SYNTAX),
        (json!({ "Version": "2012-10-17" }).to_string(), SYNTAX),
        (
            json!({ "Version": "2012-10-17", "Statement": [] }).to_string(),
            SYNTAX,
        ),
        (
            json!({ "Version": "2012-10-17", "Statement": ["x"] }).to_string(),
            SYNTAX,
        ),
        (
            json!({ "Version": "2013-10-17", "Statement": statement }).to_string(),
            SYNTAX,
        ),
        (
            json!({ "Version": "2012-10-17", "Statement": statement, "Extra": 1 }).to_string(),
            SYNTAX,
        ),
        (
            json!({ "Version": "2012-10-17", "Statement": statement, "Id": {} }).to_string(),
            SYNTAX,
        ),
        (
            json!({ "Statement": statement }).to_string(),
            "Policy document must be version 2012-10-17 or greater.",
        ),
        (
            json!({ "Version": "2008-10-17", "Statement": statement }).to_string(),
            "Policy document must be version 2012-10-17 or greater.",
        ),
        (
            json!({ "Version": "2012-10-17", "Statement": [same, same] }).to_string(),
            "Statement IDs (SID) in a single policy must be unique.",
        ),
        (
            with(json!({ "Sid": "with-dash" })),
            "Statement IDs (SID) must be alpha-numeric",
        ),
        (with(json!({ "Sid": [] })), SYNTAX),
        (with(json!({ "Extra": "x" })), SYNTAX),
        (with(json!({ "Effect": "Perhaps" })), SYNTAX),
        (with(json!({ "Effect": null })), SYNTAX),
        (with(json!({ "Effect": "allow" })), LEGACY),
        (
            with(json!({ "Principal": { "AWS": "*" } })),
            "Policy document should not specify a principal.",
        ),
        (
            with(json!({ "NotPrincipal": { "AWS": "*" } })),
            "Policy document should not specify a principal.",
        ),
        (
            with(json!({ "Action": null })),
            "Policy statement must contain actions.",
        ),
        (
            with(json!({ "Action": [] })),
            "Policy statement must contain actions.",
        ),
        (with(json!({ "Action": {} })), SYNTAX),
        (with(json!({ "NotAction": "s3:*" })), SYNTAX),
        (
            action("invalid"),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (
            action(""),
            "Actions/Conditions must be prefaced by a vendor",
        ),
        (action("a a:ListBucket"), "Vendor a a is not valid"),
        (
            action("s3:List:Bucket"),
            "Actions/Condition can contain only one colon.",
        ),
        (
            with(json!({ "Resource": null })),
            "Policy statement must contain resources.",
        ),
        (
            with(json!({ "Resource": [] })),
            "Policy statement must contain resources.",
        ),
        (with(json!({ "Resource": { "a": BUCKET } })), SYNTAX),
        (with(json!({ "NotResource": "*" })), SYNTAX),
        (resource(""), "Resource  must be in ARN format or \"*\"."),
        (
            resource("my-bucket"),
            "Resource my-bucket must be in ARN format or \"*\".",
        ),
        (
            resource("a:b:c:d:e:f:g:h"),
            "Partition \"b\" is not valid for resource \"arn:b:c:d:e:f:g:h\".",
        ),
        (
            resource("aws:s3:::bucket"),
            "Partition \"s3\" is not valid for resource \"arn:s3:::bucket:*\".",
        ),
        (
            resource("arn:error:s3:::bucket"),
            "Partition \"error\" is not valid for resource \"arn:error:s3:::bucket\".",
        ),
        (
            resource("arn:aws-cn:s3:::bucket"),
            "Partition \"aws-cn\" is not valid",
        ),
        (
            resource("arn:aws"),
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
        (
            resource("arn:aws:s*:::bucket"),
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
        (resource("arn:aws:s3::bucket"), LEGACY),
        (resource("arn:aws::::bucket"), LEGACY),
        (
            resource("arn:aws:s3:us-east-1::bucket"),
            "Resource arn:aws:s3:us-east-1::bucket can not contain region information.",
        ),
        (
            resource("arn:aws:iam:us-east-1::bucket"),
            "IAM resource arn:aws:iam:us-east-1::bucket cannot contain region information.",
        ),
        (
            resource("arn:aws:iam:::bucket"),
            "IAM resource path must either be \"*\" or start with user/,",
        ),
        (condition(json!([])), SYNTAX),
        (condition(json!("a")), SYNTAX),
        (condition(json!({ "StringIs": { "a": "1" } })), SYNTAX),
        (condition(json!({ "StringEquals": [] })), SYNTAX),
        (condition(json!({ "StringEquals": { "a": {} } })), SYNTAX),
        (
            condition(json!({ "ForAnyValue::StringEquals": { "a": "b" } })),
            SYNTAX,
        ),
        (
            condition(json!({ "DateGreaterThan": { "aws:CurrentTime": "tomorrow" } })),
            LEGACY,
        ),
    ]
}

#[test]
fn identity_policies_that_iam_refuses_are_refused_inline_and_managed() {
    let sandbox = world();
    make_role(&sandbox, "is");
    let before = sandbox.dump();
    for (policy, fragment) in refusals() {
        for action in ["PutRolePolicy", "CreatePolicy"] {
            let params = [
                ("RoleName", "is"),
                ("PolicyName", "p"),
                ("PolicyDocument", policy.as_str()),
            ];
            let (status, code, message) = refused(&sandbox, action, &params);
            assert_eq!(
                (status, code.as_str()),
                (400, "MalformedPolicyDocument"),
                "{policy}"
            );
            assert!(message.contains(fragment), "{action} {policy}: {message}");
        }
    }
    assert_eq!(sandbox.dump(), before, "a refused call must change nothing");
}

#[test]
fn identity_policies_that_iam_takes_are_taken() {
    let sandbox = world();
    make_role(&sandbox, "is");
    let accepted = [
        with(json!({})),
        resource("*"),
        resource("arn:aws:ec2:us-east-1::snapshot/*"),
        resource("arn:aws:s3:us-west-2:111122223333:accesspoint/mine"),
        resource("arn:aws:iam::111122223333:role/*"),
        resource("arn:aws:iam::aws:policy/ReadOnlyAccess"),
        resource("arn:aws:invalid-service:us-east-1::thing"),
        resource("arn:*:s3:::bucket"),
        with(json!({ "Resource": null, "NotResource": BUCKET })),
        with(json!({ "Action": null, "NotAction": ["iam:*", "sts:*"] })),
        action("*"),
        action("service-prefix:action-name"),
        condition(json!({})),
        condition(json!({ "StringEquals": {} })),
        condition(json!({ "ForAllValues:StringEquals": { "aws:TagKeys": "Department" } })),
        condition(
            json!({ "Bool": { "aws:SecureTransport": false }, "NumericLessThan": { "s3:max-keys": 10 } }),
        ),
        condition(
            json!({ "DateGreaterThan": { "aws:CurrentTime": ["2017-07-01T00:00:00Z", "2017-07-01", "1499999999"] } }),
        ),
        with(json!({ "Sid": "" }))
            .replace("[{", "{")
            .replace("}]", "}"),
    ];
    for policy in accepted {
        let params = [
            ("RoleName", "is"),
            ("PolicyName", "p"),
            ("PolicyDocument", policy.as_str()),
        ];
        let answer = ask(&sandbox, "PutRolePolicy", &params);
        assert_eq!(answer.status, 200, "{policy}: {}", text(&answer));
    }
}
