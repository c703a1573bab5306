use proptest::prelude::*;

use super::{additions, apply, at, diff, touches};
use crate::testing::{doc, json};
use crate::{Change, Why};

#[test]
fn a_set_gains_and_loses_members_and_a_map_is_walked() {
    let live = json(r#"{"trust":{"who":["a","b"]},"gone":1,"kept":true}"#);
    let wanted = json(r#"{"trust":{"who":["b","c"]},"new":{"x":"y"},"kept":true}"#);
    let shown: Vec<String> = diff(&live, &wanted, None)
        .iter()
        .map(|edit| format!("{} {:?}", edit.path.join("."), edit.change))
        .collect();
    assert_eq!(
        shown,
        [
            r#"gone Set { before: Some(Int(1)), after: None }"#,
            r#"new Set { before: None, after: Some(Map({"x": Text("y")})) }"#,
            r#"trust.who Add(Text("c"))"#,
            r#"trust.who Remove(Text("a"))"#,
        ]
    );
}

#[test]
fn the_state_tells_a_change_from_a_drift() {
    let why = |live: &str, wanted: &str, stored: &str| -> Vec<Why> {
        diff(&json(live), &json(wanted), Some(&json(stored)))
            .iter()
            .map(|edit| edit.why)
            .collect()
    };
    assert_eq!(
        why(r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":1}"#),
        [Why::Changed]
    );
    assert_eq!(
        why(r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":2}"#),
        [Why::Drifted]
    );
    assert_eq!(
        why(r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":3}"#),
        [Why::ChangedAndDrifted]
    );
    assert_eq!(why(r#"["a"]"#, r#"["b"]"#, r#"["a"]"#), [Why::Changed; 2]);
    assert_eq!(why(r#"["a"]"#, r#"["b"]"#, r#"["b"]"#), [Why::Drifted; 2]);
    assert_eq!(
        why(r#"["a","x"]"#, r#"["a","b"]"#, r#"["a"]"#),
        [Why::Changed, Why::Drifted]
    );
}

#[test]
fn additions_take_nothing_away() {
    let live = json(r#"{"set":["theirs"],"theirs":1,"value":1}"#);
    let wanted = json(r#"{"set":["ours"],"ours":1,"value":2}"#);
    let after = apply(&live, &additions(&live, &wanted, None));
    assert_eq!(
        after,
        json(r#"{"set":["ours","theirs"],"theirs":1,"ours":1,"value":2}"#)
    );
    assert!(additions(&after, &wanted, None).is_empty());
}

#[test]
fn an_edit_touches_a_field_from_above_and_from_below() {
    let touched = |live: &str, wanted: &str| -> bool {
        diff(&json(live), &json(wanted), None)
            .iter()
            .any(|edit| touches(edit, "a.b"))
    };
    assert!(touched(r#"{"a":{"b":{"c":1}}}"#, r#"{"a":{"b":{"c":2}}}"#));
    assert!(touched(r#"{}"#, r#"{"a":{"b":1}}"#));
    assert!(!touched(r#"{}"#, r#"{"a":{"c":1}}"#));
    assert!(!touched(r#"{"a":{"c":1}}"#, r#"{"a":{"c":2}}"#));
    assert!(!touched(r#"{"ab":1}"#, r#"{"ab":2}"#));
}

proptest! {
    #[test]
    fn nothing_differs_from_itself(a in doc(), stored in doc()) {
        prop_assert_eq!(diff(&a, &a, Some(&stored)), []);
    }

    #[test]
    fn the_edits_lead_from_live_to_wanted(live in doc(), wanted in doc()) {
        let edits = diff(&live, &wanted, None);
        prop_assert_eq!(apply(&live, &edits), wanted);
    }

    #[test]
    fn after_an_addition_nothing_is_to_be_added(live in doc(), wanted in doc()) {
        let after = apply(&live, &additions(&live, &wanted, None));
        prop_assert_eq!(additions(&after, &wanted, None), []);
    }

    #[test]
    fn without_drift_every_edit_is_a_change_and_without_a_change_every_edit_is_drift(
        live in doc(), wanted in doc(),
    ) {
        for edit in diff(&live, &wanted, Some(&live)) {
            prop_assert_eq!(edit.why, Why::Changed);
        }
        for edit in diff(&live, &wanted, Some(&wanted)) {
            prop_assert_eq!(edit.why, Why::Drifted);
        }
    }

    #[test]
    fn every_edit_starts_from_what_is_live(live in doc(), wanted in doc()) {
        for edit in diff(&live, &wanted, None) {
            if let Change::Set { before, after } = &edit.change {
                prop_assert_eq!(before.as_ref(), at(&live, &edit.path));
                prop_assert_eq!(after.as_ref(), at(&wanted, &edit.path));
            }
        }
    }
}
