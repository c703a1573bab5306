//! Lengths as AWS counts them.

use crate::{
    Document, Effect, PrincipalType, Principals, Statement, TRUST_POLICY_CHARS,
    len_without_white_space,
};

/// A trust policy of a role for so many control planes: one statement, subjects as a list.
fn trust(region: &str, service_account: &str, control_planes: usize) -> Document {
    let issuer = format!("oidc.eks.{region}.amazonaws.com/id/16B1EDB42627D5F2BD69BB6B42FD5345");
    let subjects = (0..control_planes).map(|n| {
        format!(
            "system:serviceaccount:mxp-706c49fa-5bb8-4a7e-9f41-{n:012x}-system:{service_account}"
        )
    });
    let mut statement = Statement::new(Effect::Allow)
        .with_principal(Principals::one(
            PrincipalType::Federated,
            format!("arn:aws:iam::111122223333:oidc-provider/{issuer}"),
        ))
        .when(
            "StringEquals",
            &format!("{issuer}:aud"),
            ["sts.amazonaws.com"],
        )
        .when("StringEquals", &format!("{issuer}:sub"), subjects);
    statement
        .action
        .insert("sts:AssumeRoleWithWebIdentity".to_owned());
    Document::new([statement])
}

fn most(region: &str, service_account: &str, quota: usize) -> usize {
    (1..200)
        .take_while(|&n| trust(region, service_account, n).len_without_white_space() <= quota)
        .count()
}

#[test]
fn so_many_control_planes_fit_one_trust_policy() {
    let fits = |region, account| {
        [TRUST_POLICY_CHARS, 4_096, 8_192].map(|quota| most(region, account, quota))
    };
    assert_eq!(fits("us-west-2", "mxp-controller"), [18, 42, 89]);
    assert_eq!(fits("us-west-2", "vector"), [20, 46, 98]);
    assert_eq!(
        fits("us-west-2", "external-secrets-controller"),
        [16, 36, 77]
    );
    assert_eq!(
        most(
            "ap-northeast-2",
            "external-secrets-controller",
            TRUST_POLICY_CHARS
        ),
        15
    );
}

#[test]
fn white_space_between_tokens_does_not_count() {
    assert_eq!(len_without_white_space(""), 0);
    assert_eq!(len_without_white_space("{ \"a\" :\t[ 1 ,\r\n2 ] }"), 11);
    assert_eq!(len_without_white_space(r#"{"a b":" c "}"#), 13);
    assert_eq!(len_without_white_space(r#"{"a\" ":"\\" }"#), 13);
    assert_eq!(len_without_white_space("\"é ü\""), 5);
    let document = trust("us-west-2", "vector", 3);
    assert_eq!(
        len_without_white_space(&document.to_pretty_json()),
        document.to_json().chars().count()
    );
}
