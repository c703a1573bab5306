//! What the planner must know of a kind.

use crate::{Doc, DocError, Edge, Place, Relation};

/// What the planner and the renderers know of one kind of resource.
#[derive(Clone, Copy, Debug)]
pub struct KindInfo {
    /// `aws/iam-role`.
    pub name: &'static str,
    /// One sentence for people: what it is.
    pub summary: &'static str,
    /// What happens when it is there and bears no mark of ours.
    pub existing: Existing,
    /// The fields that are special; all others are changed in place.
    pub fields: &'static [Field],
    /// What a spec means; an error where the document is none of this kind.
    pub edges: fn(&Doc) -> Result<Vec<Edge>, DocError>,
    /// Why a change from one document to another takes access away from whoever has it, until he
    /// comes by another way; `None` where it does not.
    pub interrupts: fn(&Doc, &Doc) -> Option<String>,
    /// Why what is ours in that way stays where nobody wants it any more; `None` where it is deleted.
    pub stays: fn(&Doc, Relation) -> Option<String>,
    /// What the reader should know of a change from what is live to another document: the code of a note, and the words.
    pub warns: fn(&Doc, &Doc) -> Option<(&'static str, String)>,
    /// Why the end of what a document describes takes access away from whoever keeps it by another
    /// way, until he comes by that; the edges are those of what it needed and is still wanted.
    pub strands: fn(&Doc, &[Edge]) -> Option<String>,
    /// What a resource takes up one of few places in: what makes another one waits for what deletes one.
    pub crowd: fn(&Place, &Doc) -> Option<String>,
    /// What is wanted, beside what is live: of [`Existing::Part`], the parts that somebody else put there go to them.
    pub beside: fn(&Doc, &Doc) -> Doc,
}

impl KindInfo {
    /// A kind without a name of which there is nothing special to know: the rest of one that says only what is.
    pub const PLAIN: Self = Self {
        name: "",
        summary: "",
        existing: Existing::Ask,
        fields: &[],
        edges: |_| Ok(Vec::new()),
        interrupts: |_, _| None,
        stays: |_, _| None,
        warns: |_, _| None,
        strands: |_, _| None,
        crowd: |_, _| None,
        beside: |wanted, _| wanted.clone(),
    };
}

/// What happens when a wanted resource is there already and is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It is blocked until somebody adopts it.
    Ask,
    /// It is shared: used, added to, and only our addition is taken back.
    Shared,
    /// It is a part of something that others write too, and its parts bear no mark: those that the state does not know and
    /// that are there are somebody else's until they are adopted, and all others are ours.
    Part,
}

/// A field of a spec that needs care.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its path from the root, joined by `.`: `path`, `trust.webIdentity`.
    pub path: &'static str,
    /// A change of it replaces the resource: delete, then create.
    pub replaces: bool,
    /// Its value is never printed.
    pub sensitive: bool,
}
