//! Two accounts: each must allow for itself.

use super::*;

const ALLOW_GET: &str =
    r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
const ALLOW_EC2: &str = r#"{"Effect":"Allow","Action":"ec2:*","Resource":"*"}"#;
const FOR_ACCOUNT: &str = r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
const FOR_ROLE: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/team/worker"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
const FOR_SESSION: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/worker/s1"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
const FOR_OTHER: &str = r#"{"Effect":"Allow","Principal":{"AWS":"777788889999"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
const FOR_ALL: &str =
    r#"{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
const DENY_ACCOUNT: &str = r#"{"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;

const AWAY: Row = Row {
    page: CROSS,
    owner: B,
    who: Who::Worker,
    ..ROW
};

#[test]
fn the_page_decides() {
    check(&[
        Row {
            name: "only the identity allows",
            identity: &[ALLOW_GET],
            verdict: "resource does not allow",
            ..AWAY
        },
        Row {
            name: "only the resource allows, by the account",
            policy: Some(FOR_ACCOUNT),
            verdict: "identity does not allow",
            ..AWAY
        },
        Row {
            name: "only the resource allows, by the role",
            policy: Some(FOR_ROLE),
            verdict: "identity does not allow",
            ..AWAY
        },
        Row {
            name: "only the resource allows, by the session",
            policy: Some(FOR_SESSION),
            verdict: "identity does not allow",
            ..AWAY
        },
        Row {
            name: "both allow, by the account",
            identity: &[ALLOW_GET],
            policy: Some(FOR_ACCOUNT),
            verdict: "allowed",
            ..AWAY
        },
        Row {
            name: "both allow, by the role",
            identity: &[ALLOW_GET],
            policy: Some(FOR_ROLE),
            verdict: "allowed",
            ..AWAY
        },
        Row {
            name: "both allow, but another account",
            identity: &[ALLOW_GET],
            policy: Some(FOR_OTHER),
            verdict: "resource does not allow",
            ..AWAY
        },
        Row {
            name: "everybody still needs an identity that allows",
            policy: Some(FOR_ALL),
            verdict: "identity does not allow",
            ..AWAY
        },
        Row {
            name: "everybody and the identity",
            identity: &[ALLOW_GET],
            policy: Some(FOR_ALL),
            verdict: "allowed",
            ..AWAY
        },
        Row {
            name: "the identity's boundary counts",
            identity: &[ALLOW_GET],
            boundary: Some(ALLOW_EC2),
            policy: Some(FOR_SESSION),
            verdict: "boundary does not allow",
            ..AWAY
        },
        Row {
            name: "the session policy counts",
            identity: &[ALLOW_GET],
            session: Some(ALLOW_EC2),
            policy: Some(FOR_SESSION),
            verdict: "session does not allow",
            ..AWAY
        },
        Row {
            name: "a deny of the account reaches its roles",
            identity: &[ALLOW_GET],
            policy: Some(DENY_ACCOUNT),
            verdict: "resource denies",
            ..AWAY
        },
        Row {
            name: "a root user of another account needs the resource alone",
            who: Who::Root,
            policy: Some(FOR_ACCOUNT),
            verdict: "allowed",
            ..AWAY
        },
        Row {
            name: "nobody in particular at another account's public bucket",
            who: Who::Nobody,
            policy: Some(FOR_ALL),
            verdict: "allowed",
            ..AWAY
        },
    ]);
}
