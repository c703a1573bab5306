//! Which api-versions each type has.
//!
//! Sources: the versions that the releases of azure-mgmt-resource, azure-mgmt-msi, azure-mgmt-authorization, azure-mgmt-storage, azure-mgmt-keyvault and azure-mgmt-containerservice on PyPI were generated for; "Resolve errors for resource provider registration" (the messages).
//! Only the later ones are listed: nobody begins with one of 2015.

use serde_json::Value;

use super::path::Target;
use crate::azure::call::Refusal;
use crate::http::Request;

const SUBSCRIPTIONS: &[&str] = &[
    "2016-06-01",
    "2019-06-01",
    "2019-11-01",
    "2020-01-01",
    "2021-01-01",
    "2022-12-01",
];
const GROUPS: &[&str] = &[
    "2019-10-01",
    "2020-06-01",
    "2020-10-01",
    "2021-01-01",
    "2021-04-01",
    "2022-09-01",
    "2024-03-01",
    "2024-07-01",
    "2024-11-01",
    "2025-04-01",
];
const IDENTITIES: &[&str] = &[
    "2018-11-30",
    "2021-09-30-preview",
    "2022-01-31-preview",
    "2023-01-31",
    "2024-11-30",
];
const CREDENTIALS: &[&str] = &["2022-01-31-preview", "2023-01-31", "2024-11-30"];
const AUTHORIZATION: &[&str] = &[
    "2018-01-01-preview",
    "2018-09-01-preview",
    "2020-04-01-preview",
    "2020-08-01-preview",
    "2020-10-01-preview",
    "2022-04-01",
];
const STORAGE: &[&str] = &[
    "2021-04-01",
    "2021-09-01",
    "2022-05-01",
    "2022-09-01",
    "2023-01-01",
    "2023-05-01",
    "2024-01-01",
    "2025-01-01",
    "2025-06-01",
    "2025-08-01",
    "2026-04-01",
    "2026-06-01",
    "2026-09-01",
];
const VAULTS: &[&str] = &[
    "2019-09-01",
    "2021-10-01",
    "2022-07-01",
    "2023-02-01",
    "2023-07-01",
    "2024-11-01",
    "2025-05-01",
    "2026-05-15",
];
const CLUSTERS: &[&str] = &[
    "2023-01-01",
    "2023-06-01",
    "2024-01-01",
    "2024-05-01",
    "2024-09-01",
    "2025-01-01",
    "2025-05-01",
    "2025-10-01",
    "2026-04-01",
    "2026-05-01",
    "2026-06-01",
    "2026-07-01",
    "2026-08-01",
];

fn of(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "subscriptions" => SUBSCRIPTIONS,
        "resourcegroups" => GROUPS,
        "microsoft.managedidentity/userassignedidentities" => IDENTITIES,
        "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials" => {
            CREDENTIALS
        }
        "microsoft.authorization/roleassignments" | "microsoft.authorization/roledefinitions" => {
            AUTHORIZATION
        }
        "microsoft.storage/storageaccounts"
        | "microsoft.storage/storageaccounts/blobservices/containers" => STORAGE,
        "microsoft.keyvault/vaults" | "microsoft.keyvault/vaults/accesspolicies" => VAULTS,
        "microsoft.containerservice/managedclusters" => CLUSTERS,
        _ => return None,
    })
}

const NAMESPACES: [&str; 5] = [
    "microsoft.managedidentity",
    "microsoft.authorization",
    "microsoft.storage",
    "microsoft.keyvault",
    "microsoft.containerservice",
];

/// Refuses an unknown provider, an unknown type, and a version that the type has not.
pub(super) fn check(target: &Target, version: &str, request: &Request) -> Result<(), Refusal> {
    let (namespace, types) = target.parts();
    let Some(versions) = of(&target.kind()) else {
        if !namespace.is_empty() && !NAMESPACES.contains(&namespace.to_lowercase().as_str()) {
            let message = format!("The resource namespace '{namespace}' is invalid.");
            return Err(Refusal::new(404, "InvalidResourceNamespace", message));
        }
        let message = format!(
            "The resource type '{types}' could not be found in the namespace '{namespace}' for api version '{version}'."
        );
        return Err(Refusal::new(404, "InvalidResourceType", message));
    };
    if versions.contains(&version) {
        return Ok(());
    }
    let list = versions.join(",");
    if namespace.is_empty() {
        let message =
            format!("The api-version '{version}' is invalid. The supported versions are '{list}'.");
        return Err(Refusal::new(400, "InvalidApiVersionParameter", message));
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    if let Some(location) = body["location"].as_str() {
        let message = format!(
            "No registered resource provider found for location '{location}' and API version '{version}' for type '{types}'. The supported api-versions are '{list}'."
        );
        return Err(Refusal::new(400, "NoRegisteredProviderFound", message));
    }
    let message = format!(
        "The resource type '{types}' could not be found in the namespace '{namespace}' for api version '{version}'. The supported api-versions are '{list}'."
    );
    Err(Refusal::new(404, "InvalidResourceType", message))
}
