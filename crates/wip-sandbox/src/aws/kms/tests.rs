//! The refusals of KMS, one by one.
