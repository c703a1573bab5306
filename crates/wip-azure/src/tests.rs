//! Azure against the sandbox, in virtual time.

mod lives;
mod refusals;
mod room;
mod stage;
