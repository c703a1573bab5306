//! The lines under a step: who, may, fields, edits.
//!
//! Owns what is said of a step and in which order; the layout is `text`'s.

use std::collections::BTreeSet;

use super::mask::mask_edit;
use super::words::{clean, cut, line, why};
use crate::diff::diff;
use crate::{Action, Change, Doc, Edge, Edit, KindInfo, Step, Why};

/// One line: a label, a sign (empty for none), and what is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) label: String,
    pub(super) sign: &'static str,
    pub(super) body: String,
}

/// How many lines of one sort are shown before the rest is folded.
const FOLD: usize = 20;

/// How many characters of one value are shown.
const WIDTH: usize = 400;

/// What is said of `step`; all of it where `verbose`.
pub(super) fn rows(step: &Step, info: Option<&KindInfo>, verbose: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    match (step.action, &step.before, &step.after) {
        (Action::Create, _, Some(doc)) if !step.replace => made(doc, info, &mut rows),
        (Action::Delete, Some(doc), _) if !step.replace => edges(doc, info, &mut rows),
        _ => edited(step, info, &mut rows),
    }
    if !verbose {
        for row in &mut rows {
            row.body = cut(std::mem::take(&mut row.body), WIDTH);
        }
        rows = fold(rows);
    }
    let mut say = |label: &str, body: String| {
        rows.push(Row {
            label: label.to_owned(),
            sign: "",
            body,
        });
    };
    if let Some(from) = &step.moved_from {
        say("from", clean(&from.to_string()));
    }
    if let Some(reason) = &step.reason {
        say("why", clean(reason));
    }
    rows
}

/// The words that stand behind the address: why, or in which way.
pub(super) fn word(step: &Step) -> String {
    use crate::Relation::{Adopted, Made, Shared};
    match (step.action, step.relation) {
        (Action::Create | Action::Delete, _) if step.replace => "replaced".to_owned(),
        (Action::Delete, Shared) => "our part".to_owned(),
        (Action::Create | Action::Delete, _) => String::new(),
        (Action::Forget, _) => "forgotten".to_owned(),
        (Action::Update, _) if step.edits.is_empty() => "mark".to_owned(),
        (Action::Update, _) => {
            let whys: BTreeSet<&str> = step
                .edits
                .iter()
                .flat_map(|edit| why(edit.why).split(", "))
                .collect();
            Vec::from_iter(whys).join(", ")
        }
        (Action::Adopt, _) if step.moved_from.is_some() => "moved".to_owned(),
        (Action::Adopt, Shared) if step.reason.is_none() => "shared".to_owned(),
        (Action::Adopt, Adopted) if step.reason.is_none() => "adopted".to_owned(),
        (Action::Adopt, Made) if step.mark || !step.edits.is_empty() => "taken back".to_owned(),
        (Action::Adopt, _) => "state only".to_owned(),
    }
}

/// A new resource: who acts as it, what they may do, and its plain fields. The trees that
/// who and may are read from are not repeated.
fn made(doc: &Doc, info: Option<&KindInfo>, rows: &mut Vec<Row>) {
    edges(doc, info, rows);
    let said = !rows.is_empty();
    let Doc::Map(parts) = doc else {
        rows.push(row("", "", line(doc)));
        return;
    };
    for (name, part) in parts {
        if let (Doc::Map(entries), false) = (part, said) {
            let entry = |(key, value): (&str, &Doc)| {
                row(name, "", format!("{}: {}", clean(key), line(value)))
            };
            rows.extend(entries.iter().map(entry));
            continue;
        }
        let plain = match part {
            Doc::Map(_) => false,
            Doc::Set(members) => {
                !members.is_empty() && !members.iter().any(|m| matches!(m, Doc::Map(_)))
            }
            _ => true,
        };
        if plain {
            rows.push(row(name, "", line(part)));
        }
    }
}

fn edges(doc: &Doc, info: Option<&KindInfo>, rows: &mut Vec<Row>) {
    let edges = match info.map(|info| (info.edges)(doc)).transpose() {
        Ok(edges) => edges.unwrap_or_default(),
        Err(error) => {
            let body = format!("cannot be told: {}", clean(&error.to_string()));
            rows.push(row("may", "", body));
            return;
        }
    };
    let width = edges.iter().map(|edge| match edge {
        Edge::May { verb, .. } => clean(verb).chars().count(),
        Edge::ActsAs { .. } => 0,
    });
    let width = width.max().unwrap_or(0);
    // Where all are of one cluster, nobody needs to read its issuer with each.
    let vouching: BTreeSet<String> = edges
        .iter()
        .filter_map(|edge| match edge {
            Edge::ActsAs { at, .. } => Some(at.clone()),
            Edge::May { .. } => None,
        })
        .collect();
    let several = vouching.len() > 1;
    let mut who = Vec::new();
    let mut may = Vec::new();
    for edge in edges {
        match edge {
            Edge::ActsAs { who: subject, at } if several && !at.is_empty() => {
                let body = format!("{}  ({})", clean(&subject), clean(&at));
                who.push(row("who", "", body));
            }
            Edge::ActsAs { who: subject, .. } => who.push(row("who", "", clean(&subject))),
            Edge::May { verb, on } => {
                may.push(row(
                    "may",
                    "",
                    format!("{:width$}  {}", clean(&verb), clean(&on)),
                ));
            }
        }
    }
    rows.extend(who);
    rows.extend(may);
}

fn edited(step: &Step, info: Option<&KindInfo>, rows: &mut Vec<Row>) {
    let mixed = step.edits.windows(2).any(|pair| pair[0].why != pair[1].why);
    let subjects = subjects([&step.before, &step.after].into_iter().flatten(), info);
    for edit in &step.edits {
        let mut edited = edit_row(edit, &subjects);
        if mixed {
            edited.body += &format!("  ({})", why(edit.why));
        }
        rows.push(edited);
        rows.extend(subject_rows(edit, &subjects));
    }
}

/// Who acts as what the documents describe.
fn subjects<'a>(
    documents: impl Iterator<Item = &'a Doc>,
    info: Option<&KindInfo>,
) -> BTreeSet<String> {
    documents
        .filter_map(|doc| (info?.edges)(doc).ok())
        .flatten()
        .filter_map(|edge| match edge {
            Edge::ActsAs { who, .. } => Some(who),
            Edge::May { .. } => None,
        })
        .collect()
}

/// What became of a resource between two looks, in one line: the first difference as a plan
/// would print it, `trust + system:serviceaccount:a:b`, and how many there are besides.
pub fn changes(before: &Doc, after: &Doc, info: Option<&KindInfo>) -> String {
    let subjects = subjects([before, after].into_iter(), info);
    let edits = diff(before, after, None).into_iter().map(|mut edit| {
        mask_edit(&mut edit, info.map_or(&[], |info| info.fields));
        edit
    });
    let rows: Vec<Row> = edits.map(|edit| edit_row(&edit, &subjects)).collect();
    let Some((Row { label, sign, body }, rest)) = rows.split_first() else {
        return "it is another one now".to_owned();
    };
    let first = format!("{label} {sign} {}", cut(body.clone(), WIDTH));
    match rest.len() {
        0 => first,
        more => format!("{first}, and {more} more"),
    }
}

/// The subjects that come and go with a whole subtree, a line each: in the subtree's own line
/// they might be cut off.
fn subject_rows(edit: &Edit, subjects: &BTreeSet<String>) -> Vec<Row> {
    let Change::Set { before, after } = &edit.change else {
        return Vec::new();
    };
    let within = |doc: &Option<Doc>| {
        let mut found = BTreeSet::new();
        if let Some(doc @ (Doc::Map(_) | Doc::Set(_))) = doc {
            texts(doc, &mut found);
        }
        found.retain(|text| subjects.contains(text));
        found
    };
    let (before, after) = (within(before), within(after));
    let label = edit.path.first().map_or("document", String::as_str);
    let lost = before
        .difference(&after)
        .map(|text| row(label, "-", clean(text)));
    let gained = after
        .difference(&before)
        .map(|text| row(label, "+", clean(text)));
    lost.chain(gained).collect()
}

/// All texts in `doc`.
fn texts(doc: &Doc, found: &mut BTreeSet<String>) {
    match doc {
        Doc::Bool(_) | Doc::Int(_) => {}
        Doc::Text(text) => {
            found.insert(text.clone());
        }
        Doc::Set(members) => members.iter().for_each(|member| texts(member, found)),
        Doc::Map(parts) => parts.values().for_each(|part| texts(part, found)),
    }
}

fn edit_row(edit: &Edit, subjects: &BTreeSet<String>) -> Row {
    let label = edit.path.first().map_or("document", String::as_str);
    let rest = edit
        .path
        .iter()
        .skip(1)
        .filter(|name| *name != "statements");
    let rest: Vec<String> = rest.map(|name| clean(name)).collect();
    let rest = rest.join(".");
    let foreign = edit.why == Why::Drifted;
    let (sign, value) = match &edit.change {
        Change::Add(member) => ("+", line(member)),
        Change::Remove(member) if foreign => ("-", format!("{}  (not ours)", line(member))),
        Change::Remove(member) => ("-", line(member)),
        Change::Set {
            before: Some(before),
            after: Some(after),
        } => ("~", format!("{} → {}", line(before), line(after))),
        Change::Set {
            before: Some(before),
            after: None,
        } if foreign => ("-", format!("(not ours: {})", line(before))),
        Change::Set {
            before: Some(before),
            after: None,
        } => ("-", line(before)),
        Change::Set { after, .. } => ("+", after.as_ref().map(line).unwrap_or_default()),
    };
    // A subject says by itself what it is; the path to it is a policy's inner life.
    let is_subject = match &edit.change {
        Change::Add(Doc::Text(text)) | Change::Remove(Doc::Text(text)) => subjects.contains(text),
        _ => false,
    };
    let body = match rest.is_empty() || is_subject {
        true => value,
        false => format!("{rest}  {value}"),
    };
    row(label, sign, body)
}

fn row(label: &str, sign: &'static str, body: String) -> Row {
    Row {
        label: clean(label),
        sign,
        body,
    }
}

/// `rows` with long runs of one label and sign folded.
fn fold(rows: Vec<Row>) -> Vec<Row> {
    rows.chunk_by(|a, b| a.label == b.label && a.sign == b.sign)
        .flat_map(|run| {
            let (shown, folded) = run.split_at(run.len().min(FOLD));
            let rest = (!folded.is_empty()).then(|| Row {
                sign: "",
                body: format!("… and {} more", folded.len()),
                ..run[0].clone()
            });
            shown.iter().cloned().chain(rest)
        })
        .collect()
}
