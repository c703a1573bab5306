//! Making, changing and deleting associations.
//!
//! Owns what of EKS's refusals is only not visible yet: a role or a trust that was written a moment ago, and an
//! association that was deleted a moment ago.

use std::collections::BTreeMap;
use std::error::Error;

use aws_sdk_iam::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use wip_policy::Document;
use wip_provider::{Class, CloudError, Target};

use super::listing::list;
use super::spec::AssociationSpec;
use crate::client::{Call, Client, Clients};
use crate::marks;
use crate::trust::Trust;

/// What EKS says of a role that it may not assume for pods.
const TRUST_IS_INVALID: &str = "Trust policy of the role provided is invalid";

/// Makes it, with its mark; answers its id.
pub(super) async fn create(
    clients: &Clients,
    at: &Target<'_>,
    spec: &AssociationSpec,
) -> Result<String, CloudError> {
    let client = clients.at(at.place).await?;
    let tags = marks::tags(at.mark, &spec.tags);
    let policy = spec.policy.as_ref().map(Document::to_json);
    let ask = || {
        let ask = client.eks().create_pod_identity_association();
        let ask = ask
            .cluster_name(&spec.cluster)
            .namespace(&spec.namespace)
            .service_account(&spec.service_account)
            .role_arn(&spec.role);
        ask.set_target_role_arn(spec.target_role.clone())
            .disable_session_tags(spec.disable_session_tags)
            .set_policy(policy.clone())
            .set_tags(Some(tags.clone().into_iter().collect()))
            .send()
    };
    let call = Call::write("eks:CreatePodIdentityAssociation");
    // What the facts have listed is not so any more.
    clients.take_listing(at.place, &spec.cluster);
    let made = patiently(clients, &client, spec, call, ask).await?;
    let id = made.association.and_then(|made| made.association_id);
    id.ok_or_else(|| CloudError::local(Class::Broken, at.address.kind(), "EKS names no id"))
}

/// Turns `from` into `to`.
///
/// An empty target role takes it off (aws-controllers-k8s/eks-controller#164). That an empty policy does the same is inferred
/// from that: no page says it, and verifying after the update is what would tell.
pub(super) async fn update(
    clients: &Clients,
    at: &Target<'_>,
    from: &AssociationSpec,
    to: &AssociationSpec,
) -> Result<(), CloudError> {
    let client = clients.at(at.place).await?;
    let id = id(&client, at, from).await?;
    let text = |policy: &Option<Document>| policy.as_ref().map(Document::to_json);
    let changed =
        |from: Option<String>, to: Option<String>| (from != to).then(|| to.unwrap_or_default());
    let role = changed(Some(from.role.clone()), Some(to.role.clone()));
    let target = changed(from.target_role.clone(), to.target_role.clone());
    let policy = changed(text(&from.policy), text(&to.policy));
    let untagged = to.disable_session_tags;
    let tags_differ = untagged != from.disable_session_tags;
    if role.is_some() || target.is_some() || policy.is_some() || tags_differ {
        let ask = || {
            let ask = client.eks().update_pod_identity_association();
            ask.cluster_name(&to.cluster)
                .association_id(&id)
                .set_role_arn(role.clone())
                .set_target_role_arn(target.clone())
                .set_policy(policy.clone())
                .disable_session_tags(untagged)
                .send()
        };
        let call = Call::write("eks:UpdatePodIdentityAssociation");
        patiently(clients, &client, to, call, ask).await?;
    }
    let new: BTreeMap<String, String> = to
        .tags
        .iter()
        .filter(|(key, value)| from.tags.get(*key) != Some(*value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !new.is_empty() {
        tag(&client, &arn(&client, at, to, &id), new).await?;
    }
    let gone = from.tags.keys().filter(|key| !to.tags.contains_key(*key));
    let gone: Vec<String> = gone.cloned().collect();
    match gone.is_empty() {
        true => Ok(()),
        false => untag(&client, &arn(&client, at, to, &id), gone).await,
    }
}

/// Writes our mark.
pub(super) async fn mark(
    clients: &Clients,
    at: &Target<'_>,
    live: &AssociationSpec,
) -> Result<(), CloudError> {
    let client = clients.at(at.place).await?;
    let id = id(&client, at, live).await?;
    let tags = marks::tags(at.mark, &BTreeMap::new());
    tag(&client, &arn(&client, at, live, &id), tags).await
}

/// Takes our mark off.
pub(super) async fn unmark(
    clients: &Clients,
    at: &Target<'_>,
    live: &AssociationSpec,
) -> Result<(), CloudError> {
    let client = clients.at(at.place).await?;
    let id = id(&client, at, live).await?;
    untag(&client, &arn(&client, at, live, &id), marks::keys()).await
}

/// Deletes it.
pub(super) async fn delete(
    clients: &Clients,
    at: &Target<'_>,
    from: &AssociationSpec,
) -> Result<(), CloudError> {
    let client = clients.at(at.place).await?;
    let id = id(&client, at, from).await?;
    clients.take_listing(at.place, &from.cluster);
    let ask = || {
        let ask = client.eks().delete_pod_identity_association();
        ask.cluster_name(&from.cluster).association_id(&id).send()
    };
    client
        .call(Call::write("eks:DeletePodIdentityAssociation"), ask)
        .await
        .map(drop)
}

/// The id of an association: what is known of it, or what a listing says.
async fn id(
    client: &Client,
    at: &Target<'_>,
    spec: &AssociationSpec,
) -> Result<String, CloudError> {
    if let Some(id) = at.id {
        return Ok(id.to_owned());
    }
    let missing = || CloudError::local(Class::Missing, at.address.kind(), "it is gone");
    there(client, spec).await?.ok_or_else(missing)
}

/// The id that a listing has for the service account.
async fn there(client: &Client, spec: &AssociationSpec) -> Result<Option<String>, CloudError> {
    let of = (spec.namespace.as_str(), spec.service_account.as_str());
    let found = list(client, &spec.cluster, Some(of)).await?;
    Ok(found.into_iter().map(|found| found.id).next())
}

fn arn(client: &Client, at: &Target<'_>, spec: &AssociationSpec, id: &str) -> String {
    format!(
        "arn:{}:eks:{}:{}:podidentityassociation/{}/{id}",
        client.partition, at.place.region, at.place.account, spec.cluster
    )
}

async fn tag(client: &Client, arn: &str, tags: BTreeMap<String, String>) -> Result<(), CloudError> {
    let ask = || {
        let ask = client.eks().tag_resource().resource_arn(arn);
        ask.set_tags(Some(tags.clone().into_iter().collect()))
            .send()
    };
    client
        .call(Call::write("eks:TagResource"), ask)
        .await
        .map(drop)
}

async fn untag(client: &Client, arn: &str, keys: Vec<String>) -> Result<(), CloudError> {
    let ask = || {
        let ask = client.eks().untag_resource().resource_arn(arn);
        ask.set_tag_keys(Some(keys.clone())).send()
    };
    client
        .call(Call::write("eks:UntagResource"), ask)
        .await
        .map(drop)
}

/// Makes a call; where what EKS refuses is so by now and only not visible yet, makes it again until it is.
async fn patiently<O, E, F>(
    clients: &Clients,
    client: &Client,
    spec: &AssociationSpec,
    call: Call,
    send: impl Fn() -> F,
) -> Result<O, CloudError>
where
    O: RequestId,
    E: ProvideErrorMetadata + Error + 'static,
    F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
{
    let refused = match client.call(call, &send).await {
        Ok(output) => return Ok(output),
        Err(error) => error,
    };
    if !is_behind(clients, client, spec, &refused).await? {
        return Err(refused);
    }
    client
        .call_judged(call, &send, |answer| {
            answer.map_err(|error| match error.message == refused.message {
                true => CloudError {
                    class: Class::NotYet,
                    ..error
                },
                false => error,
            })
        })
        .await
}

/// Whether a refusal is about something that is otherwise by now: an association that a listing does not have any more,
/// or a role that trusts EKS Pod Identity.
async fn is_behind(
    clients: &Clients,
    client: &Client,
    spec: &AssociationSpec,
    refused: &CloudError,
) -> Result<bool, CloudError> {
    if refused.class == Class::Conflict {
        return there(client, spec).await.map(|there| there.is_none());
    }
    match refused.message.contains(TRUST_IS_INVALID) {
        true => trusts_pods(clients, client, &spec.role).await,
        false => Ok(false),
    }
}

/// Whether the trust of a role has the statement for EKS Pod Identity.
async fn trusts_pods(clients: &Clients, client: &Client, role: &str) -> Result<bool, CloudError> {
    let iam = clients.global(&client.account).await?;
    let name = role.rsplit('/').next().unwrap_or_default();
    let ask = || iam.iam().get_role().role_name(name).send();
    let role = iam.call(Call::read("iam:GetRole"), ask).await?.role;
    let trust = role.and_then(|role| role.assume_role_policy_document);
    let trust = trust.and_then(|text| wip_policy::decode(&text).ok().map(|text| text.to_string()));
    let trust = trust.and_then(|text| Document::parse(&text).ok());
    Ok(trust.is_some_and(|document| Trust::read(document).pods.is_some()))
}
