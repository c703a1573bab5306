//! Statements in words.

use crate::Document;

fn words(statement: &str) -> String {
    let document = Document::parse(&format!(r#"{{"Statement":[{statement}]}}"#)).unwrap();
    let known = document
        .statements
        .iter()
        .map(|statement| statement.summary());
    known
        .chain(document.unknown.iter().map(|unknown| unknown.summary()))
        .collect()
}

#[test]
fn a_statement_reads_as_a_sentence() {
    let cases = [
        (
            r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
            "Allow * on *",
        ),
        (
            r#"{"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":"arn:aws:s3:::b/*"}"#,
            "Allow s3:GetObject, s3:PutObject on arn:aws:s3:::b/*",
        ),
        (
            r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-01-01T00:00:00Z"}}}"#,
            "Deny * on * when DateLessThan aws:TokenIssueTime 2026-01-01T00:00:00Z",
        ),
        (
            r#"{"Effect":"Allow","Principal":{"Federated":"arn:p"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"i:aud":"sts"},"StringLike":{"i:sub":["a","b"]}}}"#,
            "Allow sts:AssumeRoleWithWebIdentity by Federated arn:p when StringEquals i:aud sts and StringLike i:sub a or b",
        ),
        (
            r#"{"Effect":"Deny","NotPrincipal":{"AWS":["1","2"],"Service":"s"},"NotAction":"s3:Get*","NotResource":"arn:x"}"#,
            "Deny everything but s3:Get* by everyone but AWS 1, 2, Service s on everything but arn:x",
        ),
        (
            r#"{"Effect":"Allow","Principal":"*"}"#,
            "Allow no action by anyone",
        ),
        (
            r#"{"Effect":"Allow","Action":"a:b","NotAction":"c:d"}"#,
            "Allow a:b and everything but c:d",
        ),
        (
            r#"{"Future":1,"Effect":"Allow"}"#,
            r#"not understood: {"Effect":"Allow","Future":1}"#,
        ),
    ];
    for (statement, sentence) in cases {
        assert_eq!(words(statement), sentence);
    }
}

#[test]
fn a_foreign_policy_cannot_write_to_the_terminal() {
    assert_eq!(
        words("{\"Effect\":\"Allow\",\"Action\":\"a\\u001b[2Jb\\n\u{9b}1m\",\"Resource\":\"é\"}"),
        "Allow a\\u{1b}[2Jb\\n\\u{9b}1m on é"
    );
    assert_eq!(
        words("{\"Effect\":\"Allow\",\"X\":\"\u{9b}\"}"),
        "not understood: {\"Effect\":\"Allow\",\"X\":\"\\u{9b}\"}"
    );
}
