//! The key of each statement in a document: its `Sid`, or a hash of what it says.
//!
//! Not here: writing the keyed tree.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::{Document, Statement, UnknownStatement};

/// The statements of a document by key, equal ones once.
pub(crate) type Keyed<'a> = BTreeMap<String, AnyStatement<'a>>;

/// A statement, known or not.
#[derive(Clone, Copy)]
pub(crate) enum AnyStatement<'a> {
    Known(&'a Statement),
    Unknown(&'a UnknownStatement),
}

impl AnyStatement<'_> {
    /// The `Sid` if it can be a key: a derived key must not be mistaken for one.
    fn sid(&self) -> Option<&str> {
        match self {
            AnyStatement::Known(statement) => statement.sid.as_deref(),
            AnyStatement::Unknown(unknown) => unknown.sid(),
        }
        .filter(|sid| !sid.is_empty() && !sid.starts_with('~'))
    }

    /// Text that is the same for equal statements and for no others.
    fn canonical_json(&self) -> String {
        match self {
            AnyStatement::Known(statement) => statement.canonical().to_json(),
            AnyStatement::Unknown(unknown) => unknown.to_json(),
        }
    }
}

/// Gives every statement of the document its key.
///
/// A `Sid` that two different statements share is no key: both get derived ones.
pub(crate) fn keyed(document: &Document) -> Keyed<'_> {
    let known = document.statements.iter().map(AnyStatement::Known);
    let unknown = document.unknown.iter().map(AnyStatement::Unknown);
    let mut distinct = BTreeMap::new();
    for entry in known.chain(unknown) {
        distinct.entry(entry.canonical_json()).or_insert(entry);
    }
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for sid in distinct.values().filter_map(AnyStatement::sid) {
        *uses.entry(sid).or_default() += 1;
    }
    let mut keyed = Keyed::new();
    for (canonical, entry) in &distinct {
        let key = match entry.sid() {
            Some(sid) if uses[sid] == 1 => sid.to_owned(),
            _ => derived(canonical, &keyed),
        };
        keyed.insert(key, *entry);
    }
    keyed
}

/// `~` and as many hex digits of the hash, eight at least, as it takes to differ from the keys in use: eight alone
/// are few enough that somebody could write two statements with the same ones, and hide one behind the other.
fn derived(canonical: &str, used: &Keyed<'_>) -> String {
    let hash: String = Sha256::digest(canonical.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    (8..hash.len())
        .step_by(8)
        .map(|digits| format!("~{}", &hash[..digits]))
        .find(|key| !used.contains_key(key))
        .unwrap_or_else(|| format!("~{hash}"))
}
