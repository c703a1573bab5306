//! Role definitions: the built-in roles that matter to workload identity.
//!
//! Source: "Azure built-in roles" (general, storage, security): ids, names and permissions; of the key vault roles only the permissions of Microsoft.KeyVault. There are no custom roles here.

use serde_json::{Value, json};

use super::filter;
use super::pages;
use super::path::Target;
use crate::azure::call::{Call, Refusal, result};
use crate::http::{Answer, Request};

/// A built-in role.
pub(crate) struct Role {
    id: &'static str,
    name: &'static str,
    description: &'static str,
    pub(crate) actions: &'static [&'static str],
    pub(crate) not_actions: &'static [&'static str],
    pub(crate) data_actions: &'static [&'static str],
}

/// The role of an id, which may be a whole resource id.
pub(crate) fn find(id: &str) -> Option<&'static Role> {
    let last = id.rsplit('/').next()?;
    ROLES.iter().find(|role| role.id.eq_ignore_ascii_case(last))
}

fn shown(target: &Target, role: &Role) -> Value {
    let scope = match target.subscription() {
        Some(id) => format!("/subscriptions/{id}"),
        None => String::new(),
    };
    json!({
        "id": format!("{scope}/providers/Microsoft.Authorization/roleDefinitions/{}", role.id),
        "name": role.id,
        "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {
            "roleName": role.name,
            "type": "BuiltInRole",
            "description": role.description,
            "assignableScopes": ["/"],
            "permissions": [{
                "actions": role.actions,
                "notActions": role.not_actions,
                "dataActions": role.data_actions,
                "notDataActions": [],
            }],
        },
    })
}

pub(super) fn get(call: &mut Call<'_>, _: &Request, target: &Target) -> Result<Answer, Refusal> {
    let role = find(target.name(0)).ok_or_else(|| does_not_exist(404, target.name(0)))?;
    Ok(result(call, 200, &shown(target, role)))
}

/// Source: reports of Terraform's users (`RoleDefinitionDoesNotExist`, 404 for a read).
pub(super) fn does_not_exist(status: u16, id: &str) -> Refusal {
    let id = id.replace('-', "");
    let message = format!("The specified role definition with ID '{id}' does not exist.");
    Refusal::new(status, "RoleDefinitionDoesNotExist", message)
}

pub(super) fn list(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let terms = filter::terms(request.query_value("$filter").as_deref());
    let mut found: Vec<&Role> = ROLES.iter().collect();
    for term in &terms {
        if let Some(name) = filter::equal(term, "roleName") {
            found.retain(|role| role.name.eq_ignore_ascii_case(name));
        } else if let Some(kind) = filter::equal(term, "type") {
            found.retain(|_| kind.eq_ignore_ascii_case("BuiltInRole"));
        } else if filter::argument(term, "atScopeAndBelow").is_none() {
            return Err(filter::unknown(term));
        }
    }
    let found = found.into_iter().map(|role| shown(target, role)).collect();
    pages::answer(call, request, found)
}

const CONTAINERS_READ: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/read";
const DELEGATE: &str =
    "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action";
const BLOBS_READ: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
const SECRET_GET: &str = "Microsoft.KeyVault/vaults/secrets/getSecret/action";
const SECRET_SEE: &str = "Microsoft.KeyVault/vaults/secrets/readMetadata/action";
const VAULTS_READ: &[&str] = &[
    "Microsoft.KeyVault/checkNameAvailability/read",
    "Microsoft.KeyVault/deletedVaults/read",
    "Microsoft.KeyVault/locations/*/read",
    "Microsoft.KeyVault/vaults/*/read",
    "Microsoft.KeyVault/operations/read",
];

static ROLES: &[Role] = &[
    Role {
        id: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        name: "Owner",
        description: "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.",
        actions: &["*"],
        not_actions: &[],
        data_actions: &[],
    },
    Role {
        id: "b24988ac-6180-42a0-ab88-20f7382dd24c",
        name: "Contributor",
        description: "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC.",
        actions: &["*"],
        not_actions: &[
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
            "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete",
            "Microsoft.Compute/galleries/share/action",
            "Microsoft.Purview/consents/write",
            "Microsoft.Purview/consents/delete",
        ],
        data_actions: &[],
    },
    Role {
        id: "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        name: "Reader",
        description: "View all resources, but does not allow you to make any changes.",
        actions: &["*/read"],
        not_actions: &[],
        data_actions: &[],
    },
    Role {
        id: "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        name: "User Access Administrator",
        description: "Lets you manage user access to Azure resources.",
        actions: &["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
        not_actions: &[],
        data_actions: &[],
    },
    Role {
        id: "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
        name: "Role Based Access Control Administrator",
        description: "Manage access to Azure resources by assigning roles using Azure RBAC. This role does not allow you to manage access using other ways, such as Azure Policy.",
        actions: &[
            "Microsoft.Authorization/roleAssignments/write",
            "Microsoft.Authorization/roleAssignments/delete",
            "*/read",
            "Microsoft.Support/*",
        ],
        not_actions: &[],
        data_actions: &[],
    },
    Role {
        id: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        name: "Storage Blob Data Contributor",
        description: "Allows for read, write and delete access to Azure Storage blob containers and data",
        actions: &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/delete",
            CONTAINERS_READ,
            "Microsoft.Storage/storageAccounts/blobServices/containers/write",
            DELEGATE,
        ],
        not_actions: &[],
        data_actions: &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete",
            BLOBS_READ,
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/move/action",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action",
        ],
    },
    Role {
        id: "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        name: "Storage Blob Data Owner",
        description: "Allows for full access to Azure Storage blob containers and data, including assigning POSIX access control.",
        actions: &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/*",
            DELEGATE,
        ],
        not_actions: &[],
        data_actions: &["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*"],
    },
    Role {
        id: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
        name: "Storage Blob Data Reader",
        description: "Allows for read access to Azure Storage blob containers and data",
        actions: &[CONTAINERS_READ, DELEGATE],
        not_actions: &[],
        data_actions: &[BLOBS_READ],
    },
    Role {
        id: "00482a5a-887f-4fb3-b363-3b7fe8e74483",
        name: "Key Vault Administrator",
        description: "Perform all data plane operations on a key vault and all objects in it, including certificates, keys, and secrets. Cannot manage key vault resources or manage role assignments. Only works for key vaults that use the 'Azure role-based access control' permission model.",
        actions: VAULTS_READ,
        not_actions: &[],
        data_actions: &["Microsoft.KeyVault/vaults/*"],
    },
    Role {
        id: "21090545-7ca7-4776-b22c-e363652d74d2",
        name: "Key Vault Reader",
        description: "Read metadata of key vaults and its certificates, keys, and secrets. Cannot read sensitive values such as secret contents or key material. Only works for key vaults that use the 'Azure role-based access control' permission model.",
        actions: VAULTS_READ,
        not_actions: &[],
        data_actions: &["Microsoft.KeyVault/vaults/*/read", SECRET_SEE],
    },
    Role {
        id: "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
        name: "Key Vault Secrets Officer",
        description: "Perform any action on the secrets of a key vault, except manage permissions. Only works for key vaults that use the 'Azure role-based access control' permission model.",
        actions: VAULTS_READ,
        not_actions: &[],
        data_actions: &["Microsoft.KeyVault/vaults/secrets/*"],
    },
    Role {
        id: "4633458b-17de-408a-b874-0445c86b69e6",
        name: "Key Vault Secrets User",
        description: "Read secret contents. Only works for key vaults that use the 'Azure role-based access control' permission model.",
        actions: &[],
        not_actions: &[],
        data_actions: &[SECRET_GET, SECRET_SEE],
    },
    Role {
        id: "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba",
        name: "Key Vault Certificate User",
        description: "Read certificate contents. Only works for key vaults that use the 'Azure role-based access control' permission model.",
        actions: &[],
        not_actions: &[],
        data_actions: &[
            "Microsoft.KeyVault/vaults/certificates/read",
            SECRET_GET,
            SECRET_SEE,
            "Microsoft.KeyVault/vaults/keys/read",
        ],
    },
];
