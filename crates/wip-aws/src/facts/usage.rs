//! How much of an account's IAM is used, and how much may be: one request for each account.
//!
//! Owns the calls; what no longer fits is the planner's to say, from `rooms`.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::operation::get_account_summary::GetAccountSummaryOutput;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use wip_provider::CloudError;
use wip_space::{Existing, Method, Space};

use super::Fact;
use super::read::quota;
use crate::client::{Call, Client, Clients};
use crate::rooms::{NEARLY, PROVIDERS, PROVIDERS_CODE};

/// What is used of IAM in one account. What the account's summary does not have is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Usage {
    /// Roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Count>,
    /// Managed policies of the account's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<Count>,
    /// OIDC providers, and others too where there are few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub providers: Option<Count>,
}

/// How many of a thing there are, and how many fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Count {
    /// There are.
    pub used: usize,
    /// Fit.
    pub most: usize,
    /// Why `most` is AWS's default and not the account's own value, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed: Option<String>,
}

/// The accounts that something is made in, each with the clusters whose issuers it is to trust.
pub(super) fn accounts(space: &Space) -> BTreeMap<&String, BTreeSet<&String>> {
    let mut accounts: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
    let making = space.identities.iter();
    for identity in making.filter(|identity| identity.role.existing != Existing::Reference) {
        let clusters = accounts.entry(&identity.account).or_default();
        if identity.trusts(Method::Irsa) {
            clusters.extend(identity.subjects.keys());
        }
    }
    accounts
}

/// Reads the usage of each account that something is made in.
pub(super) async fn read(clients: &Clients, space: &Space) -> BTreeMap<String, Fact<Usage>> {
    let reads = accounts(space)
        .into_iter()
        .map(async |(account, clusters)| {
            let usage = match of_account(clients, account, clusters.len()).await {
                Ok(usage) => Fact::Known(usage),
                Err(error) => Fact::refused(&error),
            };
            (account.clone(), usage)
        });
    join_all(reads).await.into_iter().collect()
}

async fn of_account(
    clients: &Clients,
    account: &str,
    clusters: usize,
) -> Result<Usage, CloudError> {
    let client = clients.global(account).await?;
    let call = Call::read("iam:GetAccountSummary");
    let ask = || client.iam().get_account_summary().send();
    let summary = client.call(call, ask).await?;
    let number = |name: &str| counted(&summary, name);
    if let Some(roles) = number("Roles") {
        clients.keep_roles(account, roles);
    }
    let count = |used: &str, most: &str| {
        Some(Count {
            used: number(used)?,
            most: number(most)?,
            assumed: None,
        })
    };
    let providers = match number("Providers") {
        Some(all) => Some(providers(clients, &client, account, (all, clusters)).await),
        None => None,
    };
    Ok(Usage {
        roles: count("Roles", "RolesQuota"),
        policies: count("Policies", "PoliciesQuota"),
        providers,
    })
}

/// What an account's summary counts under a name.
pub(crate) fn counted(summary: &GetAccountSummaryOutput, name: &str) -> Option<usize> {
    let counts = summary.summary_map.as_ref()?;
    let (_, value) = counts.iter().find(|(key, _)| key.as_str() == name)?;
    usize::try_from(*value).ok()
}

/// The summary counts providers of all sorts, and has no quota of them: where they are far from AWS's default, that is enough.
///
/// Who may not list them goes by the summary, which counts too many rather than too few.
async fn providers(
    clients: &Clients,
    client: &Client,
    account: &str,
    (all, clusters): (usize, usize),
) -> Count {
    if (all + clusters) * 100 < PROVIDERS * NEARLY {
        return Count {
            used: all,
            most: PROVIDERS,
            assumed: None,
        };
    }
    let ask = || client.iam().list_open_id_connect_providers().send();
    let call = Call::read("iam:ListOpenIDConnectProviders");
    let listed = client.call(call, ask).await.ok();
    let listed = listed.and_then(|output| output.open_id_connect_provider_list);
    let (most, assumed) = match quota(clients, account, PROVIDERS_CODE).await {
        Ok(most) => (most, None),
        Err(why) => (PROVIDERS, Some(why)),
    };
    Count {
        used: listed.map_or(all, |listed| listed.len()),
        most,
        assumed,
    }
}
