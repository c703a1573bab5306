//! Policy documents as JSON that knows where each value stands, and in the encoding of IAM's answers.
//!
//! Not here: what a document may say (`trust.rs`, `policy_grammar.rs`).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but what RFC 3986 calls unreserved.
///
/// Source: `GetRolePolicy` in botocore's model of `iam`: documents come "URL-encoded compliant with RFC 3986".
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A document as IAM's answers carry it.
pub(super) fn encoded(document: &str) -> String {
    utf8_percent_encode(document, ENCODED).to_string()
}

/// A JSON value with the line and the column (both from 1) where it begins.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) at: (usize, usize),
    pub(super) value: Value,
}

/// What a value is, as far as policies tell apart.
#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    /// A number or a boolean, which count as their text in conditions.
    Scalar(String),
    Null,
    List(Vec<Node>),
    /// Members in their order, doubled names included.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// Reads a document; nothing where it is not JSON, or deeper than 128 levels.
    pub(super) fn read(document: &str) -> Option<Self> {
        serde_json::from_str::<serde_json::Value>(document).ok()?;
        let mut reader = Reader {
            rest: document,
            line: 1,
            column: 1,
        };
        reader.node()
    }

    /// The text, where it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The members, where it is a map.
    pub(super) fn members(&self) -> Option<&[(String, Node)]> {
        match &self.value {
            Value::Map(members) => Some(members),
            _ => None,
        }
    }

    /// The member of that name; the last one, where it is doubled.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.members()?
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, node)| node)
    }

    /// The items of a list, or the value itself as the only one.
    pub(super) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// A text or a list of texts, as texts; nothing where it is anything else.
    pub(super) fn texts(&self) -> Option<Vec<&str>> {
        self.items().iter().map(Node::text).collect()
    }
}

/// Reads what `serde_json` has found to be JSON, so that it need not look for errors.
struct Reader<'d> {
    rest: &'d str,
    line: usize,
    column: usize,
}

impl Reader<'_> {
    fn node(&mut self) -> Option<Node> {
        self.skip();
        let at = (self.line, self.column);
        let value = match self.rest.chars().next()? {
            '"' => Value::Text(self.string()?),
            '{' => {
                self.advance(1);
                let mut members = Vec::new();
                while !self.closes('}')? {
                    let name = self.string()?;
                    self.skip();
                    self.advance(1);
                    members.push((name, self.node()?));
                }
                Value::Map(members)
            }
            '[' => {
                self.advance(1);
                let mut items = Vec::new();
                while !self.closes(']')? {
                    items.push(self.node()?);
                }
                Value::List(items)
            }
            _ => {
                let end = self.rest.find([',', '}', ']', ' ', '\t', '\r', '\n']);
                let word = self.rest[..end.unwrap_or(self.rest.len())].to_owned();
                self.advance(word.len());
                if word == "null" {
                    Value::Null
                } else {
                    Value::Scalar(word)
                }
            }
        };
        Some(Node { at, value })
    }

    /// Passes white space and commas; whether the bracket closes here, which it passes too.
    fn closes(&mut self, bracket: char) -> Option<bool> {
        self.skip();
        if self.rest.starts_with(',') {
            self.advance(1);
            self.skip();
        }
        let closes = self.rest.chars().next()? == bracket;
        if closes {
            self.advance(1);
        }
        Some(closes)
    }

    fn string(&mut self) -> Option<String> {
        let bytes = self.rest.as_bytes();
        let mut end = 1;
        while *bytes.get(end)? != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        let text = serde_json::from_str(self.rest.get(..=end)?).ok()?;
        self.advance(end + 1);
        Some(text)
    }

    fn skip(&mut self) {
        let blank = self.rest.len() - self.rest.trim_start().len();
        self.advance(blank);
    }

    fn advance(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at(bytes);
        for character in passed.chars() {
            if character == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.rest = rest;
    }
}
