//! The fold against a model, and its laws.

use std::collections::BTreeSet;

use proptest::prelude::*;
use wip_plan::{Action, Address, Owned, Relation, State};

use super::{address, begin, doc, failed, gone, made, moved, owned, place, state};
use crate::{Entry, fold};

fn after(before: &[(&str, &str)], entries: &[Entry]) -> Vec<(String, Owned)> {
    let resources = before
        .iter()
        .map(|(name, text)| (address(name), owned(text)));
    let after = fold(state(3, resources), entries);
    assert_eq!(after.serial, 3);
    let resources = after.resources.into_iter();
    resources
        .map(|(address, owned)| (address.local_name().to_owned(), owned))
        .collect()
}

fn is(name: &str, text: &str) -> (String, Owned) {
    (name.to_owned(), owned(text))
}

fn doubt(name: &str, text: &str) -> (String, Owned) {
    let doubtful = Owned {
        doubtful: true,
        ..owned(text)
    };
    (name.to_owned(), doubtful)
}

fn begun(name: &str, text: &str, begun: &[&str]) -> (String, Owned) {
    let (name, doubtful) = doubt(name, text);
    let begun = begun.iter().map(|text| doc(text)).collect();
    (name, Owned { begun, ..doubtful })
}

#[test]
fn what_was_begun_is_kept_until_it_is_settled() {
    let entries = [
        begin("a", Action::Update, Some("1")),
        failed("a", false),
        begin("a", Action::Update, Some("2")),
        begin("a", Action::Update, Some("0")),
    ];
    assert_eq!(
        after(&[("a", "0")], &entries),
        [begun("a", "0", &["1", "2"])]
    );
    let settled = [entries.as_slice(), &[made("a", "2")]].concat();
    assert_eq!(after(&[("a", "0")], &settled), [is("a", "2")]);
}

#[test]
fn outcomes_set_and_remove() {
    let entries = [
        begin("a", Action::Create, Some("1")),
        begin("b", Action::Delete, None),
        made("a", "1"),
        gone("b"),
    ];
    assert_eq!(after(&[("b", "0")], &entries), [is("a", "1")]);
}

#[test]
fn a_lone_begin_is_a_doubt() {
    let create = [begin("a", Action::Create, Some("1"))];
    assert_eq!(after(&[], &create), [doubt("a", "1")]);
    let adopt = [begin("a", Action::Adopt, Some("1"))];
    assert_eq!(after(&[], &adopt), [doubt("a", "1")]);
    let update = [begin("a", Action::Update, Some("1"))];
    assert_eq!(after(&[("a", "0")], &update), [begun("a", "0", &["1"])]);
    let delete = [begin("a", Action::Delete, None)];
    assert_eq!(after(&[("a", "0")], &delete), [doubt("a", "0")]);
    assert_eq!(after(&[], &delete), []);
    let forget = [begin("a", Action::Forget, None)];
    assert_eq!(after(&[("a", "0")], &forget), [is("a", "0")]);
}

#[test]
fn only_a_certain_failure_takes_the_doubt_away() {
    for action in [Action::Create, Action::Update, Action::Adopt] {
        let begun = begin("a", action, Some("1"));
        assert_eq!(after(&[], &[begun.clone(), failed("a", true)]), []);
        assert_eq!(
            after(&[], &[begun.clone(), failed("a", false)]),
            [doubt("a", "1")]
        );
        assert_eq!(
            after(&[("a", "0")], &[begun, failed("a", true)]),
            [is("a", "0")]
        );
    }
    let twice = [
        begin("a", Action::Update, Some("1")),
        failed("a", false),
        begin("a", Action::Update, Some("2")),
        failed("a", true),
    ];
    assert_eq!(after(&[("a", "0")], &twice), [begun("a", "0", &["1"])]);
}

#[test]
fn a_replacement_that_died_between_its_halves_is_gone() {
    let mut entries = vec![begin("a", Action::Delete, None), gone("a")];
    assert_eq!(after(&[("a", "0")], &entries), []);
    entries.push(begin("a", Action::Create, Some("1")));
    assert_eq!(after(&[("a", "0")], &entries), [doubt("a", "1")]);
}

#[test]
fn a_move_takes_along_what_needs_it() {
    let needing = Owned {
        needs: BTreeSet::from([address("a"), address("x")]),
        ..owned("1")
    };
    let before = state(3, [(address("a"), owned("0")), (address("b"), needing)]);
    let after = fold(before.clone(), &[moved("a", "c")]);
    assert_eq!(after.resources[&address("c")], owned("0"));
    assert!(!after.resources.contains_key(&address("a")));
    let needs = &after.resources[&address("b")].needs;
    assert_eq!(*needs, BTreeSet::from([address("c"), address("x")]));
    // Onto something, or of nothing: no effect.
    assert_eq!(
        fold(before.clone(), &[moved("a", "b"), moved("x", "y")]),
        before
    );
}

/// The fold told the other way round, for one address without moves: what was settled last,
/// and what has begun since and did not certainly fail.
fn model(before: Option<&Owned>, entries: &[&Entry]) -> Option<Owned> {
    let settled = entries
        .iter()
        .rposition(|entry| !matches!(entry, Entry::Begin { .. } | Entry::Failed { .. }));
    let mut value = match settled.map(|at| entries[at]) {
        None => before.cloned(),
        Some(Entry::Made { owned, .. } | Entry::Adopted { owned, .. }) => Some(Owned {
            doubtful: false,
            begun: BTreeSet::new(),
            ..owned.clone()
        }),
        Some(_) => None,
    };
    let open = &entries[settled.map_or(0, |at| at + 1)..];
    for (at, entry) in open.iter().enumerate() {
        let Entry::Begin {
            action,
            place,
            relation,
            id,
            needs,
            doc,
            ..
        } = entry
        else {
            continue;
        };
        let next = open[at + 1..].iter().find(|next| !is_forget(next));
        let certain = matches!(next, Some(Entry::Failed { certain: true, .. }));
        if certain || is_forget(entry) {
            continue;
        }
        value = match (value, doc) {
            (Some(mut owned), doc) if *action != Action::Create => {
                let others = doc.iter().filter(|doc| **doc != owned.doc);
                owned.begun.extend(others.cloned());
                Some(owned)
            }
            (_, Some(doc)) => Some(Owned {
                place: place.clone(),
                relation: *relation,
                id: id.clone(),
                given: std::collections::BTreeMap::new(),
                needs: needs.clone(),
                doc: doc.clone(),
                doubtful: true,
                begun: BTreeSet::new(),
            }),
            (value, None) => value,
        };
        if let Some(owned) = &mut value {
            owned.doubtful = true;
        }
    }
    value
}

fn is_forget(entry: &Entry) -> bool {
    matches!(
        entry,
        Entry::Begin {
            action: Action::Forget,
            ..
        }
    )
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

fn any_name() -> impl Strategy<Value = Address> {
    proptest::sample::select(&NAMES[..]).prop_map(address)
}

fn any_small_owned() -> impl Strategy<Value = Owned> {
    (
        "[0-3]",
        any::<bool>(),
        proptest::collection::btree_set(any_name(), 0..2),
    )
        .prop_map(|(text, doubtful, needs)| Owned {
            doubtful,
            needs,
            ..owned(&text)
        })
}

fn any_action() -> impl Strategy<Value = Action> {
    proptest::sample::select(
        &[
            Action::Create,
            Action::Update,
            Action::Delete,
            Action::Adopt,
            Action::Forget,
        ][..],
    )
}

fn any_entry() -> impl Strategy<Value = Entry> {
    prop_oneof![
        4 => (any_name(), any_action(), proptest::option::of("[4-7]")).prop_map(
            |(address, action, wanted)| Entry::Begin {
                address,
                action,
                place: place(),
                relation: Relation::Adopted,
                id: wanted.clone(),
                needs: BTreeSet::new(),
                doc: wanted.as_deref().map(doc),
            }
        ),
        1 => (any_name(), any_small_owned())
            .prop_map(|(address, owned)| Entry::Made { address, owned }),
        1 => (any_name(), any_small_owned())
            .prop_map(|(address, owned)| Entry::Adopted { address, owned }),
        1 => any_name().prop_map(|address| Entry::Gone { address }),
        1 => any_name().prop_map(|address| Entry::Forgotten { address }),
        3 => (any_name(), any::<bool>()).prop_map(|(address, certain)| Entry::Failed {
            address,
            reason: String::new(),
            certain,
        }),
    ]
}

fn any_small_state() -> impl Strategy<Value = State> {
    proptest::collection::btree_map(any_name(), any_small_owned(), 0..=4)
        .prop_map(|resources| state(3, resources))
}

fn any_entries() -> impl Strategy<Value = Vec<Entry>> {
    proptest::collection::vec(any_entry(), 0..14)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn the_fold_is_what_the_model_says(before in any_small_state(), entries in any_entries()) {
        let folded = fold(before.clone(), &entries);
        for name in NAMES {
            let address = address(name);
            let about: Vec<_> = entries.iter().filter(|entry| entry.address() == &address).collect();
            let expected = model(before.resources.get(&address), &about);
            prop_assert_eq!(folded.resources.get(&address), expected.as_ref(), "{}", name);
        }
        prop_assert_eq!(folded.serial, before.serial);
    }

    #[test]
    fn folding_again_changes_nothing(before in any_small_state(), entries in any_entries()) {
        let once = fold(before, &entries);
        prop_assert_eq!(fold(once.clone(), &entries), once);
    }

    #[test]
    fn a_run_that_renames_first_folds_again_to_the_same(
        mut before in any_small_state(),
        renamed in any_small_owned(),
        entries in any_entries(),
    ) {
        // Only what the state holds is renamed, and only to where nothing is.
        before.resources.insert(address("a"), renamed);
        before.resources.remove(&address("b"));
        let mut run = vec![moved("a", "b")];
        run.extend(entries);
        let once = fold(before, &run);
        prop_assert_eq!(fold(once.clone(), &run), once);
    }

    #[test]
    fn a_journal_folds_in_two_parts_as_in_one(
        before in any_small_state(),
        entries in any_entries(),
        rest in any_entries(),
    ) {
        // A run that goes on with the journal of a dead one speaks only of its own calls.
        let mut begun = BTreeSet::new();
        let rest: Vec<_> = rest
            .into_iter()
            .filter(|entry| match entry {
                Entry::Failed { address, .. } => begun.contains(address),
                entry if is_forget(entry) => true,
                entry => {
                    begun.insert(entry.address().clone());
                    true
                }
            })
            .collect();
        let whole: Vec<_> = entries.iter().chain(&rest).cloned().collect();
        prop_assert_eq!(fold(fold(before.clone(), &entries), &rest), fold(before, &whole));
    }
}
