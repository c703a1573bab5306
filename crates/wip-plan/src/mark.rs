//! The mark that says whose a live object is.

use serde::{Deserialize, Serialize};

/// What wip writes on what it makes: Space, lineage of its state, and address.
///
/// Clouds with tags bear it as `wip-space`, `wip-lineage` and `wip-address`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    /// The Space's name.
    pub space: String,
    /// The lineage of the state, a UUID made with the first state.
    pub lineage: String,
    /// The address, as text: a live object may bear one that this version cannot parse.
    pub address: String,
}
