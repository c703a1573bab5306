//! Texts that somebody else wrote.

use std::error::Error;

use crate::{Document, MAX_BYTES, MAX_DEPTH, PolicyError, SharedDocument};

fn cause(error: &PolicyError) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn a_key_that_stands_twice_is_refused_at_every_depth() {
    for text in [
        r#"{"Statement":[],"Statement":[{"Effect":"Allow","Action":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Deny","Effect":"Allow"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Condition":{"StringLike":{"a":"x","a":"*"}}}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Future":{"a":1,"\u0061":2}}]}"#,
    ] {
        for error in [
            Document::parse(text).unwrap_err(),
            SharedDocument::parse(text).unwrap_err(),
        ] {
            assert!(
                cause(&error).contains("stands twice in one object at line 1 column"),
                "{}",
                cause(&error)
            );
        }
    }
}

#[test]
fn size_and_depth_are_bounded() {
    let large = format!(r#"{{"Statement":[],"Id":"{}"}}"#, "x".repeat(MAX_BYTES));
    assert!(
        matches!(Document::parse(&large), Err(PolicyError::TooLarge { bytes }) if bytes == large.len())
    );
    assert!(matches!(
        SharedDocument::parse(&large),
        Err(PolicyError::TooLarge { .. })
    ));
    assert!(matches!(
        Document::parse(&"%7B".repeat(MAX_BYTES + 1)),
        Err(PolicyError::TooLarge { .. })
    ));

    let nested = |levels: usize| {
        format!(
            r#"{{"Statement":[{{"F":{}{}}}]}}"#,
            "[".repeat(levels),
            "]".repeat(levels)
        )
    };
    assert!(Document::parse(&nested(MAX_DEPTH - 3)).is_ok());
    let error = Document::parse(&nested(MAX_DEPTH - 2)).unwrap_err();
    assert!(
        cause(&error).starts_with("nested deeper than 32 levels"),
        "{}",
        cause(&error)
    );
    for open in ["[", "{\"a\":", "[{\"a\":"] {
        assert!(Document::parse(&open.repeat(40_000)).is_err());
        assert!(SharedDocument::parse(&open.repeat(40_000)).is_err());
    }
}

#[test]
fn what_is_not_a_policy_says_what_it_is() {
    let message = |text: &str| Document::parse(text).unwrap_err().to_string();
    assert_eq!(message(""), "the policy document is not valid JSON");
    assert_eq!(message("{} {}"), "the policy document is not valid JSON");
    assert_eq!(message("[]"), "the policy document is not a JSON object");
    assert_eq!(
        message("{}"),
        "the policy document has no `Statement` object or list"
    );
    assert_eq!(
        message(r#"{"Statement":"x"}"#),
        "the policy document has no `Statement` object or list"
    );
    assert_eq!(
        message(r#"{"Statement":[],"statement":[]}"#),
        "the policy document has an unknown member `statement`"
    );
    assert_eq!(
        message(r#"{"Version":"2030-01-01","Statement":[]}"#),
        "the policy document has the unknown version `\"2030-01-01\"`"
    );
    assert_eq!(
        message(r#"{"Version":2012,"Statement":[]}"#),
        "the policy document has the unknown version `2012`"
    );
    assert_eq!(
        message(r#"{"Id":1,"Statement":[]}"#),
        "the `Id` of the policy document is not a string"
    );
    assert_eq!(
        message("%7B%FF"),
        "the percent-encoded policy document is not UTF-8"
    );
    assert!(matches!(
        SharedDocument::parse("[]"),
        Err(PolicyError::NotAnObject)
    ));
    assert!(matches!(
        SharedDocument::parse(r#"{"Statement":7}"#),
        Err(PolicyError::NoStatement)
    ));
}
