//! Making, changing and deleting roles.
//!
//! Owns the order of the calls.
//!
//! **Create**: CreateRole takes the trust, so the trust comes first, with the mark in the same call; a role without
//! permissions can do nothing, whoever assumes it in the seconds until its policy is there. A run that dies in between
//! leaves a role that bears our mark, and the next one finishes it.
//!
//! **Update**: first what takes rights away (a trust that no longer admits somebody, the boundary, foreign policies that
//! allow), then what gives some (policies before the trust, so that whoever is new finds them), last what gives some by going away (foreign
//! policies that deny, the boundary) and our own policies that others replace.

use std::collections::BTreeMap;

use wip_policy::Document;
use wip_provider::{Class, CloudError, Target};

use super::managed::{self, gone};
use super::read;
use super::spec::{INLINE, Manages, RoleSpec};
use crate::client::{Call, Client};
use crate::marks;
use crate::trust::Trust;

/// Makes a role with everything on it.
pub(super) async fn create(
    client: &Client,
    at: &Target<'_>,
    spec: &RoleSpec,
) -> Result<(), CloudError> {
    if spec.manages == Manages::Trust {
        let words = format!(
            "there is no role {}, and the file says `existing: trustOnly`",
            spec.name
        );
        return Err(CloudError::local(Class::Final, "iam:CreateRole", words));
    }
    let tags = marks::to_iam(&marks::tags(at.mark, &spec.tags))?;
    let trust = spec.trust.document().to_json();
    let session = spec
        .max_session_duration
        .and_then(|seconds| i32::try_from(seconds).ok());
    let description = Some(spec.description.clone()).filter(|text| !text.is_empty());
    let ask = || {
        let ask = client
            .iam()
            .create_role()
            .role_name(&spec.name)
            .path(&spec.path);
        let ask = ask
            .assume_role_policy_document(&trust)
            .set_description(description.clone());
        let ask = ask
            .set_max_session_duration(session)
            .set_tags(Some(tags.clone()));
        ask.set_permissions_boundary(spec.permissions_boundary.clone())
            .send()
    };
    client.call(Call::write("iam:CreateRole"), ask).await?;
    for (name, document) in &spec.policies {
        put_inline(client, &spec.name, name, document, true).await?;
    }
    for (name, document) in &spec.managed {
        managed::put(client, at, spec, name, document).await?;
    }
    for arn in &spec.attachments {
        managed::attach(client, &spec.name, arn, true).await?;
    }
    Ok(())
}

/// Turns `from` into `to`.
pub(super) async fn update(
    client: &Client,
    at: &Target<'_>,
    from: &RoleSpec,
    to: &RoleSpec,
) -> Result<(), CloudError> {
    let role = to.name.as_str();
    let narrows = from.trust.admits_beyond(&to.trust);
    if from.trust != to.trust && narrows {
        put_trust(client, role, &to.trust).await?;
    }
    if to.manages == Manages::Trust {
        return match from.trust != to.trust && !narrows {
            true => put_trust(client, role, &to.trust).await,
            false => Ok(()),
        };
    }
    let denying = revoke(client, from, to).await?;
    grant(client, at, from, to).await?;
    if from.trust != to.trust && !narrows {
        put_trust(client, role, &to.trust).await?;
    }
    describe(client, from, to).await?;
    release(client, from, to, denying).await
}

/// The boundary goes on, and what is foreign and allows goes off; answers the attachments that deny and are still on.
async fn revoke<'a>(
    client: &Client,
    from: &'a RoleSpec,
    to: &'a RoleSpec,
) -> Result<Vec<&'a String>, CloudError> {
    if let Some(boundary) = &to.permissions_boundary
        && from.permissions_boundary != to.permissions_boundary
    {
        let ask = || {
            let ask = client
                .iam()
                .put_role_permissions_boundary()
                .role_name(&to.name);
            ask.permissions_boundary(boundary).send()
        };
        client
            .call(Call::write("iam:PutRolePermissionsBoundary"), ask)
            .await?;
    }
    for (name, document) in unwanted(&from.policies, &to.policies) {
        if name != INLINE && !document.has_deny() {
            delete_inline(client, &to.name, name).await?;
        }
    }
    let mut denying = Vec::new();
    for arn in from.attachments.difference(&to.attachments) {
        match managed::objection(client, arn).await {
            Some(_) => denying.push(arn),
            None => managed::detach(client, &to.name, arn).await?,
        }
    }
    Ok(denying)
}

/// What is wanted goes on.
async fn grant(
    client: &Client,
    at: &Target<'_>,
    from: &RoleSpec,
    to: &RoleSpec,
) -> Result<(), CloudError> {
    for (name, document) in differing(&from.policies, &to.policies) {
        put_inline(client, &to.name, name, document, false).await?;
    }
    for (name, document) in differing(&from.managed, &to.managed) {
        managed::put(client, at, to, name, document).await?;
    }
    for arn in to.attachments.difference(&from.attachments) {
        managed::attach(client, &to.name, arn, false).await?;
    }
    Ok(())
}

/// What says nothing about rights.
async fn describe(client: &Client, from: &RoleSpec, to: &RoleSpec) -> Result<(), CloudError> {
    if (&from.description, from.max_session_duration) != (&to.description, to.max_session_duration)
    {
        let session = to
            .max_session_duration
            .and_then(|seconds| i32::try_from(seconds).ok());
        let ask = || {
            let ask = client
                .iam()
                .update_role()
                .role_name(&to.name)
                .description(&to.description);
            ask.set_max_session_duration(session).send()
        };
        client.call(Call::write("iam:UpdateRole"), ask).await?;
    }
    let differs = |key: &String, value: &String| from.tags.get(key) != Some(value);
    let new: BTreeMap<String, String> = to
        .tags
        .clone()
        .into_iter()
        .filter(|(key, value)| differs(key, value))
        .collect();
    if !new.is_empty() {
        tag(client, &to.name, &new).await?;
    }
    let gone: Vec<String> = from
        .tags
        .keys()
        .filter(|key| !to.tags.contains_key(*key))
        .cloned()
        .collect();
    if !gone.is_empty() {
        let ask = || {
            let ask = client.iam().untag_role().role_name(&to.name);
            ask.set_tag_keys(Some(gone.clone())).send()
        };
        client.call(Call::write("iam:UntagRole"), ask).await?;
    }
    Ok(())
}

/// What gives rights by going away, and what of our own was replaced.
async fn release(
    client: &Client,
    from: &RoleSpec,
    to: &RoleSpec,
    denying: Vec<&String>,
) -> Result<(), CloudError> {
    for (name, document) in unwanted(&from.policies, &to.policies) {
        if name == INLINE || document.has_deny() {
            delete_inline(client, &to.name, name).await?;
        }
    }
    for (name, _) in unwanted(&from.managed, &to.managed) {
        let arn = managed::arn(client, &from.path, name);
        managed::detach(client, &to.name, &arn).await?;
        managed::delete(client, &arn).await?;
    }
    for name in from
        .unattached
        .iter()
        .filter(|name| !to.managed.contains_key(*name))
    {
        managed::delete(client, &managed::arn(client, &from.path, name)).await?;
    }
    for arn in denying {
        managed::detach(client, &to.name, arn).await?;
    }
    if from.permissions_boundary.is_some() && to.permissions_boundary.is_none() {
        let ask = || {
            client
                .iam()
                .delete_role_permissions_boundary()
                .role_name(&to.name)
                .send()
        };
        gone(
            client
                .call(Call::write("iam:DeleteRolePermissionsBoundary"), ask)
                .await,
        )?;
    }
    Ok(())
}

/// Writes our mark.
pub(super) async fn mark(
    client: &Client,
    at: &Target<'_>,
    live: &RoleSpec,
) -> Result<(), CloudError> {
    tag(client, &live.name, &marks::tags(at.mark, &BTreeMap::new())).await
}

/// Takes the mark off.
pub(super) async fn unmark(client: &Client, role: &str) -> Result<(), CloudError> {
    let keys: Vec<String> = marks::keys();
    let ask = || {
        client
            .iam()
            .untag_role()
            .role_name(role)
            .set_tag_keys(Some(keys.clone()))
            .send()
    };
    client
        .call(Call::write("iam:UntagRole"), ask)
        .await
        .map(drop)
}

/// Deletes a role and everything on it; of a role that is wip's only in its trust, admits nobody any more.
pub(super) async fn delete(client: &Client, from: &RoleSpec) -> Result<(), CloudError> {
    let role = from.name.as_str();
    if from.manages == Manages::Trust {
        put_trust(client, role, &Trust::nobody()).await?;
        return unmark(client, role).await;
    }
    // Before anything is taken off: a machine that uses the role is not ours to cut off.
    let call = Call::read("iam:ListInstanceProfilesForRole");
    let ask = || {
        client
            .iam()
            .list_instance_profiles_for_role()
            .role_name(role)
            .send()
    };
    // What is on the role now, ignored policies too: AWS deletes no role that has any.
    let (profiles, inline, attached) = futures_util::join!(
        client.call(call, ask),
        read::inline_names(client, role, false),
        read::attached(client, role, false),
    );
    let (profiles, inline, attached) = (profiles?.instance_profiles, inline?, attached?);
    if let Some(profile) = profiles.first() {
        let words = format!(
            "the role {role} is in the instance profile {}; take it out first",
            profile.instance_profile_name
        );
        return Err(CloudError::local(Class::Final, "iam:DeleteRole", words));
    }
    for name in inline {
        delete_inline(client, role, &name).await?;
    }
    for arn in &attached {
        managed::detach(client, role, arn).await?;
    }
    for name in from.managed.keys().chain(&from.unattached) {
        managed::delete(client, &managed::arn(client, &from.path, name)).await?;
    }
    let ask = || client.iam().delete_role().role_name(role).send();
    client
        .call(Call::write("iam:DeleteRole"), ask)
        .await
        .map(drop)
}

async fn put_trust(client: &Client, role: &str, trust: &Trust) -> Result<(), CloudError> {
    let text = trust.document().to_json();
    let ask = || {
        let ask = client.iam().update_assume_role_policy().role_name(role);
        ask.policy_document(&text).send()
    };
    client
        .call(Call::write("iam:UpdateAssumeRolePolicy"), ask)
        .await
        .map(drop)
}

async fn put_inline(
    client: &Client,
    role: &str,
    name: &str,
    document: &Document,
    fresh: bool,
) -> Result<(), CloudError> {
    let text = document.to_json();
    let ask = || {
        let ask = client
            .iam()
            .put_role_policy()
            .role_name(role)
            .policy_name(name);
        ask.policy_document(&text).send()
    };
    let call = Call::write("iam:PutRolePolicy").of_fresh(fresh);
    client.call(call, ask).await.map(drop)
}

async fn delete_inline(client: &Client, role: &str, name: &str) -> Result<(), CloudError> {
    let ask = || {
        client
            .iam()
            .delete_role_policy()
            .role_name(role)
            .policy_name(name)
            .send()
    };
    gone(client.call(Call::write("iam:DeleteRolePolicy"), ask).await)
}

async fn tag(
    client: &Client,
    role: &str,
    tags: &BTreeMap<String, String>,
) -> Result<(), CloudError> {
    let tags = marks::to_iam(tags)?;
    let ask = || {
        client
            .iam()
            .tag_role()
            .role_name(role)
            .set_tags(Some(tags.clone()))
            .send()
    };
    client.call(Call::write("iam:TagRole"), ask).await.map(drop)
}

/// What `from` has and `to` does not.
fn unwanted<'a>(
    from: &'a BTreeMap<String, Document>,
    to: &'a BTreeMap<String, Document>,
) -> impl Iterator<Item = (&'a String, &'a Document)> {
    from.iter().filter(|(name, _)| !to.contains_key(*name))
}

/// What `to` has and `from` has not, or has otherwise.
fn differing<'a>(
    from: &'a BTreeMap<String, Document>,
    to: &'a BTreeMap<String, Document>,
) -> impl Iterator<Item = (&'a String, &'a Document)> {
    to.iter()
        .filter(|(name, document)| from.get(*name) != Some(*document))
}
