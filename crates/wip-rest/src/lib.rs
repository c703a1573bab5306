//! One thin REST layer for clouds without an SDK of their own: a typed request, a bounded answer.
//!
//! Owns how requests go out (time-outs, no redirects, https, retries by class, the lane of each call), how errors in JSON are
//! read, and paging. Knows no cloud: what a code means is told by a function of the cloud's crate, and tokens come from it.
//! Never logs a body or a token.

mod answer;
mod client;
mod near;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Failed, Judge};
pub use client::{Call, Client, Pages, Request, Settings};
