//! Whether the resource that a scope names is there.
//!
//! Not here: containers and secrets, which Resource Manager does not track; subscriptions and groups, which every call looks for.

use crate::azure::CLUSTERS;
use crate::azure::call::{Refusal, segments};
use crate::db::Db;

/// Types that the world has, each with the prefix of its keys.
const TRACKED: [(&str, &str, bool); 2] = [
    (
        "microsoft.managedidentity/userassignedidentities",
        "azure/identity/",
        true,
    ),
    ("microsoft.containerservice/managedclusters", CLUSTERS, true),
];

/// Refuses a scope of which no resource is there.
pub(super) fn must_exist(db: &Db, scope: &str) -> Result<(), Refusal> {
    let parts = segments(&scope.to_lowercase());
    let [_, subscription, _, group, _, namespace, kind, name, ..] = &parts[..] else {
        return Ok(());
    };
    let wanted = format!("{namespace}/{kind}");
    let Some((.., prefix, in_group)) = TRACKED.iter().find(|(kind, ..)| *kind == wanted) else {
        return Ok(());
    };
    let key = if *in_group {
        format!("{prefix}{subscription}/{group}/{name}")
    } else {
        format!("{prefix}{name}")
    };
    if db.get::<serde_json::Value>(&key).is_some() {
        return Ok(());
    }
    let message = format!(
        "The Resource '{namespace}/{kind}/{name}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    );
    Err(Refusal::new(404, "ResourceNotFound", message))
}
