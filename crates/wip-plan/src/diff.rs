//! Differences between documents.
//!
//! Owns the edits that lead from one document to another, who caused each, and their
//! application.
//! Knows no step and no kind.

use std::collections::BTreeSet;

use crate::{Change, Doc, Edit, Parts, Why};

/// The edits that turn `live` into `wanted`, in the order of their paths.
///
/// Maps are compared part by part; a set's members are added and removed, not replaced.
/// `stored` is what was last applied, if anything was: it tells a change of the file from a
/// drift of the cloud.
pub fn diff(live: &Doc, wanted: &Doc, stored: Option<&Doc>) -> Vec<Edit> {
    let mut edits = Vec::new();
    walk(
        &mut Vec::new(),
        Some(live),
        Some(wanted),
        &mut |path, change| {
            let why = why(&change, stored.map(|stored| at(stored, path)));
            edits.push(Edit {
                path: path.to_vec(),
                change,
                why,
            });
        },
    );
    edits
}

/// The edits of [`diff`] that take nothing away: what `wanted` has beyond `live`.
///
/// For what is shared with others, whose parts are nobody's business but theirs.
pub fn additions(live: &Doc, wanted: &Doc, stored: Option<&Doc>) -> Vec<Edit> {
    let mut edits = diff(live, wanted, stored);
    edits.retain(|edit| {
        !matches!(
            edit.change,
            Change::Remove(_) | Change::Set { after: None, .. }
        )
    });
    edits
}

/// `doc` after `edits`; an edit whose path leads through something that is no map changes
/// nothing.
pub fn apply(doc: &Doc, edits: &[Edit]) -> Doc {
    let mut doc = doc.clone();
    for edit in edits {
        change(&mut doc, &edit.path, &edit.change);
    }
    doc
}

/// The part of `doc` at `path`.
pub(crate) fn at<'a>(doc: &'a Doc, path: &[String]) -> Option<&'a Doc> {
    path.iter().try_fold(doc, |doc, name| match doc {
        Doc::Map(parts) => parts.get(name),
        _ => None,
    })
}

/// Whether the edit changes anything at or under `field`, a path joined by `.`.
pub(crate) fn touches(edit: &Edit, field: &str) -> bool {
    let field: Vec<String> = field.split('.').map(str::to_owned).collect();
    if edit.path.starts_with(&field) {
        return true;
    }
    let Some(rest) = field.strip_prefix(edit.path.as_slice()) else {
        return false;
    };
    match &edit.change {
        Change::Set { before, after } => {
            let part = |doc: &Option<Doc>| doc.as_ref().and_then(|doc| at(doc, rest).cloned());
            part(before) != part(after)
        }
        Change::Add(_) | Change::Remove(_) => false,
    }
}

fn walk(
    path: &mut Vec<String>,
    live: Option<&Doc>,
    wanted: Option<&Doc>,
    found: &mut dyn FnMut(&[String], Change),
) {
    match (live, wanted) {
        _ if live == wanted => {}
        (Some(Doc::Map(live)), Some(Doc::Map(wanted))) => {
            let names: BTreeSet<&str> = live.keys().chain(wanted.keys()).collect();
            for name in names {
                path.push(name.to_owned());
                walk(path, live.get(name), wanted.get(name), found);
                path.pop();
            }
        }
        (Some(Doc::Set(live)), Some(Doc::Set(wanted))) => {
            for member in wanted.difference(live) {
                found(path, Change::Add(member.clone()));
            }
            for member in live.difference(wanted) {
                found(path, Change::Remove(member.clone()));
            }
        }
        _ => found(
            path,
            Change::Set {
                before: live.cloned(),
                after: wanted.cloned(),
            },
        ),
    }
}

/// Who caused `change`; `stored` is what the state has at its path, `None` without a state.
fn why(change: &Change, stored: Option<Option<&Doc>>) -> Why {
    let Some(stored) = stored else {
        return Why::Changed;
    };
    let member = |member: &Doc| matches!(stored, Some(Doc::Set(set)) if set.contains(member));
    let (as_live, as_wanted) = match change {
        Change::Set { before, after } => (stored == before.as_ref(), stored == after.as_ref()),
        Change::Add(added) => (!member(added), member(added)),
        Change::Remove(removed) => (member(removed), !member(removed)),
    };
    match (as_live, as_wanted) {
        (true, _) => Why::Changed,
        (false, true) => Why::Drifted,
        (false, false) => Why::ChangedAndDrifted,
    }
}

fn change(doc: &mut Doc, path: &[String], change_to: &Change) {
    match (path, change_to) {
        ([], Change::Set { after, .. }) => {
            *doc = after.clone().unwrap_or(Doc::Map(Parts::default()));
        }
        ([], Change::Add(member)) => {
            if let Doc::Set(members) = doc {
                members.insert(member.clone());
            }
        }
        ([], Change::Remove(member)) => {
            if let Doc::Set(members) = doc {
                members.remove(member);
            }
        }
        ([name, rest @ ..], _) => {
            let Doc::Map(parts) = doc else {
                return;
            };
            match (rest, change_to, parts.get_mut(name)) {
                ([], Change::Set { after: None, .. }, _) => {
                    parts.remove(name);
                }
                (
                    [],
                    Change::Set {
                        after: Some(after), ..
                    },
                    None,
                ) => {
                    parts.insert(name, after.clone());
                }
                (_, _, Some(part)) => change(part, rest, change_to),
                (_, _, None) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
