//! Whether the resource that a scope names is there.
//!
//! Not here: containers and secrets, which Resource Manager does not track; subscriptions and groups, which every call looks for.

use serde_json::Value;

use crate::azure::CLUSTERS;
use crate::azure::call::{Refusal, segments};
use crate::db::Db;

/// Types that the world has, each with the prefix of its keys, and whether a key names subscription and group.
const TRACKED: [(&str, &str, bool); 4] = [
    (
        "microsoft.managedidentity/userassignedidentities",
        "azure/identity/",
        true,
    ),
    ("microsoft.containerservice/managedclusters", CLUSTERS, true),
    (
        "microsoft.storage/storageaccounts",
        super::storage::PREFIX,
        false,
    ),
    ("microsoft.keyvault/vaults", super::vaults::PREFIX, false),
];

/// Refuses a scope of which no resource is there.
pub(super) fn must_exist(db: &Db, scope: &str) -> Result<(), Refusal> {
    let parts = segments(&scope.to_lowercase());
    let [_, subscription, _, group, _, namespace, kind, name, ..] = &parts[..] else {
        return Ok(());
    };
    let wanted = format!("{namespace}/{kind}");
    let Some((_, prefix, in_group)) = TRACKED.iter().find(|(kind, ..)| *kind == wanted) else {
        return Ok(());
    };
    let is_there = if *in_group {
        db.get::<Value>(&format!("{prefix}{subscription}/{group}/{name}"))
            .is_some()
    } else {
        let found: Value = db.get(&format!("{prefix}{name}")).unwrap_or_default();
        let is_in = |member: &str, wanted: &str| {
            found[member]
                .as_str()
                .is_some_and(|own| own.eq_ignore_ascii_case(wanted))
        };
        is_in("subscription", subscription) && is_in("group", group)
    };
    if is_there {
        return Ok(());
    }
    let message = format!(
        "The Resource '{namespace}/{kind}/{name}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    );
    Err(Refusal::new(404, "ResourceNotFound", message))
}
