//! Values for tests: small documents, small worlds.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::{Address, Doc, DocError, Edge, Existing, Field, KindInfo, Place};

/// A document from JSON text.
pub(crate) fn json(text: &str) -> Doc {
    serde_json::from_str(text).expect("a document")
}

/// An address of the Space `s`.
pub(crate) fn address(kind: &str, name: &str) -> Address {
    Address::new(kind, "s", name)
}

pub(crate) fn place() -> Place {
    Place {
        cloud: "aws".to_owned(),
        account: "111122223333".to_owned(),
        region: String::new(),
    }
}

/// `t/role` asks before it takes over, is replaced when its `path` changes, has a sensitive
/// `token`, interrupts whoever comes by its `method`, strands whoever came by its `way`, takes a place in its `crowd`, stays where it says why (`stays`), and grants what its `who` (or `trust.who`) and `may` (or `policy.may`) say;
/// `t/provider` is shared; of `t/members` those that are `beside` are somebody else's.
pub(crate) fn kinds() -> BTreeMap<&'static str, KindInfo> {
    const ROLE: KindInfo = KindInfo {
        name: "t/role",
        summary: "A role.",
        existing: Existing::Ask,
        fields: &[
            Field {
                path: "path",
                replaces: true,
                sensitive: false,
            },
            Field {
                path: "token",
                replaces: false,
                sensitive: true,
            },
        ],
        edges: role_edges,
        interrupts: |from, to| {
            let method = |doc: &Doc| crate::diff::at(doc, &["method".to_owned()]).cloned();
            let (from, to) = (method(from)?, method(to)?);
            (from != to).then(|| "they would lose their access".to_owned())
        },
        stays: |doc, _| match crate::diff::at(doc, &["stays".to_owned()])? {
            Doc::Text(why) => Some(why.clone()),
            _ => None,
        },
        warns: |from, to| {
            let keys = |doc: &Doc| crate::diff::at(doc, &["keys".to_owned()]).cloned();
            (keys(from).is_some() && keys(to).is_none())
                .then(|| ("WIP0999", "the keys go".to_owned()))
        },
        strands: |gone, edges| {
            let way = crate::diff::at(gone, &["way".to_owned()]);
            (way.is_some() && !edges.is_empty()).then(|| "they come by another way".to_owned())
        },
        crowd: |_, doc| match crate::diff::at(doc, &["crowd".to_owned()]) {
            Some(Doc::Text(crowd)) => Some(crowd.clone()),
            _ => None,
        },
        beside: |wanted, _| wanted.clone(),
    };
    const PROVIDER: KindInfo = KindInfo {
        name: "t/provider",
        summary: "A provider.",
        existing: Existing::Shared,
        ..KindInfo::PLAIN
    };
    const MEMBERS: KindInfo = KindInfo {
        name: "t/members",
        summary: "Members.",
        existing: Existing::Part,
        edges: member_edges,
        beside,
        ..KindInfo::PLAIN
    };
    BTreeMap::from([ROLE, PROVIDER, MEMBERS].map(|kind| (kind.name, kind)))
}

fn members_of(doc: &Doc, name: &str) -> BTreeSet<String> {
    let part = crate::diff::at(doc, &[name.to_owned()]);
    part.and_then(|part| part.to().ok()).unwrap_or_default()
}

fn member_edges(doc: &Doc) -> Result<Vec<Edge>, DocError> {
    let who = &members_of(doc, "members") | &members_of(doc, "beside");
    let subjects = who.into_iter().map(|who| Edge::ActsAs {
        who,
        at: String::new(),
    });
    let may = Edge::May {
        verb: "use".to_owned(),
        on: "it".to_owned(),
    };
    Ok(subjects.chain([may]).collect())
}

fn beside(wanted: &Doc, live: &Doc) -> Doc {
    let (wanted, theirs) = (members_of(wanted, "members"), members_of(live, "beside"));
    members_doc(&(&wanted - &theirs), &(&wanted & &theirs))
}

fn members_doc(members: &BTreeSet<String>, beside: &BTreeSet<String>) -> Doc {
    let set = |names: &BTreeSet<String>| {
        let names = names.iter().cloned();
        Doc::Set(names.map(Doc::Text).collect())
    };
    let parts = [("members", set(members)), ("beside", set(beside))];
    Doc::Map(parts.into_iter().collect())
}

/// Members over a small alphabet; with some that are somebody else's, where `theirs` may be.
pub(crate) fn members(theirs: bool) -> impl Strategy<Value = Doc> {
    let some = || prop::collection::btree_set("[abc]", 0..3);
    (some(), some()).prop_map(move |(members, beside)| match theirs {
        true => members_doc(&(&members - &beside), &beside),
        false => members_doc(&members, &BTreeSet::new()),
    })
}

/// No role is a document whose `who` is no set.
fn role_edges(doc: &Doc) -> Result<Vec<Edge>, DocError> {
    let at = |path: &str| {
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        crate::diff::at(doc, &path)
    };
    if let Some(who) = at("who") {
        who.to::<BTreeSet<String>>()?;
    }
    let members = |paths: [&str; 2]| -> Vec<String> {
        let sets = paths.into_iter().filter_map(at);
        sets.filter_map(|set| match set {
            Doc::Set(members) => Some(members),
            _ => None,
        })
        .flatten()
        .filter_map(|member| match member {
            Doc::Text(text) => Some(text.clone()),
            _ => None,
        })
        .collect()
    };
    let subjects = members(["who", "trust.who"])
        .into_iter()
        .map(|who| Edge::ActsAs {
            who,
            at: String::new(),
        });
    let may = members(["may", "policy.may"]).into_iter().map(|text| {
        let (verb, on) = text.rsplit_once(' ').unwrap_or((&text, "*"));
        Edge::May {
            verb: verb.to_owned(),
            on: on.to_owned(),
        }
    });
    Ok(subjects.chain(may).collect())
}

/// Any small document.
pub(crate) fn doc() -> impl Strategy<Value = Doc> {
    let scalar = prop_oneof![
        any::<bool>().prop_map(Doc::Bool),
        (0..3i64).prop_map(Doc::Int),
        "[ab]".prop_map(Doc::Text),
    ];
    scalar.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::btree_set(inner.clone(), 0..4)
                .prop_map(|set| Doc::Set(set.into_iter().collect())),
            prop::collection::btree_map("[abc]", inner, 0..4)
                .prop_map(|map| Doc::Map(map.into_iter().collect())),
        ]
    })
}

/// A role's document over a small alphabet.
pub(crate) fn role() -> impl Strategy<Value = Doc> {
    let members = |alphabet: &'static [&'static str]| {
        prop::sample::subsequence(alphabet, 0..=alphabet.len()).prop_map(|members| {
            let members = members.into_iter();
            Doc::Set(members.map(|member| Doc::Text(member.to_owned())).collect())
        })
    };
    let who = members(&["sa:a", "sa:b", "sa:c"]);
    let may = members(&["read bucket", "write bucket"]);
    let path = prop::sample::select(vec!["/", "/", "/", "/x/"]);
    (who, may, path).prop_map(|(who, may, path)| {
        let path = Doc::Text(path.to_owned());
        Doc::Map(
            [("who", who), ("may", may), ("path", path)]
                .into_iter()
                .collect(),
        )
    })
}
