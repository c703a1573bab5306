//! Plans without the values of sensitive fields.

use std::collections::BTreeMap;

use crate::diff::touches;
use crate::{Change, Doc, Edit, Field, KindInfo, Plan};

/// `plan` with `(sensitive)` in place of each value of a sensitive field.
pub(super) fn masked(plan: &Plan, kinds: &BTreeMap<&'static str, KindInfo>) -> Plan {
    let mut plan = plan.clone();
    let held = plan.blocked.iter_mut().flat_map(|it| &mut it.held);
    for step in plan.steps.iter_mut().chain(held) {
        let Some(info) = kinds.get(step.address.kind()) else {
            continue;
        };
        for doc in [&mut step.before, &mut step.after].into_iter().flatten() {
            *doc = masked_doc(doc, info.fields);
        }
        for edit in &mut step.edits {
            mask_edit(edit, info.fields);
        }
    }
    plan
}

/// `doc` with `(sensitive)` in place of each value of a sensitive field.
pub(super) fn masked_doc(doc: &Doc, fields: &[Field]) -> Doc {
    let mut doc = doc.clone();
    for field in fields.iter().filter(|field| field.sensitive) {
        let path: Vec<&str> = field.path.split('.').collect();
        mask_at(&mut doc, &path);
    }
    doc
}

fn mask_at(doc: &mut Doc, path: &[&str]) {
    let [name, rest @ ..] = path else {
        *doc = sensitive();
        return;
    };
    if let Doc::Map(parts) = doc
        && let Some(part) = parts.get_mut(name)
    {
        mask_at(part, rest);
    }
}

/// `edit` with `(sensitive)` in place of each value of a sensitive field.
pub(super) fn mask_edit(edit: &mut Edit, fields: &[Field]) {
    for field in fields.iter().filter(|field| field.sensitive) {
        if !touches(edit, field.path) {
            continue;
        }
        let path: Vec<&str> = field.path.split('.').collect();
        let below = path.get(edit.path.len()..).unwrap_or(&[]);
        match &mut edit.change {
            Change::Set { before, after } => {
                for doc in [before, after].into_iter().flatten() {
                    mask_at(doc, below);
                }
            }
            Change::Add(member) | Change::Remove(member) => *member = sensitive(),
        }
    }
}

fn sensitive() -> Doc {
    Doc::Text("(sensitive)".to_owned())
}
