//! What an identity of Azure may reach: containers, vaults, and roles on anything.

use super::identity::Scope;
use super::reach::{is_one_of, items};
use super::{container, forbid};
use crate::Code;
use crate::model::{AzureAccess, Component, Container, Vault};
use crate::problem::Problems;
use crate::raw::{
    AccessSpec, AzureRoleAccess, BlobContainerAccess, Guid, IdentitySpec, KeyVaultAccess, VerbName,
};
use crate::read::{Field, Spanned};

pub(super) fn access(
    spec: &IdentitySpec,
    component: Component,
    subscription: Option<&str>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Vec<AzureAccess> {
    let items = items(
        spec,
        false,
        "blobContainer: { storageAccount: …, resourceGroup: …, container: … }",
        problems,
    );
    let one = |item| one(item, component, subscription, scope, problems);
    items.iter().filter_map(one).collect()
}

fn one(
    item: &Spanned<AccessSpec>,
    component: Component,
    own: Option<&str>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<AzureAccess> {
    let spec = &item.value;
    let given = [
        ("blobContainer", spec.blob_container.is_some()),
        ("keyVault", spec.key_vault.is_some()),
        ("azureRole", spec.azure_role.is_some()),
    ];
    if !is_one_of(
        item,
        ("Azure", spec.is_of_aws() || spec.is_of_google()),
        &given,
        problems,
    ) {
        return None;
    }
    if let Some(blobs) = spec.blob_container.as_ref() {
        return blob_container(blobs, component, own, scope, problems);
    }
    if let Some(vault) = spec.key_vault.get() {
        return key_vault(vault, own);
    }
    azure_role(spec.azure_role.get()?, scope, problems)
}

/// Reports containers and vaults that name no subscription, where nothing else leads to one.
pub(super) fn say_subscriptions(spec: &IdentitySpec, scope: &Scope<'_>, problems: &mut Problems) {
    let items = spec.access.get().map(Vec::as_slice).unwrap_or_default();
    for item in items {
        let of_blobs = item.value.blob_container.get();
        let of_vault = item.value.key_vault.get();
        let of_blobs = of_blobs.map(|it| (&it.subscription, it.flawed));
        let of_vault = of_vault.map(|it| (&it.subscription, it.flawed));
        let is_silent = |(subscription, flawed): (&Field<Guid>, bool)| {
            subscription.get().is_none() && !flawed && scope.clusters.complete()
        };
        if of_blobs.or(of_vault).is_some_and(is_silent) {
            problems.add(
                Code::WhichAccount,
                &item.span,
                "which subscription is it in?",
                "no subscription",
                "add `subscription: GUID`: an application is in none, and its clusters do not lead to exactly one",
            );
        }
    }
}

fn subscription(given: &Field<Guid>, own: Option<&str>) -> Option<String> {
    match given.get() {
        Some(given) => Some(given.to_string()),
        None => own.map(str::to_owned),
    }
}

/// Backup reads, writes, lists and deletes; what Vector's sink `azure_blob` needs is a blob put and a look at the container, and
/// of Azure's own roles the least with both is the same one.
fn blob_container(
    field: &Spanned<BlobContainerAccess>,
    component: Component,
    own: Option<&str>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<AzureAccess> {
    let given = &field.value;
    let writes = match (given.allow.as_ref(), component) {
        (Some(allow), _) if allow.value.is_empty() => {
            problems.add(
                Code::EmptyList,
                &allow.span,
                "`allow` is empty",
                "allows nothing",
                "add `allow: [read, list]`, and `write` or `delete` where that is needed",
            );
            return None;
        }
        (Some(allow), _) => allow
            .value
            .iter()
            .any(|verb| matches!(verb.value, VerbName::Write | VerbName::Delete)),
        (None, Component::Backup | Component::Billing) => true,
        (None, Component::SharedSecrets | Component::Custom) => {
            if !given.flawed {
                problems.add(
                    Code::SayAllow,
                    &field.span,
                    "what it may do with the blobs does not follow from what it is for",
                    "needs `allow`",
                    "add `allow: [read, list]`, and `write` or `delete` where that is needed",
                );
            }
            return None;
        }
    };
    let at = Container {
        subscription: subscription(&given.subscription, own)?,
        resource_group: given.resource_group.get()?.to_string(),
        storage_account: given.storage_account.get()?.to_string(),
        container: given.container.get()?.to_string(),
    };
    container::agree(&scope.storage.containers, &at, &field.span, problems);
    Some(AzureAccess::BlobContainer { at, writes })
}

fn key_vault(given: &KeyVaultAccess, own: Option<&str>) -> Option<AzureAccess> {
    Some(AzureAccess::KeyVault(Vault {
        subscription: subscription(&given.subscription, own)?,
        resource_group: given.resource_group.get()?.to_string(),
        vault: given.vault.get()?.to_string(),
    }))
}

fn azure_role(
    given: &AzureRoleAccess,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<AzureAccess> {
    let (role, at) = (given.role.as_ref()?, given.scope.as_ref()?);
    forbid::azure_role(role, scope.guardrails, problems);
    let subscription = at.value.split('/').nth(2).unwrap_or_default();
    if !scope.subscriptions.contains(subscription) {
        problems.add(
            Code::WrongPlace,
            &at.span,
            "the scope is in a subscription that nothing else in the file is in",
            format!("in {subscription}"),
            "check the GUID; where it is right, name the subscription where something lies in it",
        );
    }
    Some(AzureAccess::Role {
        role: role.value.to_string(),
        scope: at.value.to_string(),
    })
}
