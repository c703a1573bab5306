//! Reading: from the tree to typed values, reporting every structural problem at once.
//!
//! Owns unknown and missing fields, wrong types, unknown values and what is not supported yet.
//! Types are declared with `declare`'s macros, once for the reader and the JSON Schema.
//! What values mean together is `lower`'s.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::Code;
use crate::form::Text;
use crate::problem::Problems;
use crate::tree::{Key, Node, Value};
use crate::words::{nearest, shown};

/// A value and the place it was read from.
#[derive(Clone, Debug)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) span: Range<usize>,
}

/// A field: empty when it is absent, and also when it is wrong and that has been reported.
#[derive(Clone, Debug)]
pub(crate) struct Field<T>(Option<Spanned<T>>);

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> std::ops::Deref for Field<T> {
    type Target = Option<Spanned<T>>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> Field<T> {
    pub(crate) fn into_value(self) -> Option<T> {
        self.0.map(|field| field.value)
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|field| &field.value)
    }
}

impl<T: Copy> Field<T> {
    pub(crate) fn or(&self, default: T) -> T {
        self.get().copied().unwrap_or(default)
    }
}

/// The entries of a map whose keys the user chooses.
#[derive(Clone, Debug)]
pub(crate) struct Entries<K, V>(pub(crate) Vec<(Spanned<K>, Spanned<V>)>);

/// What can be read from a node.
pub(crate) trait Read: Sized {
    /// `None` says that the problem has been reported.
    fn read(node: &Node, problems: &mut Problems) -> Option<Self>;
}

pub(crate) fn spanned<T: Read>(node: &Node, problems: &mut Problems) -> Option<Spanned<T>> {
    let value = T::read(node, problems)?;
    Some(Spanned {
        value,
        span: node.span.clone(),
    })
}

/// In the JSON Schema a value with a place looks like the value.
macro_rules! transparent {
    ($name:ident) => {
        impl<T: JsonSchema> JsonSchema for $name<T> {
            fn schema_name() -> Cow<'static, str> {
                T::schema_name()
            }
            fn schema_id() -> Cow<'static, str> {
                T::schema_id()
            }
            fn inline_schema() -> bool {
                T::inline_schema()
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                T::json_schema(generator)
            }
        }
    };
}
transparent!(Spanned);
transparent!(Field);

impl<K: JsonSchema, V: JsonSchema> JsonSchema for Entries<K, V> {
    fn schema_name() -> Cow<'static, str> {
        format!("Entries_of_{}", V::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let keys = generator.subschema_for::<K>();
        let values = generator.subschema_for::<V>();
        schemars::json_schema!({ "type": "object", "propertyNames": keys, "additionalProperties": values })
    }
}

/// What a node is, in words; a plain scalar by YAML's core schema.
pub(crate) fn kind_of(node: &Node) -> &'static str {
    match &node.value {
        Value::Map(_) => "a map",
        Value::List(_) => "a list",
        Value::Scalar { plain: false, .. } => "a text",
        Value::Scalar { text, .. } => kind_of_plain(text),
    }
}

fn kind_of_plain(text: &str) -> &'static str {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => "nothing",
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => "true or false",
        text if is_number(text) => "a number",
        _ => "a text",
    }
}

/// Whether the core schema takes a plain scalar for a number.
fn is_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    let radix = |prefix, radix| {
        digits
            .strip_prefix(prefix)
            .is_some_and(|rest: &str| !rest.is_empty() && rest.chars().all(|c| c.is_digit(radix)))
    };
    let special = matches!(digits, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN");
    let decimal = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.parse::<f64>().is_ok();
    text.len() - digits.len() <= 1 && (decimal || special || radix("0o", 8) || radix("0x", 16))
}

/// Reports that a node is of the wrong type.
pub(crate) fn wrong_type(node: &Node, want: &str, problems: &mut Problems) {
    let is = kind_of(node);
    let help = match &node.value {
        Value::Scalar { text, .. } if want == "a text" && is != "nothing" => {
            format!("write it in quotes: \"{text}\"")
        }
        _ if is == "nothing" => "give it a value, or remove the line".to_owned(),
        Value::Scalar { text, plain: false } if kind_of_plain(text) == want => {
            format!("write it without quotes: {text}")
        }
        Value::Scalar { text, .. } if want == "true or false" => match text.to_lowercase().as_str()
        {
            "yes" | "on" => "write true".to_owned(),
            "no" | "off" => "write false".to_owned(),
            _ => "write true or false".to_owned(),
        },
        _ if want == "a list" => {
            "put it into brackets, or after `- ` on a line of its own".to_owned()
        }
        _ => format!("write {want} here"),
    };
    let what = node
        .key
        .as_ref()
        .map_or("this".to_owned(), |key| format!("`{}`", shown(key)));
    let message = if is == "nothing" {
        format!("{what} must be {want}, but has no value")
    } else {
        format!("{what} must be {want}, but is {is}")
    };
    problems.add(
        Code::WrongType,
        &node.span,
        message,
        format!("not {want}"),
        help,
    );
}

/// A list of which no item could be read is itself one that could not: an empty one is empty.
impl<T: Read> Read for Vec<Spanned<T>> {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let Value::List(items) = &node.value else {
            wrong_type(node, "a list", problems);
            return None;
        };
        let read: Self = items
            .iter()
            .filter_map(|item| spanned(item, problems))
            .collect();
        (items.is_empty() || !read.is_empty()).then_some(read)
    }
}

impl<K: Text, V: Read> Read for Entries<K, V> {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            wrong_type(node, "a map", problems);
            return None;
        };
        let mut all = Vec::new();
        let mut seen = HashSet::new();
        // Of two equal keys the first: the second has been reported.
        for (key, node) in entries.iter().filter(|(key, _)| seen.insert(&key.text)) {
            let name = K::parse(&key.text, &key.span, problems);
            let value = spanned(node, problems);
            if let (Some(name), Some(value)) = (name, value) {
                all.push((
                    Spanned {
                        value: name,
                        span: key.span.clone(),
                    },
                    value,
                ));
            }
        }
        Some(Self(all))
    }
}

impl Read for bool {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match (&node.value, kind_of(node)) {
            (Value::Scalar { text, .. }, "true or false") => {
                Some(text.eq_ignore_ascii_case("true"))
            }
            _ => {
                wrong_type(node, "true or false", problems);
                None
            }
        }
    }
}

impl Read for u32 {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        whole(node, &Self::MAX, problems)
    }
}

impl Read for u64 {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        whole(node, &Self::MAX, problems)
    }
}

/// A whole number up to `most`, the largest of its type.
fn whole<T: std::str::FromStr + std::fmt::Display>(
    node: &Node,
    most: &T,
    problems: &mut Problems,
) -> Option<T> {
    match (&node.value, kind_of(node)) {
        (Value::Scalar { text, .. }, "a number") => {
            let number = text.parse().ok();
            if number.is_none() {
                problems.add(
                    Code::OutOfRange,
                    &node.span,
                    format!("`{text}` is not a whole number from 0 to {most}"),
                    "out of range",
                    "write a whole number, without a sign and without a fraction",
                );
            }
            number
        }
        _ => {
            wrong_type(node, "a number", problems);
            None
        }
    }
}

/// Reads a text, whatever its form: the type first, the form by the caller.
pub(crate) fn text_of<'a>(node: &'a Node, problems: &mut Problems) -> Option<&'a str> {
    match (&node.value, kind_of(node)) {
        (Value::Scalar { text, .. }, "a text") => Some(text),
        _ => {
            wrong_type(node, "a text", problems);
            None
        }
    }
}

/// The fields of a map, while a record is read from it.
pub(crate) struct Fields<'a> {
    entries: &'a [(Key, Node)],
    span: Range<usize>,
    /// Fields that unknown ones were likely meant to be: not reported as missing as well.
    meant: Vec<&'static str>,
    /// Whether something stands here that is not taken: what is missing may follow from that.
    refused: bool,
}

/// A field that a record knows but does not take: why, and what instead.
pub(crate) struct Refused {
    pub(crate) name: &'static str,
    pub(crate) code: Code,
    pub(crate) help: &'static str,
}

impl<'a> Fields<'a> {
    /// The fields of `node`, with those that are unknown or refused reported.
    pub(crate) fn open(
        node: &'a Node,
        known: &[&'static str],
        refused: &[Refused],
        problems: &mut Problems,
    ) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            wrong_type(node, "a map", problems);
            return None;
        };
        let mut fields = Self {
            entries,
            span: node.span.clone(),
            meant: Vec::new(),
            refused: false,
        };
        for (key, _) in entries {
            if problems.is_full() || known.contains(&key.text.as_str()) {
                continue;
            }
            if let Some(refused) = refused.iter().find(|refused| refused.name == key.text) {
                not_taken(refused, &key.span, problems);
                fields.refused = true;
            } else {
                fields
                    .meant
                    .extend(nearest(&key.text, known.iter().copied()));
                unknown(
                    Code::UnknownField,
                    "field",
                    &key.text,
                    &key.span,
                    known,
                    problems,
                );
            }
        }
        Some(fields)
    }

    /// The field `name`. Of two with that name the first: the second has been reported.
    pub(crate) fn field<T: Read>(
        &self,
        name: &str,
        optional: bool,
        problems: &mut Problems,
    ) -> Field<T> {
        let entry = self.entries.iter().find(|(key, _)| key.text == name);
        if entry.is_none() && !optional && !self.refused && !self.meant.contains(&name) {
            problems.add(
                Code::MissingField,
                &self.span,
                format!("the field `{name}` is missing"),
                format!("needs `{name}`"),
                format!("add `{name}: …` here; `wip schema` says what it takes"),
            );
        }
        Field(entry.and_then(|(_, node)| spanned(node, problems)))
    }
}

fn not_taken(refused: &Refused, span: &Range<usize>, problems: &mut Problems) {
    let name = refused.name;
    if refused.code == Code::NotSupportedYet {
        let message = format!("`{name}` is not supported yet");
        problems.add(
            refused.code,
            span,
            message,
            "not supported yet",
            refused.help,
        );
    } else {
        let message = format!("`{name}` cannot stand here");
        problems.add(refused.code, span, message, "not here", refused.help);
    }
}

/// Reports a name that is not among the known ones, with the nearest of them.
fn unknown(
    code: Code,
    what: &str,
    name: &str,
    span: &Range<usize>,
    known: &[&str],
    problems: &mut Problems,
) {
    let help = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if name == "<<" => "merge keys are not read: write the fields out".to_owned(),
        None if known.is_empty() => "nothing is taken here: write `{}`".to_owned(),
        None => format!("known here: {}", known.join(", ")),
    };
    let message = format!("unknown {what} `{}`", shown(name));
    problems.add(code, span, message, format!("unknown {what}"), help);
}

/// One of some words: the reader's side of `choice!`.
pub(crate) fn choose<T: Copy>(
    node: &Node,
    words: &[(&str, T)],
    refused: &[Refused],
    problems: &mut Problems,
) -> Option<T> {
    let text = text_of(node, problems)?;
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Some(*value);
    }
    match refused.iter().find(|refused| refused.name == text) {
        Some(refused) => not_taken(refused, &node.span, problems),
        None => {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            unknown(
                Code::UnknownValue,
                "value",
                text,
                &node.span,
                &known,
                problems,
            );
        }
    }
    None
}
