//! Conditions on texts, and what follows where nothing can be compared.

use super::*;

/// The condition of the one statement, and what the request has.
pub(super) type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static [(&'static str, &'static [&'static str])],
    bool,
);

/// Whether a statement with the condition is about the request.
pub(super) fn check_conditions(cases: &[Case]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(_, _, condition, context, holds)| {
            let statement = format!(
                r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}"#
            );
            let (who, document) = (principal(Who::Anna), document(&statement));
            let mut request_context = Context::of(&who);
            for (key, values) in *context {
                request_context.set(key, values.iter().copied());
            }
            let request = Request {
                action: "s3:ListBucket",
                resource: "arn:aws:s3:::b",
                principal: &who,
                context: &request_context,
            };
            let policies = Policies {
                identity: vec![&document],
                owner: A,
                ..Policies::default()
            };
            evaluate(&request, &policies).is_allowed() != *holds
        })
        .map(|(name, page, ..)| format!("{name} ({page})"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn strings() {
    check_conditions(&[
        (
            "equal",
            OPERATORS,
            r#"{"StringEquals":{"k":"v"}}"#,
            &[("k", &["v"])],
            true,
        ),
        (
            "values are case-sensitive",
            OPERATORS,
            r#"{"StringEquals":{"k":"V"}}"#,
            &[("k", &["v"])],
            false,
        ),
        (
            "keys are not case-sensitive",
            CONDITION,
            r#"{"StringEquals":{"AWS:UserName":"anna"}}"#,
            &[],
            true,
        ),
        (
            "one of several values",
            CONDITION,
            r#"{"StringEquals":{"k":["u","v"]}}"#,
            &[("k", &["v"])],
            true,
        ),
        (
            "all keys must hold",
            CONDITION,
            r#"{"StringEquals":{"k":"v","l":"w"}}"#,
            &[("k", &["v"]), ("l", &["x"])],
            false,
        ),
        (
            "all operators must hold",
            CONDITION,
            r#"{"StringEquals":{"k":"v"},"StringLike":{"k":"w*"}}"#,
            &[("k", &["v"])],
            false,
        ),
        (
            "a star under StringEquals is text",
            OPERATORS,
            r#"{"StringEquals":{"k":"v*"}}"#,
            &[("k", &["v1"])],
            false,
        ),
        (
            "a star under StringEquals is that text",
            OPERATORS,
            r#"{"StringEquals":{"k":"v*"}}"#,
            &[("k", &["v*"])],
            true,
        ),
        (
            "different",
            OPERATORS,
            r#"{"StringNotEquals":{"k":"v"}}"#,
            &[("k", &["w"])],
            true,
        ),
        (
            "different from each of several",
            CONDITION,
            r#"{"StringNotEquals":{"k":["v","w"]}}"#,
            &[("k", &["w"])],
            false,
        ),
        (
            "ignoring case",
            OPERATORS,
            r#"{"StringEqualsIgnoreCase":{"k":"ÄV"}}"#,
            &[("k", &["äv"])],
            true,
        ),
        (
            "different, ignoring case",
            OPERATORS,
            r#"{"StringNotEqualsIgnoreCase":{"k":"V"}}"#,
            &[("k", &["v"])],
            false,
        ),
        (
            "like",
            OPERATORS,
            r#"{"StringLike":{"k":"a*c?"}}"#,
            &[("k", &["abbbcd"])],
            true,
        ),
        (
            "like is case-sensitive",
            OPERATORS,
            r#"{"StringLike":{"k":"A*"}}"#,
            &[("k", &["abc"])],
            false,
        ),
        (
            "like is about the whole text",
            OPERATORS,
            r#"{"StringLike":{"k":"b"}}"#,
            &[("k", &["abc"])],
            false,
        ),
        (
            "not like",
            OPERATORS,
            r#"{"StringNotLike":{"k":"a*"}}"#,
            &[("k", &["abc"])],
            false,
        ),
        (
            "an absent key",
            OPERATORS,
            r#"{"StringEquals":{"k":"v"}}"#,
            &[],
            false,
        ),
        (
            "an absent key and a negated operator",
            OPERATORS,
            r#"{"StringNotEquals":{"k":"v"}}"#,
            &[],
            true,
        ),
        (
            "an absent key and a negated pattern",
            OPERATORS,
            r#"{"StringNotLike":{"k":"v*"}}"#,
            &[],
            true,
        ),
        (
            "an absent key that need not be there",
            OPERATORS,
            r#"{"StringEqualsIfExists":{"k":"v"}}"#,
            &[],
            true,
        ),
        (
            "a key that need not be there but is",
            OPERATORS,
            r#"{"StringEqualsIfExists":{"k":"v"}}"#,
            &[("k", &["w"])],
            false,
        ),
        (
            "a negated operator on a key that need not be there",
            OPERATORS,
            r#"{"StringNotEqualsIfExists":{"k":"v"}}"#,
            &[],
            true,
        ),
    ]);
}

#[test]
fn what_cannot_be_compared_denies() {
    const ALLOW: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    const OPERATOR: &str =
        r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringMatches":{"k":"v"}}}"#;
    const DATE: &str = r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"k":"tomorrow"}}}"#;
    const BESIDES: &str = r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringMatches":{"k":"v"},"StringEquals":{"k":"v"}}}"#;
    check(&[
        Row {
            name: "an operator that nobody knows",
            page: "(caution)",
            identity: &[ALLOW, OPERATOR],
            verdict: "identity denies",
            ..ROW
        },
        Row {
            name: "a date that is none",
            page: "(caution)",
            context: &[("k", &["2020-01-01"])],
            identity: &[ALLOW, DATE],
            verdict: "identity denies",
            ..ROW
        },
        Row {
            name: "another condition fails for certain",
            page: CONDITION,
            identity: &[ALLOW, BESIDES],
            verdict: "allowed",
            ..ROW
        },
    ]);
}
