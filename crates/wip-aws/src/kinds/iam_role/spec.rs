//! The spec of a role: the tree that is wanted, observed, compared and stored.
//!
//! Owns its shape, and how it follows from an identity and the facts.
//! Makes no call.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wip_policy::Document;
use wip_space::{Existing, Identity, Isolation, Method, PolicyForm, Space};

use crate::facts::{Fact, Facts};
use crate::trust::{Trust, WebIdentity};
use crate::{owners, permissions, pods, sizes};

/// The one inline policy of a role that wip made.
pub(crate) const INLINE: &str = "wip";

/// A role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RoleSpec {
    pub(crate) name: String,
    pub(crate) path: String,
    /// `aws` where it is not said.
    #[serde(default = "main_partition", skip_serializing_if = "is_main_partition")]
    pub(crate) partition: String,
    /// What of the role is wip's; `all` where it is not said.
    #[serde(default, skip_serializing_if = "Manages::is_all")]
    pub(crate) manages: Manages,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) description: String,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_session_duration: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) permissions_boundary: Option<String>,
    pub(crate) trust: Trust,
    /// Inline policies by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) policies: BTreeMap<String, Document>,
    /// Managed policies that wip made for this role, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) managed: BTreeMap<String, Document>,
    /// Names of managed policies that wip made for this role and that are not attached to it: a run that died left them.
    /// Nobody wants one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) unattached: BTreeSet<String>,
    /// ARNs of other managed policies.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) attachments: BTreeSet<String>,
    /// The Space's labels; other tags are nobody's business.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Ignored::is_empty")]
    pub(crate) ignore: Ignored,
}

/// What of a role is wip's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Manages {
    /// The whole of it.
    #[default]
    All,
    /// Its trust; the role must be there.
    Trust,
}

impl Manages {
    fn is_all(&self) -> bool {
        *self == Self::All
    }
}

/// Policies on the role that others put there with the file's consent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Ignored {
    /// Names of inline policies.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) policies: BTreeSet<String>,
    /// ARNs of attached ones.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) attachments: BTreeSet<String>,
}

impl Ignored {
    fn is_empty(&self) -> bool {
        self.policies.is_empty() && self.attachments.is_empty()
    }
}

fn main_partition() -> String {
    "aws".to_owned()
}

fn is_main_partition(partition: &str) -> bool {
    partition == "aws"
}

impl RoleSpec {
    /// A role of which only the trust is wip's.
    pub(crate) fn trust_only(name: &str, path: &str, partition: &str, trust: Trust) -> Self {
        Self {
            name: name.to_owned(),
            path: path.to_owned(),
            partition: partition.to_owned(),
            manages: Manages::Trust,
            description: String::new(),
            max_session_duration: None,
            permissions_boundary: None,
            trust,
            policies: BTreeMap::new(),
            managed: BTreeMap::new(),
            unattached: BTreeSet::new(),
            attachments: BTreeSet::new(),
            tags: BTreeMap::new(),
            ignore: Ignored::default(),
        }
    }
}

/// The ARN of a role.
pub(crate) fn role_arn(identity: &Identity) -> String {
    let Identity {
        partition,
        account,
        role,
        ..
    } = identity;
    format!(
        "arn:{partition}:iam::{account}:role{}{}",
        role.path, role.name
    )
}

/// The ARN of the OIDC provider of an issuer.
pub(crate) fn provider_arn(partition: &str, account: &str, issuer: &str) -> String {
    let issuer = issuer.strip_prefix("https://").unwrap_or(issuer);
    format!("arn:{partition}:iam::{account}:oidc-provider/{issuer}")
}

/// The role that `identity` wants.
///
/// # Errors
/// Everything that stands in its way, joined: facts that could not be read, limits, what another account's owner must
/// allow first.
pub(crate) fn wanted(
    space: &Space,
    identity: &Identity,
    facts: &Facts,
) -> Result<RoleSpec, String> {
    let mut problems = Vec::new();
    let mut take = |result: Result<(), String>| problems.extend(result.err());

    let trust = wanted_trust(space, identity, facts).unwrap_or_else(|problem| {
        take(Err(problem));
        Trust::default()
    });
    if let Some(quota) = facts.trust_quotas.get(&identity.account) {
        take(sizes::check_trust(&trust, quota.chars as usize));
    }
    let role = &identity.role;
    if role.existing == Existing::TrustOnly {
        return match problems.is_empty() {
            true => Ok(RoleSpec::trust_only(
                &role.name,
                &role.path,
                &identity.partition,
                trust,
            )),
            false => Err(problems.join("; ")),
        };
    }

    let statements = match &identity.target_role {
        Some(target) => Ok(vec![pods::assume_target(target)]),
        None => permissions::statements(space, identity),
    };
    let statements = statements.unwrap_or_else(|problem| {
        take(Err(problem));
        Vec::new()
    });
    let statements = match identity.isolation {
        Isolation::SessionTags => pods::only_tagged(&trust, statements),
        Isolation::Shared | Isolation::SessionPolicy => statements,
    };
    owners::problems(space, identity, facts)
        .into_iter()
        .for_each(|problem| take(Err(problem)));
    let (mut policies, mut managed) = (BTreeMap::new(), BTreeMap::new());
    match role.policies {
        _ if statements.is_empty() => {}
        PolicyForm::Inline => {
            policies.insert(INLINE.to_owned(), Document::new(statements));
            take(sizes::check_inline(&policies));
        }
        PolicyForm::Managed => match sizes::split(statements) {
            Ok(documents) => managed.extend(numbered(&role.name, documents)),
            Err(problem) => take(Err(problem)),
        },
    }
    take(sizes::check_attachments(managed.len() + role.attach.len()));
    if !problems.is_empty() {
        return Err(problems.join("; "));
    }
    Ok(RoleSpec {
        name: role.name.clone(),
        path: role.path.clone(),
        partition: identity.partition.clone(),
        manages: Manages::All,
        description: role.description.clone(),
        max_session_duration: Some(role.max_session_duration),
        permissions_boundary: role.permissions_boundary.clone(),
        trust,
        policies,
        managed,
        unattached: BTreeSet::new(),
        attachments: role.attach.clone(),
        tags: space.labels.clone(),
        ignore: Ignored {
            policies: role.ignore.policies.clone(),
            attachments: role.ignore.attachments.clone(),
        },
    })
}

/// A managed policy has a name of its own in the account: the role's, with a number behind it from the second on.
fn numbered(role: &str, documents: Vec<Document>) -> impl Iterator<Item = (String, Document)> {
    documents
        .into_iter()
        .enumerate()
        .map(move |(index, document)| match index {
            0 => (role.to_owned(), document),
            _ => (format!("{role}-{}", index + 1), document),
        })
}

/// Whom the identity admits: by the provider of each cluster that has somebody, and by EKS Pod Identity.
///
/// # Errors
/// An issuer is not known.
pub(crate) fn wanted_trust(
    space: &Space,
    identity: &Identity,
    facts: &Facts,
) -> Result<Trust, String> {
    let mut trust = Trust::default();
    if identity.trusts(Method::PodIdentity) {
        let tags = identity.isolation == Isolation::SessionTags;
        trust.pods = pods::trust(space, identity, tags);
    }
    let subjects = identity.subjects.iter();
    for (cluster, subjects) in
        subjects.filter(|(_, subjects)| !subjects.is_empty() && identity.trusts(Method::Irsa))
    {
        let issuer = match facts.issuers.get(cluster) {
            Some(Fact::Known(issuer)) => issuer,
            Some(Fact::Unreadable(why)) => return Err(format!("the cluster {cluster}: {why}")),
            None => {
                return Err(format!(
                    "the cluster {cluster}: nothing is known of its issuer"
                ));
            }
        };
        let provider = provider_arn(&identity.partition, &identity.account, issuer);
        let admitted = WebIdentity::of(subjects);
        let at = trust.web_identity.entry(provider).or_default();
        at.audiences.extend(admitted.audiences);
        at.subjects.extend(admitted.subjects);
        at.patterns.extend(admitted.patterns);
    }
    let trust = trust.and(pods::chained_trust(space, identity));
    match trust == Trust::default() {
        true => Ok(Trust::nobody()),
        false => Ok(trust),
    }
}
