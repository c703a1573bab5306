//! Reading what AWS returns, writing what people write.

use crate::{Document, Effect, PrincipalType, Principals, Statement, Version, decode, is_literal};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Action":["sts:AssumeRoleWithWebIdentity"],"Effect":"Allow","Principal":{"Federated":["arn:aws:iam::111122223333:oidc-provider/issuer"]},"Condition":{"StringEquals":{"issuer:sub":["b","a"],"issuer:aud":"sts.amazonaws.com"}},"Sid":""}}"#;

#[test]
fn a_document_is_written_as_people_write_it() {
    let document = Document::parse(TRUST).unwrap();
    assert_eq!(
        document.to_json(),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/issuer"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"issuer:aud":"sts.amazonaws.com","issuer:sub":["a","b"]}}}]}"#
    );
    assert_eq!(
        Document::parse(&document.to_pretty_json())
            .unwrap()
            .to_json(),
        document.to_json()
    );
    assert!(
        document
            .to_pretty_json()
            .starts_with("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [")
    );
}

#[test]
fn percent_encoded_documents_are_decoded() {
    let encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Sid%22%3A%22a+b%22%2C%22Effect%22%3A%22Deny%22%2C%22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%C3%A9%20%22%7D%5D%7D";
    let statement = Document::parse(encoded).unwrap().statements.remove(0);
    assert_eq!(statement.sid.as_deref(), Some("a+b"));
    assert!(statement.resource.contains("é "));
    assert_eq!(decode("%7b%7d").unwrap(), "{}");
    assert_eq!(decode(r#"{"a":"%7B"}"#).unwrap(), r#"{"a":"%7B"}"#);
    assert!(decode("%7B%FF%7D").is_err());
}

#[test]
fn numbers_and_booleans_in_conditions_mean_their_text() {
    let text = r#"{"Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":false},"NumericLessThan":{"s3:max-keys":[10,1.5,-3]}}}]}"#;
    let document = Document::parse(text).unwrap();
    let condition = &document.statements[0].condition;
    assert!(condition["Bool"]["aws:SecureTransport"].contains("false"));
    assert_eq!(
        condition["NumericLessThan"]["s3:max-keys"]
            .iter()
            .collect::<Vec<_>>(),
        ["-3", "1.5", "10"]
    );
}

#[test]
fn a_missing_version_stays_missing() {
    let document = Document::parse(r#"{"Statement":[],"Id":"x"}"#).unwrap();
    assert_eq!(document.version, None);
    assert_eq!(document.to_json(), r#"{"Id":"x","Statement":[]}"#);
    assert_eq!(Document::new([]).version, Some(Version::V2012));
}

#[test]
fn statements_that_are_not_understood_are_kept() {
    let odd = [
        r#"{"Action":"*","Effect":"Allow","Future":{"a":null,"b":[2,1]}}"#,
        r#"{"Action":[],"Effect":"Allow","Resource":"*"}"#,
        r#"{"Action":"*","Effect":"allow"}"#,
        r#"{"Action":"*"}"#,
        r#"{"Action":"*","Effect":"Allow","Principal":{"Robot":"x"}}"#,
        r#"{"Action":"*","Effect":"Allow","Principal":{"AWS":[]}}"#,
        r#"{"Action":"*","Effect":"Allow","Principal":"arn:aws:iam::111122223333:root"}"#,
        r#"{"Action":"*","Condition":{"StringEquals":{"a":[]}},"Effect":"Allow"}"#,
        r#"{"Action":"*","Condition":{"StringEquals":{}},"Effect":"Allow"}"#,
        r#"{"Action":"*","Condition":{"StringEquals":{"a":null}},"Effect":"Allow"}"#,
        r#"{"Action":{"a":1},"Effect":"Allow"}"#,
        r#""text""#,
    ];
    for text in odd {
        let document = Document::parse(&format!(r#"{{"Statement":[{text}]}}"#)).unwrap();
        assert_eq!(document.statements, [], "{text}");
        assert_eq!(document.unknown[0].to_json(), text);
        assert_eq!(document.to_json(), format!(r#"{{"Statement":[{text}]}}"#));
    }
}

#[test]
fn what_may_forbid_is_taken_for_a_deny() {
    let deny = |text: &str| {
        Document::parse(&format!(r#"{{"Statement":[{text}]}}"#))
            .unwrap()
            .has_deny()
    };
    assert!(deny(r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#));
    assert!(deny(r#"{"Effect":"Deny","Action":"*","Future":1}"#));
    assert!(deny(r#"{"Effect":"deny"}"#));
    assert!(!deny(r#"{"Effect":"Allow","Action":"*","Future":1}"#));
    assert!(!deny(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#));
}

#[test]
fn typed_values_make_the_document() {
    let statement = Statement::new(Effect::Allow)
        .with_sid("Pods")
        .with_principal(Principals::one(
            PrincipalType::Service,
            "pods.eks.amazonaws.com",
        ))
        .when("StringEquals", "aws:SourceAccount", ["111122223333"])
        .when("StringEquals", "aws:SourceAccount", ["444455556666"]);
    assert_eq!(
        statement.to_json(),
        r#"{"Sid":"Pods","Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Condition":{"StringEquals":{"aws:SourceAccount":["111122223333","444455556666"]}}}"#
    );
    let read = Statement::allow(["s3:GetObject"], ["arn:aws:s3:::b/*"]);
    assert_eq!(
        read.to_json(),
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#
    );
    let roles = [
        "arn:aws:iam::111122223333:role/a",
        "arn:aws:iam::111122223333:role/b",
    ];
    let aws =
        Statement::new(Effect::Deny).with_principal(Principals::aws(roles.map(str::to_owned)));
    assert_eq!(
        aws.to_json(),
        r#"{"Effect":"Deny","Principal":{"AWS":["arn:aws:iam::111122223333:role/a","arn:aws:iam::111122223333:role/b"]}}"#
    );
}

#[test]
fn literals_have_no_wildcard_and_no_variable() {
    for literal in ["", "a$b", "prod/{x}", "$", "a-b_c.d"] {
        assert!(is_literal(literal), "{literal}");
    }
    for pattern in ["a*", "?", "x${aws:username}", "${*}"] {
        assert!(!is_literal(pattern), "{pattern}");
    }
}
