//! Where there are managed identities, and where those have no federated credentials.
//!
//! Sources: the list that Azure answers with (Azure/azure-rest-api-specs#8520, microsoft/aspire#12303, `LocationNotAvailableForResourceType`); the regions of restricted access in "Azure regions list"; "Unsupported regions (user-assigned managed identities)" in "Important considerations and restrictions for federated identity credentials".

use serde_json::Value;

use crate::azure::call::Refusal;

const REGIONS: &[&str] = &[
    "southafricanorth",
    "southafricawest",
    "uaenorth",
    "uaecentral",
    "australiacentral",
    "australiacentral2",
    "australiaeast",
    "australiasoutheast",
    "canadacentral",
    "canadaeast",
    "brazilsouth",
    "brazilsoutheast",
    "centralindia",
    "jioindiawest",
    "jioindiacentral",
    "westindia",
    "southindia",
    "japanwest",
    "japaneast",
    "eastasia",
    "israelcentral",
    "italynorth",
    "southeastasia",
    "koreacentral",
    "koreasouth",
    "northeurope",
    "polandcentral",
    "qatarcentral",
    "westeurope",
    "ukwest",
    "uksouth",
    "swedencentral",
    "swedensouth",
    "switzerlandwest",
    "switzerlandnorth",
    "germanywestcentral",
    "germanynorth",
    "centralus",
    "northcentralus",
    "eastus",
    "eastus2",
    "southcentralus",
    "westus",
    "westus2",
    "westus3",
    "westcentralus",
    "francecentral",
    "francesouth",
    "norwayeast",
    "norwaywest",
    "mexicocentral",
    "spaincentral",
    "chilecentral",
    "newzealandnorth",
    "indonesiacentral",
    "malaysiawest",
    "malaysiasouth",
    "austriaeast",
    "belgiumcentral",
];

const WITHOUT_CREDENTIALS: [&str; 2] = ["malaysiasouth", "newzealandnorth"];

/// Whether identities of a region may have federated credentials.
pub(super) fn has_credentials(region: &str) -> bool {
    !WITHOUT_CREDENTIALS.contains(&region)
}

/// The region that a body names, as `West Europe` or `westeurope`.
pub(super) fn read(value: Option<&Value>) -> Result<String, Refusal> {
    let Some(location) = value
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
    else {
        let message = "The location property is required for this definition.";
        return Err(Refusal::new(400, "LocationRequired", message));
    };
    let name = location.replace(' ', "").to_lowercase();
    if REGIONS.contains(&name.as_str()) {
        return Ok(name);
    }
    let list = REGIONS.join(",");
    let message = format!(
        "The provided location '{location}' is not available for resource type 'Microsoft.ManagedIdentity/userAssignedIdentities'. List of available regions for the resource type is '{list}'."
    );
    Err(Refusal::new(
        400,
        "LocationNotAvailableForResourceType",
        message,
    ))
}
