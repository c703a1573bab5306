//! Whose a live resource is, as its mark says.
//!
//! Owns the reading of marks; what follows from it is [`super::decision`]'s.

use crate::{Address, Owner};

/// Whose mark a live resource bears, as seen from one address of one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Ours: this Space, lineage and address.
    Ours,
    /// Ours, under the address that it had before it was renamed.
    OursRenamed,
    /// It bears none, or its kind cannot bear one.
    Nobody,
    /// Another Space's; what is shared may be used all the same.
    AnotherSpace(String),
    /// Our Space's, of another state or another address.
    AnotherState(String),
}

/// What an address is known by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Us<'a> {
    pub(super) space: &'a str,
    pub(super) lineage: &'a str,
    pub(super) address: &'a Address,
    /// The addresses that `moved` renames to this one.
    pub(super) formerly: &'a [&'a Address],
}

/// Whose mark `owner` is.
pub(super) fn whose(owner: &Owner, us: Us<'_>) -> Whose {
    let mark = match owner {
        Owner::Unmarked | Owner::Unmarkable => return Whose::Nobody,
        Owner::Marked(mark) => mark,
    };
    if mark.space != us.space {
        Whose::AnotherSpace(format!("it belongs to the Space `{}`", mark.space))
    } else if mark.lineage != us.lineage {
        Whose::AnotherState(format!(
            "another state of this Space owns it (lineage {}); get that state, or take the tags \
             wip-space, wip-lineage and wip-address off it",
            mark.lineage
        ))
    } else if mark.address == us.address.to_string() {
        Whose::Ours
    } else if us.formerly.iter().any(|a| a.to_string() == mark.address) {
        Whose::OursRenamed
    } else {
        Whose::AnotherState(format!(
            "it is marked as {old} of this Space; if the file renames it, say so: moved: [{{ from: {old}, to: {new} }}]",
            old = mark.address,
            new = us.address,
        ))
    }
}
