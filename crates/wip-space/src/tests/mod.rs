//! Tests of the Space file as a whole: examples, bad inputs, and the JSON Schema.

#![expect(
    clippy::disallowed_methods,
    reason = "the cases are files; the library reads none"
)]

mod bad;
mod examples;
mod meaning;
mod schema;
