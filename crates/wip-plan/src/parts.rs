//! Maps and sets of a document.
//!
//! Owns how they lie in memory: a run holds the documents of every resource, each several times
//! over (wanted, stored, live). So they are slices of exactly their size, and a clone shares the
//! slice; a change copies it. Looking something up is a binary search.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::Doc;

/// The members of a set, sorted, each once.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Members(Arc<[Doc]>);

/// Named parts, sorted by name, each name once.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Parts(Arc<[(Box<str>, Doc)]>);

impl Members {
    /// Whether `member` is one.
    pub fn contains(&self, member: &Doc) -> bool {
        self.binary_search(member).is_ok()
    }

    /// What is in these and not in `others`, sorted.
    pub fn difference<'a>(&'a self, others: &'a Self) -> impl Iterator<Item = &'a Doc> {
        self.iter().filter(|member| !others.contains(member))
    }

    /// Puts `member` in.
    pub fn insert(&mut self, member: Doc) {
        *self = self.iter().cloned().chain([member]).collect();
    }

    /// Takes `member` out.
    pub fn remove(&mut self, member: &Doc) {
        *self = self
            .iter()
            .filter(|other| *other != member)
            .cloned()
            .collect();
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self).finish()
    }
}

impl Deref for Members {
    type Target = [Doc];

    fn deref(&self) -> &[Doc] {
        &self.0
    }
}

impl<'a> IntoIterator for &'a Members {
    type Item = &'a Doc;
    type IntoIter = std::slice::Iter<'a, Doc>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl FromIterator<Doc> for Members {
    fn from_iter<I: IntoIterator<Item = Doc>>(members: I) -> Self {
        let mut members: Vec<Doc> = members.into_iter().collect();
        members.sort();
        members.dedup();
        Self(members.into())
    }
}

impl Parts {
    /// The part of this name.
    pub fn get(&self, name: &str) -> Option<&Doc> {
        self.at(name).ok().map(|at| &self.0[at].1)
    }

    /// The part of this name, to be changed; no copy of these parts sees the change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Doc> {
        let at = self.at(name).ok()?;
        Some(&mut Arc::make_mut(&mut self.0)[at].1)
    }

    /// The names, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    /// The parts, in the order of their names.
    pub fn values(&self) -> impl Iterator<Item = &Doc> {
        self.iter().map(|(_, part)| part)
    }

    /// Names and parts, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Doc)> {
        self.0.iter().map(|(name, part)| (&**name, part))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts `part` in, in the place of one that has this name.
    pub fn insert(&mut self, name: &str, part: Doc) {
        let others = self.0.iter().filter(|(other, _)| **other != *name).cloned();
        *self = others.chain([(name.into(), part)]).collect();
    }

    /// Takes the part of this name out.
    pub fn remove(&mut self, name: &str) {
        *self = self
            .0
            .iter()
            .filter(|(other, _)| **other != *name)
            .cloned()
            .collect();
    }

    fn at(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| (**other).cmp(name))
    }
}

/// Of two parts with one name the last stays.
impl<N: Into<Box<str>>> FromIterator<(N, Doc)> for Parts {
    fn from_iter<I: IntoIterator<Item = (N, Doc)>>(parts: I) -> Self {
        let mut parts: Vec<(Box<str>, Doc)> = parts
            .into_iter()
            .map(|(name, part)| (name.into(), part))
            .collect();
        parts.sort_by(|(a, _), (b, _)| a.cmp(b));
        parts.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
        Self(parts.into())
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl<'a> IntoIterator for &'a Parts {
    type Item = (&'a str, &'a Doc);
    type IntoIter = PartsIter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(named)
    }
}

/// Names and parts, sorted by name.
type PartsIter<'a> = std::iter::Map<std::slice::Iter<'a, Part>, fn(&'a Part) -> (&'a str, &'a Doc)>;

type Part = (Box<str>, Doc);

fn named((name, part): &Part) -> (&str, &Doc) {
    (name, part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(numbers: &[i64]) -> Members {
        numbers.iter().copied().map(Doc::Int).collect()
    }

    fn parts(pairs: &[(&str, i64)]) -> Parts {
        let pairs = pairs.iter().map(|(name, value)| (*name, Doc::Int(*value)));
        pairs.collect()
    }

    #[test]
    fn order_and_repetition_make_no_difference() {
        assert_eq!(members(&[3, 1, 3, 2]), members(&[1, 2, 3]));
        assert_eq!(parts(&[("b", 1), ("a", 2)]), parts(&[("a", 2), ("b", 1)]));
        assert_eq!(
            parts(&[("a", 1), ("b", 0), ("a", 2)]),
            parts(&[("b", 0), ("a", 2)])
        );
    }

    #[test]
    fn a_change_is_not_seen_by_what_was_cloned() {
        let (set, map) = (members(&[1, 3]), parts(&[("a", 1), ("c", 3)]));
        let (mut other_set, mut other_map) = (set.clone(), map.clone());
        other_set.insert(Doc::Int(2));
        other_set.remove(&Doc::Int(3));
        other_map.insert("b", Doc::Int(2));
        other_map.remove("c");
        *other_map.get_mut("a").expect("a part") = Doc::Int(0);
        assert_eq!((set, map), (members(&[1, 3]), parts(&[("a", 1), ("c", 3)])));
        assert_eq!(other_set, members(&[1, 2]));
        assert_eq!(other_map, parts(&[("a", 0), ("b", 2)]));
    }

    #[test]
    fn what_is_there_is_found() {
        let (set, map) = (members(&[1, 2, 3]), parts(&[("a", 1), ("c", 3)]));
        assert!(set.contains(&Doc::Int(2)) && !set.contains(&Doc::Int(4)));
        assert_eq!((map.get("c"), map.get("b")), (Some(&Doc::Int(3)), None));
        let both = members(&[2, 9]);
        let left: Vec<_> = set.difference(&both).cloned().collect();
        assert_eq!(left, [Doc::Int(1), Doc::Int(3)]);
    }
}
