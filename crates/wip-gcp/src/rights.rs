//! What wip itself needs of Google Cloud for a Space: the permissions that its calls ask for, as custom roles for whoever runs it.
//!
//! Owns the form: one role for looking and one for changing, for each project, with the permissions that are needed there and no others.
//! Which rights a call needs stands beside the kind, or the fact, that makes it; this asks no cloud.
//!
//! Sources: the methods' reference pages for the permissions ("Authorization requires the following IAM permission"), and for Cloud
//! Storage "IAM permissions for JSON methods"; "Create and manage custom roles" for the form; "Set limits on granting roles" for the
//! condition.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use wip_provider::{RoleDefinition, RoleRights};
use wip_space::{OnDestroy, Space};

use crate::kinds::{bucket, service_account};
use crate::policy::Holder;
use crate::{facts, places, roles};

/// What a right is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Purpose {
    /// `wip plan`, `wip verify`.
    Look,
    /// `wip apply`, `wip destroy`, besides.
    Change,
}

/// One call about something in a project.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Right {
    project: String,
    purpose: Purpose,
    /// The call, as it is named where it is made.
    pub(crate) call: &'static str,
    /// What becomes of a run without it; `None` where nothing does.
    without: Option<&'static str>,
}

impl Right {
    /// That looking needs.
    pub(crate) fn look(project: &str, calls: &[&'static str]) -> Vec<Self> {
        Self::of(project, Purpose::Look, calls)
    }

    /// That changing needs besides.
    fn change(project: &str, calls: &[&'static str]) -> Vec<Self> {
        Self::of(project, Purpose::Change, calls)
    }

    fn of(project: &str, purpose: Purpose, calls: &[&'static str]) -> Vec<Self> {
        let right = |call: &&'static str| Self {
            project: project.to_owned(),
            purpose,
            call,
            without: None,
        };
        calls.iter().map(right).collect()
    }

    /// That wip can do without; `without` says what becomes of it then.
    fn optional(self, without: &'static str) -> Self {
        Self {
            without: Some(without),
            ..self
        }
    }

    /// The permission that the call asks for; empty where nobody says.
    pub(crate) fn permission(&self) -> &'static str {
        match self.call {
            "cloudresourcemanager:projects.get" => "resourcemanager.projects.get",
            "cloudresourcemanager:projects.getIamPolicy" => "resourcemanager.projects.getIamPolicy",
            "cloudresourcemanager:projects.setIamPolicy" => "resourcemanager.projects.setIamPolicy",
            "container:clusters.get" => "container.clusters.get",
            "gcpiam:serviceAccounts.get" => "iam.serviceAccounts.get",
            "gcpiam:serviceAccounts.create" => "iam.serviceAccounts.create",
            "gcpiam:serviceAccounts.undelete" => "iam.serviceAccounts.undelete",
            "gcpiam:serviceAccounts.patch" => "iam.serviceAccounts.update",
            "gcpiam:serviceAccounts.enable" => "iam.serviceAccounts.enable",
            "gcpiam:serviceAccounts.delete" => "iam.serviceAccounts.delete",
            "gcpiam:serviceAccounts.getIamPolicy" => "iam.serviceAccounts.getIamPolicy",
            "gcpiam:serviceAccounts.setIamPolicy" => "iam.serviceAccounts.setIamPolicy",
            "secretmanager:secrets.getIamPolicy" => "secretmanager.secrets.getIamPolicy",
            "secretmanager:secrets.setIamPolicy" => "secretmanager.secrets.setIamPolicy",
            "storage:buckets.get" => "storage.buckets.get",
            "storage:buckets.insert" => "storage.buckets.create",
            "storage:buckets.patch" => "storage.buckets.update",
            "storage:buckets.delete" => "storage.buckets.delete",
            "storage:buckets.getIamPolicy" => "storage.buckets.getIamPolicy",
            "storage:buckets.setIamPolicy" => "storage.buckets.setIamPolicy",
            _ => "",
        }
    }
}

/// Every right that the calls of a Space ask for.
pub(crate) fn all(space: &Space) -> Vec<Right> {
    let mut rights = facts::rights(space);
    for identity in &space.google {
        for holder in roles::asked(identity).into_keys() {
            rights.extend(of_policy(
                &holder,
                &project_of(space, &holder, &identity.home),
            ));
        }
        let Some(account) = places::account(identity) else {
            continue;
        };
        let project = account.project.as_str();
        rights.extend(of_policy(&Holder::Account(account.email()), project));
        if account.is_made {
            use service_account::{CREATE, DELETE, ENABLE, PATCH, READ, UNDELETE};
            rights.extend(Right::look(project, &[READ]));
            rights.extend(Right::change(project, &[CREATE, DELETE]));
            let may = |call, without| {
                let right = Right::change(project, &[call]).into_iter();
                right.map(move |right| right.optional(without))
            };
            rights.extend(may(
                UNDELETE,
                "a service account that somebody deleted cannot be had back",
            ));
            rights.extend(may(ENABLE, "one that somebody switched off stays so"));
            rights.extend(may(PATCH, "one that somebody described anew stays so"));
        }
    }
    for listed in space.gcs_buckets.iter().filter(|listed| listed.create) {
        let project = listed.project.as_str();
        rights.extend(Right::look(project, &[bucket::READ]));
        rights.extend(Right::change(project, &[bucket::CREATE, bucket::PATCH]));
        if listed.on_destroy == OnDestroy::Delete {
            rights.extend(Right::change(project, &[bucket::DELETE]));
        }
    }
    rights
}

fn of_policy(holder: &Holder, project: &str) -> Vec<Right> {
    let mut rights = Right::look(project, &[holder.get_call()]);
    rights.extend(Right::change(project, &[holder.set_call()]));
    rights
}

/// The project in which what has a policy is; of a bucket that the file does not list, nobody says, and the identity's stands for it.
fn project_of(space: &Space, holder: &Holder, home: &str) -> String {
    match holder {
        Holder::Project(id) => id.clone(),
        Holder::Secret(name) => name.split('/').nth(1).unwrap_or(home).to_owned(),
        Holder::Bucket(name) => {
            let mut listed = space.gcs_buckets.iter();
            let listed = listed.find(|listed| listed.bucket == *name);
            listed
                .map_or(home, |listed| listed.project.as_str())
                .to_owned()
        }
        Holder::Account(_) => home.to_owned(),
    }
}

/// What wip needs for a Space, by project; every one that it calls has an entry.
pub fn rights(space: &Space) -> BTreeMap<String, RoleRights> {
    let rights: BTreeSet<Right> = all(space).into_iter().collect();
    let entry = |project: String| {
        let of = |purpose| definition(space, &project, purpose, &rights);
        let needed = RoleRights {
            plan: of(Purpose::Look).into_iter().collect(),
            apply: of(Purpose::Change).into_iter().collect(),
        };
        (project, needed)
    };
    places::projects(space).into_keys().map(entry).collect()
}

/// A role as `gcloud iam roles create --file` takes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    title: &'a str,
    description: String,
    stage: &'static str,
    included_permissions: Vec<&'static str>,
}

fn definition(
    space: &Space,
    project: &str,
    purpose: Purpose,
    rights: &BTreeSet<Right>,
) -> Option<RoleDefinition> {
    let own = rights.iter();
    let own = own.filter(|it| it.project == project && it.purpose == purpose);
    // What looking needs is not said again for changing.
    let looked: BTreeSet<&str> = rights
        .iter()
        .filter(|it| it.project == project && it.purpose == Purpose::Look)
        .map(Right::permission)
        .collect();
    let mut permissions: BTreeMap<&'static str, Option<&'static str>> = BTreeMap::new();
    for right in own {
        let permission = right.permission();
        if purpose == Purpose::Change && looked.contains(permission) {
            continue;
        }
        let known = permissions.entry(permission).or_insert(right.without);
        // What wip cannot do without for another reason is no choice.
        *known = known.and(right.without);
    }
    if permissions.is_empty() {
        return None;
    }
    let (word, commands) = match purpose {
        Purpose::Look => ("plan", "wip plan and wip verify"),
        Purpose::Change => ("apply", "wip apply and wip destroy"),
    };
    let name = format!("wip {word} {} {project}", space.name);
    let document = Document {
        title: &name,
        description: format!("What {commands} need for the Space {}.", space.name),
        stage: "GA",
        included_permissions: permissions.keys().copied().collect(),
    };
    let json = serde_json::to_string_pretty(&document);
    let writes = permissions.keys().any(|it| it.ends_with(".setIamPolicy"));
    let optional = permissions.iter().filter_map(|(permission, without)| {
        Some(((*permission).to_owned(), (*without)?.to_owned()))
    });
    Some(RoleDefinition {
        optional: optional.collect(),
        condition: writes.then(|| condition(&given(space, project))),
        scope: format!("projects/{project}"),
        json: json.unwrap_or_default(),
        name,
    })
}

/// The roles that wip gives and takes away in a project.
fn given(space: &Space, project: &str) -> BTreeSet<String> {
    let mut given = BTreeSet::new();
    for (holder, names) in roles::names(space) {
        let homes = space.google.iter().filter(|identity| {
            roles::asked(identity).contains_key(&holder)
                || places::account(identity)
                    .is_some_and(|account| Holder::Account(account.email()) == holder)
        });
        for identity in homes {
            if project_of(space, &holder, &identity.home) == project {
                given.extend(names.iter().cloned());
            }
        }
    }
    given
}

/// That only these roles are given and taken away: without it, who may write policies may give everything to anybody.
fn condition(roles: &BTreeSet<String>) -> String {
    let roles: Vec<String> = roles.iter().map(|role| format!("'{role}'")).collect();
    format!(
        "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([{}])",
        roles.join(", ")
    )
}
