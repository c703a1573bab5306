//! Arbitrary policies for the property tests.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{Condition, Document, Effect, PrincipalType, Principals, Statement, Version};

/// Any text: quotes, backslashes, wildcards, control characters, beyond ASCII.
pub(super) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9:/*?$-]{1,12}",
        "[ -~]{1,12}",
        any::<String>(),
        Just("a:B".to_owned()),
        Just("A:b".to_owned())
    ]
}

/// Names from few, so that some stand twice; some are odd.
pub(super) fn sid() -> impl Strategy<Value = Option<String>> {
    let names = [
        "",
        "A",
        "B",
        "WipOne",
        "WipTwo",
        "~12345678",
        "Enable IAM \"x\" \\ {} [] , :",
    ];
    option::of(proptest::sample::select(names.to_vec()).prop_map(str::to_owned))
}

fn names() -> impl Strategy<Value = BTreeSet<String>> {
    btree_set(text(), 1..4)
}

fn maybe_names() -> impl Strategy<Value = BTreeSet<String>> {
    btree_set(text(), 0..4)
}

fn principals() -> impl Strategy<Value = Principals> {
    let kind = proptest::sample::select(vec![
        PrincipalType::Aws,
        PrincipalType::CanonicalUser,
        PrincipalType::Federated,
        PrincipalType::Service,
    ]);
    let name = prop_oneof![
        text(),
        Just("*".to_owned()),
        Just("111122223333".to_owned()),
        Just("arn:aws:iam::111122223333:root".to_owned())
    ];
    prop_oneof![
        Just(Principals::Anyone),
        btree_map(kind, btree_set(name, 1..3), 1..3).prop_map(Principals::Of)
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    btree_map(text(), btree_map(text(), names(), 1..3), 0..3)
}

pub(super) fn statement() -> impl Strategy<Value = Statement> {
    let effect = prop_oneof![Just(Effect::Allow), Just(Effect::Deny)];
    let who = (option::of(principals()), option::of(principals()));
    let what = (maybe_names(), maybe_names(), maybe_names(), maybe_names());
    (sid(), effect, who, what, condition()).prop_map(|(sid, effect, who, what, condition)| {
        Statement {
            sid,
            effect,
            principal: who.0,
            not_principal: who.1,
            action: what.0,
            not_action: what.1,
            resource: what.2,
            not_resource: what.3,
            condition,
        }
    })
}

/// JSON that no policy language has, at most three levels deep.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9f64).prop_map(Value::from),
        text().prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            btree_map(text(), inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect()))
        ]
    })
}

/// A statement as JSON: in most cases one that the model knows, in some one that it does not.
pub(super) fn statement_json() -> impl Strategy<Value = String> {
    let unknown = (sid(), btree_map(text(), value(), 0..3)).prop_map(|(sid, mut members)| {
        members.insert("Future".to_owned(), json!(1));
        members.extend(sid.map(|sid| ("Sid".to_owned(), Value::from(sid))));
        serde_json::to_string(&members).unwrap()
    });
    prop_oneof![3 => statement().prop_map(|statement| statement.to_json()), 1 => unknown]
}

pub(super) fn document() -> impl Strategy<Value = Document> {
    let version = option::of(prop_oneof![Just(Version::V2012), Just(Version::V2008)]);
    (version, option::of(text()), vec(statement_json(), 0..5)).prop_map(
        |(version, id, statements)| {
            let text = format!(r#"{{"Statement":[{}]}}"#, statements.join(","));
            Document {
                version,
                id,
                ..Document::parse(&text).unwrap()
            }
        },
    )
}

/// The same JSON with other white space between its tokens.
pub(super) fn respaced(json: &str, spaces: &[u8]) -> String {
    let mut spaces = spaces.iter().cycle();
    let mut space =
        || ["", " ", "\n  ", "\t", "\r\n"][usize::from(*spaces.next().unwrap_or(&0)) % 5];
    let (mut out, mut in_string, mut escaped) = (String::new(), false, false);
    for c in json.chars() {
        let is_structure = !in_string && "{}[]:,".contains(c);
        if is_structure {
            out.push_str(space());
        }
        out.push(c);
        if is_structure {
            out.push_str(space());
        }
        (in_string, escaped) = match c {
            '"' if !escaped => (!in_string, false),
            '\\' => (in_string, !escaped),
            _ => (in_string, false),
        };
    }
    out
}

/// Our statements by name, to be set.
pub(super) fn ours() -> impl Strategy<Value = BTreeMap<String, Statement>> {
    btree_map(
        proptest::sample::select(vec!["WipOne".to_owned(), "WipTwo".to_owned()]),
        statement(),
        0..3,
    )
}
