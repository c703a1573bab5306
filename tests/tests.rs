//! Whole runs of `wip` against the sandbox, and checks of the tree itself.
//!
//! Owns what no single crate can say of itself: that the binary does what its users read, and that the tree keeps its own rules.
//! Servers and clients that others wrote are in `peers`, in Python; measuring is in `bench`.

mod access;
mod binary;
mod buckets;
mod canaries;
mod cases;
mod clones;
mod disks;
mod examples;
mod git;
mod kills;
mod locks;
mod permissions;
mod pipelines;
mod quick_start;
mod rebuild;
mod running;
mod sandbox;
mod saved;
mod signals;
mod thousand;
mod tidy;
mod tree;
mod untouched;
