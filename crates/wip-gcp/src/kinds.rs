//! The kinds of Google Cloud, one file each.

pub(crate) mod bucket;
pub(crate) mod bucket_members;
pub(crate) mod project_members;
pub(crate) mod secret_members;
pub(crate) mod service_account;
pub(crate) mod service_account_members;
