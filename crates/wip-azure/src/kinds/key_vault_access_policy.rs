//! `azure/key-vault-access-policy`: what a managed identity or an application may do with the secrets of a vault where access policies decide.
//!
//! Owns the permissions of our identity alone: only `accessPolicies/add` and `accessPolicies/remove` are called, and the vault is
//! never written whole. There is nowhere to put a mark, and none is needed: the identity is ours.
//! Source: `Vaults_UpdateAccessPolicy`, `Vaults_Get` (Microsoft.KeyVault).

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wip_plan::{Address, Edge, Existing, Field, Mark, Owner, Place};
use wip_provider::{
    Ask, Class, CloudError, Created, Found, Kind, Observed, Question, Scope, Spotted, Target,
    Wanted,
};
use wip_rest::Call;
use wip_space::{AzureAccess, Space};

use crate::client::Principal;
use crate::facts::{Fact, Facts};
use crate::places::place;
use crate::rights::Right;
use crate::{Azure, places, versions};

const ADD: &str = "arm:Vaults_UpdateAccessPolicy";

/// What the External Secrets Operator needs of a vault with access policies, and what the guides give: read and list.
const PERMISSIONS: [&str; 2] = ["get", "list"];

/// The kind.
pub(crate) struct KeyVaultAccessPolicy;

/// What an identity may do with the secrets of a vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PolicySpec {
    /// The resource id of the vault.
    vault: String,
    /// The id of the managed identity or the application.
    principal: String,
    /// Of secrets, in lower case.
    secrets: BTreeSet<String>,
}

impl Kind for KeyVaultAccessPolicy {
    const NAME: &'static str = "azure/key-vault-access-policy";
    const SUMMARY: &'static str = "Permissions of a managed identity or an application in a key vault where access policies decide; other people's policies stay as they are.";
    const EXISTING: Existing = Existing::Ask;
    const FIELDS: &'static [Field] = &[
        Field {
            path: "vault",
            replaces: true,
            sensitive: false,
        },
        Field {
            path: "principal",
            replaces: true,
            sensitive: false,
        },
    ];
    type Spec = PolicySpec;
    type Cloud = Azure;

    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<PolicySpec>> {
        let mut wants = BTreeMap::new();
        for identity in &scope.space.entra {
            let needs = places::needs(identity, &scope.space.name);
            for access in &identity.access {
                let AzureAccess::KeyVault(vault) = access else {
                    continue;
                };
                // Where roles decide, and where nobody knows, it is a role assignment's.
                if !matches!(
                    facts.vaults.get(&vault.id()),
                    Some(Fact::Known(Some(false)))
                ) {
                    continue;
                }
                let name = format!("{}/{}", identity.name, vault.vault);
                let want = Wanted {
                    name: name.clone(),
                    place: place(&vault.subscription),
                    spec: Ok(PolicySpec {
                        vault: vault.id(),
                        principal: identity.principal.id(),
                        secrets: PERMISSIONS.map(str::to_owned).into(),
                    }),
                    needs: needs.clone(),
                    links: needs.clone(),
                };
                wants.insert(name, want);
            }
        }
        wants.into_values().collect()
    }

    fn edges(spec: &PolicySpec) -> Vec<Edge> {
        let last = |id: &str| id.rsplit('/').next().unwrap_or_default().to_owned();
        let verbs: Vec<&str> = spec.secrets.iter().map(String::as_str).collect();
        vec![
            Edge::ActsAs {
                who: last(&spec.principal),
                at: String::new(),
            },
            Edge::May {
                verb: format!("secrets {}", verbs.join(", ")),
                on: last(&spec.vault),
            },
        ]
    }

    /// Azure refuses two writes of one vault at once (Azure/AzureKeyVault#6).
    fn serial(_place: &Place, spec: &PolicySpec) -> Option<String> {
        Some(spec.vault.to_lowercase())
    }

    async fn observe(cloud: &Azure, question: Question<'_, PolicySpec>) -> Observed {
        let looks = question.asks.iter().map(|ask| async {
            let found = look(cloud, ask, question.space).await;
            ask.answer(found)
        });
        Observed {
            seen: join_all(looks).await,
            ..Observed::default()
        }
    }

    async fn create(
        cloud: &Azure,
        _at: &Target<'_>,
        spec: &PolicySpec,
    ) -> Result<Created, CloudError> {
        let principal = principal(cloud, spec).await?;
        if find(cloud, spec, &principal).await?.is_some() {
            let words = "the identity has a policy in this vault already";
            return Err(CloudError::local(Class::Conflict, ADD, words));
        }
        write(cloud, "add", spec, &principal, &spec.secrets).await?;
        Ok(Created::default())
    }

    async fn update(
        cloud: &Azure,
        _at: &Target<'_>,
        from: &PolicySpec,
        to: &PolicySpec,
    ) -> Result<(), CloudError> {
        let principal = principal(cloud, to).await?;
        let more: BTreeSet<String> = to.secrets.difference(&from.secrets).cloned().collect();
        let less: BTreeSet<String> = from.secrets.difference(&to.secrets).cloned().collect();
        if !more.is_empty() {
            write(cloud, "add", to, &principal, &more).await?;
        }
        if !less.is_empty() {
            write(cloud, "remove", to, &principal, &less).await?;
        }
        Ok(())
    }

    /// There is nowhere to put one.
    async fn mark(_cloud: &Azure, _at: &Target<'_>, _live: &PolicySpec) -> Result<(), CloudError> {
        Ok(())
    }

    async fn unmark(
        _cloud: &Azure,
        _at: &Target<'_>,
        _live: &PolicySpec,
    ) -> Result<(), CloudError> {
        Ok(())
    }

    async fn delete(cloud: &Azure, _at: &Target<'_>, from: &PolicySpec) -> Result<(), CloudError> {
        let gone = || CloudError::local(Class::Missing, ADD, "it is not there");
        // Of an identity that was there before, nothing can be told any more, and it opens nothing.
        let Some(principal) = cloud.clients.principal(&from.principal).await? else {
            return Err(gone());
        };
        if find(cloud, from, &principal).await?.is_none() {
            return Err(gone());
        }
        write(cloud, "remove", from, &principal, &from.secrets).await
    }
}

/// The rights for the access policies of a Space.
///
/// Whether access policies decide in a vault the file does not say.
pub(crate) fn rights(space: &Space) -> Vec<Right> {
    let without = "no vault where access policies decide can be used";
    let vaults = space.entra.iter().flat_map(|identity| &identity.access);
    let vaults = vaults.filter_map(|access| match access {
        AzureAccess::KeyVault(vault) => Some(vault.id()),
        AzureAccess::BlobContainer { .. } | AzureAccess::Role { .. } => None,
    });
    let writes = vaults.flat_map(|id| Right::change(&id, &[ADD]));
    writes.map(|right| right.optional(without)).collect()
}

/// A vault, as far as its policies go.
#[derive(Deserialize)]
struct Live {
    properties: LiveProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LiveProperties {
    tenant_id: String,
    #[serde(default)]
    access_policies: Vec<LivePolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LivePolicy {
    object_id: String,
    permissions: LivePermissions,
}

#[derive(Deserialize)]
struct LivePermissions {
    #[serde(default)]
    secrets: Vec<String>,
}

async fn vault(cloud: &Azure, id: &str) -> Result<Option<Live>, CloudError> {
    cloud
        .clients
        .get(Call::read("arm:Vaults_Get"), id, versions::VAULTS)
        .await
}

async fn principal(cloud: &Azure, spec: &PolicySpec) -> Result<Principal, CloudError> {
    let found = cloud.clients.principal(&spec.principal).await?;
    found.ok_or_else(|| {
        let words = format!(
            "there is no {} {}",
            places::noun(&spec.principal),
            spec.principal
        );
        CloudError::local(Class::Missing, ADD, words)
    })
}

/// What the identity may do with secrets; `None` where that is nothing.
async fn find(
    cloud: &Azure,
    spec: &PolicySpec,
    principal: &Principal,
) -> Result<Option<BTreeSet<String>>, CloudError> {
    let Some(live) = vault(cloud, &spec.vault).await? else {
        return Ok(None);
    };
    let own = live.properties.access_policies.into_iter();
    let own = own.filter(|policy| policy.object_id.eq_ignore_ascii_case(&principal.object));
    let secrets: BTreeSet<String> = own
        .flat_map(|policy| policy.permissions.secrets)
        .map(|permission| permission.to_lowercase())
        .collect();
    Ok((!secrets.is_empty()).then_some(secrets))
}

/// Whose what an identity may is: whose the identity is, where that is a Space's own.
fn owner(principal: &Principal, address: &Address, space: &str) -> Owner {
    match &principal.owner {
        Owner::Marked(mark) if mark.space == space && !mark.adopted => Owner::Marked(Mark {
            address: address.to_string(),
            ..mark.clone()
        }),
        _ => Owner::Unmarkable,
    }
}

async fn look(cloud: &Azure, ask: &Ask<'_, PolicySpec>, space: &str) -> Found<PolicySpec> {
    let (wanted, owned) = (ask.wanted()?, ask.owned()?);
    // What is ours is looked at where it is.
    let Some(known) = owned.or(wanted) else {
        return Ok(None);
    };
    let Some(principal) = cloud.clients.principal(&known.principal).await? else {
        return Ok(None);
    };
    let secrets = find(cloud, &known, &principal).await?;
    Ok(secrets.map(|secrets| Spotted {
        id: None,
        given: BTreeMap::new(),
        spec: PolicySpec { secrets, ..known },
        owner: owner(&principal, ask.address, space),
        objections: Vec::new(),
        remarks: Vec::new(),
    }))
}

/// Adds permissions to those that the identity has, or takes some of them away.
async fn write(
    cloud: &Azure,
    operation: &str,
    spec: &PolicySpec,
    principal: &Principal,
    secrets: &BTreeSet<String>,
) -> Result<(), CloudError> {
    let live = vault(cloud, &spec.vault).await?;
    let live = live.ok_or_else(|| {
        let words = format!("there is no key vault {}", spec.vault);
        CloudError::local(Class::Missing, ADD, words)
    })?;
    let body = json!({ "properties": { "accessPolicies": [{
        "tenantId": live.properties.tenant_id,
        "objectId": principal.object,
        "permissions": { "secrets": secrets },
    }] } });
    let id = format!("{}/accessPolicies/{operation}", spec.vault);
    let call = Call::write(ADD);
    let put = cloud
        .clients
        .call(call, Method::PUT, &id, versions::VAULTS, Some(body));
    put.await.map(drop)
}
