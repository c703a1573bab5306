//! The list of control planes, written anew in a Space file that people keep: comments and order stay.
//!
//! Owns which lines change. What comes out is read again before anybody gets it, and where it does
//! not say what was meant, nothing comes out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::model::{Discovered, Discovery, HostNamespace};
use crate::problem::Problems;
use crate::raw::{ControlPlaneSpec, SpaceFile};
use crate::read::{Read as _, Spanned};
use crate::tree::{self, Node, Value};

/// Why a Space file cannot be rewritten.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It is no Space file that could be read.
    #[error("the file cannot be read as a Space file")]
    Unreadable,
    /// It is written in a way that lines cannot be put into.
    #[error("the list `controlPlanes` is written in a way that wip does not rewrite")]
    ByHand {
        /// The lines that the list is to have.
        lines: Vec<String>,
    },
}

/// Group and name.
type Name = (String, String);

/// The text of a Space file whose `controlPlanes` are what was found on the cluster of `discovery`:
/// what is new comes last, what is gone is taken out, what was made anew has its new id.
///
/// Control planes of other clusters, and of groups that were not read, are left alone.
///
/// # Errors
/// See [`EditError`].
pub fn with_control_planes(
    source: &str,
    discovery: &Discovery,
    found: &BTreeSet<Discovered>,
) -> Result<String, EditError> {
    let listed = listed(source).ok_or(EditError::Unreadable)?;
    let wanted = wanted(&listed, discovery, found);
    let new: Vec<String> = found
        .iter()
        .filter(|found| listed.item(discovery, &name_of(found)).is_none())
        .map(|found| line_of(found, &discovery.cluster, listed.several_clusters))
        .collect();
    let by_hand = || EditError::ByHand {
        lines: found
            .iter()
            .map(|found| line_of(found, &discovery.cluster, listed.several_clusters))
            .collect(),
    };
    let text = rewritten(source, &listed, discovery, found, &new).ok_or_else(by_hand)?;
    let after = self::listed(&text).map(|after| after.all());
    match after == Some(wanted) {
        true => Ok(text),
        false => Err(by_hand()),
    }
}

fn name_of(found: &Discovered) -> Name {
    (found.group.clone(), found.name.clone())
}

/// One item of the list, as YAML.
fn line_of(found: &Discovered, cluster: &str, several_clusters: bool) -> String {
    let Discovered {
        group,
        name,
        host_namespace,
    } = found;
    let host = match host_namespace {
        HostNamespace::OfId(id) => format!("id: {id}"),
        HostNamespace::Named(namespace) => format!("hostNamespace: {}", quoted(namespace)),
    };
    let cluster = match several_clusters {
        true => format!(", cluster: {}", quoted(cluster)),
        false => String::new(),
    };
    let (group, name) = (quoted(group), quoted(name));
    format!("- {{ group: {group}, name: {name}, {host}{cluster} }}")
}

/// A name that YAML would not take for text is quoted.
fn quoted(name: &str) -> String {
    let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && !matches!(
            name,
            "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    match is_word {
        true => name.to_owned(),
        false => format!("\"{name}\""),
    }
}

/// The list as the file has it.
struct Listed {
    items: Vec<Item>,
    /// The key of the list, or the key before which one may be written.
    place: Place,
    several_clusters: bool,
}

struct Item {
    name: Name,
    host: HostNamespace,
    /// Where the id or the namespace stands.
    host_span: Range<usize>,
    /// `None` where there is one cluster.
    cluster: Option<String>,
    start: usize,
}

enum Place {
    /// The list is there; its key begins here.
    At(usize),
    /// There is none; a key of the same depth begins here.
    Before(usize),
}

impl Listed {
    fn item(&self, discovery: &Discovery, name: &Name) -> Option<&Item> {
        let mut items = self.items.iter();
        items.find(|item| item.is_on(&discovery.cluster) && item.name == *name)
    }

    /// Cluster, name and namespace of each.
    fn all(&self) -> BTreeMap<(Option<String>, Name), HostNamespace> {
        let items = self.items.iter();
        items
            .map(|item| ((item.cluster.clone(), item.name.clone()), item.host.clone()))
            .collect()
    }
}

impl Item {
    fn is_on(&self, cluster: &str) -> bool {
        self.cluster.as_deref().is_none_or(|own| own == cluster)
    }

    /// Whether it would have been found if it were there.
    fn is_read_by(&self, discovery: &Discovery) -> bool {
        self.is_on(&discovery.cluster)
            && (discovery.groups.is_empty() || discovery.groups.contains(&self.name.0))
    }
}

fn listed(source: &str) -> Option<Listed> {
    let mut problems = Problems::new(source);
    let node = tree::read(source, &mut problems)?;
    let file = SpaceFile::read(&node, &mut problems)?;
    let spec = file.spec.get()?;
    let clusters = spec.clusters.get()?;
    let items = spec.control_planes.get().into_iter().flatten();
    let place = match key_of(&node, "controlPlanes") {
        Some(key) => Place::At(key),
        None => Place::Before(key_of(&node, "identities")?),
    };
    Some(Listed {
        items: items.map(item).collect::<Option<_>>()?,
        place,
        several_clusters: clusters.len() > 1,
    })
}

/// Where a key of `spec` begins.
fn key_of(file: &Node, name: &str) -> Option<usize> {
    let entries = |node: &Node| match &node.value {
        Value::Map(entries) => Some(entries.clone()),
        Value::List(_) | Value::Scalar { .. } => None,
    };
    let (_, spec) = entries(file)?
        .into_iter()
        .find(|(key, _)| key.text == "spec")?;
    let mut keys = entries(&spec)?.into_iter().map(|(key, _)| key);
    keys.find(|key| key.text == name).map(|key| key.span.start)
}

fn item(item: &Spanned<ControlPlaneSpec>) -> Option<Item> {
    let spec = &item.value;
    let (host, host_span) = match (spec.id.as_ref(), spec.host_namespace.as_ref()) {
        (Some(id), None) => (HostNamespace::OfId(id.value.to_string()), &id.span),
        (None, Some(name)) => (HostNamespace::Named(name.value.to_string()), &name.span),
        _ => return None,
    };
    Some(Item {
        name: (spec.group.get()?.to_string(), spec.name.get()?.to_string()),
        host,
        host_span: host_span.clone(),
        cluster: spec.cluster.get().map(|name| name.to_string()),
        start: item.span.start,
    })
}

/// What the list is to say afterwards.
fn wanted(
    listed: &Listed,
    discovery: &Discovery,
    found: &BTreeSet<Discovered>,
) -> BTreeMap<(Option<String>, Name), HostNamespace> {
    let mut wanted = listed.all();
    let read = listed
        .items
        .iter()
        .filter(|item| item.is_read_by(discovery));
    for item in read {
        wanted.remove(&(item.cluster.clone(), item.name.clone()));
    }
    for found in found {
        let cluster = match listed.item(discovery, &name_of(found)) {
            Some(item) => item.cluster.clone(),
            None => listed.several_clusters.then(|| discovery.cluster.clone()),
        };
        wanted.insert((cluster, name_of(found)), found.host_namespace.clone());
    }
    wanted
}

/// The text with its lines changed; `None` where the list is not one of lines.
fn rewritten(
    source: &str,
    listed: &Listed,
    discovery: &Discovery,
    found: &BTreeSet<Discovered>,
    new: &[String],
) -> Option<String> {
    let ending = if source.contains("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let lines = Lines::of(source);
    let found: BTreeMap<Name, &HostNamespace> = found
        .iter()
        .map(|found| (name_of(found), &found.host_namespace))
        .collect();
    // From the end, so that places before stay where they are.
    let mut text = source.to_owned();
    let indented = |indent: usize| -> String {
        let spaces = " ".repeat(indent);
        new.iter()
            .map(|line| format!("{spaces}{line}{ending}"))
            .collect()
    };
    let kept = |item: &Item| !item.is_read_by(discovery) || found.contains_key(&item.name);
    match listed.items.last() {
        Some(last) => {
            let indent = lines.dash(last.start)?;
            let end = lines.item(last.start, indent).end;
            if !new.is_empty() {
                // A last line without an ending gets one.
                let before = if text[..end].ends_with('\n') {
                    ""
                } else {
                    ending
                };
                text.insert_str(end, &format!("{before}{}", indented(indent)));
            }
        }
        None => insert_list(&mut text, &lines, listed, &indented, new)?,
    }
    for item in listed.items.iter().rev() {
        let indent = lines.dash(item.start)?;
        if !kept(item) {
            text.replace_range(lines.item(item.start, indent), "");
            continue;
        }
        match (found.get(&item.name), &item.host) {
            (Some(HostNamespace::OfId(id)), HostNamespace::OfId(old))
            | (Some(HostNamespace::Named(id)), HostNamespace::Named(old))
                if item.is_read_by(discovery) && id != old =>
            {
                text.replace_range(item.host_span.clone(), id);
            }
            _ => {}
        }
    }
    if let (Place::At(key), true) = (
        &listed.place,
        new.is_empty() && !listed.items.is_empty() && !listed.items.iter().any(kept),
    ) {
        let colon = key + text[*key..].find(':')?;
        text.insert_str(colon + 1, " []");
    }
    Some(text)
}

/// Writes a list where there is none, or an empty one.
fn insert_list(
    text: &mut String,
    lines: &Lines,
    listed: &Listed,
    indented: &dyn Fn(usize) -> String,
    new: &[String],
) -> Option<()> {
    if new.is_empty() {
        return Some(());
    }
    match listed.place {
        Place::At(key) => {
            let line = lines.around(key);
            let empty = text[line.clone()].find("[]")? + line.start;
            let indent = key - line.start + 2;
            text.insert_str(line.end, &indented(indent));
            // With the space before it.
            text.replace_range(empty - 1..empty + 2, "");
        }
        Place::Before(key) => {
            let line = lines.around(key);
            let indent = key - line.start;
            let start = lines.with_comments_above(line.start);
            let list = format!(
                "{}controlPlanes:\n{}",
                " ".repeat(indent),
                indented(indent + 2)
            );
            text.insert_str(start, &list);
        }
    }
    Some(())
}

/// The lines of a text, by where they begin.
struct Lines<'a> {
    source: &'a str,
}

impl<'a> Lines<'a> {
    fn of(source: &'a str) -> Self {
        Self { source }
    }

    /// The line around a place, with its ending.
    fn around(&self, at: usize) -> Range<usize> {
        let start = self.source[..at].rfind('\n').map_or(0, |end| end + 1);
        let end = self.source[at..].find('\n');
        start..end.map_or(self.source.len(), |end| at + end + 1)
    }

    /// How far the dash of the item at a place is indented; `None` where no dash begins its line.
    fn dash(&self, at: usize) -> Option<usize> {
        let line = &self.source[self.around(at)];
        let indent = indent(line);
        line[indent..].starts_with("- ").then_some(indent)
    }

    /// The lines of the item at a place: the one with its dash, and what is indented deeper.
    fn item(&self, at: usize, dash: usize) -> Range<usize> {
        let first = self.around(at);
        let mut end = first.end;
        let mut next = end;
        while next < self.source.len() {
            let line = self.around(next);
            let text = &self.source[line.clone()];
            let content = text.trim();
            let is_of_item = indent(text) > dash && !content.is_empty();
            if !is_of_item && !content.is_empty() && !content.starts_with('#') {
                break;
            }
            if is_of_item && !content.starts_with('#') {
                end = line.end;
            }
            next = line.end;
        }
        first.start..end
    }

    /// Where the comments directly above a line begin.
    fn with_comments_above(&self, mut start: usize) -> usize {
        while start > 0 {
            let line = self.around(start - 1);
            if !self.source[line.clone()].trim_start().starts_with('#') {
                break;
            }
            start = line.start;
        }
        start
    }
}

/// How many spaces a line begins with.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}
