//! A policy document of which only some statements are ours: bucket policies and key policies.
//!
//! Everybody else's statements keep their bytes and their order, and so does the rest of the text: the document is
//! edited as text, at the places where our statements stand.
//!
//! Not here: which statements are ours (the caller knows their names), reading and writing the document in the cloud.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{PolicyError, Statement, json, wire};

/// A document that others write too.
#[derive(Debug, Clone)]
pub struct SharedDocument {
    text: String,
    /// Where the value of `Statement` stands.
    value: Range<usize>,
    /// A list, not one object.
    is_list: bool,
    items: Vec<Item>,
}

/// One statement of a shared document.
#[derive(Debug, Clone)]
struct Item {
    /// Where it stands, without white space around it.
    range: Range<usize>,
    value: Value,
}

/// A principal that was deleted: AWS shows its unique id instead of its ARN, and refuses to take the id back
/// (IAM User Guide, "AWS JSON policy elements: Principal", notes on deleted users and roles).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrphanPrincipal {
    /// Position of the statement in the document, from 0.
    pub position: usize,
    /// Name of the statement, if it has one.
    pub sid: Option<String>,
    /// The unique id, such as `AROAEXAMPLEID1234567`.
    pub principal: String,
}

/// The part of a document that is looked at, borrowed from its text.
#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow, rename = "Statement")]
    statement: &'a RawValue,
}

impl Item {
    fn sid(&self) -> Option<&str> {
        self.value
            .get("Sid")
            .and_then(Value::as_str)
            .filter(|sid| !sid.is_empty())
    }
}

impl SharedDocument {
    /// Reads a document; members at the top level that the policy language does not have are kept.
    ///
    /// Errors: see [`PolicyError`].
    pub fn parse(text: &str) -> Result<SharedDocument, PolicyError> {
        let parsed = json::read(text)?;
        let Value::Object(members) = &parsed else {
            return Err(PolicyError::NotAnObject);
        };
        let is_list = match members.get("Statement") {
            Some(Value::Array(_)) => true,
            Some(Value::Object(_)) => false,
            _ => return Err(PolicyError::NoStatement),
        };
        let raw: Raw<'_> = serde_json::from_str(text).map_err(PolicyError::Json)?;
        let raws: Vec<&RawValue> = match is_list {
            true => serde_json::from_str(raw.statement.get()).map_err(PolicyError::Json)?,
            false => vec![raw.statement],
        };
        let item = |raw: &RawValue| {
            Ok(Item {
                range: range(text, raw.get()),
                value: json::read(raw.get())?,
            })
        };
        Ok(SharedDocument {
            value: range(text, raw.statement.get()),
            is_list,
            items: raws
                .into_iter()
                .map(item)
                .collect::<Result<_, PolicyError>>()?,
            text: text.to_owned(),
        })
    }

    /// The document that stands for none: version 2012-10-17, no statement.
    pub fn empty() -> SharedDocument {
        let text = r#"{"Version":"2012-10-17","Statement":[]}"#;
        let at = text.len() - 3;
        SharedDocument {
            text: text.to_owned(),
            value: at..at + 2,
            is_list: true,
            items: Vec::new(),
        }
    }

    /// The text that was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names of the statements in their order; a name that stands twice is there twice.
    pub fn sids(&self) -> Vec<&str> {
        self.items.iter().filter_map(Item::sid).collect()
    }

    /// The statement of this name. `None` when there is none, when there are several, and when the model does not
    /// know all of it: whatever it is, [`SharedDocument::with`] puts one statement in its place.
    pub fn statement(&self, sid: &str) -> Option<Statement> {
        let mut named = self.items.iter().filter(|item| item.sid() == Some(sid));
        match (named.next(), named.next()) {
            (Some(only), None) => wire::statement(&only.value),
            _ => None,
        }
    }

    /// The statements of other names and of none, byte for byte, in their order.
    pub fn foreign(&self, ours: &BTreeSet<String>) -> Vec<&str> {
        let foreign = |item: &&Item| item.sid().is_none_or(|sid| !ours.contains(sid));
        self.items
            .iter()
            .filter(foreign)
            .map(|item| &self.text[item.range.clone()])
            .collect()
    }

    /// Every principal of any statement that was deleted.
    pub fn orphan_principals(&self) -> Vec<OrphanPrincipal> {
        let mut orphans = Vec::new();
        for (position, item) in self.items.iter().enumerate() {
            let mut principals = BTreeSet::new();
            for member in ["Principal", "NotPrincipal"] {
                item.value
                    .get(member)
                    .into_iter()
                    .for_each(|value| unique_ids(value, &mut principals));
            }
            let sid = item.sid().map(str::to_owned);
            orphans.extend(principals.into_iter().map(|principal| OrphanPrincipal {
                position,
                sid: sid.clone(),
                principal: principal.to_owned(),
            }));
        }
        orphans
    }

    /// The new text, with each statement of `set` under its name (in place, or appended in the order of names) and
    /// without those of `remove`; `None` when no statement is left, which no service takes: delete the policy then.
    ///
    /// A statement that is there already, equal in meaning, keeps its bytes. Where a name stands several times, the
    /// first place is used and the others go. A name in both `set` and `remove` is set.
    pub fn with(
        &self,
        set: &BTreeMap<String, Statement>,
        remove: &BTreeSet<String>,
    ) -> Option<String> {
        let mut to_append: BTreeMap<&str, &Statement> =
            set.iter().map(|(sid, new)| (sid.as_str(), new)).collect();
        let mut items: Vec<String> = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            let old = &self.text[item.range.clone()];
            let new = match item.sid() {
                None => old.to_owned(),
                Some(sid) => match to_append.remove(sid) {
                    Some(new) => self.replacement(item, sid, new),
                    None if set.contains_key(sid) || remove.contains(sid) => continue,
                    None => old.to_owned(),
                },
            };
            items.push(self.gap_before(index).to_owned() + &new + self.gap_after(index));
        }
        let indent = self.gap_before(self.items.len().saturating_sub(1));
        items.extend(
            to_append
                .into_iter()
                .map(|(sid, new)| indent.to_owned() + &new.clone().with_sid(sid).to_json()),
        );
        let (before, after) = self.around();
        match items.as_slice() {
            [] => None,
            [one] if !self.is_list => Some(format!("{before}{one}{after}")),
            all => Some(format!("{before}[{}{}]{after}", all.join(","), self.tail())),
        }
    }

    /// The text before and after the value of `Statement`.
    pub(crate) fn around(&self) -> (&str, &str) {
        (&self.text[..self.value.start], &self.text[self.value.end..])
    }

    fn replacement(&self, item: &Item, sid: &str, new: &Statement) -> String {
        let new = new.clone().with_sid(sid);
        match wire::statement(&item.value) {
            Some(old) if old == new => self.text[item.range.clone()].to_owned(),
            _ => new.to_json(),
        }
    }

    /// White space between the comma or bracket and a statement of a list.
    fn gap_before(&self, index: usize) -> &str {
        let Some(item) = self.items.get(index).filter(|_| self.is_list) else {
            return "";
        };
        let before = &self.text[..item.range.start];
        &before[before.trim_end_matches(is_white_space).len()..]
    }

    /// White space between a statement of a list and its comma; none for the last, whose white space is the tail.
    fn gap_after(&self, index: usize) -> &str {
        match index + 1 == self.items.len() {
            true => "",
            false => self.white_space_after(index),
        }
    }

    /// White space between the last statement of a list and the bracket.
    fn tail(&self) -> &str {
        self.items
            .len()
            .checked_sub(1)
            .map_or("", |last| self.white_space_after(last))
    }

    fn white_space_after(&self, index: usize) -> &str {
        let after = &self.text[self.items[index].range.end..];
        match self.is_list {
            true => &after[..after.len() - after.trim_start_matches(is_white_space).len()],
            false => "",
        }
    }
}

/// What JSON calls white space.
fn is_white_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Where a part stands in the text that it was borrowed from.
fn range(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - text.as_ptr().addr();
    start..start + part.len()
}

/// Collects the unique ids of roles (`AROA…`) and users (`AIDA…`): prefixes from the IAM User Guide, "IAM identifiers".
fn unique_ids<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::String(text) => {
            let is_id = text.len() >= 16
                && (text.starts_with("AROA") || text.starts_with("AIDA"))
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            found.extend(is_id.then_some(text.as_str()));
        }
        Value::Array(items) => items.iter().for_each(|item| unique_ids(item, found)),
        Value::Object(members) => members
            .values()
            .for_each(|member| unique_ids(member, found)),
        _ => {}
    }
}
