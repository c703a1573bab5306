//! A whole policy document.
//!
//! Not here: documents of which only some statements are ours (`shared`), the keyed tree (`tree`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::wire::{self, WireAnyStatement, WireDocument};
use crate::{PolicyError, Statement, decode, json, keys};

/// A policy document.
///
/// `==` compares meaning: the order of statements, a statement that stands twice, scalars and lists, and spelling
/// where AWS ignores it make no difference. See [`Document::canonical`].
///
/// As a keyed tree (`Serialize`, `Deserialize`): `version`, `id`, and `statements`, a map from the `Sid` (or, where
/// there is none, `~` and hex digits of the statement's hash) to the statement.
#[derive(Debug, Clone)]
pub struct Document {
    /// Version of the language; `None` when the document does not say, which means [`Version::V2008`].
    pub version: Option<Version>,
    /// A name for the document; some services ask for one.
    pub id: Option<String>,
    /// The statements that the model knows.
    pub statements: Vec<Statement>,
    /// The statements that it does not know, kept as they are.
    pub unknown: Vec<UnknownStatement>,
}

/// Version of the policy language (IAM User Guide, "IAM JSON policy elements: Version").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Version {
    /// `2012-10-17`: with policy variables. What wip writes.
    #[serde(rename = "2012-10-17")]
    V2012,
    /// `2008-10-17`: `${…}` is plain text. What a document without `Version` means.
    #[serde(rename = "2008-10-17")]
    V2008,
}

/// A statement with a member, a value or a shape that the model does not know, as JSON with sorted keys.
#[derive(Debug, Clone, PartialEq)]
pub struct UnknownStatement(Value);

impl UnknownStatement {
    /// The statement as minified JSON with sorted keys; lists keep their order.
    pub fn to_json(&self) -> String {
        json::write(&self.0)
    }

    /// Its name, when it has one that is not empty.
    pub fn sid(&self) -> Option<&str> {
        self.0
            .get("Sid")
            .and_then(Value::as_str)
            .filter(|sid| !sid.is_empty())
    }

    /// Whether it may forbid something: true unless it says plainly that it allows.
    pub fn is_deny(&self) -> bool {
        self.0.get("Effect").and_then(Value::as_str) != Some("Allow")
    }

    pub(crate) fn value(&self) -> &Value {
        &self.0
    }

    /// From its JSON, as [`UnknownStatement::to_json`] writes it.
    pub(crate) fn parse(text: &str) -> Result<UnknownStatement, PolicyError> {
        json::read(text).map(UnknownStatement)
    }
}

impl Document {
    /// A document of version 2012-10-17 with these statements.
    pub fn new(statements: impl IntoIterator<Item = Statement>) -> Document {
        Document {
            version: Some(Version::V2012),
            id: None,
            statements: statements.into_iter().collect(),
            unknown: Vec::new(),
        }
    }

    /// Reads a document as AWS returns it: plain or percent-encoded, scalars or lists, one statement or many.
    ///
    /// Errors: see [`PolicyError`]. A statement that is not understood is kept in [`Document::unknown`].
    pub fn parse(text: &str) -> Result<Document, PolicyError> {
        let Value::Object(members) = json::read(&decode(text)?)? else {
            return Err(PolicyError::NotAnObject);
        };
        let mut document = Document {
            version: None,
            ..Document::new([])
        };
        let mut statements = None;
        for (name, value) in members {
            match (name.as_str(), value) {
                ("Version", value) => document.version = Some(version(&value)?),
                ("Id", Value::String(id)) => document.id = Some(id).filter(|id| !id.is_empty()),
                ("Id", _) => return Err(PolicyError::IdNotAString),
                ("Statement", Value::Array(items)) => statements = Some(items),
                ("Statement", one @ Value::Object(_)) => statements = Some(vec![one]),
                ("Statement", _) => return Err(PolicyError::NoStatement),
                _ => return Err(PolicyError::UnknownMember(name)),
            }
        }
        for value in statements.ok_or(PolicyError::NoStatement)? {
            match wire::statement(&value) {
                Some(statement) => document.statements.push(statement),
                None => document.unknown.push(UnknownStatement(value)),
            }
        }
        Ok(document)
    }

    /// The AWS JSON: minified, members in the order `Version`, `Id`, `Statement`, statements in the order of their
    /// keys in the tree, sets sorted, a set of one as a scalar. Equal text for equal documents of the same spelling.
    pub fn to_json(&self) -> String {
        let keyed = keys::keyed(self);
        json::write(&self.wire(&keyed))
    }

    /// The same as [`Document::to_json`] with line breaks and two spaces of indentation.
    pub fn to_pretty_json(&self) -> String {
        let keyed = keys::keyed(self);
        serde_json::to_string_pretty(&self.wire(&keyed))
            .expect("keys are strings and numbers are finite")
    }

    /// Length of [`Document::to_json`] as AWS counts it, in characters.
    pub fn len_without_white_space(&self) -> usize {
        crate::len_without_white_space(&self.to_json())
    }

    /// Whether any statement forbids, or may forbid (see [`UnknownStatement::is_deny`]).
    pub fn has_deny(&self) -> bool {
        self.statements.iter().any(Statement::is_deny)
            || self.unknown.iter().any(UnknownStatement::is_deny)
    }

    fn wire<'a>(&'a self, keyed: &keys::Keyed<'a>) -> WireDocument<'a> {
        WireDocument {
            version: self.version,
            id: self.id.as_deref().filter(|id| !id.is_empty()),
            statement: keyed
                .values()
                .map(|entry| match entry {
                    keys::AnyStatement::Known(statement) => {
                        WireAnyStatement::Known((*statement).into())
                    }
                    keys::AnyStatement::Unknown(unknown) => {
                        WireAnyStatement::Unknown(unknown.value())
                    }
                })
                .collect(),
        }
    }
}

fn version(value: &Value) -> Result<Version, PolicyError> {
    match value.as_str() {
        Some("2012-10-17") => Ok(Version::V2012),
        Some("2008-10-17") => Ok(Version::V2008),
        _ => Err(PolicyError::UnknownVersion(json::write(value))),
    }
}
