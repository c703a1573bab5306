//! What wip itself needs of Azure for a Space: the actions that its calls ask for, as roles for whoever runs it.
//!
//! Owns the form: one role for looking and one for changing, for each resource group and for the subscription itself, with the
//! actions that are needed there and no others.
//! Which rights a call needs stands beside the kind, or the fact, that makes it; this asks no cloud.
//!
//! Sources: "Azure permissions" (a page for each provider) for the actions; "Azure custom roles" for the form, and for where one
//! can be assigned: a subscription or a resource group, and no single resource; "Examples to delegate Azure role assignment
//! management with conditions".

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use wip_provider::{RoleDefinition, RoleRights, TenantRights};
use wip_space::Space;

use crate::kinds::{
    blob_container, federated_credential, identity, key_vault_access_policy, role_assignment,
};
use crate::{facts, places, roles};

/// What a right is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Purpose {
    /// `wip plan`, `wip verify`.
    Look,
    /// `wip apply`, `wip destroy`, besides.
    Change,
}

/// One call about something at a scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Right {
    /// The id of a subscription or a resource group.
    scope: String,
    purpose: Purpose,
    /// The call, as it is named where it is made.
    pub(crate) call: &'static str,
    /// What becomes of a run without it; `None` where nothing does.
    without: Option<&'static str>,
}

impl Right {
    /// That looking needs, about the resource of this id.
    pub(crate) fn look(id: &str, calls: &[&'static str]) -> Vec<Self> {
        Self::of(id, Purpose::Look, calls)
    }

    /// That changing needs besides, about the resource of this id.
    pub(crate) fn change(id: &str, calls: &[&'static str]) -> Vec<Self> {
        Self::of(id, Purpose::Change, calls)
    }

    fn of(id: &str, purpose: Purpose, calls: &[&'static str]) -> Vec<Self> {
        let right = |call: &&'static str| Self {
            scope: assignable(id),
            purpose,
            call,
            without: None,
        };
        calls.iter().map(right).collect()
    }

    /// That wip can do without; `without` says what becomes of it then.
    pub(crate) fn optional(self, without: &'static str) -> Self {
        Self {
            without: Some(without),
            ..self
        }
    }

    /// The action that the call asks for; empty where nobody says.
    pub(crate) fn action(&self) -> &'static str {
        match self.call {
            "arm:Subscriptions_Get" => "Microsoft.Resources/subscriptions/read",
            "arm:ManagedClusters_Get" => "Microsoft.ContainerService/managedClusters/read",
            "arm:UserAssignedIdentities_Get" => {
                "Microsoft.ManagedIdentity/userAssignedIdentities/read"
            }
            "arm:UserAssignedIdentities_CreateOrUpdate" => {
                "Microsoft.ManagedIdentity/userAssignedIdentities/write"
            }
            "arm:UserAssignedIdentities_Delete" => {
                "Microsoft.ManagedIdentity/userAssignedIdentities/delete"
            }
            "arm:FederatedIdentityCredentials_Get" | "arm:FederatedIdentityCredentials_List" => {
                "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read"
            }
            "arm:FederatedIdentityCredentials_CreateOrUpdate" => {
                "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write"
            }
            "arm:FederatedIdentityCredentials_Delete" => {
                "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete"
            }
            "arm:RoleAssignments_ListForScope"
            | "arm:RoleAssignments_ListForSubscription"
            | "arm:RoleAssignments_GetById" => "Microsoft.Authorization/roleAssignments/read",
            "arm:RoleAssignments_Create" => "Microsoft.Authorization/roleAssignments/write",
            "arm:RoleAssignments_Delete" => "Microsoft.Authorization/roleAssignments/delete",
            "arm:RoleDefinitions_List" | "arm:RoleDefinitions_Get" => {
                "Microsoft.Authorization/roleDefinitions/read"
            }
            "arm:BlobContainers_Create" | "arm:BlobContainers_Update" => {
                "Microsoft.Storage/storageAccounts/blobServices/containers/write"
            }
            "arm:BlobContainers_Delete" => {
                "Microsoft.Storage/storageAccounts/blobServices/containers/delete"
            }
            "arm:StorageAccounts_GetProperties" => "Microsoft.Storage/storageAccounts/read",
            "blob:ListBlobs" => {
                "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
            }
            "arm:BlobContainers_Get" => {
                "Microsoft.Storage/storageAccounts/blobServices/containers/read"
            }
            "arm:Vaults_Get" => "Microsoft.KeyVault/vaults/read",
            "arm:Vaults_UpdateAccessPolicy" => "Microsoft.KeyVault/vaults/accessPolicies/write",
            _ => "",
        }
    }
}

/// Where a role can be assigned for the resource of this id: its group, or its subscription where it is in none.
fn assignable(id: &str) -> String {
    let subscription = places::subscription_of(id);
    let mut parts = id.split('/').skip(3);
    match (parts.next(), parts.next()) {
        // Names of groups are the same in any case.
        (Some(word), Some(group)) if word.eq_ignore_ascii_case("resourceGroups") => {
            let group = group.to_lowercase();
            format!("/subscriptions/{subscription}/resourceGroups/{group}")
        }
        _ => format!("/subscriptions/{subscription}"),
    }
}

/// Every right that the calls of a Space ask for.
pub(crate) fn all(space: &Space) -> Vec<Right> {
    [
        facts::rights(space),
        blob_container::rights(space),
        identity::rights(space),
        federated_credential::rights(space),
        role_assignment::rights(space),
        key_vault_access_policy::rights(space),
    ]
    .concat()
}

/// What wip needs for a Space, by subscription; every one that it calls has an entry.
pub fn rights(space: &Space) -> BTreeMap<String, RoleRights> {
    let rights: BTreeSet<Right> = all(space).into_iter().collect();
    let entry = |subscription: String| {
        let of = |purpose| definitions(space, &subscription, purpose, &rights);
        let needed = RoleRights {
            plan: of(Purpose::Look),
            apply: of(Purpose::Change),
        };
        (subscription, needed)
    };
    places::subscriptions(space)
        .into_keys()
        .map(entry)
        .collect()
}

/// What wip needs in the tenants that applications of a Space are registered in.
///
/// `OwnedBy` lets a caller change what it made itself, and what it owns.
/// Source: "Microsoft Graph permissions reference".
pub fn tenant_rights(space: &Space) -> BTreeMap<String, TenantRights> {
    let needed = TenantRights {
        plan: vec!["Application.Read.All"],
        apply: vec!["Application.ReadWrite.OwnedBy"],
    };
    let tenants = places::tenants(space);
    let tenants = tenants
        .iter()
        .filter_map(|account| places::tenant_of(account));
    tenants
        .map(|tenant| (tenant.to_owned(), needed.clone()))
        .collect()
}

/// Action → what becomes of a run without it; `None` where nothing does.
type Actions = BTreeMap<&'static str, Option<&'static str>>;

fn definitions(
    space: &Space,
    subscription: &str,
    purpose: Purpose,
    rights: &BTreeSet<Right>,
) -> Vec<RoleDefinition> {
    let whole = format!("/subscriptions/{subscription}");
    let mut scopes: BTreeMap<&str, Actions> = BTreeMap::new();
    let here = rights.iter().filter(|right| {
        right.purpose == purpose && places::subscription_of(&right.scope) == subscription
    });
    for right in here {
        let actions = scopes.entry(&right.scope).or_default();
        let known = actions.entry(right.action()).or_insert(right.without);
        // What wip cannot do without for another reason is no choice.
        *known = known.and(right.without);
    }
    // What somebody must be able to do in all of a subscription is not said again for its groups.
    let firm = scopes.get(whole.as_str()).cloned().unwrap_or_default();
    for (scope, actions) in &mut scopes {
        actions.retain(|action, _| *scope == whole || firm.get(action) != Some(&None));
    }
    scopes.retain(|_, actions| !actions.is_empty());
    scopes
        .into_iter()
        .map(|(scope, actions)| definition(space, purpose, scope, &actions))
        .collect()
}

/// A role as `az role definition create --role-definition` takes it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    name: &'a str,
    is_custom: bool,
    description: String,
    actions: Vec<&'static str>,
    not_actions: [&'static str; 0],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    data_actions: Vec<&'static str>,
    assignable_scopes: [&'a str; 1],
}

fn definition(space: &Space, purpose: Purpose, scope: &str, actions: &Actions) -> RoleDefinition {
    let (word, commands) = match purpose {
        Purpose::Look => ("plan", "wip plan and wip verify"),
        Purpose::Change => ("apply", "wip apply and wip destroy"),
    };
    // Names of roles are a tenant's, and groups of two subscriptions may be called alike.
    let parts: Vec<&str> = scope.split('/').skip(2).step_by(2).collect();
    let name = format!("wip {word} {} {}", space.name, parts.join(" "));
    let (data, others) = actions.keys().copied().partition(|it| is_data(it));
    let document = Document {
        name: &name,
        is_custom: true,
        description: format!("What {commands} need for the Space {}.", space.name),
        actions: others,
        not_actions: [],
        data_actions: data,
        assignable_scopes: [scope],
    };
    let json = serde_json::to_string_pretty(&document);
    let optional = actions
        .iter()
        .filter_map(|(action, without)| Some(((*action).to_owned(), (*without)?.to_owned())));
    RoleDefinition {
        optional: optional.collect(),
        condition: actions
            .contains_key("Microsoft.Authorization/roleAssignments/write")
            .then(|| roles::guids(space, scope))
            .flatten()
            .map(|guids| condition(&guids)),
        scope: scope.to_owned(),
        json: json.unwrap_or_default(),
        name,
    }
}

/// Whether an action is about data and not about resources ("Control and data actions", Azure docs).
fn is_data(action: &str) -> bool {
    action.ends_with("/blobs/read")
}

/// That only these roles are given and taken away, and only to and from workloads: without it, who may write role assignments
/// may give everything to anybody.
fn condition(guids: &BTreeSet<String>) -> String {
    let guids: Vec<&str> = guids.iter().map(String::as_str).collect();
    let guids = guids.join(", ");
    let part = |verb: &str, source: &str| {
        let of = format!("{source}[Microsoft.Authorization/roleAssignments");
        format!(
            "((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/{verb}'}})) OR \
             ({of}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{guids}}} AND \
             {of}:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {{'ServicePrincipal'}}))"
        )
    };
    format!(
        "{} AND {}",
        part("write", "@Request"),
        part("delete", "@Resource")
    )
}
