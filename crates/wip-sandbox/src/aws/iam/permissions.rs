//! What a role is allowed: the documents that are about it, for whoever evaluates them.
//!
//! Not here: evaluating them (`access`).

use super::managed_policies::{self, Policy};
use super::oidc_providers::Provider;
use super::policy_versions::{self, Version};
use super::roles::{self, Role};
use super::{attachments, kept_principals, of_aws, policy_grammar, role_policies};
use crate::aws::call::{Call, Refusal};
use crate::db::Db;

/// What is about a role, as documents.
pub(crate) struct Permissions {
    /// Inline and attached policies.
    pub(crate) identity: Vec<String>,
    /// Permissions boundary.
    pub(crate) boundary: Option<String>,
    /// Tags.
    pub(crate) tags: Tags,
}

/// Keys and values.
pub(crate) type Tags = Vec<(String, String)>;

/// The role of an ARN; `None` where there is none, or one of that name with another path.
pub(crate) fn role_of(db: &Db, arn: &str) -> Option<Role> {
    let (account, name) = account_and_name(arn, "role/")?;
    db.get::<Role>(&roles::key_in(account, name))
        .filter(|role| role.arn == arn)
}

/// ARN and tags of the role of a name, visible to readers of IAM yet or not.
pub(crate) fn named(db: &Db, account: &str, name: &str) -> Option<(String, Tags)> {
    let role: Role = db.get_at_once(&roles::key_in(account, name))?;
    let tags = tags_of(&role);
    Some((role.arn, tags))
}

/// The permissions of a role; `None` where it is gone, or another one has its name now.
pub(crate) fn of_role(db: &Db, arn: &str, id: &str) -> Option<Permissions> {
    let role = role_of(db, arn).filter(|role| role.id == id)?;
    let (account, _) = account_and_name(arn, "role/")?;
    let inline = role_policies::all_in(db, account, &role.name);
    let attached = attachments::all_in(db, account, &role.name);
    let identity = inline
        .into_iter()
        .map(|policy| policy.document)
        .chain(
            attached
                .iter()
                .filter_map(|attachment| managed(db, &attachment.arn)),
        )
        .collect();
    Some(Permissions {
        identity,
        boundary: role
            .boundary
            .as_deref()
            // A boundary that is gone allows nothing.
            .map(|arn| managed(db, arn).unwrap_or_else(|| of_aws::NOTHING.to_owned())),
        tags: tags_of(&role),
    })
}

fn tags_of(role: &Role) -> Tags {
    let tags = role.tags.iter();
    tags.map(|tag| (tag.key.clone(), tag.value.clone()))
        .collect()
}

/// The document in force of a managed policy.
pub(crate) fn managed(db: &Db, arn: &str) -> Option<String> {
    if let Some((_, name)) = arn.split_once(":iam::aws:policy/") {
        return Some(of_aws::document(name).to_owned());
    }
    let (account, name) = account_and_name(arn, "policy/")?;
    let policy: Policy = db
        .get(&managed_policies::key_in(account, name))
        .filter(|policy: &Policy| policy.arn == arn)?;
    let key = policy_versions::key(account, &policy, policy.default_version);
    db.get::<Version>(&key).map(|version| version.document)
}

/// The trust policy of a role, with ids instead of the ARNs of roles that are gone.
pub(crate) fn trust(call: &Call<'_>, role: &Role) -> String {
    kept_principals::shown(call, role)
}

/// ARN and client ids of the OIDC provider of an URL without `https://`.
pub(crate) fn provider(db: &Db, account: &str, url: &str) -> Option<(String, Vec<String>)> {
    let provider: Provider = db.get(&format!("aws/{account}/iam/oidc-provider/{url}"))?;
    Some((provider.arn, provider.client_ids))
}

/// Refuses a policy for a session that STS would refuse: its grammar is that of an identity policy.
///
/// Source: "Session policies" in the IAM user guide.
pub(crate) fn check_for_session(document: &str, partition: &str) -> Result<(), Refusal> {
    policy_grammar::check(document, partition)
}

fn account_and_name<'a>(arn: &'a str, kind: &str) -> Option<(&'a str, &'a str)> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, resource] = parts[..] else {
        return None;
    };
    let name = resource.strip_prefix(kind)?.rsplit('/').next()?;
    Some((account, name))
}
