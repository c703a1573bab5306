//! Policy variables.

use super::*;

const HOME: &str =
    r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/*"}"#;
const HOME_2008: &str = r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/*"}}"#;
const HOME_NO_VERSION: &str = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/*"}}"#;
const TEAM: &str =
    r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team}/*"}"#;
const TEAM_OTHER_CASE: &str =
    r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${AWS:principaltag/Team}/*"}"#;
const TEAM_DEFAULT: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team, 'company-wide'}/*"}"#;
const EARLY: &str =
    r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3::${aws:PrincipalAccount}:b/*"}"#;
const STAR: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/a${*}c"}"#;
const DOLLAR: &str =
    r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${$}{x}${?}"}"#;
const OPEN: &str =
    r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username"}"#;
const SAME_TEAM: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"s3:ExistingObjectTag/team":"${aws:PrincipalTag/team}"}}}"#;
const OTHER_TEAM: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"s3:ExistingObjectTag/team":"${aws:PrincipalTag/team}"}}}"#;
const BY_ARN: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:${aws:PrincipalAccount}:t"}}}"#;
const IN_NUMBER: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"NumericEquals":{"s3:max-keys":"${aws:PrincipalAccount}"}}}"#;
const NOT_TEAM: &str = r#"{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::b/${aws:PrincipalTag/team}/*"}"#;
const LIKE_STAR: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringLike":{"s3:prefix":"${aws:PrincipalTag/team}"}}}"#;

const TAGGED: &[(&str, &[&str])] = &[("aws:PrincipalTag/team", &["red"])];

#[test]
fn the_page_decides() {
    check(&[
        Row {
            name: "a user's folder",
            page: VARIABLES,
            resource: "arn:aws:s3:::b/anna/k",
            identity: &[HOME],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "another's folder",
            page: VARIABLES,
            resource: "arn:aws:s3:::b/bert/k",
            identity: &[HOME],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "a session has no user name",
            page: VARIABLES,
            who: Who::Worker,
            resource: "arn:aws:s3:::b/anna/k",
            identity: &[HOME],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "the old version has no variables",
            page: VERSION,
            resource: "arn:aws:s3:::b/anna/k",
            identity: &[HOME_2008],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "in the old version it is text",
            page: VERSION,
            resource: "arn:aws:s3:::b/${aws:username}/k",
            identity: &[HOME_2008],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "no version is the old version",
            page: VERSION,
            resource: "arn:aws:s3:::b/anna/k",
            identity: &[HOME_NO_VERSION],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "a tag of the principal",
            page: VARIABLES,
            context: TAGGED,
            resource: "arn:aws:s3:::b/red/k",
            identity: &[TEAM],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "names of keys are not case-sensitive",
            page: VARIABLES,
            context: TAGGED,
            resource: "arn:aws:s3:::b/red/k",
            identity: &[TEAM_OTHER_CASE],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "a tag that is not there",
            page: VARIABLES,
            resource: "arn:aws:s3:::b/red/k",
            identity: &[TEAM],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "a tag that is not there matches no empty folder",
            page: VARIABLES,
            resource: "arn:aws:s3:::b//k",
            identity: &[TEAM],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "the default of a tag that is not there",
            page: VARIABLES,
            resource: "arn:aws:s3:::b/company-wide/k",
            identity: &[TEAM_DEFAULT],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "no default for a tag that is there",
            page: VARIABLES,
            context: TAGGED,
            resource: "arn:aws:s3:::b/company-wide/k",
            identity: &[TEAM_DEFAULT],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "a key with several values is no variable",
            page: MULTI,
            context: &[("aws:PrincipalTag/team", &["red", "blue"])],
            resource: "arn:aws:s3:::b/red/k",
            identity: &[TEAM],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "no variables before the fifth colon",
            page: VARIABLES,
            resource: "arn:aws:s3::111122223333:b/k",
            identity: &[EARLY],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "a star that is none",
            page: VARIABLES,
            resource: "arn:aws:s3:::b/a*c",
            identity: &[STAR],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "a star that is none matches nothing else",
            page: VARIABLES,
            resource: "arn:aws:s3:::b/abc",
            identity: &[STAR],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "dollar and question mark",
            page: VARIABLES,
            resource: "arn:aws:s3:::b/${x}?",
            identity: &[DOLLAR],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "braces that do not close are text",
            page: VARIABLES,
            resource: "arn:aws:s3:::b/${aws:username",
            identity: &[OPEN],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "a value of a tag has no wildcards",
            page: VARIABLES,
            context: &[("aws:PrincipalTag/team", &["*"]), ("s3:prefix", &["red"])],
            identity: &[LIKE_STAR],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "in a condition",
            page: VARIABLES,
            context: &[
                ("aws:PrincipalTag/team", &["red"]),
                ("s3:ExistingObjectTag/team", &["red"]),
            ],
            identity: &[SAME_TEAM],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "in a condition without a value: nothing is equal",
            page: VARIABLES,
            context: &[("s3:ExistingObjectTag/team", &["red"])],
            identity: &[SAME_TEAM],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "in a condition without a value: all is different",
            page: VARIABLES,
            context: &[("s3:ExistingObjectTag/team", &["red"])],
            identity: &[OTHER_TEAM],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "in an ARN of a condition",
            page: VARIABLES,
            context: &[("aws:SourceArn", &["arn:aws:sns:eu-west-1:111122223333:t"])],
            identity: &[BY_ARN],
            verdict: "allowed",
            ..ROW
        },
        Row {
            name: "not in numbers",
            page: VARIABLES,
            context: &[("s3:max-keys", &["111122223333"])],
            identity: &[IN_NUMBER],
            verdict: "identity does not allow",
            ..ROW
        },
        Row {
            name: "without a value in a not-resource the statement is invalid",
            page: VARIABLES,
            identity: &[NOT_TEAM],
            verdict: "identity does not allow",
            ..ROW
        },
    ]);
}
