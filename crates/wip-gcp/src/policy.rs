//! Allow policies: what is read of them, and how they are written.
//!
//! Owns the one read-modify-write, under the policy's etag and with version 3, and what of a policy is changed by it: nothing but the
//! members that are given. What nobody here knows goes back as it came.
//! Knows no kind.
//!
//! Sources: "Understanding allow policies" (versions, etags), `google.iam.v1.Policy`; `storage.buckets.getIamPolicy` and
//! `setIamPolicy` for the other form at Cloud Storage.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Map, Value, json};
use wip_provider::{Bound, Class, CloudError, Lane, Patience, retry};
use wip_rest::Call;

use crate::client::{Api, Clients};
use crate::errors;
use crate::roles::Condition;

/// Principals in a policy, counted as often as they appear ("Quotas and limits" of IAM).
pub(crate) const MOST: usize = 1_500;

/// What has a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Holder {
    /// A bucket, by its name.
    Bucket(String),
    /// A secret, as `projects/ID/secrets/NAME`.
    Secret(String),
    /// A project, by its id.
    Project(String),
    /// A service account, by its e-mail.
    Account(String),
}

impl Holder {
    /// In words: `bucket acme-backups`.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Bucket(name) => format!("bucket {name}"),
            Self::Secret(name) => format!("secret {name}"),
            Self::Project(id) => format!("project {id}"),
            Self::Account(email) => format!("service account {email}"),
        }
    }

    /// What `gcloud` calls the group of commands that are about it, with its name.
    pub(crate) fn command(&self) -> String {
        match self {
            Self::Bucket(name) => format!("storage buckets VERB gs://{name}"),
            Self::Secret(name) => {
                let mut parts = name.split('/').skip(1).step_by(2);
                let (project, secret) = (parts.next(), parts.next());
                let (project, secret) = (project.unwrap_or_default(), secret.unwrap_or_default());
                format!("secrets VERB {secret} --project {project}")
            }
            Self::Project(id) => format!("projects VERB {id}"),
            Self::Account(email) => format!("iam service-accounts VERB {email}"),
        }
    }

    pub(crate) fn get_call(&self) -> &'static str {
        match self {
            Self::Bucket(_) => "storage:buckets.getIamPolicy",
            Self::Secret(_) => "secretmanager:secrets.getIamPolicy",
            Self::Project(_) => "cloudresourcemanager:projects.getIamPolicy",
            Self::Account(_) => "gcpiam:serviceAccounts.getIamPolicy",
        }
    }

    pub(crate) fn set_call(&self) -> &'static str {
        match self {
            Self::Bucket(_) => "storage:buckets.setIamPolicy",
            Self::Secret(_) => "secretmanager:secrets.setIamPolicy",
            Self::Project(_) => "cloudresourcemanager:projects.setIamPolicy",
            Self::Account(_) => "gcpiam:serviceAccounts.setIamPolicy",
        }
    }
}

/// A policy as Google has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Policy(Map<String, Value>);

/// One binding of a policy, as far as it is read here.
#[derive(Clone, Debug)]
pub(crate) struct Binding<'a> {
    pub(crate) role: &'a str,
    pub(crate) condition: Option<&'a Value>,
    pub(crate) members: BTreeSet<&'a str>,
}

impl Policy {
    /// All bindings.
    pub(crate) fn bindings(&self) -> impl Iterator<Item = Binding<'_>> {
        let all = self.0.get("bindings").and_then(Value::as_array);
        all.into_iter().flatten().map(|binding| Binding {
            role: binding["role"].as_str().unwrap_or_default(),
            condition: binding.get("condition").filter(|it| !it.is_null()),
            members: binding["members"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect(),
        })
    }

    /// The members of a role under just this condition.
    pub(crate) fn members(&self, role: &str, condition: Option<&Condition>) -> BTreeSet<&str> {
        let own = self
            .bindings()
            .filter(|it| it.role == role && is_same(it.condition, condition));
        own.flat_map(|binding| binding.members).collect()
    }

    /// How many principals it has, counted as often as they appear.
    pub(crate) fn count(&self) -> usize {
        self.bindings().map(|binding| binding.members.len()).sum()
    }

    fn all(&mut self) -> &mut Vec<Value> {
        let bindings = self
            .0
            .entry("bindings")
            .or_insert_with(|| Value::Array(Vec::new()));
        if !bindings.is_array() {
            *bindings = Value::Array(Vec::new());
        }
        match bindings {
            Value::Array(all) => all,
            // It was made one just now.
            _ => unreachable!("bindings are a list"),
        }
    }

    /// Gives members a role.
    pub(crate) fn add(
        &mut self,
        role: &str,
        condition: Option<&Condition>,
        members: &BTreeSet<String>,
    ) {
        let there: BTreeSet<String> = self
            .members(role, condition)
            .into_iter()
            .map(str::to_owned)
            .collect();
        let new: Vec<Value> = members
            .difference(&there)
            .map(|member| json!(member))
            .collect();
        if new.is_empty() {
            return;
        }
        // What is left of deleted ones of the same names gives nothing to anybody.
        self.retain(role, condition, |it| !is_left_of_any(it, members));
        let mut all = self.all().iter_mut();
        let own = all.find(|it| {
            it["role"].as_str() == Some(role)
                && is_same(it.get("condition").filter(|it| !it.is_null()), condition)
        });
        match own.and_then(|it| it["members"].as_array_mut()) {
            Some(members) => members.extend(new),
            None => {
                let mut binding = json!({ "role": role, "members": new });
                if let Some(Condition { title, expression }) = condition {
                    binding["condition"] = json!({ "title": title, "expression": expression });
                }
                self.all().push(binding);
            }
        }
    }

    /// Takes a role from members, and from what Google keeps of those that were deleted.
    pub(crate) fn remove(
        &mut self,
        role: &str,
        condition: Option<&Condition>,
        members: &BTreeSet<String>,
    ) {
        self.retain(role, condition, |it| {
            !members.contains(it) && !is_left_of_any(it, members)
        });
    }

    /// Leaves those members of a role that are to stay, and takes out a binding of which none is left.
    fn retain(&mut self, role: &str, condition: Option<&Condition>, stays: impl Fn(&str) -> bool) {
        let Some(all) = self.0.get_mut("bindings").and_then(Value::as_array_mut) else {
            return;
        };
        all.retain_mut(|it| {
            let is_it = it["role"].as_str() == Some(role)
                && is_same(it.get("condition").filter(|it| !it.is_null()), condition);
            let Some(own) = it["members"].as_array_mut().filter(|_| is_it) else {
                return true;
            };
            let before = own.len();
            own.retain(|member| member.as_str().is_none_or(&stays));
            // A binding that was empty before is nobody's business here.
            before == own.len() || !own.is_empty()
        });
    }
}

/// Whose member this is what Google keeps of, since it was deleted: `deleted:serviceAccount:EMAIL?uid=ID`.
fn left_of(member: &str) -> Option<&str> {
    let name = member.strip_prefix("deleted:")?;
    name.split_once("?uid=").map(|(name, _)| name)
}

/// Whether a member is what Google keeps of another that was deleted.
pub(crate) fn is_left_of(member: &str, other: &str) -> bool {
    left_of(member) == Some(other)
}

fn is_left_of_any(member: &str, members: &BTreeSet<String>) -> bool {
    left_of(member).is_some_and(|name| members.contains(name))
}

/// Whether a live condition is just this one.
fn is_same(live: Option<&Value>, condition: Option<&Condition>) -> bool {
    match (live, condition) {
        (None, None) => true,
        (Some(live), Some(condition)) => {
            let described = live.get("description").and_then(Value::as_str);
            live["title"].as_str() == Some(&condition.title)
                && live["expression"].as_str() == Some(&condition.expression)
                && described.unwrap_or_default().is_empty()
        }
        _ => false,
    }
}

/// The policy of something; `None` where that is not there.
pub(crate) async fn read(
    clients: &Clients,
    holder: &Holder,
    project: &str,
    fresh: bool,
) -> Result<Option<Policy>, CloudError> {
    let call = Call::read(holder.get_call()).of_fresh(fresh);
    let options = "options.requestedPolicyVersion=3";
    let (api, method, path, body) = match holder {
        Holder::Bucket(name) => (
            Api::Storage,
            Method::GET,
            format!("/storage/v1/b/{name}/iam?optionsRequestedPolicyVersion=3"),
            None,
        ),
        Holder::Secret(name) => (
            Api::Secrets,
            Method::GET,
            format!("/v1/{name}:getIamPolicy?{options}"),
            None,
        ),
        Holder::Project(id) => (
            Api::Projects,
            Method::POST,
            format!("/v3/projects/{id}:getIamPolicy"),
            Some(json!({ "options": { "requestedPolicyVersion": 3 } })),
        ),
        Holder::Account(email) => (
            Api::Iam,
            Method::POST,
            format!("/v1/projects/-/serviceAccounts/{email}:getIamPolicy?{options}"),
            None,
        ),
    };
    match clients
        .call(call, (api, project), method, &path, body)
        .await
    {
        Ok(answer) => answer.json().map(Policy).map(Some),
        Err(error) if error.class == Class::Missing => Ok(None),
        Err(error) => Err(error),
    }
}

async fn write(
    clients: &Clients,
    holder: &Holder,
    project: &str,
    policy: &Policy,
) -> Result<(), CloudError> {
    let call = Call::write(holder.set_call());
    let mut policy = policy.0.clone();
    policy.insert("version".to_owned(), 3.into());
    let wrapped = json!({ "policy": policy });
    let (api, method, path, body) = match holder {
        Holder::Bucket(name) => (
            Api::Storage,
            Method::PUT,
            format!("/storage/v1/b/{name}/iam"),
            Value::Object(policy),
        ),
        Holder::Secret(name) => (
            Api::Secrets,
            Method::POST,
            format!("/v1/{name}:setIamPolicy"),
            wrapped,
        ),
        Holder::Project(id) => (
            Api::Projects,
            Method::POST,
            format!("/v3/projects/{id}:setIamPolicy"),
            wrapped,
        ),
        Holder::Account(email) => (
            Api::Iam,
            Method::POST,
            format!("/v1/projects/-/serviceAccounts/{email}:setIamPolicy"),
            wrapped,
        ),
    };
    let answer = clients.call(call, (api, project), method, &path, Some(body));
    answer.await.map(drop)
}

/// How long a whole attempt may take: two calls, each with its own patience.
const ATTEMPT: std::time::Duration = std::time::Duration::from_secs(280);

/// Reads a policy, changes it and writes it, again and again while others write in between; nothing is written where nothing
/// changes. A holder that was made a moment ago is waited for.
pub(crate) async fn modify(
    clients: &Clients,
    holder: &Holder,
    project: &str,
    edit: impl Fn(&mut Policy) -> Result<(), CloudError>,
) -> Result<(), CloudError> {
    // What is asked for in it has lanes of its own.
    let lane = Lane::new(Bound {
        in_flight: usize::MAX >> 3,
        rate: None,
    });
    let patience = Patience {
        attempt: ATTEMPT,
        ..clients.patience()
    };
    let done = retry(holder.set_call(), &patience, &lane, || async {
        let before = read(clients, holder, project, true)
            .await
            .map_err(settled)?;
        let before = before.unwrap_or_default();
        let mut after = before.clone();
        edit(&mut after)?;
        let (had, has) = (before.count(), after.count());
        if before.0 == after.0 {
            return Ok(());
        }
        if has > MOST && has > had {
            let words = format!(
                "the policy of {} would have {has} principals, and {MOST} is the most that IAM takes",
                holder.words()
            );
            return Err(CloudError::local(Class::Final, holder.set_call(), words));
        }
        let written = write(clients, holder, project, &after).await;
        written.map_err(|error| match errors::is_race(&error) {
            true => CloudError {
                class: Class::NotYet,
                ..error
            },
            false => settled(error),
        })
    });
    done.await.map_err(|error| match error.class {
        Class::NotYet if errors::is_race(&error) => CloudError {
            class: Class::Conflict,
            ..error
        },
        _ => error,
    })
}

/// What a call has tried long enough is not tried again here.
fn settled(error: CloudError) -> CloudError {
    let class = match error.class {
        Class::NotYet => Class::Missing,
        class => class,
    };
    CloudError { class, ..error }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(value: Value) -> Policy {
        match value {
            Value::Object(policy) => Policy(policy),
            _ => panic!("no policy"),
        }
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn only_what_is_given_changes() {
        let condition = Condition {
            title: "t".to_owned(),
            expression: "e".to_owned(),
        };
        let described = json!({ "title": "t", "expression": "e", "description": "d" });
        let foreign = json!({ "role": "roles/r", "members": ["user:x"], "condition": described, "bindingId": "7" });
        let start = json!({
            "bindings": [
                { "role": "roles/r", "members": ["user:x"], "note": "kept" },
                foreign,
                { "role": "roles/empty", "members": [] },
            ],
            "auditConfigs": [{ "service": "all" }],
            "etag": "E",
        });
        let mut changed = policy(start.clone());
        changed.add("roles/r", None, &names(&["a", "user:x"]));
        changed.add("roles/r", Some(&condition), &names(&["a"]));
        assert_eq!(changed.members("roles/r", None), ["a", "user:x"].into());
        assert_eq!(changed.members("roles/r", Some(&condition)), ["a"].into());
        assert_eq!(changed.count(), 4);
        assert_eq!(changed.0["bindings"][0]["members"], json!(["user:x", "a"]));
        changed.remove("roles/r", None, &names(&["a"]));
        changed.remove("roles/r", Some(&condition), &names(&["a"]));
        assert_eq!(Value::Object(changed.0), start);
    }

    #[test]
    fn what_is_left_of_a_deleted_account_goes_with_it() {
        let email = "serviceAccount:a@p.iam.gserviceaccount.com";
        let mut changed = policy(json!({ "bindings": [
            { "role": "roles/r", "members": [format!("deleted:{email}?uid=1"), "deleted:user:x@y.z?uid=2"] },
        ] }));
        changed.remove("roles/r", None, &names(&[email]));
        assert_eq!(
            changed.members("roles/r", None),
            ["deleted:user:x@y.z?uid=2"].into()
        );
    }
}
