//! Azure against the sandbox, in virtual time.

mod containers;
mod lives;
mod refusals;
mod room;
mod stage;
