//! What the tests of this crate share: small values, and strategies for random ones.

mod crash;
mod folder;
mod folding;
mod locking;
mod text;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use wip_plan::{Action, Address, Cloud, Doc, Owned, Place, Relation, State};

use crate::{Entry, Holder, Whose};

const LINEAGE: &str = "5f0c7a4e-8f0e-4b51-9c7b-1c8f5d0a2b11";

fn address(name: &str) -> Address {
    Address::new("aws/iam-role", "prod", name)
}

fn place() -> Place {
    Place {
        cloud: "aws".to_owned(),
        account: "111122223333".to_owned(),
        region: String::new(),
    }
}

fn doc(text: &str) -> Doc {
    Doc::Map([("path", Doc::Text(text.to_owned()))].into_iter().collect())
}

fn owned(text: &str) -> Owned {
    Owned {
        place: place(),
        relation: Relation::Made,
        id: None,
        given: BTreeMap::new(),
        needs: BTreeSet::new(),
        doc: doc(text),
        doubtful: false,
        begun: BTreeSet::new(),
    }
}

fn state(serial: u64, resources: impl IntoIterator<Item = (Address, Owned)>) -> State {
    State {
        space: "prod".to_owned(),
        cloud: Cloud::Real,
        lineage: LINEAGE.to_owned(),
        serial,
        resources: resources.into_iter().collect(),
    }
}

fn begin(name: &str, action: Action, wanted: Option<&str>) -> Entry {
    Entry::Begin {
        address: address(name),
        action,
        place: place(),
        relation: Relation::Made,
        id: None,
        needs: BTreeSet::new(),
        doc: wanted.map(doc),
    }
}

fn made(name: &str, text: &str) -> Entry {
    Entry::Made {
        address: address(name),
        owned: owned(text),
    }
}

fn gone(name: &str) -> Entry {
    Entry::Gone {
        address: address(name),
    }
}

fn failed(name: &str, certain: bool) -> Entry {
    Entry::Failed {
        address: address(name),
        reason: "Throttling".to_owned(),
        certain,
    }
}

fn moved(from: &str, to: &str) -> Entry {
    Entry::Moved {
        from: address(from),
        to: address(to),
    }
}

fn whose(space: &str, cloud: Cloud, new_lineage: &str) -> Whose {
    Whose {
        space: space.to_owned(),
        cloud,
        new_lineage: new_lineage.to_owned(),
    }
}

fn holder(id: &str) -> Holder {
    Holder {
        id: id.to_owned(),
        host: "runner-7".to_owned(),
        pid: 4711,
        since: "2026-01-02T03:04:05Z".to_owned(),
        command: "wip apply space.yaml".to_owned(),
    }
}

/// Texts that a YAML reader, or a reviewer, could take for something else.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        20 => proptest::sample::select(words::NASTY).prop_map(str::to_owned),
        10 => any::<String>(),
        10 => "[ -~]{0,12}",
        10 => "[a-zA-Z0-9:/ #*&!|>%@`'\"\\\\{}\\[\\],?~.=_-]{0,20}",
        10 => "(?s)[\\x00-\\x1f\\x7f-\\xa0\u{2028}\u{202e}\u{feff}\u{fffe}\u{10ffff}a]{0,6}",
        10 => "arn:aws:iam::[0-9]{12}:role/[a-z]{1,30}",
        1 => "[a-z ]{120,140}",
        1 => "[a-z]{1020,1040}",
        1 => "[!-~]{1020,1040}",
        5 => "wip\\.quoted\\.[0-9]{0,2}_{0,3}",
    ]
}

fn any_doc() -> impl Strategy<Value = Doc> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Doc::Bool),
        any::<i64>().prop_map(Doc::Int),
        any_text().prop_map(Doc::Text),
    ];
    leaf.prop_recursive(5, 40, 6, |part| {
        prop_oneof![
            proptest::collection::vec(part.clone(), 0..6)
                .prop_map(|set| Doc::Set(set.into_iter().collect())),
            proptest::collection::btree_map(any_text(), part, 0..6)
                .prop_map(|map| Doc::Map(map.into_iter().collect())),
        ]
    })
}

fn any_relation() -> impl Strategy<Value = Relation> {
    prop_oneof![
        Just(Relation::Made),
        Just(Relation::Adopted),
        Just(Relation::Shared)
    ]
}

fn any_owned() -> impl Strategy<Value = Owned> {
    (
        (any_text(), any_text(), any_text()),
        any_relation(),
        proptest::option::of(any_text()),
        proptest::collection::btree_map("[a-c]", any_text(), 0..3),
        proptest::collection::btree_set("[a-d]".prop_map(|name| address(&name)), 0..3),
        any_doc(),
        any::<bool>(),
        proptest::collection::btree_set(any_doc(), 0..2),
    )
        .prop_map(
            |((cloud, account, region), relation, id, given, needs, doc, doubtful, begun)| Owned {
                place: Place {
                    cloud,
                    account,
                    region,
                },
                relation,
                id,
                given,
                needs,
                doc,
                doubtful,
                begun,
            },
        )
}

fn any_state() -> impl Strategy<Value = State> {
    let name = "[a-zA-Z0-9:#'\"/.*-]{1,20}".prop_map(|name| address(&name));
    (
        any_text(),
        any_text(),
        any::<u64>(),
        proptest::bool::ANY,
        proptest::collection::btree_map(name, any_owned(), 0..4),
    )
        .prop_map(|(space, lineage, serial, sandbox, resources)| State {
            space,
            cloud: if sandbox { Cloud::Sandbox } else { Cloud::Real },
            lineage,
            serial,
            resources,
        })
}
