//! The tree: a YAML document as maps, lists and scalars, each with its place in the source.
//!
//! Owns the budgets (size, depth, aliases), duplicate keys and syntax errors.
//! Knows no field of a Space.
//!
//! YAML 1.2 with the core schema; no tags, no merge keys, one document, texts as keys.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StructureStyle};

use crate::Code;
use crate::problem::Problems;

/// The largest file that is read, in bytes.
pub(crate) const MAX_BYTES: usize = 1024 * 1024;
/// How deep maps and lists may nest.
const MAX_DEPTH: usize = 32;
/// How many nodes aliases may add in all.
const MAX_ALIASED: usize = 10_000;

/// A part of a document, with the place to point at when it is wrong.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// One line at most: a scalar itself; of a map or list, its key or its first line.
    pub(crate) span: Range<usize>,
    /// The key that it is the value of.
    pub(crate) key: Option<Rc<str>>,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// A scalar. `plain` means written without quotes: `true`, `12` and `null` are then no texts.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) span: Range<usize>,
}

impl Node {
    fn size(&self) -> usize {
        match &self.value {
            Value::Scalar { .. } => 1,
            Value::List(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            Value::Map(entries) => 1 + entries.iter().map(|(_, node)| node.size()).sum::<usize>(),
        }
    }
}

/// Reads one document. `None` means that nothing sensible can be said of its content.
pub(crate) fn read(source: &str, problems: &mut Problems) -> Option<Node> {
    let options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH + 1,
        block_nesting_limit: MAX_DEPTH + 1,
    };
    let mut builder = Builder {
        problems,
        open: Vec::new(),
        root: None,
        anchors: HashMap::new(),
        aliased: 0,
        fatal: false,
    };
    let mut documents = 0;
    for event in Parser::new_from_str_with_options(source, options) {
        match event {
            Err(error) => {
                builder.syntax(&error, source.len());
                return None;
            }
            Ok((Event::DocumentStart(..), span)) => {
                documents += 1;
                if documents == 2 {
                    let at = range(&span);
                    builder.problems.add(
                        Code::SeveralDocuments,
                        &at,
                        "the file holds more than one YAML document",
                        "a second document starts here",
                        "keep one Space in a file: move what follows `---` to a file of its own",
                    );
                    return None;
                }
            }
            Ok((event, span)) => builder.event(event, &range(&span)),
        }
        if builder.fatal {
            return None;
        }
    }
    if builder.root.is_none() {
        builder.problems.add(
            Code::EmptyFile,
            &(0..0),
            "the file is empty",
            "nothing here",
            "start with `apiVersion: wip/v1alpha1`, `kind: Space`, `metadata` and `spec`",
        );
    }
    builder.root
}

fn range(span: &granit_parser::Span) -> Range<usize> {
    span.byte_range().unwrap_or(0..0)
}

/// A map or list whose end has not come yet.
struct Open {
    span: Range<usize>,
    flow: bool,
    anchor: usize,
    value: Value,
    /// In a map, the key whose value comes next.
    key: Option<Key>,
}

struct Builder<'a> {
    problems: &'a mut Problems,
    open: Vec<Open>,
    root: Option<Node>,
    anchors: HashMap<usize, Node>,
    aliased: usize,
    fatal: bool,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: &Range<usize>) {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                let plain = style == ScalarStyle::Plain;
                // An absent value has no place of its own: its key's is the one to show.
                let text = if plain && span.is_empty() {
                    "null".to_owned()
                } else {
                    text.into_owned()
                };
                let end = span
                    .end
                    .min(self.problems.line_end(span.start))
                    .max(span.start);
                self.node(span.start..end, Value::Scalar { text, plain }, anchor);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                self.start(span, style, anchor, Value::List(Vec::new()));
            }
            Event::MappingStart(style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                self.start(span, style, anchor, Value::Map(Vec::new()));
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            _ => {}
        }
    }

    fn start(&mut self, span: &Range<usize>, style: StructureStyle, anchor: usize, value: Value) {
        if self.open.len() >= MAX_DEPTH {
            self.too_deep(span);
            return;
        }
        if let Some(Open {
            value: Value::Map(_),
            key: None,
            ..
        }) = self.open.last()
        {
            self.key_is_no_text(span);
            return;
        }
        let flow = style == StructureStyle::Flow;
        self.open.push(Open {
            span: span.clone(),
            flow,
            anchor,
            value,
            key: None,
        });
    }

    fn end(&mut self, span: &Range<usize>) {
        let Some(done) = self.open.pop() else { return };
        let line_end = self.problems.line_end(done.span.start);
        let at = match &done.value {
            _ if done.flow => done.span.start..span.end.min(line_end),
            Value::Map(entries) => entries
                .first()
                .map_or(done.span.clone(), |(key, _)| key.span.clone()),
            _ => done.span.start..line_end,
        };
        if let Value::Map(entries) = &done.value {
            self.duplicates(entries);
        }
        self.node_of(at, done.value, done.anchor, done.flow);
    }

    fn duplicates(&mut self, entries: &[(Key, Node)]) {
        let mut seen: HashMap<&str, &Key> = HashMap::new();
        for (key, _) in entries {
            if self.problems.is_full() {
                return;
            }
            if let Some(first) = seen.get(key.text.as_str()) {
                self.problems.add_pair(
                    Code::DuplicateKey,
                    &key.span,
                    format!("`{}` is given twice", key.text),
                    "given again",
                    "keep one of the two",
                    &first.span,
                    "first given here",
                );
            } else {
                seen.insert(&key.text, key);
            }
        }
    }

    fn alias(&mut self, anchor: usize, span: &Range<usize>) {
        let Some(node) = self.anchors.get(&anchor) else {
            self.problems.add(
                Code::Syntax,
                span,
                "the alias stands inside what it refers to",
                "an endless alias",
                "write the value out",
            );
            self.fatal = true;
            return;
        };
        self.aliased += node.size();
        if self.aliased > MAX_ALIASED {
            self.problems.add(
                Code::TooManyAliases,
                span,
                format!("the aliases of the file stand for more than {MAX_ALIASED} values"),
                "one alias too many",
                "write the values out, or make the anchored value smaller",
            );
            self.fatal = true;
            return;
        }
        let value = node.value.clone();
        self.node(span.clone(), value, 0);
    }

    fn node(&mut self, span: Range<usize>, value: Value, anchor: usize) {
        self.node_of(span, value, anchor, true);
    }

    /// Puts a finished node where it belongs. A block map or list, and a value that is not
    /// there, is pointed at by its key.
    fn node_of(&mut self, span: Range<usize>, mut value: Value, anchor: usize, own_place: bool) {
        let key = match self.open.last_mut() {
            Some(Open {
                value: Value::Map(_),
                key,
                ..
            }) => match (key.take(), value) {
                (None, Value::Scalar { text, .. }) => {
                    *key = Some(Key { text, span });
                    return;
                }
                (None, _) => return self.key_is_no_text(&span),
                (found, given) => {
                    value = given;
                    found
                }
            },
            _ => None,
        };
        let at = match &key {
            Some(key) if !own_place || span.is_empty() => key.span.clone(),
            _ => span,
        };
        let name = key.as_ref().map(|key| key.text.as_str().into());
        let node = Node {
            span: at,
            key: name,
            value,
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.value) {
            Some(Value::Map(entries)) => entries.extend(key.map(|key| (key, node))),
            Some(Value::List(items)) => items.push(node),
            _ => self.root = Some(node),
        }
    }

    fn refuse_tag(&mut self, tagged: bool, span: &Range<usize>) {
        if tagged {
            self.problems.add(
                Code::NotPlainYaml,
                span,
                "YAML tags (`!…`) are not read",
                "this value has a tag",
                "remove the tag; quote the value if it is a text",
            );
        }
    }

    fn key_is_no_text(&mut self, span: &Range<usize>) {
        self.fatal = true;
        self.problems.add(
            Code::NotPlainYaml,
            span,
            "a key must be a text, but is a map or a list",
            "not a text",
            "a value that starts with `{` or `[` needs quotes",
        );
    }

    fn too_deep(&mut self, span: &Range<usize>) {
        self.fatal = true;
        self.problems.add(
            Code::TooDeep,
            span,
            format!("maps and lists nest deeper than {MAX_DEPTH} levels"),
            "one level too deep",
            "nothing in a Space nests that deep: look for brackets that are not closed",
        );
    }

    fn syntax(&mut self, error: &ScanError, length: usize) {
        let at = error.marker().byte_offset().unwrap_or(length).min(length);
        let text = error.info();
        let (span, message, label, help) = match error.kind() {
            ErrorKind::RecursionLimitExceeded => return self.too_deep(&(at..at)),
            ErrorKind::UnknownAnchor => (
                at..at,
                "this alias stands for nothing: no anchor of its name comes before it".to_owned(),
                "unknown anchor",
                "write the value out; a text that begins with `*` needs quotes",
            ),
            _ if text.contains("tab") => (
                at.saturating_sub(1)..at,
                "a tab cannot indent YAML".to_owned(),
                "a tab",
                "indent with spaces",
            ),
            _ => (
                at..at,
                format!("this is not YAML: {text}"),
                "reading stopped here",
                "check indentation, quotes and brackets here and on the line before",
            ),
        };
        self.problems.add(Code::Syntax, &span, message, label, help);
    }
}
