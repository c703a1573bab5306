//! Who a statement is about.

use super::*;

const SOME: &str = r#"{"Effect":"Allow","Principal":{"AWS":["777788889999","arn:aws:iam::111122223333:user/anna"]},"Action":"s3:*","Resource":"*"}"#;
const OTHER_CASE: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/Anna"},"Action":"s3:*","Resource":"*"}"#;
const PART: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/*"},"Action":"s3:*","Resource":"*"}"#;
const BY_ID: &str =
    r#"{"Effect":"Allow","Principal":{"AWS":"AROAWORKER"},"Action":"s3:*","Resource":"*"}"#;
const BY_OLD_ID: &str =
    r#"{"Effect":"Allow","Principal":{"AWS":"AROAOTHER"},"Action":"s3:*","Resource":"*"}"#;
const WITHOUT_PATH: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/worker"},"Action":"s3:*","Resource":"*"}"#;
const ALL_BUT_ANNA: &str = r#"{"Effect":"Deny","NotPrincipal":{"AWS":["arn:aws:iam::111122223333:user/anna","arn:aws:iam::111122223333:root"]},"Action":"s3:*","Resource":"*"}"#;
const ALL_BUT_ROLE: &str = r#"{"Effect":"Deny","NotPrincipal":{"AWS":["arn:aws:iam::111122223333:role/team/worker","arn:aws:iam::111122223333:root"]},"Action":"s3:*","Resource":"*"}"#;
const ALL_BUT_SESSION: &str = r#"{"Effect":"Deny","NotPrincipal":{"AWS":["arn:aws:sts::111122223333:assumed-role/worker/s1","arn:aws:iam::111122223333:role/team/worker","arn:aws:iam::111122223333:root"]},"Action":"s3:*","Resource":"*"}"#;
const ALLOW_ALL_BUT_ANNA: &str = r#"{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/anna"},"Action":"s3:*","Resource":"*"}"#;
const ALLOW: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
const ALLOW_WITH_PRINCIPAL: &str =
    r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}"#;
const NO_PRINCIPAL: &str = r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#;
const CANONICAL: &str = r#"{"Effect":"Allow","Principal":{"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},"Action":"s3:*","Resource":"*"}"#;
const SERVICE: &str = r#"{"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:*","Resource":"*"}"#;

#[test]
fn the_page_decides() {
    check(&[
        Row {
            name: "one of a list is enough",
            page: PRINCIPAL,
            policy: Some(SOME),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "names of users are case-sensitive",
            page: PRINCIPAL,
            policy: Some(OTHER_CASE),
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "a wildcard matches no part of a name",
            page: PRINCIPAL,
            policy: Some(PART),
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "a role by its unique id",
            page: PRINCIPAL,
            who: Who::Worker,
            policy: Some(BY_ID),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "the id of a role that was there before",
            page: PRINCIPAL,
            who: Who::Worker,
            policy: Some(BY_OLD_ID),
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "the ARN of a role has its path",
            page: PRINCIPAL,
            who: Who::Worker,
            policy: Some(WITHOUT_PATH),
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "a canonical user is nobody here",
            page: PRINCIPAL,
            policy: Some(CANONICAL),
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "a service is not a user",
            page: PRINCIPAL,
            policy: Some(SERVICE),
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "the service itself",
            page: PRINCIPAL,
            who: Who::Service("logging.s3.amazonaws.com"),
            policy: Some(SERVICE),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "everybody but one: the one",
            page: NOT_PRINCIPAL,
            identity: &[ALLOW],
            policy: Some(ALL_BUT_ANNA),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "everybody but one: another",
            page: NOT_PRINCIPAL,
            who: Who::Worker,
            identity: &[ALLOW],
            policy: Some(ALL_BUT_ANNA),
            verdict: "resource denies",
            ..ROW
        },
        Row {
            name: "everybody but a role: its sessions are not named",
            page: NOT_PRINCIPAL,
            who: Who::Worker,
            identity: &[ALLOW],
            policy: Some(ALL_BUT_ROLE),
            verdict: "resource denies",
            ..ROW
        },
        Row {
            name: "everybody but a session, with role and account",
            page: NOT_PRINCIPAL,
            who: Who::Worker,
            identity: &[ALLOW],
            policy: Some(ALL_BUT_SESSION),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "everybody but one, who has a boundary",
            page: BOUNDARIES,
            identity: &[ALLOW],
            boundary: Some(ALLOW),
            policy: Some(ALL_BUT_ANNA),
            verdict: "resource denies",
            ..ROW
        },
        Row {
            name: "allow everybody but one: the one",
            page: NOT_PRINCIPAL,
            policy: Some(ALLOW_ALL_BUT_ANNA),
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "allow everybody but one: nobody in particular",
            page: NOT_PRINCIPAL,
            who: Who::Nobody,
            policy: Some(ALLOW_ALL_BUT_ANNA),
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "no principal in a policy of an identity",
            page: PRINCIPAL,
            identity: &[ALLOW_WITH_PRINCIPAL],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "no principal in a policy of a resource",
            page: PRINCIPAL,
            identity: &[ALLOW],
            policy: Some(NO_PRINCIPAL),
            verdict: "resource denies",
            ..ROW
        },
    ]);
}
