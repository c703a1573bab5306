//! Tests of the Space file as a whole: examples, bad inputs, and the JSON Schema.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the cases are files, and are timed; the library does neither"
)]

mod bad;
mod discovery;
mod examples;
mod issuers;
mod meaning;
mod schema;
