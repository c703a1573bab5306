//! Azure against the sandbox, in virtual time.

mod applications;
mod containers;
mod left_over;
mod lives;
mod refusals;
mod rights;
mod room;
mod stage;
