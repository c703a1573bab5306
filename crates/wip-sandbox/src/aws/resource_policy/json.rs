//! JSON that remembers where each value stood, in order and with duplicate names.
//!
//! Needed because a stored policy is given back byte for byte but for some of its principals.
//! Not here: what a policy may say.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A value and the bytes of the document that it is written in.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) at: Range<usize>,
    pub(crate) value: Json,
}

/// What a value is; numbers, booleans and null only as they are written.
#[derive(Debug, Clone)]
pub(crate) enum Json {
    Object(Vec<(String, Node)>),
    Array(Vec<Node>),
    Text(String),
    Other(String),
}

impl Node {
    /// Reads a document; nothing where it is not JSON or names a member of an object twice.
    pub(crate) fn parse(document: &str) -> Option<Self> {
        let raw: &RawValue = serde_json::from_str(document).ok()?;
        Self::read(raw, document)
    }

    fn read(raw: &RawValue, document: &str) -> Option<Self> {
        let text = raw.get();
        let start = text.as_ptr() as usize - document.as_ptr() as usize;
        let value = match text.as_bytes().first()? {
            b'{' => {
                let Members(members) = serde_json::from_str(text).ok()?;
                let mut object: Vec<(String, Node)> = Vec::with_capacity(members.len());
                for (name, raw) in members {
                    if object.iter().any(|(other, _)| *other == name) {
                        return None;
                    }
                    object.push((name, Self::read(raw, document)?));
                }
                Json::Object(object)
            }
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                let items: Option<Vec<Node>> = items
                    .into_iter()
                    .map(|raw| Self::read(raw, document))
                    .collect();
                Json::Array(items?)
            }
            b'"' => Json::Text(serde_json::from_str(text).ok()?),
            _ => Json::Other(text.to_owned()),
        };
        Some(Self {
            at: start..start + text.len(),
            value,
        })
    }

    /// The members of an object, or nothing where this is none.
    pub(crate) fn object(&self) -> Option<&[(String, Node)]> {
        match &self.value {
            Json::Object(members) => Some(members),
            _ => None,
        }
    }

    /// A member of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        self.object()?
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, node)| node)
    }

    /// The text, or nothing where this is none.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A list, or the one value as a list of one, as policies allow it everywhere.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Json::Array(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// The texts of a list or of one text; nothing where one of them is not text.
    pub(crate) fn texts(&self) -> Option<Vec<&str>> {
        self.items().iter().map(Node::text).collect()
    }

    /// As [`Node::texts`], with numbers and booleans as they are written, as in a condition.
    pub(crate) fn scalars(&self) -> Option<Vec<&str>> {
        self.items()
            .iter()
            .map(|node| match &node.value {
                Json::Text(text) | Json::Other(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }
}

/// The members of an object as they are written.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_document() {
        let document = " {\"a\": [ \"x\\n\", {\"b\":true}], \"c\" : 1.50}";
        let node = Node::parse(document).unwrap();
        let list = node.get("a").unwrap().items();
        assert_eq!(&document[list[0].at.clone()], "\"x\\n\"");
        assert_eq!(list[0].text(), Some("x\n"));
        assert_eq!(&document[list[1].at.clone()], "{\"b\":true}");
        assert_eq!(node.get("c").unwrap().scalars(), Some(vec!["1.50"]));
    }

    #[test]
    fn what_is_not_json_is_nothing() {
        for document in [
            "",
            "{",
            "{\"a\":1}x",
            "{\"a\":1,\"a\":2}",
            "{'a':1}",
            "[1,]",
        ] {
            assert!(Node::parse(document).is_none(), "{document}");
        }
    }
}
