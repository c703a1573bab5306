//! The keyed tree of a document: `Serialize` and `Deserialize` of [`Document`], for diffs and reviewed state.
//!
//! Not here: the AWS JSON (`wire`), how a statement gets its key (`keys`).

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::keys::{self, AnyStatement};
use crate::{Document, Statement, UnknownStatement, Version, json, wire};

/// A document as a tree.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tree {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    statements: BTreeMap<String, Branch>,
}

/// One statement under its key.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Branch {
    Unknown(Text),
    Known(Box<Statement>),
}

/// Canonical JSON: the model cannot say which of its lists are sets, so it is no tree.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    unknown: String,
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let branch = |key: &String, entry: AnyStatement<'_>| match entry {
            AnyStatement::Unknown(unknown) => Branch::Unknown(Text {
                unknown: unknown.to_json(),
            }),
            AnyStatement::Known(statement) => {
                let mut statement = statement.clone();
                statement.sid = statement.sid.filter(|sid| !sid.is_empty() && sid != key);
                Branch::Known(Box::new(statement))
            }
        };
        let statements = keys::keyed(self)
            .into_iter()
            .map(|(key, entry)| {
                let branch = branch(&key, entry);
                (key, branch)
            })
            .collect();
        Tree {
            version: self.version,
            id: self.id.clone().filter(|id| !id.is_empty()),
            statements,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Document, D::Error> {
        let tree = Tree::deserialize(deserializer)?;
        let mut document = Document {
            version: tree.version,
            id: tree.id,
            ..Document::new([])
        };
        for (key, branch) in tree.statements {
            match branch {
                Branch::Known(statement) => document
                    .statements
                    .push(named(key, *statement).map_err(D::Error::custom)?),
                Branch::Unknown(Text { unknown }) => {
                    let unknown = UnknownStatement::parse(&unknown).map_err(D::Error::custom)?;
                    match wire::statement(unknown.value()) {
                        Some(statement) => document.statements.push(statement),
                        None => document.unknown.push(unknown),
                    }
                }
            }
        }
        Ok(document)
    }
}

/// Puts the name back that was left out because it is the key.
fn named(key: String, mut statement: Statement) -> Result<Statement, String> {
    if key.starts_with('~') {
        return Ok(statement);
    }
    match &statement.sid {
        Some(sid) if *sid != key => Err(format!(
            "the statement `{key}` has another sid, {}",
            json::write(sid)
        )),
        _ => {
            statement.sid = Some(key);
            Ok(statement)
        }
    }
}
