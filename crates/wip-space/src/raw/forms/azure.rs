//! What Azure Resource Manager takes.
//!
//! Source of names and lengths: Azure docs, "Naming rules and restrictions for Azure resources".

use super::too_long;
use crate::Code;
use crate::declare::text;
use crate::form::Fault;

text! {
    /// A GUID, in lower case: a tenant or a subscription.
    Guid {
        code: BadGuid,
        what: "a GUID",
        pattern: r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        help: "it looks like 6f1c9c1e-3b0a-4c7e-9a61-2d5f0b7c8e11, in lower case; `az account show` prints `id` and `tenantId`",
        examples: ["6f1c9c1e-3b0a-4c7e-9a61-2d5f0b7c8e11"],
    }
}

text! {
    /// The name of a resource group (Microsoft.Resources: 1 to 90).
    ResourceGroupName {
        code: BadAzureName,
        what: "a name of a resource group",
        pattern: r"^[A-Za-z0-9_.()-]{0,89}[A-Za-z0-9_()-]$",
        help: "use at most 90 letters, digits and `_ - . ( )`, with no dot at the end",
        examples: ["data"],
    }
}

text! {
    /// The name of an AKS cluster (Microsoft.ContainerService: 1 to 63).
    AksName {
        code: BadAzureName,
        what: "a name of an AKS cluster",
        pattern: r"^[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$",
        help: "use the name that `az aks list` shows",
        examples: ["aks-1"],
    }
}

text! {
    /// The name of a managed identity (Microsoft.ManagedIdentity: 3 to 128).
    ManagedIdentityName {
        code: BadAzureName,
        what: "a name of a managed identity",
        pattern: r"^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$",
        help: "use 3 to 128 letters, digits, `-` and `_`, with a letter or digit first",
        examples: ["prod-eu-backup"],
    }
}

text! {
    /// The name of an application for people (Graph, "application resource type": at most 256).
    ApplicationName {
        code: BadAzureName,
        what: "a name of an application",
        pattern: r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$",
        help: "use at most 256 characters, with no space at either end",
        check: |text| too_long(text, 256, Code::BadAzureName),
        examples: ["Acme backups"],
    }
}

text! {
    /// The key of an application in its tenant, in characters that need no escaping in a URL.
    UniqueName {
        code: BadAzureName,
        what: "a key of an application",
        pattern: r"^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$",
        help: "use 3 to 120 letters, digits, `-` and `_`, with a letter or digit first",
        examples: ["prod-eu-backup"],
    }
}

text! {
    /// A region of Azure.
    Location {
        code: BadAzureName,
        what: "a region of Azure",
        pattern: r"^[a-z][a-z0-9]{2,49}$",
        help: "write it as `az account list-locations` names it: `westeurope`, not `West Europe`",
        examples: ["westeurope"],
    }
}

text! {
    /// The name of a storage account (Microsoft.Storage: 3 to 24).
    StorageAccountName {
        code: BadAzureName,
        what: "a name of a storage account",
        pattern: r"^[a-z0-9]{3,24}$",
        help: "use 3 to 24 lower-case letters and digits",
        examples: ["acmebackups"],
    }
}

text! {
    /// The name of a container (Microsoft.Storage blobServices/containers: 3 to 63).
    ContainerName {
        code: BadAzureName,
        what: "a name of a container",
        pattern: r"^[a-z0-9](-?[a-z0-9]){2,62}$",
        help: "use 3 to 63 lower-case letters, digits and single hyphens, with a letter or digit at both ends",
        check: |text| too_long(text, 63, Code::BadAzureName),
        examples: ["backups"],
    }
}

text! {
    /// The name of a key vault (Microsoft.KeyVault: 3 to 24).
    VaultName {
        code: BadAzureName,
        what: "a name of a key vault",
        pattern: r"^[A-Za-z](-?[A-Za-z0-9]){2,23}$",
        help: "use 3 to 24 letters, digits and single hyphens, with a letter first and a letter or digit at the end",
        check: |text| too_long(text, 24, Code::BadAzureName),
        examples: ["acme-kv"],
    }
}

text! {
    /// The name of a role, or the GUID of its definition.
    AzureRoleName {
        code: BadAzureName,
        what: "a name of a role",
        pattern: r"^[A-Za-z0-9][A-Za-z0-9 ()/._-]{0,127}$",
        help: "write the name that `az role definition list` shows, or the GUID of the definition",
        examples: ["Storage Blob Data Reader"],
    }
}

text! {
    /// A scope: the resource id of a subscription, a resource group or a resource.
    AzureScope {
        code: BadAzureName,
        what: "a scope",
        pattern: r"^/subscriptions/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(/resourceGroups/[A-Za-z0-9_.()-]{1,90}(/providers/[A-Za-z0-9.]+(/[A-Za-z0-9_.-]+/[A-Za-z0-9_.()-]+)+)?)?$",
        help: "write a resource id: `/subscriptions/GUID/resourceGroups/NAME/providers/…`, with the GUID in lower case",
        check: group_alone,
        examples: ["/subscriptions/6f1c9c1e-3b0a-4c7e-9a61-2d5f0b7c8e11/resourceGroups/data"],
    }
}

/// Management groups and the tenant are wider than any workload needs.
fn group_alone(text: &str) -> Option<Fault> {
    (text == "/" || text.starts_with("/providers/Microsoft.Management")).then(|| Fault {
        code: Code::BadAzureName,
        message: "the scope holds more than one subscription".to_owned(),
        label: "too wide",
        help: "name a resource, a resource group, or a subscription".to_owned(),
    })
}

text! {
    /// The OIDC issuer of an AKS cluster: https, and `/` at the end where the token has one.
    AksIssuer {
        code: BadIssuer,
        what: "an issuer of an AKS cluster",
        pattern: r"^https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(/[A-Za-z0-9._~-]+)*/?$",
        help: "it looks like `https://westeurope.oic.prod-aks.azure.com/TENANT/UUID/`, with the `/` at its end: `az aks show --query oidcIssuerProfile.issuerUrl` prints it",
        check: |text| too_long(text, 600, Code::BadIssuer),
        wildcards: "allowed",
    }
}
