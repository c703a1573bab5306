//! The versions of the APIs that wip calls, in one place.
//!
//! Source: the REST specifications of each resource provider (Azure/azure-rest-api-specs), stable versions.

/// Microsoft Graph ("Versioning, support, and breaking change policies for Microsoft Graph").
pub(crate) const GRAPH: &str = "v1.0";
/// Microsoft.Resources, subscriptions.
pub(crate) const SUBSCRIPTIONS: &str = "2022-12-01";
/// Microsoft.ManagedIdentity.
pub(crate) const IDENTITIES: &str = "2023-01-31";
/// Microsoft.Authorization, role assignments and definitions.
pub(crate) const AUTHORIZATION: &str = "2022-04-01";
/// Microsoft.ContainerService.
pub(crate) const CLUSTERS: &str = "2025-05-01";
/// Microsoft.Storage.
pub(crate) const STORAGE: &str = "2024-01-01";
/// Microsoft.KeyVault.
pub(crate) const VAULTS: &str = "2023-07-01";
/// Blob Storage, in the header `x-ms-version` ("Versioning for Azure Storage").
pub(crate) const BLOBS: &str = "2021-12-02";
