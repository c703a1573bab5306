//! The rules of the tree that the compiler and clippy do not know.
//!
//! One file per subject; each test names everything that breaks its rule at once.

mod crates;
mod documents;
mod goldens;
mod lines;
