//! Documents: the canonical tree of a spec.
//!
//! Owns the turn from a typed spec into a tree and back.
//! Knows no diff and no renderer; how maps and sets lie in memory is `parts`'s.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::{Members, Parts};

/// The canonical tree of a spec: maps, sets and scalars.
///
/// There are no lists: what a spec writes as a sequence is a set here, sorted and without
/// duplicates, because no order in it means anything.
/// There is no null: a field without a value is a field that is not there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "Value")]
#[schemars(with = "Value")]
pub enum Doc {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
    /// Members without order.
    Set(Members),
    /// Named parts.
    Map(Parts),
}

impl Doc {
    /// The tree of `spec`.
    ///
    /// # Errors
    /// Where the spec holds a null inside a sequence or a number that is no `i64`.
    pub fn of<T: Serialize>(spec: &T) -> Result<Self, DocError> {
        Self::from_json(serde_json::to_value(spec).map_err(|error| DocError(error.to_string()))?)
    }

    /// The spec of this tree.
    ///
    /// # Errors
    /// Where the tree does not have the spec's shape.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, DocError> {
        serde_json::from_value(self.to_json()).map_err(|error| DocError(error.to_string()))
    }

    /// As JSON; sets become sorted arrays.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::from(*value),
            Self::Text(text) => Value::String(text.clone()),
            Self::Set(members) => members.iter().map(Self::to_json).collect(),
            Self::Map(parts) => parts
                .iter()
                .map(|(name, part)| (name.to_owned(), part.to_json()))
                .collect(),
        }
    }

    fn from_json(value: Value) -> Result<Self, DocError> {
        Ok(match value {
            Value::Null => return Err(DocError("a null where a value must be".to_owned())),
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => Self::Int(
                number
                    .as_i64()
                    .ok_or_else(|| DocError(format!("{number} is not a whole number")))?,
            ),
            Value::String(text) => Self::Text(text),
            Value::Array(members) => Self::Set(
                members
                    .into_iter()
                    .map(Self::from_json)
                    .collect::<Result<_, _>>()?,
            ),
            Value::Object(parts) => Self::Map(
                parts
                    .into_iter()
                    .filter(|(_, part)| !part.is_null())
                    .map(|(name, part)| Ok((name, Self::from_json(part)?)))
                    .collect::<Result<_, DocError>>()?,
            ),
        })
    }
}

impl Serialize for Doc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Set(members) => serializer.collect_seq(members),
            Self::Map(parts) => serializer.collect_map(parts),
        }
    }
}

impl TryFrom<Value> for Doc {
    type Error = DocError;

    fn try_from(value: Value) -> Result<Self, DocError> {
        Self::from_json(value)
    }
}

/// A tree that does not fit.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct DocError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Spec {
        name: String,
        members: Vec<String>,
        #[serde(default)]
        note: Option<String>,
    }

    #[test]
    fn a_sequence_is_a_set_and_a_null_is_nothing() {
        let spec = Spec {
            name: "a".to_owned(),
            members: vec!["z".to_owned(), "b".to_owned(), "z".to_owned()],
            note: None,
        };
        let doc = Doc::of(&spec).expect("a tree");
        assert_eq!(
            serde_json::to_string(&doc).expect("json"),
            r#"{"members":["b","z"],"name":"a"}"#
        );
        let back: Spec = doc.to().expect("the spec");
        assert_eq!(back.members, ["b", "z"]);
    }
}
