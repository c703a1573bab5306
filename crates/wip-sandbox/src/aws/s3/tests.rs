//! The refusals of S3, one by one.
