//! Which roles an identity gets on what, and under which conditions.
//!
//! Sources: "Attribute reference for IAM Conditions" and "Resource attributes" (names of objects, buckets and secrets in conditions).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wip_space::{GoogleAccess, GoogleIdentity, GoogleResource, Names, Space};

use crate::policy::Holder;

/// The role that reads what is in secrets.
const ACCESSOR: &str = "roles/secretmanager.secretAccessor";
/// The role that reads and lists objects, for restores.
const VIEWER: &str = "roles/storage.objectViewer";
/// The role that lets a service account of Kubernetes act as one of IAM.
pub(crate) const WORKLOAD_USER: &str = "roles/iam.workloadIdentityUser";

/// The most logic operators of a condition ("Quotas and limits" of IAM).
const MOST_OPERATORS: usize = 12;
/// The longest title of a condition, in bytes (`google.type.Expr`; "Overview of IAM Conditions").
const LONGEST_TITLE: usize = 100;

/// When a binding counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Condition {
    /// For people.
    pub(crate) title: String,
    /// In Common Expression Language.
    pub(crate) expression: String,
}

/// A role, and where within the holder of the policy: `None` is everywhere.
type Within = BTreeMap<String, Option<BTreeSet<String>>>;

/// What an identity gets on each holder of a policy.
pub(crate) fn asked(identity: &GoogleIdentity) -> BTreeMap<Holder, Within> {
    let mut all: BTreeMap<Holder, Within> = BTreeMap::new();
    let mut add = |holder: Holder, role: &str, within: Option<&str>| {
        let roles = all.entry(holder).or_default();
        match within {
            None => {
                roles.insert(role.to_owned(), None);
            }
            Some(prefix) => {
                let known = roles
                    .entry(role.to_owned())
                    .or_insert_with(|| Some(BTreeSet::new()));
                if let Some(prefixes) = known {
                    prefixes.insert(prefix.to_owned());
                }
            }
        }
    };
    let below = |prefix: &'_ str| (!prefix.is_empty()).then(|| prefix.to_owned());
    for access in &identity.access {
        match access {
            GoogleAccess::Bucket { at, roles } => {
                for role in roles {
                    let holder = Holder::Bucket(at.bucket.clone());
                    add(holder, role, below(&at.prefix).as_deref());
                }
            }
            GoogleAccess::Secrets { project, names } => match names {
                Names::Exactly(names) => {
                    for name in names {
                        let secret = format!("projects/{project}/secrets/{name}");
                        add(Holder::Secret(secret), ACCESSOR, None);
                    }
                }
                Names::Prefixes(prefixes) => {
                    for prefix in prefixes {
                        add(Holder::Project(project.clone()), ACCESSOR, Some(prefix));
                    }
                }
            },
            GoogleAccess::Role { role, on } => add(holder(on), role, None),
        }
    }
    for at in &identity.restore_from {
        let holder = Holder::Bucket(at.bucket.clone());
        add(holder, VIEWER, below(&at.prefix).as_deref());
    }
    all
}

fn holder(on: &GoogleResource) -> Holder {
    match on {
        GoogleResource::Project(id) => Holder::Project(id.clone()),
        GoogleResource::Bucket(name) => Holder::Bucket(name.clone()),
        GoogleResource::Secret(project, name) => {
            Holder::Secret(format!("projects/{project}/secrets/{name}"))
        }
    }
}

/// The condition of a role that counts below these prefixes only; `number` is that of the secrets' project.
///
/// # Errors
/// Why there is none, in words.
pub(crate) fn condition(
    holder: &Holder,
    prefixes: &BTreeSet<String>,
    number: u64,
) -> Result<Condition, String> {
    let (what, start, first) = match holder {
        Holder::Bucket(name) => (
            "Objects below",
            format!("projects/_/buckets/{name}/objects/"),
            // Objects are listed of the bucket, whose names everybody sees who may list it.
            Some("resource.type == \"storage.googleapis.com/Bucket\"".to_owned()),
        ),
        _ => (
            "Secrets that begin with",
            format!("projects/{number}/secrets/"),
            None,
        ),
    };
    let tests = prefixes
        .iter()
        .map(|prefix| format!("resource.name.startsWith(\"{start}{prefix}\")"));
    let tests: Vec<String> = first.into_iter().chain(tests).collect();
    if tests.len() > MOST_OPERATORS + 1 {
        return Err(format!(
            "there are {} prefixes for {}, and a condition takes {MOST_OPERATORS} operators: name fewer, or give the whole of it",
            prefixes.len(),
            holder.words()
        ));
    }
    let named: Vec<&str> = prefixes.iter().map(String::as_str).collect();
    let title = format!("{what} {}", named.join(", "));
    let title = match title.len() > LONGEST_TITLE {
        true => format!("{what} {} prefixes", prefixes.len()),
        false => title,
    };
    Ok(Condition {
        title,
        expression: tests.join(" || "),
    })
}

/// All roles that a Space gives on something, by its holder.
pub(crate) fn names(space: &Space) -> BTreeMap<Holder, BTreeSet<String>> {
    let mut all: BTreeMap<Holder, BTreeSet<String>> = BTreeMap::new();
    for identity in &space.google {
        for (holder, roles) in asked(identity) {
            all.entry(holder).or_default().extend(roles.into_keys());
        }
        if let Some(account) = crate::places::account(identity) {
            let holder = Holder::Account(account.email());
            let roles = all.entry(holder).or_default();
            roles.insert(WORKLOAD_USER.to_owned());
        }
    }
    all
}
