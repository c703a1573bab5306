//! `aws/oidc-provider`: an issuer of tokens that an account's roles may trust.
//!
//! Shared: our audience is added, others' are never removed and never shown. Thumbprints are nobody's business: AWS checks
//! issuers against its own list of authorities ("Obtain the thumbprint for an OpenID Connect identity provider").

mod rights;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::operation::get_role::GetRoleOutput;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use wip_plan::{Edge, Existing, Field, Mark, Owner, Place, Relation, Stray};
use wip_policy::Document;
use wip_provider::{
    Ask, Class, CloudError, Created, Kind, Observed, Question, Scope, Spotted, Target, Wanted,
};
use wip_space::{Cluster, ClusterAt, Method};

use crate::accounts::place;
use crate::client::{Call, Client, Clients};
use crate::facts::Fact;
use crate::kinds::iam_role::provider_arn;
use crate::kinds::oidc_discovery_documents;
use crate::page::Pages;
use crate::trust::AUDIENCE;
use crate::{Aws, Facts, marks};

pub(crate) use rights::rights;

/// The kind.
pub(crate) struct OidcProvider;

/// An OIDC provider, as far as it is ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProviderSpec {
    /// The issuer, `https://…`.
    url: String,
    /// The audiences that are ours.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    audiences: BTreeSet<String>,
}

/// The name of a cluster's provider in `account`: the cluster's, and the account's where it is not the cluster's own.
pub(crate) fn name(cluster: &Cluster, account: &str) -> String {
    match &cluster.at {
        ClusterAt::Eks { account: home, .. } | ClusterAt::SelfHosted { account: home, .. }
            if home == account =>
        {
            cluster.name.clone()
        }
        _ => format!("{}.{account}", cluster.name),
    }
}

impl Kind for OidcProvider {
    const NAME: &'static str = "aws/oidc-provider";
    const SUMMARY: &'static str =
        "An OIDC provider: an issuer of tokens that the account's roles may trust.";
    const EXISTING: Existing = Existing::Shared;
    const FIELDS: &'static [Field] = &[Field {
        path: "url",
        replaces: true,
        sensitive: false,
    }];
    type Spec = ProviderSpec;
    type Cloud = Aws;

    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<ProviderSpec>> {
        let mut wanted = BTreeMap::new();
        // A role that the file only refers to trusts whom its owner lets it trust.
        let trusting = scope.space.identities.iter().filter(|identity| {
            identity.trusts(Method::Irsa)
                && identity.role.existing != wip_space::Existing::Reference
        });
        for identity in trusting {
            let clusters = scope.space.clusters.iter();
            for cluster in clusters.filter(|cluster| identity.subjects.contains_key(&cluster.name))
            {
                let name = name(cluster, &identity.account);
                let spec = match facts.issuers.get(&cluster.name) {
                    Some(Fact::Known(url)) => Ok(ProviderSpec {
                        url: url.clone(),
                        audiences: BTreeSet::from([AUDIENCE.to_owned()]),
                    }),
                    Some(Fact::Unreadable(why)) => Err(why.clone()),
                    None => Err("nothing is known of its issuer".to_owned()),
                };
                wanted.entry(name.clone()).or_insert_with(|| Wanted {
                    name,
                    place: place(&identity.account, ""),
                    spec,
                    // IAM connects to the issuer when the provider is made.
                    needs: oidc_discovery_documents::address(scope.space, cluster)
                        .into_iter()
                        .collect(),
                    links: BTreeSet::new(),
                });
            }
        }
        wanted.into_values().collect()
    }

    fn edges(_spec: &ProviderSpec) -> Vec<Edge> {
        Vec::new()
    }

    async fn observe(cloud: &Aws, question: Question<'_, ProviderSpec>) -> Observed {
        let looks = question
            .asks
            .iter()
            .map(|ask| async { ask.answer(look(&cloud.clients, question.place, ask).await) });
        let mut observed = Observed {
            seen: join_all(looks).await,
            ..Observed::default()
        };
        if question.wide {
            observed.besides("providers", strays(&cloud.clients, &question).await);
        }
        observed
    }

    async fn create(
        cloud: &Aws,
        at: &Target<'_>,
        spec: &ProviderSpec,
    ) -> Result<Created, CloudError> {
        let client = cloud.clients.at(at.place).await?;
        let tags = marks::to_iam(&marks::tags(at.mark, at.labels))?;
        let audiences: Vec<String> = spec.audiences.iter().cloned().collect();
        let ask = || {
            let ask = client
                .iam()
                .create_open_id_connect_provider()
                .url(&spec.url);
            ask.set_client_id_list(Some(audiences.clone()))
                .set_tags(Some(tags.clone()))
                .send()
        };
        client
            .call(Call::write("iam:CreateOpenIDConnectProvider"), ask)
            .await
            .map(|_| Created::default())
    }

    async fn update(
        cloud: &Aws,
        at: &Target<'_>,
        from: &ProviderSpec,
        to: &ProviderSpec,
    ) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        let arn = arn(&client, &to.url);
        for audience in to.audiences.difference(&from.audiences) {
            let ask = || {
                let ask = client.iam().add_client_id_to_open_id_connect_provider();
                ask.open_id_connect_provider_arn(&arn)
                    .client_id(audience)
                    .send()
            };
            client
                .call(Call::write("iam:AddClientIDToOpenIDConnectProvider"), ask)
                .await?;
        }
        Ok(())
    }

    async fn mark(cloud: &Aws, at: &Target<'_>, live: &ProviderSpec) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        let arn = arn(&client, &live.url);
        let tags = marks::to_iam(&marks::tags(at.mark, &BTreeMap::new()))?;
        let ask = || {
            let ask = client.iam().tag_open_id_connect_provider();
            ask.open_id_connect_provider_arn(&arn)
                .set_tags(Some(tags.clone()))
                .send()
        };
        client
            .call(Call::write("iam:TagOpenIDConnectProvider"), ask)
            .await
            .map(drop)
    }

    async fn unmark(cloud: &Aws, at: &Target<'_>, live: &ProviderSpec) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        let arn = arn(&client, &live.url);
        let keys = marks::keys();
        let ask = || {
            let ask = client.iam().untag_open_id_connect_provider();
            ask.open_id_connect_provider_arn(&arn)
                .set_tag_keys(Some(keys.clone()))
                .send()
        };
        client
            .call(Call::write("iam:UntagOpenIDConnectProvider"), ask)
            .await
            .map(drop)
    }

    /// Deletes what wip made and nobody uses. Everything else stays, and our mark comes off it: it is not ours from then on,
    /// which is all that `Ok` says of it.
    ///
    /// Our audience stays too: nobody knows whether it was there before us, and whoever else trusts the provider may count
    /// on it by now.
    async fn delete(cloud: &Aws, at: &Target<'_>, from: &ProviderSpec) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        let arn = arn(&client, &from.url);
        let (audiences, tags) = read(&client, &arn, false).await?;
        let stays = at.relation == Relation::Shared
            || !audiences.is_subset(&from.audiences)
            || is_trusted(&client, &arn, at.mark).await?;
        if stays {
            let is_ours =
                matches!(marks::owner(&tags), Owner::Marked(mark) if mark.names_the_same(at.mark));
            return match is_ours {
                true => Self::unmark(cloud, at, from).await,
                false => Ok(()),
            };
        }
        let ask = || {
            let ask = client.iam().delete_open_id_connect_provider();
            ask.open_id_connect_provider_arn(&arn).send()
        };
        client
            .call(Call::write("iam:DeleteOpenIDConnectProvider"), ask)
            .await
            .map(drop)
    }
}

fn arn(client: &Client, url: &str) -> String {
    provider_arn(&client.partition, &client.account, url)
}

type Read = (BTreeSet<String>, BTreeMap<String, String>);

/// Audiences and tags of a provider.
async fn read(client: &Client, arn: &str, fresh: bool) -> Result<Read, CloudError> {
    let call = Call::read("iam:GetOpenIDConnectProvider").of_fresh(fresh);
    let ask = || {
        client
            .iam()
            .get_open_id_connect_provider()
            .open_id_connect_provider_arn(arn)
            .send()
    };
    let found = client.call(call, ask).await?;
    let audiences = found
        .client_id_list
        .unwrap_or_default()
        .into_iter()
        .collect();
    Ok((audiences, marks::from_iam(found.tags.as_deref())))
}

async fn look(
    clients: &Clients,
    at: &Place,
    ask: &Ask<'_, ProviderSpec>,
) -> Result<Option<Spotted<ProviderSpec>>, CloudError> {
    let client = clients.at(at).await?;
    // The one that is there before the one that is wanted: a cluster that was made anew has another issuer.
    let (wanted, owned) = (ask.wanted()?, ask.owned()?);
    let known = owned.as_ref().or(wanted.as_ref());
    let Some(url) = known.map(|spec| spec.url.as_str()).or(ask.id) else {
        return Ok(None);
    };
    let (live, tags) = match read(&client, &arn(&client, url), ask.fresh).await {
        Err(error) if error.class == Class::Missing => return Ok(None),
        found => found?,
    };
    if let (Some(wanted), Some(owned), Some(Relation::Made)) = (&wanted, &owned, ask.relation)
        && wanted.url != owned.url
    {
        return Err(remade(&owned.url, &wanted.url));
    }
    let known = [&wanted, &owned].into_iter().flatten();
    let mut ours: BTreeSet<String> = known
        .flat_map(|spec| spec.audiences.iter().cloned())
        .collect();
    if wanted.is_none() && owned.is_none() {
        ours.insert(AUDIENCE.to_owned());
    }
    let audiences = live.intersection(&ours).cloned().collect();
    let spec = ProviderSpec {
        url: url.to_owned(),
        audiences,
    };
    Ok(Some(Spotted {
        id: None,
        given: BTreeMap::new(),
        spec,
        owner: marks::owner(&tags),
        objections: Vec::new(),
        remarks: Vec::new(),
    }))
}

/// Under one name the old provider would have to go before the roles may trust the new one, and it goes only when no role
/// trusts it.
fn remade(old: &str, new: &str) -> CloudError {
    let words = format!(
        "the cluster's issuer was {old} and is {new}, as of a cluster that was made anew; give the cluster another `name` in \
         the file: then the new provider is made, the roles trust it, and the old one is deleted"
    );
    CloudError::local(Class::Final, OidcProvider::NAME, words)
}

/// Providers that bear the Space's mark and that nobody asked about; each is read, because a listing says no tags.
async fn strays(
    clients: &Clients,
    question: &Question<'_, ProviderSpec>,
) -> Result<Vec<Stray>, CloudError> {
    let client = clients.at(question.place).await?;
    let ask = || client.iam().list_open_id_connect_providers().send();
    let call = Call::read("iam:ListOpenIDConnectProviders");
    let listed = client.call(call, ask).await?.open_id_connect_provider_list;
    let arns: Vec<String> = listed
        .unwrap_or_default()
        .into_iter()
        .filter_map(|provider| provider.arn)
        .collect();
    let reads = arns.iter().map(|arn| read(&client, arn, false));
    let mut strays = Vec::new();
    for (arn, found) in arns.iter().zip(join_all(reads).await) {
        let tags = match found {
            Err(error) if error.class == Class::Missing => continue,
            found => found?.1,
        };
        if let Some((_, host)) = arn.split_once("oidc-provider/") {
            strays.extend(question.stray(&marks::owner(&tags), format!("https://{host}")));
        }
    }
    Ok(strays)
}

/// Whether a role of the account trusts the provider: one listing, which holds every trust policy.
async fn is_trusted(client: &Client, arn: &str, ours: &Mark) -> Result<bool, CloudError> {
    let mut pages = Pages::of("iam:ListRoles");
    loop {
        let ask = || {
            client
                .iam()
                .list_roles()
                .max_items(1000)
                .set_marker(pages.marker())
                .send()
        };
        let page = client.call(Call::read(pages.call()), ask).await?;
        for role in page.roles {
            let trust = role.assume_role_policy_document.unwrap_or_default();
            // A listing may still show what was changed or deleted a moment ago.
            if names(&trust, arn) && trusts(client, &role.role_name, arn, ours).await? {
                return Ok(true);
            }
        }
        if !pages.more(page.is_truncated, page.marker)? {
            return Ok(false);
        }
    }
}

/// Whether a trust policy names the provider; of one that cannot be read, it is taken for granted.
fn names(trust: &str, arn: &str) -> bool {
    let Ok(text) = wip_policy::decode(trust) else {
        return true;
    };
    match Document::parse(&text) {
        Ok(document) => document.to_json().contains(&format!("\"{arn}\"")),
        Err(_) => text.contains(arn),
    }
}

/// Whether a role trusts the provider.
///
/// One that this state made trusts it no more before the provider is deleted: until that is seen, it is waited for.
async fn trusts(client: &Client, role: &str, arn: &str, ours: &Mark) -> Result<bool, CloudError> {
    let ask = || client.iam().get_role().role_name(role).send();
    let judge = |answer: Result<GetRoleOutput, CloudError>| {
        let found = match answer {
            Ok(found) => found.role,
            Err(error) if error.class == Class::Missing => None,
            Err(error) => return Err(error),
        };
        let Some(found) = found else {
            return Ok(false);
        };
        let trust = found.assume_role_policy_document.unwrap_or_default();
        if !names(&trust, arn) {
            return Ok(false);
        }
        match marks::owner(&marks::from_iam(found.tags.as_deref())) {
            Owner::Marked(mark)
                if !mark.adopted
                    && (&mark.space, &mark.lineage) == (&ours.space, &ours.lineage) =>
            {
                let words = format!("the role {role} still trusts {arn}");
                Err(CloudError::local(Class::NotYet, "iam:GetRole", words))
            }
            _ => Ok(true),
        }
    };
    client
        .call_judged(Call::read("iam:GetRole"), ask, judge)
        .await
}
