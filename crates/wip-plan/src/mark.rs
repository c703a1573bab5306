//! The mark that says whose a live object is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What wip writes on what it makes: Space, lineage of its state, and address.
///
/// Clouds with tags bear it as `wip-space`, `wip-lineage` and `wip-address`; what was adopted bears
/// `wip-relation: adopted` besides, so that it is not deleted after its state was lost.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    /// The Space's name.
    pub space: String,
    /// The lineage of the state, a UUID made with the first state.
    pub lineage: String,
    /// The address, as text: a live object may bear one that this version cannot parse.
    pub address: String,
    /// It was there before wip, which took it over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopted: bool,
}

const LINEAGE: &str = "wip-lineage";
const RELATION: &str = "wip-relation";
const ADOPTED: &str = "adopted";

impl Mark {
    /// The name under which the Space is borne.
    pub const SPACE: &str = "wip-space";

    /// The name under which the address is borne.
    pub const ADDRESS: &str = "wip-address";

    /// The names under which a mark is borne.
    pub const NAMES: [&str; 4] = [Self::SPACE, LINEAGE, Self::ADDRESS, RELATION];

    /// Names and values, as tags bear them.
    pub fn pairs(&self) -> BTreeMap<String, String> {
        let marks = [
            (Self::SPACE, self.space.as_str()),
            (LINEAGE, &self.lineage),
            (Self::ADDRESS, &self.address),
        ];
        let relation = self.adopted.then_some((RELATION, ADOPTED));
        let all = marks.into_iter().chain(relation);
        all.map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// The mark whose values stand under these names; `None` where there is none.
    pub fn read(value: impl Fn(&str) -> Option<String>) -> Option<Self> {
        Some(Self {
            space: value(Self::SPACE)?,
            lineage: value(LINEAGE).unwrap_or_default(),
            address: value(Self::ADDRESS).unwrap_or_default(),
            adopted: value(RELATION).as_deref() == Some(ADOPTED),
        })
    }

    /// Whether both name the same resource of the same state.
    pub fn names_the_same(&self, other: &Self) -> bool {
        (&self.space, &self.lineage, &self.address)
            == (&other.space, &other.lineage, &other.address)
    }
}
