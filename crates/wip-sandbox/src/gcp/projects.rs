//! Resource Manager: projects and their policies.
//!
//! Source: `cloudresourcemanager.projects.*` in the discovery document of version 3.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::call::{Call, Refusal, body, result};
use super::cel::Asked;
use super::policy::{self, Resource};
use super::roles::Sort;
use super::{no_method, rights};
use crate::db::Db;
use crate::http::{Answer, Request};

const PREFIX: &str = "gcp/project/";

/// A project.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) number: u64,
}

/// The project of that id or number.
pub(crate) fn find(db: &Db, name: &str) -> Option<Project> {
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        let mut all = db.scan::<Project>(PREFIX).map(|(_, project)| project);
        return all.find(|project| project.number.to_string() == name);
    }
    db.get(&format!("{PREFIX}{name}"))
}

/// Adds a project that is missing.
pub(crate) fn plant(db: &mut Db, id: &str, number: u64) {
    let key = format!("{PREFIX}{id}");
    if db.get_at_once::<Value>(&key).is_none() {
        let id = id.to_owned();
        db.put(&key, &Project { id, number });
    }
}

/// What a project's policy is kept under.
pub(crate) fn policy_key(id: &str) -> String {
    format!("projects/{id}")
}

/// A project, where a policy or a right is asked about it.
pub(crate) fn resource(project: &Project) -> Resource {
    Resource {
        sort: Sort::Project,
        key: policy_key(&project.id),
        project: project.id.clone(),
        asked: Asked {
            name: format!("projects/{}", project.number),
            kind: "cloudresourcemanager.googleapis.com/Project".to_owned(),
            service: "cloudresourcemanager.googleapis.com".to_owned(),
            ..Asked::default()
        },
    }
}

pub(super) fn operation(method: &str, path: &[&str]) -> &'static str {
    match (method, path) {
        ("GET", ["v3", "projects", _]) => "projects.get",
        ("POST", ["v3", "projects", _, ":getIamPolicy"]) => "projects.getIamPolicy",
        ("POST", ["v3", "projects", _, ":setIamPolicy"]) => "projects.setIamPolicy",
        _ => "",
    }
}

pub(super) fn handle(
    call: &mut Call<'_>,
    request: &Request,
    path: &[&str],
) -> Result<Answer, Refusal> {
    let ["v3", "projects", name, verb @ ..] = path else {
        return Err(no_method());
    };
    // One that is not there is refused as one that the caller may not see.
    let denied = || Refusal::denied("The caller does not have permission");
    let project = find(call.db, name).ok_or_else(denied)?;
    call.resource = Some(project.id.clone());
    let resource = resource(&project);
    match (request.method.as_str(), verb) {
        ("GET", []) => {
            rights::check(call, "resourcemanager.projects.get", &resource, denied)?;
            Ok(result(&json!({
                "name": format!("projects/{}", project.number),
                "projectId": project.id,
                "displayName": project.id,
                "state": "ACTIVE",
            })))
        }
        ("POST", [":getIamPolicy"]) => {
            let permission = "resourcemanager.projects.getIamPolicy";
            rights::check(call, permission, &resource, denied)?;
            let body = body(request)?;
            let version = body.get("options");
            let version = version.and_then(|options| options.get("requestedPolicyVersion"));
            let version = version.map(Value::to_string);
            let version = policy::requested(version.as_deref())?;
            let policy = policy::read(call.db, &resource, version);
            Ok(result(&policy.into()))
        }
        ("POST", [":setIamPolicy"]) => {
            let policy = given(&body(request)?)?;
            let permission = "resourcemanager.projects.setIamPolicy";
            let policy = policy::write(call, &resource, &policy, permission, denied)?;
            Ok(result(&policy.into()))
        }
        _ => Err(no_method()),
    }
}

/// The policy of a `SetIamPolicyRequest`.
pub(super) fn given(body: &Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    if body.contains_key("updateMask") {
        return Err(Refusal::invalid("The sandbox takes no update mask."));
    }
    match body.get("policy") {
        Some(Value::Object(policy)) => Ok(policy.clone()),
        _ => Err(Refusal::invalid("Policy is required.")),
    }
}
