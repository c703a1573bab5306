//! The mark that says whose a live object is.

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

impl Mark {
    /// Whether both name the same resource of the same state.
    pub fn names_the_same(&self, other: &Self) -> bool {
        (&self.space, &self.lineage, &self.address)
            == (&other.space, &other.lineage, &other.address)
    }
}
