//! Azure against the sandbox, in virtual time.

mod applications;
mod lives;
mod refusals;
mod room;
mod stage;
