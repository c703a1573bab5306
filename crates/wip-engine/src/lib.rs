//! Facts, observe, plan, apply, verify: one run, for any cloud.
//!
//! Owns the order of calls, their concurrency, and what becomes of a failure.
//! Prints nothing and names no cloud.

mod apply;
mod clouds;
mod error;
mod graph;
mod rebuild;
mod step;
mod survey;
#[cfg(test)]
mod tests;

pub use apply::{Apply, Failure, Outcome, Rights, Stop};
pub use clouds::Clouds;
pub use error::EngineError;
pub use rebuild::{Marked, Rebuilt, marked, rebuild};
pub use survey::{Survey, View, check, survey};
