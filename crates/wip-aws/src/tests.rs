//! The kinds against the sandbox, over a wire in memory, and what a Space wants of them.

mod buckets;
mod faults;
mod isolation;
mod issuers;
mod latency;
mod lives;
mod pods;
mod requests;
mod rights;
mod roles;
mod shared;
mod stage;
mod targets;
mod usage;
mod volumes;
mod wants;
mod wire;
