//! What wip itself needs for role assignments.

use wip_space::{AzureAccess, Container, Space};

use super::PUT;
use crate::places;
use crate::rights::Right;

/// The rights for the role assignments of a Space.
///
/// Whether roles decide in a vault the file does not say.
pub(crate) fn rights(space: &Space) -> Vec<Right> {
    let at = |scope: &str| {
        let reads = [
            "arm:RoleAssignments_ListForScope",
            "arm:RoleAssignments_GetById",
        ];
        let writes = [PUT, "arm:RoleAssignments_Delete"];
        [Right::look(scope, &reads), Right::change(scope, &writes)].concat()
    };
    let mut rights = Vec::new();
    for subscription in places::subscriptions(space).into_keys() {
        let whole = format!("/subscriptions/{subscription}");
        let look = Right::look(&whole, &["arm:RoleAssignments_ListForSubscription"]);
        let without = "role assignments that nothing leads to any more are not found";
        rights.extend(look.into_iter().map(|right| right.optional(without)));
    }
    for identity in &space.entra {
        let restores = identity.restore_from.iter().map(Container::id);
        rights.extend(restores.flat_map(|id| at(&id)));
        for access in &identity.access {
            match access {
                AzureAccess::BlobContainer { at: container, .. } => {
                    rights.extend(at(&container.id()));
                }
                AzureAccess::Role { scope, .. } => rights.extend(at(scope)),
                AzureAccess::KeyVault(vault) => {
                    let without = "no vault where role assignments decide can be used";
                    let at = at(&vault.id()).into_iter();
                    rights.extend(at.map(|right| right.optional(without)));
                }
            }
        }
    }
    rights
}
