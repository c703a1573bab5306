//! Plans to render, written down as they stand.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::diff;
use crate::testing::{address, json, kinds, place};
use crate::{
    Action, Blocked, Cloud, Doc, Grant, Note, Plan, Relation, Step,
    render::{Options, text},
};

pub(super) const HEADING: &str = "s · 2 control planes · aws 111122223333";

/// Everything, without colour.
pub(super) const VERBOSE: Options = Options {
    color: false,
    verbose: true,
};

/// The plan as plain text.
pub(super) fn shown(plan: &Plan) -> String {
    text(plan, HEADING, &kinds(), Options::default())
}

pub(super) fn plan(steps: Vec<Step>) -> Plan {
    Plan {
        format: "wip-plan/1".to_owned(),
        space: "s".to_owned(),
        cloud: Cloud::Real,
        lineage: "us".to_owned(),
        serial: 4,
        steps,
        unchanged: Vec::new(),
        blocked: Vec::new(),
        notes: Vec::new(),
        grants: Vec::new(),
        revokes: Vec::new(),
    }
}

pub(super) fn step(action: Action, name: &str) -> Step {
    Step {
        address: address("t/role", name),
        place: place(),
        action,
        moved_from: None,
        relation: Relation::Made,
        replace: false,
        mark: false,
        id: None,
        given: BTreeMap::new(),
        before: None,
        after: None,
        edits: Vec::new(),
        needs: BTreeSet::new(),
        depends_on: BTreeSet::new(),
        reason: None,
    }
}

pub(super) fn create(name: &str, doc: &str) -> Step {
    Step {
        after: Some(json(doc)),
        ..step(Action::Create, name)
    }
}

pub(super) fn delete(name: &str, doc: &str) -> Step {
    Step {
        before: Some(json(doc)),
        ..step(Action::Delete, name)
    }
}

pub(super) fn update(name: &str, live: &str, wanted: &str, stored: &str) -> Step {
    let (live, wanted, stored): (Doc, Doc, Doc) = (json(live), json(wanted), json(stored));
    Step {
        edits: diff(&live, &wanted, Some(&stored)),
        before: Some(live),
        after: Some(wanted),
        ..step(Action::Update, name)
    }
}

pub(super) fn blocked(name: &str, reason: &str) -> Blocked {
    Blocked {
        address: address("t/role", name),
        reason: reason.to_owned(),
        held: Vec::new(),
    }
}

pub(super) fn note(code: &str, about: Option<&str>, text: &str) -> Note {
    Note {
        code: code.to_owned(),
        address: about.map(|name| address("t/role", name)),
        text: text.to_owned(),
        of_change: false,
    }
}

pub(super) fn grant(who: &str, verb: &str, on: &str) -> Grant {
    Grant {
        at: String::new(),
        who: who.to_owned(),
        verb: verb.to_owned(),
        on: on.to_owned(),
        via: address("t/role", "a"),
    }
}
