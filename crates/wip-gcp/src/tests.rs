//! Google Cloud against the sandbox, in virtual time.

mod accounts;
mod crashes;
mod lives;
mod policies;
mod refusals;
mod requests;
mod rights;
mod stage;
