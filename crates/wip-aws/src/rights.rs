//! What wip itself needs of AWS for a Space: the rights that its calls ask for, as policies for whoever runs it.
//!
//! Owns the form: one policy for looking and one for changing, for each account, as small as the file lets them be.
//! Which rights a call needs stands beside the kind, or the fact, that makes it; this asks no cloud.
//!
//! Source of actions, resources and condition keys: "Actions, resources, and condition keys for AWS services", Service
//! Authorization Reference.

use std::collections::{BTreeMap, BTreeSet};

use wip_policy::{Document, MANAGED_POLICY_CHARS, Statement};
use wip_provider::{AccountRights, Policy};
use wip_space::{Identity, Space};

use crate::kinds::{
    iam_role, kms_key_policy_statements, oidc_discovery_documents, oidc_provider,
    pod_identity_association, s3_bucket, s3_bucket_policy_statements,
};
use crate::{accounts, facts};

/// Characters of ARNs in one statement: with its actions it stays well below a policy's length.
const ARNS: usize = 4_000;

/// Where a right is only of use to some requests: operator, key, values.
pub(crate) type Limit = (&'static str, &'static str, BTreeSet<String>);

/// What a right is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Purpose {
    /// `wip plan`, `wip verify`.
    Look,
    /// `wip apply`, `wip destroy`, besides.
    Change,
}

/// One action on some resources of one account's caller.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Right {
    account: String,
    purpose: Purpose,
    /// What the statement is called that it stands in.
    sid: &'static str,
    /// The call, as it is named where it is made.
    pub(crate) call: &'static str,
    resources: BTreeSet<String>,
    limit: Option<Limit>,
    /// What becomes of a run without it; `None` where nothing does.
    without: Option<&'static str>,
}

impl Right {
    fn of(
        account: &str,
        purpose: Purpose,
        sid: &'static str,
        call: &'static str,
        resources: impl IntoIterator<Item = String>,
    ) -> Self {
        Self {
            account: account.to_owned(),
            purpose,
            sid,
            call,
            resources: resources.into_iter().collect(),
            limit: None,
            without: None,
        }
    }

    /// That looking needs.
    pub(crate) fn look(
        account: &str,
        sid: &'static str,
        calls: &[&'static str],
        resources: &[String],
    ) -> Vec<Self> {
        let right =
            |call: &&'static str| Self::of(account, Purpose::Look, sid, call, resources.to_vec());
        calls.iter().map(right).collect()
    }

    /// That changing needs besides.
    pub(crate) fn change(
        account: &str,
        sid: &'static str,
        calls: &[&'static str],
        resources: &[String],
    ) -> Vec<Self> {
        let right =
            |call: &&'static str| Self::of(account, Purpose::Change, sid, call, resources.to_vec());
        calls.iter().map(right).collect()
    }

    /// That is of use only where the limit holds.
    pub(crate) fn limited(self, limit: &Limit) -> Self {
        Self {
            limit: Some(limit.clone()),
            ..self
        }
    }

    /// That wip can do without; `without` says what becomes of it then.
    pub(crate) fn optional(self, without: &'static str) -> Self {
        Self {
            without: Some(without),
            ..self
        }
    }

    /// The action that the call asks for: its own name, but for some of S3's ("Required permissions for Amazon S3 API
    /// operations", Amazon S3 User Guide).
    fn action(&self) -> &'static str {
        match self.call {
            "s3:HeadBucket" => "s3:ListBucket",
            "s3:GetBucketEncryption" => "s3:GetEncryptionConfiguration",
            "s3:PutBucketEncryption" => "s3:PutEncryptionConfiguration",
            "s3:GetPublicAccessBlock" => "s3:GetBucketPublicAccessBlock",
            "s3:PutPublicAccessBlock" => "s3:PutBucketPublicAccessBlock",
            "s3:ListObjectVersions" => "s3:ListBucketVersions",
            "s3:DeleteBucketTagging" => "s3:PutBucketTagging",
            call => call,
        }
    }
}

/// Names that wip gives: every one that begins as this Space's do, else this one alone, with what `numbered` puts behind.
pub(crate) fn names(space: &Space, name: &str, numbered: bool) -> Vec<String> {
    let ours = format!("{}-", space.name);
    match name.starts_with(&ours) {
        true => vec![format!("{ours}*")],
        false if numbered => vec![name.to_owned(), format!("{name}-*")],
        false => vec![name.to_owned()],
    }
}

/// The ARNs of an identity's role.
///
/// With the Space's own pattern where the role is called as wip calls it, so that an identity more needs no right more.
pub(crate) fn role_arns(space: &Space, identity: &Identity) -> Vec<String> {
    let Identity {
        partition,
        account,
        role,
        ..
    } = identity;
    let arn = |name: String| format!("arn:{partition}:iam::{account}:role{}{name}", role.path);
    let names = match role.existing {
        wip_space::Existing::Manage => names(space, &role.name, false),
        _ => vec![role.name.clone()],
    };
    names.into_iter().map(arn).collect()
}

/// The role's ARNs, and those that IAM knows a role by that is not there: the request says no path.
pub(crate) fn asked_arns(space: &Space, identity: &Identity) -> Vec<String> {
    let mut arns = role_arns(space, identity);
    if identity.role.path != "/" {
        let path = format!(":role{}", identity.role.path);
        let bare: Vec<String> = arns
            .iter()
            .map(|arn| arn.replace(&path, ":role/"))
            .collect();
        arns.extend(bare);
    }
    arns
}

/// Every right that the calls of a Space ask for.
pub(crate) fn all(space: &Space) -> Vec<Right> {
    [
        facts::rights(space),
        oidc_discovery_documents::rights(space),
        oidc_provider::rights(space),
        iam_role::rights(space),
        pod_identity_association::rights(space),
        s3_bucket::rights(space),
        s3_bucket_policy_statements::rights(space),
        kms_key_policy_statements::rights(space),
    ]
    .concat()
}

/// What wip needs for a Space, by account id; every account that it calls has an entry.
pub fn rights(space: &Space) -> BTreeMap<String, AccountRights> {
    let rights: BTreeSet<Right> = all(space).into_iter().collect();
    let accounts = rights.iter().map(|right| right.account.clone());
    let accounts: BTreeSet<String> = accounts.chain(accounts::called(space)).collect();
    let policies = |account: &str, purpose| {
        let of = rights
            .iter()
            .filter(|right| right.account == account && right.purpose == purpose);
        policies(of)
    };
    let assumes = |account: &str| match space.aws.accounts.get(account) {
        Some(wip_space::AccountAccess::AssumeRole { role_arn, .. }) => Some(role_arn.clone()),
        _ => None,
    };
    let entry = |account: String| {
        let needed = AccountRights {
            assumes: assumes(&account),
            plan: policies(&account, Purpose::Look),
            apply: policies(&account, Purpose::Change),
        };
        (account, needed)
    };
    accounts.into_iter().map(entry).collect()
}

type Group = (&'static str, Option<Limit>, Option<&'static str>);

fn policies<'a>(rights: impl Iterator<Item = &'a Right>) -> Vec<Policy> {
    let rights: Vec<&Right> = rights.collect();
    let needed = |action: &str, resource: &String| {
        let mut firm = rights.iter().filter(|right| {
            right.without.is_none() && right.limit.is_none() && right.action() == action
        });
        firm.any(|right| right.resources.contains(resource))
    };
    let mut groups: BTreeMap<Group, BTreeMap<&str, BTreeSet<String>>> = BTreeMap::new();
    for right in &rights {
        // What wip cannot do without for another reason is said there alone.
        let mut resources = right.resources.clone();
        resources.retain(|resource| right.without.is_none() || !needed(right.action(), resource));
        if resources.is_empty() {
            continue;
        }
        let group = (right.sid, right.limit.clone(), right.without);
        let actions = groups.entry(group).or_default();
        actions.entry(right.action()).or_default().extend(resources);
    }
    let mut documents: Vec<(Document, BTreeMap<String, String>)> = Vec::new();
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for ((sid, limit, without), actions) in groups {
        // Actions on the same resources share a statement.
        let mut alike: BTreeMap<BTreeSet<String>, BTreeSet<&str>> = BTreeMap::new();
        for (action, resources) in actions {
            alike.entry(resources).or_default().insert(action);
        }
        for (resources, actions) in alike {
            for some in portions(resources) {
                let count = used.entry(sid).or_default();
                *count += 1;
                let sid = match *count {
                    1 => sid.to_owned(),
                    count => format!("{sid}{count}"),
                };
                let mut statement =
                    Statement::allow(actions.iter().copied(), some).with_sid(sid.clone());
                if let Some((operator, key, values)) = &limit {
                    statement = statement.when(operator, key, values);
                }
                let optional = without.map(|without| (sid, without.to_owned()));
                add(&mut documents, statement, optional);
            }
        }
    }
    let policy = |(document, optional): (Document, BTreeMap<String, String>)| Policy {
        json: document.to_pretty_json(),
        chars: document.len_without_white_space(),
        most: MANAGED_POLICY_CHARS,
        optional,
    };
    documents.into_iter().map(policy).collect()
}

/// Puts a statement into the last document, or into a new one where it does not fit.
fn add(
    documents: &mut Vec<(Document, BTreeMap<String, String>)>,
    statement: Statement,
    optional: Option<(String, String)>,
) {
    if let Some((last, known)) = documents.last_mut() {
        let mut fuller = last.clone();
        fuller.statements.push(statement.clone());
        if fuller.len_without_white_space() <= MANAGED_POLICY_CHARS {
            *last = fuller;
            known.extend(optional);
            return;
        }
    }
    documents.push((Document::new([statement]), optional.into_iter().collect()));
}

/// Resources in as many sets as keep each statement short.
fn portions(resources: BTreeSet<String>) -> Vec<BTreeSet<String>> {
    let mut portions: Vec<BTreeSet<String>> = vec![BTreeSet::new()];
    let mut chars = 0;
    for arn in resources {
        // Two quotes and a comma come with it.
        chars += arn.len() + 3;
        if chars > ARNS {
            portions.push(BTreeSet::new());
            chars = arn.len() + 3;
        }
        portions.last_mut().map(|last| last.insert(arn));
    }
    portions
}
