//! What is the same, and what is not.

use crate::Document;

fn document(statement: &str) -> Document {
    Document::parse(&format!(
        r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#
    ))
    .unwrap()
}

#[test]
fn spelling_that_aws_ignores_makes_no_difference() {
    let same = [
        (
            r#"{"Effect":"Allow","Action":"s3:GetObject"}"#,
            r#"{"Action":["S3:getobject"],"Sid":"","Effect":"Allow"}"#,
        ),
        (
            r#"{"Effect":"Deny","NotAction":["a:B","c:D"]}"#,
            r#"{"Effect":"Deny","NotAction":["C:d","A:b"]}"#,
        ),
        (
            r#"{"Effect":"Allow","Principal":"*"}"#,
            r#"{"Effect":"Allow","Principal":{"AWS":"*"}}"#,
        ),
        (
            r#"{"Effect":"Deny","NotPrincipal":{"AWS":["*"]}}"#,
            r#"{"Effect":"Deny","NotPrincipal":"*"}"#,
        ),
        (
            r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"}}"#,
            r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws-cn:iam::111122223333:root"}}"#,
        ),
        (
            r#"{"Effect":"Allow","Condition":{"Bool":{"aws:SecureTransport":true}}}"#,
            r#"{"Effect":"Allow","Condition":{"Bool":{"AWS:securetransport":["true"]}}}"#,
        ),
        (
            r#"{"Effect":"Allow","Condition":{}}"#,
            r#"{"Effect":"Allow"}"#,
        ),
        (
            r#"{"Effect":"Allow","Action":"a:b"},{"Effect":"Deny","Action":"c:d"}"#,
            r#"{"Effect":"Deny","Action":"c:d"},{"Effect":"Allow","Action":"a:b"},{"Effect":"Allow","Action":"A:B"}"#,
        ),
        (
            r#"{"Effect":"Allow","New":{"a":1,"b":2}}"#,
            r#"{"New":{"b":2,"a":1},"Effect":"Allow"}"#,
        ),
    ];
    for (one, other) in same {
        assert_eq!(document(one), document(other));
        assert_eq!(
            document(one).canonical().to_json(),
            document(other).canonical().to_json()
        );
    }
}

#[test]
fn meaning_makes_a_difference() {
    let different = [
        (
            r#"{"Effect":"Allow","Action":"a:b"}"#,
            r#"{"Effect":"Deny","Action":"a:b"}"#,
        ),
        (
            r#"{"Effect":"Allow","Action":"a:b"}"#,
            r#"{"Effect":"Allow","NotAction":"a:b"}"#,
        ),
        (
            r#"{"Effect":"Allow","Action":"a:b"}"#,
            r#"{"Effect":"Allow","Action":"a:b","Sid":"x"}"#,
        ),
        // Unicode that lower-cases to ASCII is not what AWS calls the same action.
        (
            "{\"Effect\":\"Allow\",\"Action\":\"a:k\"}",
            "{\"Effect\":\"Allow\",\"Action\":\"a:\u{212a}\"}",
        ),
        (
            r#"{"Effect":"Allow","Resource":"arn:aws:s3:::b/X"}"#,
            r#"{"Effect":"Allow","Resource":"arn:aws:s3:::b/x"}"#,
        ),
        (
            r#"{"Effect":"Allow","Condition":{"StringLike":{"a:b":"X"}}}"#,
            r#"{"Effect":"Allow","Condition":{"StringLike":{"a:b":"x"}}}"#,
        ),
        (
            r#"{"Effect":"Allow","Condition":{"StringLike":{"a:b":"x"}}}"#,
            r#"{"Effect":"Allow","Condition":{"StringEquals":{"a:b":"x"}}}"#,
        ),
        // Two keys that must both hold are not one key with alternatives.
        (
            r#"{"Effect":"Allow","Condition":{"StringLike":{"a:b":"x","A:B":"y"}}}"#,
            r#"{"Effect":"Allow","Condition":{"StringLike":{"a:b":["x","y"]}}}"#,
        ),
        (
            r#"{"Effect":"Allow","Principal":"*"}"#,
            r#"{"Effect":"Allow"}"#,
        ),
        (
            r#"{"Effect":"Allow","Principal":"*"}"#,
            r#"{"Effect":"Allow","Principal":{"AWS":"*","Service":"s3.amazonaws.com"}}"#,
        ),
        (
            r#"{"Effect":"Allow","Principal":"*"}"#,
            r#"{"Effect":"Allow","Principal":{"Federated":"*"}}"#,
        ),
        (
            r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"}}"#,
            r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"}}"#,
        ),
        (
            r#"{"Effect":"Allow","New":[1,2]}"#,
            r#"{"Effect":"Allow","New":[2,1]}"#,
        ),
    ];
    for (one, other) in different {
        assert_ne!(document(one), document(other));
    }
}

#[test]
fn a_document_without_version_is_the_old_language() {
    let parse = |text: &str| Document::parse(text).unwrap();
    let (none, old) = (
        parse(r#"{"Statement":[]}"#),
        parse(r#"{"Version":"2008-10-17","Statement":[]}"#),
    );
    assert_eq!(none, old);
    assert_ne!(none, parse(r#"{"Version":"2012-10-17","Statement":[]}"#));
    assert_eq!(none, parse(r#"{"Id":"","Statement":[]}"#));
    assert_ne!(none, parse(r#"{"Id":"x","Statement":[]}"#));
}

#[test]
fn a_document_is_spelled_like_another() {
    let model = document(
        r#"{"Sid":"A","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Condition":{"Bool":{"aws:SecureTransport":"true"}}}"#,
    );
    let same = document(
        r#"{"Sid":"A","Effect":"Allow","Action":["S3:PUTOBJECT","s3:getobject"],"Condition":{"Bool":{"AWS:SecureTransport":"true"}}}"#,
    );
    assert_eq!(same.spelled_like(&model).to_json(), model.to_json());
    let wider = document(
        r#"{"Sid":"A","Effect":"Allow","Action":["S3:PUTOBJECT","s3:getobject","S3:DeleteObject"],"Condition":{"Bool":{"AWS:SecureTransport":"true"}}}"#,
    );
    let spelled = wider.spelled_like(&model);
    assert_eq!(spelled, wider);
    assert_eq!(
        spelled.statements[0].to_json(),
        r#"{"Sid":"A","Effect":"Allow","Action":["S3:DeleteObject","s3:GetObject","s3:PutObject"],"Condition":{"Bool":{"aws:SecureTransport":"true"}}}"#
    );
    let two_keys = document(
        r#"{"Effect":"Allow","Condition":{"Bool":{"AWS:SecureTransport":"true","aws:securetransport":"false"}}}"#,
    );
    assert_eq!(two_keys.spelled_like(&model).to_json(), two_keys.to_json());
}
