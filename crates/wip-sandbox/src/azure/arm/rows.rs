//! The operations: method and type, the name in Microsoft's REST specifications, the action that it needs, and who does it.
//!
//! Source of the actions: "Azure permissions" (a page for each provider).

use super::path::Target;
use super::{
    assignments, clusters, credentials, groups, identities, roles, storage, subscriptions, vaults,
};
use crate::azure::call::{Call, Refusal};
use crate::http::{Answer, Request};

/// What does an operation.
type Handle = fn(&mut Call<'_>, &Request, &Target) -> Result<Answer, Refusal>;

/// One operation.
pub(super) struct Row {
    method: &'static str,
    /// The type in lower case.
    kind: &'static str,
    is_collection: bool,
    /// What the scope must be; `Any` for extensions.
    at: At,
    pub(super) operation: &'static str,
    pub(super) action: &'static str,
    pub(super) handle: Handle,
}

/// Where a type stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Top,
    Subscription,
    Group,
    Any,
}

impl At {
    fn fits(self, target: &Target) -> bool {
        let is_group = target.group().is_some();
        match self {
            At::Top | At::Any => true,
            At::Subscription => !is_group && target.subscription().is_some(),
            At::Group => is_group,
        }
    }
}

/// The operation that a method means for a target.
pub(super) fn find(method: &str, target: &Target) -> Option<&'static Row> {
    let kind = target.kind();
    ROWS.iter().find(|row| {
        row.method == method
            && row.kind == kind
            && row.is_collection == target.is_collection()
            && row.at.fits(target)
    })
}

const IDENTITY: &str = "microsoft.managedidentity/userassignedidentities";
const CREDENTIAL: &str =
    "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials";
const CONTAINER: &str = "microsoft.storage/storageaccounts/blobservices/containers";
const ASSIGNMENT: &str = "microsoft.authorization/roleassignments";
const DEFINITION: &str = "microsoft.authorization/roledefinitions";

macro_rules! row {
    ($method:literal $kind:expr, $what:ident $at:ident, $operation:literal, $action:literal, $handle:path) => {
        Row {
            method: $method,
            kind: $kind,
            is_collection: row!($what),
            at: At::$at,
            operation: $operation,
            action: $action,
            handle: $handle,
        }
    };
    (all) => {
        true
    };
    (one) => {
        false
    };
}

static ROWS: &[Row] = &[
    row!("GET" "subscriptions", all Top, "Subscriptions_List", "Microsoft.Resources/subscriptions/read", subscriptions::list),
    row!("GET" "subscriptions", one Top, "Subscriptions_Get", "Microsoft.Resources/subscriptions/read", subscriptions::get),
    row!("GET" "resourcegroups", all Top, "ResourceGroups_List", "Microsoft.Resources/subscriptions/resourceGroups/read", groups::list),
    row!("GET" "resourcegroups", one Top, "ResourceGroups_Get", "Microsoft.Resources/subscriptions/resourceGroups/read", groups::get),
    row!("GET" "microsoft.containerservice/managedclusters", one Group, "ManagedClusters_Get", "Microsoft.ContainerService/managedClusters/read", clusters::get),
    row!("GET" IDENTITY, all Subscription, "UserAssignedIdentities_ListBySubscription", "Microsoft.ManagedIdentity/userAssignedIdentities/read", identities::list),
    row!("GET" IDENTITY, all Group, "UserAssignedIdentities_ListByResourceGroup", "Microsoft.ManagedIdentity/userAssignedIdentities/read", identities::list),
    row!("GET" IDENTITY, one Group, "UserAssignedIdentities_Get", "Microsoft.ManagedIdentity/userAssignedIdentities/read", identities::get),
    row!("PUT" IDENTITY, one Group, "UserAssignedIdentities_CreateOrUpdate", "Microsoft.ManagedIdentity/userAssignedIdentities/write", identities::put),
    row!("PATCH" IDENTITY, one Group, "UserAssignedIdentities_Update", "Microsoft.ManagedIdentity/userAssignedIdentities/write", identities::patch),
    row!("DELETE" IDENTITY, one Group, "UserAssignedIdentities_Delete", "Microsoft.ManagedIdentity/userAssignedIdentities/delete", identities::delete),
    row!("GET" CREDENTIAL, all Group, "FederatedIdentityCredentials_List", "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read", credentials::list),
    row!("GET" CREDENTIAL, one Group, "FederatedIdentityCredentials_Get", "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read", credentials::get),
    row!("PUT" CREDENTIAL, one Group, "FederatedIdentityCredentials_CreateOrUpdate", "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write", credentials::put),
    row!("DELETE" CREDENTIAL, one Group, "FederatedIdentityCredentials_Delete", "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete", credentials::delete),
    row!("GET" ASSIGNMENT, all Subscription, "RoleAssignments_ListForSubscription", "Microsoft.Authorization/roleAssignments/read", assignments::list),
    row!("GET" ASSIGNMENT, all Any, "RoleAssignments_ListForScope", "Microsoft.Authorization/roleAssignments/read", assignments::list),
    row!("GET" ASSIGNMENT, one Any, "RoleAssignments_Get", "Microsoft.Authorization/roleAssignments/read", assignments::get),
    row!("PUT" ASSIGNMENT, one Any, "RoleAssignments_Create", "Microsoft.Authorization/roleAssignments/write", assignments::put),
    row!("DELETE" ASSIGNMENT, one Any, "RoleAssignments_Delete", "Microsoft.Authorization/roleAssignments/delete", assignments::delete),
    row!("GET" DEFINITION, all Any, "RoleDefinitions_List", "Microsoft.Authorization/roleDefinitions/read", roles::list),
    row!("GET" DEFINITION, one Any, "RoleDefinitions_Get", "Microsoft.Authorization/roleDefinitions/read", roles::get),
    row!("GET" "microsoft.storage/storageaccounts", one Group, "StorageAccounts_GetProperties", "Microsoft.Storage/storageAccounts/read", storage::get),
    row!("GET" CONTAINER, all Group, "BlobContainers_List", "Microsoft.Storage/storageAccounts/blobServices/containers/read", storage::containers),
    row!("GET" CONTAINER, one Group, "BlobContainers_Get", "Microsoft.Storage/storageAccounts/blobServices/containers/read", storage::container),
    row!("PUT" CONTAINER, one Group, "BlobContainers_Create", "Microsoft.Storage/storageAccounts/blobServices/containers/write", storage::put_container),
    row!("PATCH" CONTAINER, one Group, "BlobContainers_Update", "Microsoft.Storage/storageAccounts/blobServices/containers/write", storage::patch_container),
    row!("DELETE" CONTAINER, one Group, "BlobContainers_Delete", "Microsoft.Storage/storageAccounts/blobServices/containers/delete", storage::delete_container),
    row!("GET" "microsoft.keyvault/vaults", one Group, "Vaults_Get", "Microsoft.KeyVault/vaults/read", vaults::get),
    row!("PUT" "microsoft.keyvault/vaults", one Group, "Vaults_CreateOrUpdate", "Microsoft.KeyVault/vaults/write", vaults::put),
    row!("PUT" "microsoft.keyvault/vaults/accesspolicies", one Group, "Vaults_UpdateAccessPolicy", "Microsoft.KeyVault/vaults/accessPolicies/write", vaults::put_policies),
];
