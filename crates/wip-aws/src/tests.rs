//! The kinds against the sandbox, over its socket, and what a Space wants of them.

mod faults;
mod lives;
mod requests;
mod roles;
mod shared;
mod stage;
mod wants;
