//! Which roles an identity has, where, and how each is called.
//!
//! Owns the roles that a component needs. Source of the GUIDs: Azure docs, "Azure built-in roles".

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use wip_plan::Address;
use wip_space::{AzureAccess, Container, EntraIdentity, Space};

use crate::facts::{Fact, Facts};
use crate::kinds::blob_container;
use crate::places;

/// A role: name, GUID of its definition.
type Known = (&'static str, &'static str);

/// Read, write, list and delete blobs.
const BLOBS: Known = (
    "Storage Blob Data Contributor",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
);
/// Read and list blobs.
const BLOBS_READ: Known = (
    "Storage Blob Data Reader",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
);
/// Read and list secrets, of a vault where role assignments decide.
const SECRETS: Known = (
    "Key Vault Secrets User",
    "4633458b-17de-408a-b874-0445c86b69e6",
);

/// A role that an identity has at a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// What tells it from the identity's others: `acmebackups/backups`.
    pub(crate) name: String,
    pub(crate) scope: String,
    /// What wip makes at whose scope it is.
    pub(crate) needs: Option<Address>,
    pub(crate) role: Result<(String, String), String>,
}

/// The roles of an identity, each once.
pub(crate) fn of(identity: &EntraIdentity, space: &Space, facts: &Facts) -> Vec<Given> {
    let mut all: BTreeMap<String, Given> = BTreeMap::new();
    let mut containers: BTreeMap<&Container, bool> = BTreeMap::new();
    for at in &identity.restore_from {
        containers.insert(at, false);
    }
    for access in &identity.access {
        let given = match access {
            AzureAccess::BlobContainer { at, writes } => {
                *containers.entry(at).or_default() |= writes;
                continue;
            }
            AzureAccess::KeyVault(vault) => {
                let id = vault.id();
                let Some(role) = secrets(&id, &vault.vault, facts) else {
                    continue;
                };
                Given {
                    role,
                    name: vault.vault.clone(),
                    scope: id,
                    needs: None,
                }
            }
            AzureAccess::Role { role, scope } => Given {
                name: name_of(role, scope),
                scope: scope.clone(),
                needs: None,
                role: resolved(role, scope, facts),
            },
        };
        all.insert(given.name.clone(), given);
    }
    for (at, writes) in containers {
        let name = format!("{}/{}", at.storage_account, at.container);
        let made = blob_container::address(space, at);
        let given = Given {
            name: name.clone(),
            scope: at.id(),
            role: blobs(at, writes, made.is_some(), facts),
            needs: made,
        };
        all.insert(name, given);
    }
    all.into_values().collect()
}

fn known((name, guid): Known) -> (String, String) {
    (name.to_owned(), guid.to_owned())
}

fn blobs(
    at: &Container,
    writes: bool,
    is_made: bool,
    facts: &Facts,
) -> Result<(String, String), String> {
    match facts.containers.get(&at.id()) {
        Some(Fact::Known(is_there)) if *is_there || is_made => {
            Ok(known(if writes { BLOBS } else { BLOBS_READ }))
        }
        Some(Fact::Known(_)) => Err(format!(
            "there is no container {} in the storage account {} of resource group {}; `buckets` with `create: true` lets wip make it",
            at.container, at.storage_account, at.resource_group
        )),
        Some(Fact::Unreadable(why)) => Err(why.clone()),
        None => Err("nothing is known of its container".to_owned()),
    }
}

/// Role assignments count only where the vault says so ("Azure role-based access control vs. access policies", Key Vault docs);
/// `None` where access policies decide.
fn secrets(id: &str, vault: &str, facts: &Facts) -> Option<Result<(String, String), String>> {
    Some(match facts.vaults.get(id) {
        Some(Fact::Known(Some(true))) => Ok(known(SECRETS)),
        Some(Fact::Known(Some(false))) => return None,
        Some(Fact::Known(None)) => Err(format!("there is no key vault {vault}: {id}")),
        Some(Fact::Unreadable(why)) => Err(why.clone()),
        None => Err("nothing is known of its vault".to_owned()),
    })
}

fn resolved(role: &str, scope: &str, facts: &Facts) -> Result<(String, String), String> {
    if let Some(guid) = guid(role) {
        return Ok((role.to_owned(), guid));
    }
    let key = format!("{}/{role}", places::subscription_of(scope));
    match facts.roles.get(&key) {
        Some(Fact::Known(guid)) => Ok((role.to_owned(), guid.clone())),
        Some(Fact::Unreadable(why)) => Err(why.clone()),
        None => Err(format!("nothing is known of the role `{role}`")),
    }
}

/// The GUID of a role whose definition need not be looked up.
fn guid(role: &str) -> Option<String> {
    let known = [BLOBS, BLOBS_READ, SECRETS];
    let own = known
        .iter()
        .find(|(name, guid)| name.eq_ignore_ascii_case(role) || guid.eq_ignore_ascii_case(role));
    own.map(|(_, guid)| (*guid).to_owned())
}

/// The GUIDs of the roles that identities have in the resource group or subscription of this id; `None` where one of them must be
/// looked up first.
pub(crate) fn guids(space: &Space, group: &str) -> Option<BTreeSet<String>> {
    let is_there = |id: &str| {
        format!("{}/", id.to_lowercase()).starts_with(&format!("{}/", group.to_lowercase()))
    };
    let mut guids = BTreeSet::new();
    for identity in &space.entra {
        if identity.restore_from.iter().any(|at| is_there(&at.id())) {
            guids.insert(BLOBS_READ.1.to_owned());
        }
        for access in &identity.access {
            let (id, guid) = match access {
                AzureAccess::BlobContainer { at, writes: true } => {
                    (at.id(), Some(BLOBS.1.to_owned()))
                }
                AzureAccess::BlobContainer { at, writes: false } => {
                    (at.id(), Some(BLOBS_READ.1.to_owned()))
                }
                AzureAccess::KeyVault(vault) => (vault.id(), Some(SECRETS.1.to_owned())),
                AzureAccess::Role { role, scope } => (scope.clone(), guid(role)),
            };
            if is_there(&id) {
                guids.insert(guid?);
            }
        }
    }
    Some(guids)
}

/// Scopes and names or GUIDs of the roles that must be looked up, one scope for each subscription and name.
pub(crate) fn to_look_up(space: &Space) -> BTreeSet<(String, String)> {
    let all = space.entra.iter().flat_map(|identity| &identity.access);
    let named = all.filter_map(|access| match access {
        AzureAccess::Role { role, scope } if guid(role).is_none() => {
            let subscription = places::subscription_of(scope);
            Some((format!("/subscriptions/{subscription}"), role.clone()))
        }
        _ => None,
    });
    named.collect()
}

/// A name for a role at a scope: readable, and by its digest no other's.
fn name_of(role: &str, scope: &str) -> String {
    let words = role.split_whitespace().collect::<Vec<_>>().join("-");
    let digest = Sha256::digest(format!("{role}\n{}", scope.to_lowercase()));
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let last = scope.rsplit('/').next().unwrap_or_default();
    format!("{words}/{last}-{}", &digits[..8])
}
