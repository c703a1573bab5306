//! The state file: golden text, round trips, and what is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proptest::prelude::*;
use wip_plan::{Cloud, Doc, Owned, Place, Relation, State};

use super::words::{NASTY, PLAIN};
use super::{address, any_state, owned, state};
use crate::format::write_within;
use crate::{StateError, read_state, write_state};

/// Version 1 as it was first released. Never to be changed.
const V1: &str = include_str!("state-v1.yaml");

/// Version 2 as it was first released. Never to be changed.
const V2: &str = include_str!("state-v2.yaml");
/// The same state with what a cloud made of a resource.
const V3: &str = include_str!("state-v3.yaml");

fn v1() -> State {
    let text = |text: &str| Doc::Text(text.to_owned());
    let set = |parts: &[Doc]| Doc::Set(parts.iter().cloned().collect());
    let map = |parts: &[(&str, Doc)]| {
        let parts = parts.iter().cloned();
        Doc::Map(parts.collect())
    };
    let role = Owned {
        needs: BTreeSet::from([address("issuer")]),
        doc: map(&[
            ("description", text("on")),
            ("inline", map(&[])),
            ("maxSessionDuration", Doc::Int(3600)),
            (
                "subjects",
                set(&[
                    text("system:serviceaccount:b:c"),
                    text("system:serviceaccount:a:c"),
                ]),
            ),
            (
                "tags",
                set(&[map(&[("key", text("team")), ("value", text("007"))])]),
            ),
            ("trusted", Doc::Bool(true)),
            ("unused", set(&[])),
        ]),
        ..owned("/")
    };
    let issuer = Owned {
        place: Place {
            region: "eu-west-1".to_owned(),
            ..role.place.clone()
        },
        relation: Relation::Shared,
        id: Some("arn:aws:iam::111122223333:oidc-provider/issuer".to_owned()),
        doubtful: true,
        ..owned("line\nbreak")
    };
    State {
        cloud: Cloud::Sandbox,
        ..state(7, [(address("backup"), role), (address("issuer"), issuer)])
    }
}

fn read(text: &str) -> Result<State, StateError> {
    read_state(text, Path::new("state/prod/state.yaml"))
}

fn refused(text: &str) -> String {
    read(text).expect_err("to be refused").to_string()
}

#[test]
fn version_1_is_read_as_it_was_released() {
    assert_eq!(read(V1).expect("a state"), v1());
}

#[test]
fn version_2_is_written_and_read_as_it_was_released() {
    assert_eq!(write_state(&v1()).expect("a text"), V2);
    assert_eq!(read(V2).expect("a state"), v1());
}

#[test]
fn version_3_is_written_where_something_needs_it() {
    let mut state = v1();
    let owned = state.resources.get_mut(&address("backup"));
    let ids = ["clientId", "principalId"].map(|name| (name.to_owned(), format!("the {name}")));
    owned.expect("a role").given = BTreeMap::from(ids);
    assert_eq!(write_state(&state).expect("a text"), V3);
    assert_eq!(read(V3).expect("a state"), state);
}

#[test]
fn an_older_version_has_no_field_of_a_newer_one() {
    for old in ["version: 1", "version: 2"] {
        let words = refused(&V3.replacen("version: 3", old, 1));
        assert!(!words.contains("newer wip"), "{words}");
    }
    // Nor is the newer one taken where nothing needs it: one state has one text.
    let words = refused(&V2.replacen("version: 2", "version: 3", 1));
    assert!(words.contains("wip did not write this state"), "{words}");
}

#[test]
fn an_edit_that_keeps_the_form_is_refused() {
    for (from, to) in [
        ("serial: 7", "serial: 8"),
        ("trusted: true", "trusted: false"),
        ("space: prod", "space: test"),
        ("relation: shared", "relation: made"),
        ("      - system:serviceaccount:b:c\n", ""),
    ] {
        assert!(V2.contains(from), "{from}");
        let words = refused(&V2.replacen(from, to, 1));
        assert!(words.contains("wip did not write this state"), "{words}");
        assert!(words.contains("git checkout"), "{words}");
    }
    let (_, digest) = V2.split_once(" # ").expect("a digest");
    let digest = format!(" # {}", digest.lines().next().expect("a line"));
    for other in ["", " # ", " # 0000000000000000"] {
        let words = refused(&V2.replacen(&digest, other, 1));
        assert!(words.contains("wip did not write this state"), "{words}");
    }
}

fn texts(texts: &[&str]) -> State {
    let numbered = texts.iter().zip(0..);
    let doc =
        numbered.map(|(text, number)| (format!("t{number:03}"), Doc::Text((*text).to_owned())));
    let keys = texts
        .iter()
        .map(|text| ((*text).to_owned(), Doc::Bool(true)));
    let values = Owned {
        doc: Doc::Map(doc.collect()),
        ..owned("")
    };
    let names = Owned {
        doc: Doc::Map(keys.collect()),
        ..owned("")
    };
    state(1, [(address("values"), values), (address("names"), names)])
}

/// The scalars of the document of `values`, in order.
fn scalars(text: &str) -> Vec<&str> {
    let (_, values) = text
        .split_once("aws/iam-role:prod/values:\n")
        .expect("the resource");
    let lines = values
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix('t'));
    lines
        .map(|line| line.split_once(": ").expect("a value").1)
        .collect()
}

#[test]
fn what_any_reader_could_misread_is_in_quotes() {
    let state = texts(NASTY);
    let text = write_state(&state).expect("a text");
    let scalars = scalars(&text);
    assert_eq!(scalars.len(), NASTY.len());
    for (scalar, word) in scalars.iter().zip(NASTY) {
        assert!(
            scalar.starts_with('"') && scalar.ends_with('"'),
            "{word:?} is written {scalar}"
        );
    }
    let printable =
        |c: char| c == '\n' || (!c.is_control() && !('\u{2000}'..'\u{2100}').contains(&c));
    assert!(text.chars().all(printable), "{text}");
    assert_eq!(read(&text).expect("a state"), state);
}

#[test]
fn what_nobody_can_misread_is_bare() {
    let text = write_state(&texts(PLAIN)).expect("a text");
    assert_eq!(scalars(&text), PLAIN);
}

proptest! {
    #[test]
    fn what_is_written_is_read_and_written_the_same(state in any_state()) {
        let text = write_state(&state).expect("a text");
        let back = read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert_eq!(&back, &state);
        prop_assert_eq!(write_state(&back).expect("a text"), text);
    }

    #[test]
    fn one_value_is_one_line(state in any_state()) {
        let text = write_state(&state).expect("a text");
        prop_assert!(text.ends_with('\n') && !text.contains("\n\n") && !text.contains('\r'));
        // A block scalar would end its line in one of these.
        prop_assert!(!text.lines().any(|line| line.ends_with(['|', '>']) || line.ends_with("|-")));
    }

    #[test]
    fn a_changed_byte_is_never_taken_for_what_was_written(at in 0..V2.len(), to in "[ -~\n]") {
        let mut text = V2.to_owned();
        text.replace_range(at..=at, &to);
        match read(&text) {
            Ok(_) => prop_assert_eq!(text, V2),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}

#[test]
fn a_hand_edit_is_refused_with_its_first_line() {
    let edits = [
        ("serial: 7", "serial:  7", 7, "`serial:  7`", "`serial: 7`"),
        (
            "description: \"on\"",
            "description: on",
            17,
            "`      description: on`",
            "`      description: \"on\"`",
        ),
        ("# To change", "# To edit", 2, "`# To edit", "`# To change"),
        ("lineage:", "# mine\nlineage:", 6, "`# mine`", "`lineage: "),
        (
            "trusted: true",
            "trusted: true\n      trusted: true",
            0,
            "",
            "",
        ),
    ];
    for (from, to, line, found, expected) in edits {
        let words = refused(&V2.replacen(from, to, 1));
        assert!(words.contains("edited by hand"), "{words}");
        assert!(words.contains("git checkout"), "{words}");
        if line > 0 {
            assert!(words.contains(&format!("state.yaml:{line}: ")), "{words}");
            assert!(words.contains(found) && words.contains(expected), "{words}");
        }
    }
}

#[test]
fn other_line_ends_and_a_missing_one_are_hand_edits() {
    let words = refused(&V2.replace('\n', "\r\n"));
    assert!(
        words.contains(":1: ") && words.contains("no such line"),
        "{words}"
    );
    let words = refused(V2.trim_end());
    assert!(words.contains("end of the file"), "{words}");
    let words = refused(&format!("{V2}\n"));
    assert!(words.contains("end of the file"), "{words}");
}

#[test]
fn conflict_markers_are_called_by_their_name() {
    let text = V2.replacen(
        "serial: 7",
        "<<<<<<< HEAD\nserial: 7\n=======\nserial: 8\n>>>>>>> theirs",
        1,
    );
    let words = refused(&text);
    assert!(words.contains("state.yaml:7: a merge conflict"), "{words}");
}

#[test]
fn a_newer_version_is_refused_before_anything_else_is_looked_at() {
    let words = refused(&V2.replacen("version: 2", "version: 4\nsomething: new", 1));
    assert!(words.contains("written by a newer wip"), "{words}");
}

#[test]
fn what_is_no_state_is_refused() {
    for text in [
        "",
        "\n",
        "{}",
        "space: prod\n",
        "version: one\n",
        "version: 0\n",
        "version: -1\n",
        "[version: 1]",
    ] {
        assert!(read(text).is_err(), "{text:?}");
    }
    for text in [
        "version: 1\n",
        "version: 1\nspace: prod\n",
        "version: 1\n---\nversion: 1\n",
        "version: 2\n",
        "version: 3\n",
    ] {
        assert!(
            matches!(read(text), Err(StateError::Malformed { .. })),
            "{text:?}"
        );
    }
}

#[test]
fn yaml_that_wip_never_writes_is_refused_by_its_line() {
    for line in [
        "space: &a prod",
        "space: !!binary aa",
        "space: 'prod'",
        "space: |",
        "\tspace: prod",
        "space: \"prod",
        "space: [prod]",
        "space: {}}",
        "space: prod # mine",
        "  # mine",
        "space: prod\r",
        "space: pröd",
    ] {
        let text = V2.replacen("space: prod", line, 1);
        match read(&text) {
            Err(StateError::ForeignLine { line: 4, .. }) => {}
            other => panic!("{line:?}: {other:?}"),
        }
    }
}

#[test]
fn deep_and_endless_texts_end_at_once() {
    let top = "version: 1\nresources: ";
    for deep in ["[", "{a: ", "- ", "? ", "- - - ", "? - "] {
        let text = format!("{top}{}\n", deep.repeat(1_000_000));
        assert!(read(&text).is_err(), "{deep}");
        let text = format!("{top}\n{}a\n", deep.repeat(1_000_000));
        assert!(
            matches!(read(&text), Err(StateError::ForeignLine { .. })),
            "{deep}"
        );
    }
    let mut bomb = "version: 1\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    assert!(matches!(
        read(&bomb),
        Err(StateError::ForeignLine { line: 2, .. })
    ));
}

#[test]
fn what_could_not_be_read_again_is_not_written() {
    let nest = |depth| (0..depth).fold(Doc::Int(1), |doc, _| Doc::Set([doc].into_iter().collect()));
    let with = |doc| state(1, [(address("a"), Owned { doc, ..owned("") })]);
    let fits = with(nest(64));
    assert_eq!(
        read(&write_state(&fits).expect("a text")).expect("a state"),
        fits
    );
    let error = write_state(&with(nest(65))).expect_err("to be refused");
    assert!(error.to_string().contains("aws/iam-role:prod/a"), "{error}");
}

#[test]
fn a_state_beyond_the_limit_is_not_written() {
    let length = V2.len() as u64;
    assert_eq!(write_within(&v1(), length).expect("a text"), V2);
    let error = write_within(&v1(), length - 1).expect_err("to be refused");
    assert!(
        error
            .to_string()
            .starts_with("the new state is larger than"),
        "{error}"
    );
}
