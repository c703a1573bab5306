//! Azure: clusters, managed identities and applications, and what they may reach.

use super::*;

record! {
    /// An AKS cluster.
    AksSpec {
        /// The tenant of its subscription.
        "tenant" tenant: Guid,
        /// Its subscription.
        "subscription" subscription: Guid,
        /// Its resource group.
        "resourceGroup" resource_group: ResourceGroupName,
        /// Its name in AKS.
        "cluster" cluster: AksName,
        /// Its OIDC issuer, with the `/` at its end; read from AKS when not given.
        [default] "issuer" issuer: AksIssuer,
    }
}

record! {
    /// The user-assigned managed identity of `method: entraWorkloadIdentity`.
    ManagedIdentitySpec {
        /// Its resource group, which must exist.
        "resourceGroup" resource_group: ResourceGroupName,
        /// Its region.
        "location" location: Location,
        /// Its name. Default: `SPACE-IDENTITY`.
        [default] "name" name: ManagedIdentityName,
        /// Its subscription. Default: that of its clusters.
        [default] "subscription" subscription: Guid,
        /// How far wip owns one that exists. Default: `manage`.
        [default] "existing" existing: ManagedExistingName,
    }
}

record! {
    /// The application of `method: entraWorkloadIdentity`.
    ApplicationSpec {
        /// Its name for people.
        "displayName" display_name: ApplicationName,
        /// Its key in the tenant, which never changes. Default: `SPACE-IDENTITY`.
        [default] "uniqueName" unique_name: UniqueName,
        /// The tenant that it is registered in. Default: that of its clusters.
        [default] "tenant" tenant: Guid,
    }
}

choice! {
    /// How far wip owns a managed identity.
    ManagedExistingName {
        /// Whole.
        Manage = "manage",
        /// Its federated credentials and role assignments only; the identity must exist.
        Reference = "reference",
    }
}

record! {
    /// Blobs in a container of a storage account.
    BlobContainerAccess {
        /// The storage account.
        "storageAccount" storage_account: StorageAccountName,
        /// Its resource group.
        "resourceGroup" resource_group: ResourceGroupName,
        /// The container.
        "container" container: ContainerName,
        /// Its subscription, where it is not the identity's own.
        [default] "subscription" subscription: Guid,
        /// What may be done: with `write` or `delete` Storage Blob Data Contributor, else Storage Blob Data Reader.
        /// Default: what the component needs; without a component it must be said.
        [default] "allow" allow: Vec<Spanned<VerbName>>,
    }
}

record! {
    /// A container that wip may make, in a storage account that is there. What wip makes is never public.
    BlobContainerSpec {
        /// The storage account.
        "storageAccount" storage_account: StorageAccountName,
        /// Its resource group.
        "resourceGroup" resource_group: ResourceGroupName,
        /// The container.
        "container" container: ContainerName,
        /// Its subscription. Default: that of the AKS clusters.
        [default] "subscription" subscription: Guid,
        /// Whether wip makes the container where there is none. Default: false.
        [default] "create" create: bool,
        /// What becomes of a container that wip made, once nothing wants it any more. Default: `keep`.
        [default] "onDestroy" on_destroy: OnDestroyWord,
    }
}

record! {
    /// Secrets in a key vault, which may be read and listed.
    KeyVaultAccess {
        /// The vault.
        "vault" vault: VaultName,
        /// Its resource group.
        "resourceGroup" resource_group: ResourceGroupName,
        /// Its subscription, where it is not the identity's own.
        [default] "subscription" subscription: Guid,
    }
}

record! {
    /// A role at a scope.
    AzureRoleAccess {
        /// The role's name, or the GUID of its definition.
        "role" role: AzureRoleName,
        /// The resource id of a subscription, a resource group or a resource.
        "scope" scope: AzureScope,
    }
}
