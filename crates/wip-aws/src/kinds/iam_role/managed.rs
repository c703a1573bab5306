//! Managed policies: those that wip makes for a role, and foreign ones that are attached to it.
//!
//! Owns versions: a policy holds five, and the default one counts (IAM user guide, "Versioning IAM policies").

use aws_sdk_iam::types::PolicyVersion;
use wip_plan::{Mark, Owner};
use wip_policy::Document;
use wip_provider::{Class, CloudError, Target};

use super::read::parse;
use super::spec::RoleSpec;
use crate::client::{Call, Client};
use crate::marks;
use crate::page::Pages;

/// AWS attaches these to what was compromised ("AWS managed policies for IAM Access Analyzer and quarantine"); they deny.
const QUARANTINE: [&str; 2] = ["AWSCompromisedKeyQuarantine", "AWSDenyAll"];

/// The ARN of a policy that wip makes.
pub(super) fn arn(client: &Client, path: &str, name: &str) -> String {
    format!(
        "arn:{}:iam::{}:policy{path}{name}",
        client.partition, client.account
    )
}

/// The document of a policy's default version.
pub(super) async fn document(
    client: &Client,
    arn: &str,
    fresh: bool,
) -> Result<Document, CloudError> {
    let call = Call::read("iam:GetPolicy").of_fresh(fresh);
    let policy = client
        .call(call, || client.iam().get_policy().policy_arn(arn).send())
        .await?
        .policy;
    let version = policy
        .and_then(|policy| policy.default_version_id)
        .unwrap_or_default();
    // IAM has just told of this version: where it is missing, it is not visible yet.
    let call = Call::read("iam:GetPolicyVersion").of_fresh(true);
    let ask = || {
        client
            .iam()
            .get_policy_version()
            .policy_arn(arn)
            .version_id(&version)
            .send()
    };
    let version = client.call(call, ask).await?.policy_version;
    let text = version
        .and_then(|version| version.document)
        .unwrap_or_default();
    parse("iam:GetPolicyVersion", &format!("the policy {arn}"), &text)
}

/// Why an attached foreign policy must not be taken off unasked: it denies, or nobody can tell.
pub(super) async fn objection(client: &Client, arn: &str) -> Option<String> {
    let name = arn.rsplit('/').next().unwrap_or_default();
    if QUARANTINE.iter().any(|known| name.starts_with(known)) {
        return Some(format!("the policy {arn} was attached, and it denies"));
    }
    match document(client, arn, false).await {
        Ok(document) if document.has_deny() => {
            let denying = document
                .statements
                .iter()
                .find(|statement| statement.is_deny());
            let words = denying.map_or_else(String::new, |deny| format!(": {}", deny.summary()));
            Some(format!(
                "the policy {arn} was attached, and it denies{words}"
            ))
        }
        Ok(_) => None,
        Err(error) => Some(format!(
            "the policy {arn} was attached, and may deny: {error}"
        )),
    }
}

/// Makes a policy, or a new version of it, and attaches it.
pub(super) async fn put(
    client: &Client,
    at: &Target<'_>,
    role: &RoleSpec,
    name: &str,
    document: &Document,
) -> Result<(), CloudError> {
    let text = document.to_json();
    let tags = marks::to_iam(&marks::tags(at.mark, &role.tags))?;
    let ask = || {
        let ask = client
            .iam()
            .create_policy()
            .policy_name(name)
            .path(&role.path);
        ask.policy_document(&text)
            .set_tags(Some(tags.clone()))
            .send()
    };
    let arn = arn(client, &role.path, name);
    match client.call(Call::write("iam:CreatePolicy"), ask).await {
        Ok(_) => {}
        Err(error) if error.class == Class::Conflict => {
            check_ours(client, at, &arn, &error).await?;
            // The answer to an earlier request may have been lost: then there is nothing to change.
            if self::document(client, &arn, true).await? != *document {
                new_version(client, &arn, &text).await?;
            }
        }
        Err(error) => return Err(error),
    }
    attach(client, &role.name, &arn, true).await
}

/// A policy of this name that is there already is only ours where it bears our mark.
async fn check_ours(
    client: &Client,
    at: &Target<'_>,
    arn: &str,
    conflict: &CloudError,
) -> Result<(), CloudError> {
    match owner(client, arn, true).await? {
        Owner::Marked(mark) if mark.names_the_same(at.mark) => Ok(()),
        _ => Err(CloudError {
            class: Class::Final,
            message: format!("{} (and it is not ours: {arn})", conflict.message),
            ..conflict.clone()
        }),
    }
}

/// Whose mark a policy bears.
async fn owner(client: &Client, arn: &str, fresh: bool) -> Result<Owner, CloudError> {
    let call = Call::read("iam:GetPolicy").of_fresh(fresh);
    let ask = || client.iam().get_policy().policy_arn(arn).send();
    let policy = client.call(call, ask).await?.policy;
    let tags = marks::from_iam(policy.and_then(|policy| policy.tags).as_deref());
    Ok(marks::owner(&tags))
}

/// Whether a policy is there and bears the mark of the role that it was made for.
pub(super) async fn is_ours(client: &Client, arn: &str, ours: &Mark) -> Result<bool, CloudError> {
    match owner(client, arn, false).await {
        Ok(Owner::Marked(mark)) => Ok(mark.names_the_same(ours)),
        Err(error) if error.class != Class::Missing => Err(error),
        _ => Ok(false),
    }
}

/// Makes `text` the default version; the oldest other one goes where five are there.
pub(super) async fn new_version(client: &Client, arn: &str, text: &str) -> Result<(), CloudError> {
    let mut others = other_versions(client, arn).await?;
    while others.len() >= 4 {
        // `v12` is newer than `v9`.
        let number = |version: &String| version.trim_start_matches('v').parse().unwrap_or(u64::MAX);
        others.sort_by_key(number);
        delete_version(client, arn, &others.remove(0)).await?;
    }
    let ask = || {
        let ask = client.iam().create_policy_version().policy_arn(arn);
        ask.policy_document(text).set_as_default(true).send()
    };
    client
        .call(Call::write("iam:CreatePolicyVersion"), ask)
        .await
        .map(drop)
}

/// The versions of a policy that are not the default one.
async fn other_versions(client: &Client, arn: &str) -> Result<Vec<String>, CloudError> {
    let mut others = Vec::new();
    let mut pages = Pages::of("iam:ListPolicyVersions");
    loop {
        let ask = || {
            let ask = client.iam().list_policy_versions().policy_arn(arn);
            ask.set_marker(pages.marker()).send()
        };
        let page = client.call(Call::read(pages.call()), ask).await?;
        let id =
            |version: PolicyVersion| version.version_id.filter(|_| !version.is_default_version);
        others.extend(page.versions.unwrap_or_default().into_iter().filter_map(id));
        if !pages.more(page.is_truncated, page.marker)? {
            return Ok(others);
        }
    }
}

async fn delete_version(client: &Client, arn: &str, version: &str) -> Result<(), CloudError> {
    let ask = || {
        client
            .iam()
            .delete_policy_version()
            .policy_arn(arn)
            .version_id(version)
            .send()
    };
    gone(
        client
            .call(Call::write("iam:DeletePolicyVersion"), ask)
            .await,
    )
}

/// Attaches a policy.
pub(super) async fn attach(
    client: &Client,
    role: &str,
    arn: &str,
    fresh: bool,
) -> Result<(), CloudError> {
    let ask = || {
        client
            .iam()
            .attach_role_policy()
            .role_name(role)
            .policy_arn(arn)
            .send()
    };
    let call = Call::write("iam:AttachRolePolicy").of_fresh(fresh);
    client.call(call, ask).await.map(drop)
}

/// Takes a policy off; one that is off already is no failure.
pub(super) async fn detach(client: &Client, role: &str, arn: &str) -> Result<(), CloudError> {
    let ask = || {
        client
            .iam()
            .detach_role_policy()
            .role_name(role)
            .policy_arn(arn)
            .send()
    };
    gone(client.call(Call::write("iam:DetachRolePolicy"), ask).await)
}

/// Deletes a policy of ours that is off its role; one that somebody else uses stays.
pub(super) async fn delete(client: &Client, arn: &str) -> Result<(), CloudError> {
    let versions = match other_versions(client, arn).await {
        Err(error) if error.class == Class::Missing => return Ok(()),
        versions => versions?,
    };
    for version in versions {
        delete_version(client, arn, &version).await?;
    }
    let ask = || client.iam().delete_policy().policy_arn(arn).send();
    match client.call(Call::write("iam:DeletePolicy"), ask).await {
        Err(error) if error.class == Class::Conflict => Ok(()),
        answer => gone(answer),
    }
}

/// What is gone already is as it should be.
pub(super) fn gone<T>(answer: Result<T, CloudError>) -> Result<(), CloudError> {
    match answer {
        Err(error) if error.class != Class::Missing => Err(error),
        _ => Ok(()),
    }
}
