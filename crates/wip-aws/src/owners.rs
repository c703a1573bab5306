//! What stands in an identity's way at buckets and keys: none there, elsewhere, or another account's who must let it in.
//!
//! Owns the other side of a cross-account access: what its owner must add, word for word, and whether it is there already.
//! Writes nothing: that is the kinds' for shared documents.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wip_policy::{Document, PrincipalType, Principals, Statement};
use wip_space::{Identity, Space};

use crate::accounts::of_arn;
use crate::facts::{Fact, Facts};
use crate::kinds::iam_role::role_arn;
use crate::pattern::matches;
use crate::permissions::{self, KeyUse};
use crate::pods;
use crate::storage::{self, S3Grant};

/// Everything that stands in the way of `identity`.
pub(crate) fn problems(space: &Space, identity: &Identity, facts: &Facts) -> Vec<String> {
    let mut problems = Vec::new();
    for grant in storage::s3_grants(space, identity) {
        problems.extend(of_bucket(space, identity, facts, &grant).err());
    }
    for use_ in permissions::key_uses(space, identity) {
        problems.extend(of_key(space, identity, facts, &use_).err());
    }
    let mut seen = BTreeSet::new();
    problems.retain(|problem| seen.insert(problem.clone()));
    problems
}

/// Whether there is a bucket where the file says, or will be.
///
/// # Errors
/// There is none, or it is elsewhere.
pub(crate) fn there(
    space: &Space,
    facts: &Facts,
    bucket: &str,
    region: &str,
    account: &str,
) -> Result<(), String> {
    let Some(found) = facts.buckets.get(bucket) else {
        return Ok(());
    };
    match &found.region {
        Fact::Known(None)
            if storage::listed(space, bucket).is_some_and(|listed| listed.own.create) =>
        {
            Ok(())
        }
        Fact::Known(None) => Err(format!(
            "there is no bucket {bucket}: make it first, let wip make it (`create: true` under `buckets`), or correct its name"
        )),
        Fact::Known(Some(elsewhere)) if elsewhere != region => Err(format!(
            "the bucket {bucket} is in {elsewhere}, not in {region}"
        )),
        _ if found.of_stranger => Err(format!(
            "the bucket {bucket} is not account {account}'s; say whose it is with `account`"
        )),
        _ => Ok(()),
    }
}

fn of_bucket(
    space: &Space,
    identity: &Identity,
    facts: &Facts,
    grant: &S3Grant,
) -> Result<(), String> {
    there(space, facts, &grant.bucket, &grant.region, &grant.account)?;
    if grant.account == identity.acting_account() || storage::listed(space, &grant.bucket).is_some()
    {
        return Ok(());
    }
    let ours = bucket_statements(identity, grant);
    let policy = facts
        .buckets
        .get(&grant.bucket)
        .and_then(|found| found.policy.as_ref());
    let why = match policy {
        Some(Fact::Known(Some(document))) if covered(document, &ours, identity) => return Ok(()),
        Some(Fact::Known(_)) => "its policy does not let the role in".to_owned(),
        Some(Fact::Unreadable(_)) | None => "wip may not read its policy".to_owned(),
    };
    let statements: Vec<String> = ours.iter().map(Statement::to_json).collect();
    Err(format!(
        "the bucket {} belongs to account {}, and {why}; its owner must add to its policy: {}; \
         or list it under `buckets`, with `policy: true` where wip may write the policy, \
         with `policy: false` where its owner has added this",
        grant.bucket,
        grant.account,
        statements.join(","),
    ))
}

/// The statements that a bucket's policy needs for a grant.
pub(crate) fn bucket_statements(identity: &Identity, grant: &S3Grant) -> Vec<Statement> {
    let objects = permissions::objects(&identity.partition, identity.component, grant);
    let list = permissions::list(&identity.partition, identity.component, grant);
    objects
        .into_iter()
        .chain(list)
        .map(|statement| statement.with_principal(role(identity)))
        .collect()
}

/// What the owner of `account` must add to policies that wip does not write: resource → statements, as JSON. Pure.
///
/// Where wip may not read a key's policy, its own account's keys are taken to leave the decision to IAM, as the default one does.
pub fn owner_additions(space: &Space, account: &str) -> BTreeMap<String, Vec<Value>> {
    let mut additions: BTreeMap<String, Vec<Statement>> = BTreeMap::new();
    let mut add = |resource: String, statements: Vec<Statement>| {
        let known = additions.entry(resource).or_default();
        for statement in statements {
            if !known.contains(&statement) {
                known.push(statement);
            }
        }
    };
    for identity in &space.identities {
        if identity.acting_account() != account {
            for grant in storage::s3_grants(space, identity) {
                let is_written =
                    storage::listed(space, &grant.bucket).is_some_and(|listed| listed.policy);
                if grant.account == account && !is_written {
                    let resource = format!("the policy of the bucket {}", grant.bucket);
                    add(resource, bucket_statements(identity, &grant));
                }
            }
            for use_ in permissions::key_uses(space, identity) {
                let is_written = space
                    .kms_keys
                    .iter()
                    .any(|key| key.arn == use_.key && key.policy);
                let is_theirs = of_arn(&use_.key).is_some_and(|(owner, _)| owner == account);
                if is_theirs && !is_written {
                    let resource = format!("the policy of the key {}", use_.key);
                    add(resource, vec![key_statement(identity, &use_)]);
                }
            }
        }
        if let Some(target) = &identity.target_role
            && of_arn(target).is_some_and(|(owner, _)| owner == account)
            && pods::managed_target(space, identity).is_none()
        {
            let resource = format!("the trust policy of the role {target}");
            add(resource, pods::target_trust(space, identity));
            let access = permissions::statements(space, identity).unwrap_or_default();
            add(format!("the permissions of the role {target}"), access);
        }
    }
    let json = |statements: Vec<Statement>| {
        statements
            .iter()
            .filter_map(|statement| serde_json::from_str(&statement.to_json()).ok())
            .collect()
    };
    additions
        .into_iter()
        .map(|(resource, statements)| (resource, json(statements)))
        .collect()
}

/// Whether the role of an identity that only refers to one is there: AWS takes no principal that is not.
///
/// # Errors
/// It is not.
pub(crate) fn role_is_there(identity: &Identity, facts: &Facts) -> Result<(), String> {
    match facts.roles.get(&identity.name) {
        Some(Fact::Known(None)) => Err(format!(
            "there is no role {}, and the file says `existing: reference`",
            identity.role.name
        )),
        _ => Ok(()),
    }
}

/// The role that the workloads act as, as a principal.
pub(crate) fn role(identity: &Identity) -> Principals {
    Principals::aws([acting_arn(identity)])
}

/// The ARN of the role that the workloads act as.
fn acting_arn(identity: &Identity) -> String {
    let target = identity.target_role.clone();
    target.unwrap_or_else(|| role_arn(identity))
}

/// The statement that a key's policy needs for a use.
pub(crate) fn key_statement(identity: &Identity, use_: &KeyUse) -> Statement {
    use_.statement(&identity.partition, "*")
        .with_principal(role(identity))
}

/// Whether the key's own policy has to name the role: another account's key, or one whose policy leaves nothing to IAM.
pub(crate) fn needs_key_policy(identity: &Identity, facts: &Facts, key: &str) -> bool {
    let Some((account, _)) = of_arn(key) else {
        return false;
    };
    let policy = facts.keys.get(key).map(|found| &found.policy);
    match policy {
        _ if account != identity.acting_account() => true,
        Some(Fact::Known(Some(document))) => !delegates(document, account),
        _ => false,
    }
}

/// Whether a key's policy leaves its use to IAM: it allows the account itself everything ("Default key policy", AWS KMS
/// developer guide).
fn delegates(document: &Document, account: &str) -> bool {
    document.statements.iter().any(|statement| {
        let is_account = |name: &String| names_account(name, account);
        let by_account = match &statement.principal {
            Some(Principals::Of(map)) => map
                .get(&PrincipalType::Aws)
                .is_some_and(|names| names.iter().any(is_account)),
            _ => false,
        };
        let everything = |action: &String| action == "*" || action.eq_ignore_ascii_case("kms:*");
        !statement.is_deny()
            && by_account
            && statement.condition.is_empty()
            && statement.action.iter().any(everything)
    })
}

fn names_account(principal: &str, account: &str) -> bool {
    principal == account || principal.ends_with(&format!(":iam::{account}:root"))
}

fn of_key(space: &Space, identity: &Identity, facts: &Facts, use_: &KeyUse) -> Result<(), String> {
    let key = &use_.key;
    let found = facts.keys.get(key).map(|found| &found.policy);
    if let Some(Fact::Known(None)) = found {
        return Err(format!("there is no key {key}"));
    }
    let listed = space.kms_keys.iter().any(|listed| listed.arn == *key);
    if listed || !needs_key_policy(identity, facts, key) {
        return Ok(());
    }
    let ours = key_statement(identity, use_);
    let why = match found {
        Some(Fact::Known(Some(document)))
            if covered(document, std::slice::from_ref(&ours), identity) =>
        {
            return Ok(());
        }
        Some(Fact::Known(_)) => "its policy does not let the role in",
        Some(Fact::Unreadable(_)) | None => "wip may not read its policy",
    };
    let account = of_arn(key).map_or("", |(account, _)| account);
    let whose = match account == identity.acting_account() {
        true => format!("the policy of the key {key} leaves nothing to IAM, and {why}"),
        false => format!("the key {key} belongs to account {account}, and {why}"),
    };
    Err(format!(
        "{whose}; its owner must add to its policy: {}; \
         or list it under `kmsKeys`, with `policy: true` where wip may write the policy, \
         with `policy: false` where its owner has added this",
        ours.to_json(),
    ))
}

/// Whether `document` allows the role everything that `ours` would, as far as its statements say so plainly: without
/// conditions, or under the same ones. What it denies is not looked at.
fn covered(document: &Document, ours: &[Statement], identity: &Identity) -> bool {
    ours.iter().all(|wanted| {
        wanted.action.iter().all(|action| {
            wanted.resource.iter().all(|resource| {
                document.statements.iter().any(|theirs| {
                    let of_action = |pattern: &String| {
                        matches(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase())
                    };
                    !theirs.is_deny()
                        && admits(theirs, identity)
                        && theirs.action.iter().any(of_action)
                        && theirs
                            .resource
                            .iter()
                            .any(|pattern| matches(pattern, resource))
                        && (theirs.condition.is_empty() || theirs.condition == wanted.condition)
                })
            })
        })
    })
}

fn admits(statement: &Statement, identity: &Identity) -> bool {
    let arn = acting_arn(identity);
    match &statement.principal {
        Some(Principals::Anyone) => true,
        Some(Principals::Of(map)) => map.get(&PrincipalType::Aws).is_some_and(|names| {
            let is_role = |name: &String| {
                *name == arn || name == "*" || names_account(name, identity.acting_account())
            };
            names.iter().any(is_role)
        }),
        None => false,
    }
}
