//! What a statement is about: actions and resources.

use super::*;

const STAR: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
const LOWER: &str = r#"{"Effect":"Allow","Action":"S3:getobject","Resource":"*"}"#;
const PREFIX: &str = r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#;
const QUESTION: &str = r#"{"Effect":"Allow","Action":"s3:?etObject","Resource":"*"}"#;
const OTHER_SERVICE: &str = r#"{"Effect":"Allow","Action":"s3-object-lambda:*","Resource":"*"}"#;
const NOT_IAM: &str = r#"{"Effect":"Allow","NotAction":["iam:*","sts:*"],"Resource":"*"}"#;
const DENY_NOT_S3: &str = r#"{"Effect":"Deny","NotAction":"s3:*","Resource":"*"}"#;
const BUCKET: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b"}"#;
const OBJECTS: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}"#;
const UPPER_BUCKET: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/K"}"#;
const ONE_CHARACTER: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/?"}"#;
const ANY_BUCKET: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*"}"#;
const NOT_B: &str =
    r#"{"Effect":"Allow","Action":"s3:*","NotResource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}"#;
const DENY_NOT_B: &str =
    r#"{"Effect":"Deny","Action":"s3:*","NotResource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}"#;
const ANY_ACCOUNT: &str =
    r#"{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::*:role/backup"}"#;
const IN_SEGMENT: &str =
    r#"{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:i*m::111122223333:role/backup"}"#;
const INNER_STAR: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/a*c"}"#;
const NO_RESOURCE: &str = r#"{"Effect":"Allow","Action":"s3:*"}"#;
const BOTH_ACTIONS: &str =
    r#"{"Effect":"Allow","Action":"s3:*","NotAction":"iam:*","Resource":"*"}"#;
const LOWER_EFFECT: &str = r#"{"Effect":"allow","Action":"*","Resource":"*"}"#;
const FUTURE_ALLOW: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*","Unless":"full moon"}"#;
const FUTURE_DENY: &str =
    r#"{"Effect":"Deny","Action":"iam:*","Resource":"*","Unless":"full moon"}"#;

#[test]
fn the_page_decides() {
    check(&[
        Row {
            name: "everything",
            page: ACTION,
            identity: &[STAR],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "actions are not case-sensitive",
            page: ACTION,
            identity: &[LOWER],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "actions by their beginning",
            page: ACTION,
            identity: &[PREFIX],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "actions by their beginning: another",
            page: ACTION,
            action: "s3:PutObject",
            identity: &[PREFIX],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "any one character",
            page: ACTION,
            identity: &[QUESTION],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "another service",
            page: ACTION,
            identity: &[OTHER_SERVICE],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "all but some actions",
            page: NOT_ACTION,
            identity: &[NOT_IAM],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "all but some actions: one of them",
            page: NOT_ACTION,
            action: "iam:GetRole",
            identity: &[NOT_IAM],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "deny all but some actions: one of them",
            page: NOT_ACTION,
            identity: &[STAR, DENY_NOT_S3],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "deny all but some actions: another",
            page: NOT_ACTION,
            action: "iam:GetRole",
            identity: &[STAR, DENY_NOT_S3],
            verdict: "identity denies",
            ..ROW
        },
        Row {
            name: "a bucket is not its objects",
            page: RESOURCE,
            identity: &[BUCKET],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "objects of a bucket",
            page: RESOURCE,
            identity: &[OBJECTS],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "objects are not their bucket",
            page: RESOURCE,
            resource: "arn:aws:s3:::b",
            identity: &[OBJECTS],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "the star goes beyond slashes",
            page: RESOURCE,
            resource: "arn:aws:s3:::b/x/y/z",
            identity: &[OBJECTS],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "resources are case-sensitive",
            page: RESOURCE,
            identity: &[UPPER_BUCKET],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "one character of a resource",
            page: RESOURCE,
            identity: &[ONE_CHARACTER],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "one character is not two",
            page: RESOURCE,
            resource: "arn:aws:s3:::b/kk",
            identity: &[ONE_CHARACTER],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "any bucket and object",
            page: RESOURCE,
            identity: &[ANY_BUCKET],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "all but a bucket: that one",
            page: NOT_RESOURCE,
            identity: &[NOT_B],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "all but a bucket: another",
            page: NOT_RESOURCE,
            resource: "arn:aws:s3:::c/k",
            identity: &[NOT_B],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "deny all but a bucket: that one",
            page: NOT_RESOURCE,
            identity: &[STAR, DENY_NOT_B],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "deny all but a bucket: another",
            page: NOT_RESOURCE,
            resource: "arn:aws:s3:::c/k",
            identity: &[STAR, DENY_NOT_B],
            verdict: "identity denies",
            ..ROW
        },
        Row {
            name: "any account",
            page: RESOURCE,
            action: "iam:GetRole",
            resource: "arn:aws:iam::444455556666:role/backup",
            identity: &[ANY_ACCOUNT],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "a star inside a segment does not leave it",
            page: RESOURCE,
            action: "iam:GetRole",
            resource: "arn:aws:i:x:m::111122223333:role/backup",
            identity: &[IN_SEGMENT],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "a star inside a segment",
            page: RESOURCE,
            action: "iam:GetRole",
            resource: "arn:aws:iam::111122223333:role/backup",
            identity: &[IN_SEGMENT],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "behind the fifth colon a star takes colons",
            page: RESOURCE,
            resource: "arn:aws:s3:::b/a:b:c",
            identity: &[INNER_STAR],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "an identity's statement needs a resource",
            page: RESOURCE,
            identity: &[NO_RESOURCE],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "action and not-action exclude each other",
            page: NOT_ACTION,
            identity: &[BOTH_ACTIONS],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "the effect is case-sensitive",
            page: EFFECT,
            identity: &[LOWER_EFFECT],
            verdict: "identity denies",
            ..ROW
        },
        Row {
            name: "an allow of the future allows nothing",
            page: "(caution)",
            identity: &[FUTURE_ALLOW],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "a deny of the future denies",
            page: "(caution)",
            identity: &[STAR, FUTURE_DENY],
            verdict: "identity denies",
            ..ROW
        },
    ]);
}
