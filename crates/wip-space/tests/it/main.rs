//! Tests of the Space file from outside: examples, bad inputs, and the JSON Schema.

mod examples;
