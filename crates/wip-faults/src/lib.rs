//! The fault matrix: every call of a run, broken in every way, one at a time, and the same command again.
//!
//! The whole command line runs inside this process: its requests go to the sandbox without a socket, and time is virtual, so that nothing sleeps.
//! Not here: real processes and sockets (`tests/kills.rs`), and machines that lose what was not made durable (`wip-state`).

mod bug;
mod cell;
mod class;
mod examples;
mod matrix;
mod page;
pub mod small;
mod story;
#[cfg(test)]
mod tests;
mod wire;
mod world;

pub use bug::Bug;
pub use cell::{Cell, Verdict};
pub use class::{CLASSES, Class};
pub use examples::examples;
pub use matrix::{Filter, Table, all, run};
pub use page::page;
pub use story::{Act, Call, Stage, Story, play};
