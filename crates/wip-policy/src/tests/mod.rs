//! Tests of the crate, by what they look at.

mod document;
mod equality;
mod evaluate;
mod guides;
mod hostile;
mod properties;
mod shared;
mod sizes;
mod strategies;
mod tree;
mod words;
