//! The values that planning is made of, and the pure planner over them.
//!
//! Owns documents, addresses, wants, what was seen, edits, steps, plans, grants and the
//! state as a value.
//! Does no I/O, reads no clock and knows no cloud.

mod address;
pub mod diff;
mod doc;
mod edit;
mod grant;
pub mod grants;
mod kind;
mod mark;
mod parts;
mod place;
mod plan;
mod planner;
pub mod render;
mod seen;
mod state;
#[cfg(test)]
mod testing;
mod want;

pub use address::{Address, AddressError};
pub use doc::{Doc, DocError};
pub use edit::{Change, Edit, Why};
pub use grant::{Edge, Grant};
pub use kind::{Existing, Field, KindInfo};
pub use mark::Mark;
pub use parts::{Members, Parts};
pub use place::Place;
pub use plan::{Action, Blocked, Counts, Note, Plan, Step, schema};
pub use planner::{AdoptWhat, Guardrails, Inputs, Mode, Renamed, Room, plan, rename};
pub use seen::{Owner, Seen, Sighting, Stray};
pub use state::{Cloud, Owned, Relation, State};
pub use want::Want;
