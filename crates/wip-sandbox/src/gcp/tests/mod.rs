//! Google Cloud: one test for each operation, and one example for each refusal.
