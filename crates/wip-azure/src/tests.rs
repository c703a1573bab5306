//! Tests: answers that are written by hand.
