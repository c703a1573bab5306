//! Allow policies: reading, checking and writing them, and what they allow.
//!
//! Sources: `google.iam.v1` (`Policy`, `Binding`, `GetPolicyOptions`); "Understanding allow policies" and "Overview of IAM Conditions" (versions, `_withcond_`, etags); "Quotas and limits" of IAM. A policy keeps what nobody here knows as it came.
//! Not here: who a member is (`members.rs`), what a role permits (`roles.rs`).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::call::{Call, Refusal};
use super::caller::Caller;
use super::cel::{self, Asked};
use super::roles::{self, Sort};
use super::{members, rights};
use crate::aws::call::{clock, hex_id};
use crate::aws::tokens::base64url;
use crate::db::Db;

/// "Quotas and limits" of IAM: principals in a policy, counted as often as they appear.
const MOST_MEMBERS: usize = 1500;
/// The same: bindings of one role with the same principal and different conditions.
const MOST_OF_ONE_ROLE: usize = 20;

/// Something that has a policy.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) sort: Sort,
    /// What its policy is kept under: `buckets/NAME`.
    pub(crate) key: String,
    /// Its project's id.
    pub(crate) project: String,
    /// What conditions are asked about.
    pub(crate) asked: Asked,
}

/// A policy as it is kept.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Kept {
    policy: Map<String, Value>,
    /// How often any policy here was written; no part of the world, as no time is.
    written_at: u64,
}

fn key(of: &str) -> String {
    format!("gcp/policy/{of}")
}

/// Puts a policy where there is none.
pub(crate) fn plant(db: &mut Db, of: &str, policy: &Map<String, Value>) {
    if db.get_at_once::<Value>(&key(of)).is_none() {
        keep(db, of, policy.clone());
    }
}

pub(crate) fn remove(db: &mut Db, of: &str) {
    db.remove(&key(of));
}

fn keep(db: &mut Db, of: &str, mut policy: Map<String, Value>) {
    policy.remove("etag");
    policy.remove("version");
    policy.remove("kind");
    policy.remove("resourceId");
    let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    policy.retain(|_, value| !is_empty(value));
    if policy.is_empty() {
        db.remove(&key(of));
        return;
    }
    let count = "sandbox/gcp/policies-written";
    let written_at = db.get_at_once::<u64>(count).unwrap_or(0) + 1;
    db.put(count, &written_at);
    db.put(&key(of), &Kept { policy, written_at });
}

/// The etag of a policy that says nothing is the same everywhere.
fn etag(kept: Option<&Kept>) -> String {
    match kept {
        None => "ACAB".to_owned(),
        Some(kept) => base64url::padded(format!("p{:08}", kept.written_at).as_bytes()),
    }
}

fn bindings(policy: &Map<String, Value>) -> &[Value] {
    let all = policy.get("bindings").and_then(Value::as_array);
    all.map(Vec::as_slice).unwrap_or_default()
}

fn is_conditional(policy: &Map<String, Value>) -> bool {
    bindings(policy)
        .iter()
        .any(|binding| binding.get("condition").is_some())
}

/// The version that was asked for.
pub(crate) fn requested(text: Option<&str>) -> Result<u64, Refusal> {
    let wrong = || Refusal::invalid("Invalid value at 'options.requested_policy_version'");
    let version = text.map_or(Ok(0), |text| text.parse().map_err(|_| wrong()))?;
    match version {
        0 | 1 | 3 => Ok(version),
        _ => Err(wrong()),
    }
}

/// The policy of a resource, as a caller sees it that asked for a version.
pub(crate) fn read(db: &Db, resource: &Resource, version: u64) -> Map<String, Value> {
    let kept = db.get::<Kept>(&key(&resource.key));
    shown(kept.as_ref(), version)
}

fn shown(kept: Option<&Kept>, version: u64) -> Map<String, Value> {
    let mut policy = kept.map(|kept| kept.policy.clone()).unwrap_or_default();
    let conditional = is_conditional(&policy);
    if conditional && version < 3 {
        let all = policy.get_mut("bindings").and_then(Value::as_array_mut);
        for binding in all.into_iter().flatten().filter_map(Value::as_object_mut) {
            let Some(condition) = binding.remove("condition") else {
                continue;
            };
            let role = binding["role"].as_str().unwrap_or_default();
            let hash = hex_id(&["condition", &condition.to_string()], 20);
            binding["role"] = format!("{role}_withcond_{hash}").into();
        }
    }
    let version = if conditional && version == 3 { 3 } else { 1 };
    policy.insert("version".to_owned(), version.into());
    policy.insert("etag".to_owned(), etag(kept).into());
    policy
}

/// Writes the policy of a resource; answers how it is now.
pub(crate) fn write(
    call: &mut Call<'_>,
    resource: &Resource,
    given: &Map<String, Value>,
    permission: &str,
    denied: impl Fn() -> Refusal,
) -> Result<Map<String, Value>, Refusal> {
    let kept = call.db.get_at_once::<Kept>(&key(&resource.key));
    let old = kept.as_ref().map(|kept| kept.policy.clone());
    let old = old.unwrap_or_default();
    let changed = changed(&old, given);
    let mut asked = resource.clone();
    asked.asked.grants = changed.into_iter().collect();
    rights::check(call, permission, &asked, denied)?;
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    let now = etag(kept.as_ref());
    if let Some(theirs) = text("etag").filter(|etag| !etag.is_empty() && *etag != now) {
        let words = format!(
            "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff. The request's ETag '\\{theirs}' did not match the current policy's ETag '\\{now}'."
        );
        return Err(Refusal::new(409, "ABORTED", words).of(call.service));
    }
    let version = match given.get("version") {
        None | Some(Value::Null) => 0,
        Some(version) => version
            .as_u64()
            .ok_or_else(|| Refusal::invalid("Invalid value at 'policy.version' (TYPE_INT32)"))?,
    };
    if !matches!(version, 0 | 1 | 3) {
        return Err(Refusal::invalid(format!(
            "Invalid policy version {version}."
        )));
    }
    if version != 3 && (is_conditional(given) || (is_conditional(&old) && text("etag").is_some())) {
        return Err(Refusal::invalid(
            "The specified policy version does not support role bindings with conditions: set `policy.version` to 3.",
        ));
    }
    check(call.db, resource, bindings(given))?;
    let mut policy = given.clone();
    if resource.sort == Sort::Project {
        // Without an update mask a project's policy is written in its bindings alone.
        let audit = old.get("auditConfigs").cloned();
        policy.remove("auditConfigs");
        policy.extend(audit.map(|audit| ("auditConfigs".to_owned(), audit)));
    }
    if let Some(bindings) = policy.get_mut("bindings").and_then(Value::as_array_mut) {
        bindings.retain(|binding| {
            let members = binding.get("members").and_then(Value::as_array);
            members.is_some_and(|members| !members.is_empty())
        });
    }
    keep(call.db, &resource.key, policy);
    let kept = call.db.get_at_once::<Kept>(&key(&resource.key));
    Ok(shown(kept.as_ref(), version))
}

/// Role, condition and member of every grant of a policy.
fn grants(policy: &Map<String, Value>) -> BTreeSet<(String, String, String)> {
    let mut all = BTreeSet::new();
    for binding in bindings(policy) {
        let role = binding["role"].as_str().unwrap_or_default();
        let condition = binding["condition"].to_string();
        for member in binding["members"].as_array().into_iter().flatten() {
            let member = member.as_str().unwrap_or_default();
            all.insert((role.to_owned(), condition.clone(), member.to_owned()));
        }
    }
    all
}

/// The roles that somebody gets or loses.
fn changed(old: &Map<String, Value>, new: &Map<String, Value>) -> BTreeSet<String> {
    let (old, new) = (grants(old), grants(new));
    let roles = old.symmetric_difference(&new);
    roles.map(|(role, _, _)| role.clone()).collect()
}

fn check(db: &Db, resource: &Resource, bindings: &[Value]) -> Result<(), Refusal> {
    let mut count = 0;
    let mut of_role: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for binding in bindings {
        let role = binding["role"].as_str().filter(|role| !role.is_empty());
        let role = role.ok_or_else(|| Refusal::invalid("Role is required."))?;
        let known = roles::named(role).ok_or_else(|| {
            Refusal::invalid(format!(
                "Role ({role}) does not exist in the resource's hierarchy."
            ))
        })?;
        if !known.on.contains(&resource.sort) {
            return Err(Refusal::invalid(format!(
                "Role {role} is not supported for this resource."
            )));
        }
        let members = match binding.get("members") {
            None => &[],
            Some(members) => members
                .as_array()
                .ok_or_else(|| Refusal::invalid("Invalid value at 'policy.bindings.members'"))?
                .as_slice(),
        };
        count += members.len();
        if let Some(condition) = binding.get("condition") {
            check_condition(role, condition)?;
        }
        for member in members {
            let member = member
                .as_str()
                .ok_or_else(|| Refusal::invalid("Invalid value at 'policy.bindings.members'"))?;
            members::check(db, member)?;
            *of_role.entry((role, member)).or_default() += 1;
        }
    }
    if count > MOST_MEMBERS {
        return Err(Refusal::invalid(format!(
            "The number of members in the policy ({count}) is larger than the maximum allowed size {MOST_MEMBERS}."
        )));
    }
    if of_role.values().any(|count| *count > MOST_OF_ONE_ROLE) {
        return Err(Refusal::invalid(format!(
            "There are more than {MOST_OF_ONE_ROLE} role bindings with the same role and principal."
        )));
    }
    Ok(())
}

fn check_condition(role: &str, condition: &Value) -> Result<(), Refusal> {
    if roles::BASIC.contains(&role) {
        return Err(Refusal::invalid(
            "Conditions can't be set on primitive roles.",
        ));
    }
    let title = condition["title"].as_str().filter(|it| !it.is_empty());
    let title = title.ok_or_else(|| Refusal::invalid("Condition title is required."))?;
    if title.len() > 100 {
        return Err(Refusal::invalid("Condition title is too long."));
    }
    let expression = condition["expression"].as_str().unwrap_or_default();
    match cel::holds(expression, &Asked::default()) {
        Some(_) => Ok(()),
        None => Err(Refusal::invalid(format!(
            "Condition expression compilation failed: {expression}"
        ))),
    }
}

/// Whether the policies of a resource and of its project let a caller do something.
pub(crate) fn allows(db: &Db, caller: &Caller, permission: &str, resource: &Resource) -> bool {
    let project = super::projects::policy_key(&resource.project);
    let asked = Asked {
        now: clock(),
        ..resource.asked.clone()
    };
    [resource.key.clone(), project].iter().any(|of| {
        let kept = db.get::<Kept>(&key(of)).unwrap_or_default();
        bindings(&kept.policy).iter().any(|binding| {
            let role = binding["role"].as_str().unwrap_or_default();
            let condition = binding["condition"]["expression"].as_str();
            roles::permits(role, permission)
                && condition.is_none_or(|it| cel::holds(it, &asked) == Some(true))
                && means(&binding["members"], caller)
        })
    })
}

fn means(members: &Value, caller: &Caller) -> bool {
    let mut members = members.as_array().into_iter().flatten();
    members.any(|member| match member.as_str() {
        Some("allUsers" | "allAuthenticatedUsers") => true,
        Some(member) => caller.members.iter().any(|own| own == member),
        None => false,
    })
}

/// Turns a member of all policies into another: an account that is deleted, or that is back.
pub(crate) fn rename(db: &mut Db, from: &str, to: &str) {
    let all: Vec<(String, Kept)> = db
        .scan::<Kept>("gcp/policy/")
        .map(|(of, kept)| (of.to_owned(), kept))
        .collect();
    for (of, mut kept) in all {
        let mut changed = false;
        let all = kept
            .policy
            .get_mut("bindings")
            .and_then(Value::as_array_mut);
        for binding in all.into_iter().flatten() {
            let members = binding.get_mut("members").and_then(Value::as_array_mut);
            for member in members.into_iter().flatten() {
                if member.as_str() == Some(from) {
                    *member = json!(to);
                    changed = true;
                }
            }
        }
        if changed {
            keep(db, &of, kept.policy);
        }
    }
}
