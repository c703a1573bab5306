//! The kinds of Azure, one file each.

pub(crate) mod application;
pub(crate) mod blob_container;
pub(crate) mod existing_identity;
pub(crate) mod federated_credential;
pub(crate) mod identity;
pub(crate) mod key_vault_access_policy;
pub(crate) mod role_assignment;
