//! Azure against the sandbox, in virtual time.

mod lives;
mod refusals;
mod rights;
mod room;
mod stage;
