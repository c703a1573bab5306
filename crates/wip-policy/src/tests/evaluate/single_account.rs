//! One account: identity, boundary, session and resource together.

use super::*;

const ALLOW_GET: &str =
    r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
const ALLOW_ALL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
const ALLOW_EC2: &str = r#"{"Effect":"Allow","Action":"ec2:*","Resource":"*"}"#;
const DENY_GET: &str = r#"{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}"#;
const FOR_ROLE: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/team/worker"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
const FOR_SESSION: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/worker/s1"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
const FOR_USER: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/anna"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
const FOR_ACCOUNT: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
const FOR_ALL: &str =
    r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
const FOR_ALL_BY_ARN: &str = r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/team/worker"}}}"#;
const DENY_ALL_FOR_ALL: &str =
    r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}"#;

#[test]
fn the_page_decides() {
    check(&[
        Row {
            name: "nothing allows",
            page: LOGIC,
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "the root user has full access",
            page: LOGIC,
            who: Who::Root,
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "the root user and a deny",
            page: LOGIC,
            who: Who::Root,
            policy: Some(DENY_ALL_FOR_ALL),
            verdict: "resource denies",
            ..ROW
        },
        Row {
            name: "the identity allows",
            page: LOGIC,
            identity: &[ALLOW_GET],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "the identity allows something else",
            page: LOGIC,
            identity: &[ALLOW_EC2],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "one of several policies is enough",
            page: SINGLE,
            identity: &[ALLOW_EC2, ALLOW_GET],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "a deny in one policy overrides an allow in another",
            page: LOGIC,
            identity: &[ALLOW_GET, DENY_GET],
            verdict: "identity denies",
            ..ROW
        },
        Row {
            name: "the resource alone allows the user",
            page: SINGLE,
            policy: Some(FOR_USER),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "the identity alone, beside a resource that allows somebody else",
            page: SINGLE,
            identity: &[ALLOW_GET],
            policy: Some(FOR_ROLE),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "a deny of the resource overrides the identity",
            page: SINGLE,
            identity: &[ALLOW_GET],
            policy: Some(DENY_ALL_FOR_ALL),
            verdict: "resource denies",
            ..ROW
        },
        Row {
            name: "the resource names the account, and nothing the user",
            page: PRINCIPAL,
            policy: Some(FOR_ACCOUNT),
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "the resource names the account, and the identity allows",
            page: PRINCIPAL,
            identity: &[ALLOW_GET],
            policy: Some(FOR_ACCOUNT),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "the resource allows everybody",
            page: PRINCIPAL,
            policy: Some(FOR_ALL),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "everybody, and nobody in particular",
            page: PRINCIPAL,
            who: Who::Nobody,
            policy: Some(FOR_ALL),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "nobody in particular needs a resource that allows",
            page: PRINCIPAL,
            who: Who::Nobody,
            verdict: "resource does not allow",
            ..ROW
        },
        // Boundaries.
        Row {
            name: "a boundary grants nothing",
            page: BOUNDARIES,
            boundary: Some(ALLOW_ALL),
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "identity and boundary allow",
            page: BOUNDARIES,
            identity: &[ALLOW_GET],
            boundary: Some(ALLOW_ALL),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "the boundary does not allow",
            page: BOUNDARIES,
            identity: &[ALLOW_GET],
            boundary: Some(ALLOW_EC2),
            verdict: "boundary does not allow",
            ..ROW
        },
        Row {
            name: "the boundary denies",
            page: BOUNDARIES,
            identity: &[ALLOW_GET],
            boundary: Some(DENY_GET),
            verdict: "boundary denies",
            ..ROW
        },
        Row {
            name: "a boundary does not limit what the resource gives the user",
            page: BOUNDARIES,
            boundary: Some(ALLOW_EC2),
            policy: Some(FOR_USER),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "a deny of the boundary counts then, too",
            page: BOUNDARIES,
            boundary: Some(DENY_GET),
            policy: Some(FOR_USER),
            verdict: "boundary denies",
            ..ROW
        },
        // Sessions of roles.
        Row {
            name: "the role allows",
            page: SINGLE,
            who: Who::Worker,
            identity: &[ALLOW_GET],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "role and session allow",
            page: SESSIONS,
            who: Who::Worker,
            identity: &[ALLOW_ALL],
            session: Some(ALLOW_GET),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "the session does not allow",
            page: SESSIONS,
            who: Who::Worker,
            identity: &[ALLOW_ALL],
            session: Some(ALLOW_EC2),
            verdict: "session does not allow",
            ..ROW
        },
        Row {
            name: "a session policy grants nothing",
            page: SESSIONS,
            who: Who::Worker,
            session: Some(ALLOW_ALL),
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "role, boundary and session: all three must allow",
            page: BOUNDARIES,
            who: Who::Worker,
            identity: &[ALLOW_ALL],
            boundary: Some(ALLOW_EC2),
            session: Some(ALLOW_GET),
            verdict: "boundary does not allow",
            ..ROW
        },
        Row {
            name: "the session denies",
            page: SESSIONS,
            who: Who::Worker,
            identity: &[ALLOW_ALL],
            session: Some(DENY_GET),
            verdict: "session denies",
            ..ROW
        },
        // Resource-based policies and implicit denies in others.
        Row {
            name: "the resource names the role, which has no policy",
            page: LOGIC,
            who: Who::Worker,
            policy: Some(FOR_ROLE),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "the resource names the role, and a boundary does not allow",
            page: LOGIC,
            who: Who::Worker,
            boundary: Some(ALLOW_EC2),
            policy: Some(FOR_ROLE),
            verdict: "boundary does not allow",
            ..ROW
        },
        Row {
            name: "the resource names the role, and a session policy does not allow",
            page: LOGIC,
            who: Who::Worker,
            session: Some(ALLOW_EC2),
            policy: Some(FOR_ROLE),
            verdict: "session does not allow",
            ..ROW
        },
        Row {
            name: "the resource names the role, and boundary and session allow",
            page: LOGIC,
            who: Who::Worker,
            boundary: Some(ALLOW_ALL),
            session: Some(ALLOW_GET),
            policy: Some(FOR_ROLE),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "the resource names the session",
            page: LOGIC,
            who: Who::Worker,
            policy: Some(FOR_SESSION),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "the resource names the session: boundary and session policy do not limit",
            page: LOGIC,
            who: Who::Worker,
            boundary: Some(ALLOW_EC2),
            session: Some(ALLOW_EC2),
            policy: Some(FOR_SESSION),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "the resource names the session, and a session policy denies",
            page: LOGIC,
            who: Who::Worker,
            session: Some(DENY_GET),
            policy: Some(FOR_SESSION),
            verdict: "session denies",
            ..ROW
        },
        Row {
            name: "everybody with the role's ARN: boundary and session do not limit",
            page: PRINCIPAL,
            who: Who::Worker,
            boundary: Some(ALLOW_EC2),
            session: Some(ALLOW_EC2),
            policy: Some(FOR_ALL_BY_ARN),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "everybody with the role's ARN is not a user",
            page: PRINCIPAL,
            policy: Some(FOR_ALL_BY_ARN),
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "a session is not the user of the resource's policy",
            page: PRINCIPAL,
            who: Who::Worker,
            policy: Some(FOR_USER),
            verdict: "identity does not allow",
            ..ROW
        },
    ]);
}
