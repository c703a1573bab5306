//! Documents as indented text.

use insta::assert_snapshot;
use proptest::prelude::*;

use crate::render::{document, unified};
use crate::testing::{doc, json, kinds};

#[test]
fn a_document_reads_like_yaml() {
    let doc = json(
        r##"{"text":"plain","number":1,"flag":false,"empty":{"map":{},"set":[]},
            "odd":["yes","1"," x","a: b","*","","#","a\nb","say \"hi\"","C:\\x","arn:aws:iam::1:role/x","${aws:x}"],
            "statements":[{"effect":"Allow","action":["a","b"]},{"effect":"Deny"}],"key with: colon":1}"##,
    );
    assert_snapshot!(document(&doc, &[]), @r##"
    empty:
      map: {}
      set: []
    flag: false
    "key with: colon": 1
    number: 1
    odd:
      - ""
      - " x"
      - "#"
      - "${aws:x}"
      - "*"
      - "1"
      - "C:\\x"
      - "a\nb"
      - "a: b"
      - arn:aws:iam::1:role/x
      - "say \"hi\""
      - "yes"
    statements:
      - action:
          - a
          - b
        effect: Allow
      - effect: Deny
    text: plain
    "##);
}

#[test]
fn a_sensitive_value_is_masked_wherever_it_stands() {
    let kinds = kinds();
    let fields = kinds["t/role"].fields;
    assert_eq!(
        document(&json(r#"{"token":{"a":["b"]},"x":1}"#), fields),
        "token: (sensitive)\nx: 1\n"
    );
    assert_eq!(
        unified(
            Some(&json(r#"{"token":"a"}"#)),
            Some(&json(r#"{"token":"b"}"#)),
            fields
        ),
        ""
    );
}

#[test]
fn nothing_prints_nothing() {
    assert_eq!(document(&json("{}"), &[]), "");
    assert_eq!(unified(None, None, &[]), "");
}

proptest! {
    #[test]
    fn documents_that_differ_print_differently(a in doc(), b in doc()) {
        let same = document(&a, &[]) == document(&b, &[]);
        prop_assert_eq!(same, a == b);
        prop_assert_eq!(unified(Some(&a), Some(&b), &[]).is_empty(), same);
    }
}
