//! Azure against the sandbox, in virtual time.

mod lives;
mod room;
mod stage;
