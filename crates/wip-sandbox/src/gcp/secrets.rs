//! Secret Manager: secrets, their policies, and what is in them.
//!
//! Source: `secretmanager.projects.secrets.*` in the discovery document of version 1; "Resource conditions" of Secret Manager (names with the project's number).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::accounts::base64;
use super::call::{Call, Refusal, body, result};
use super::cel::Asked;
use super::policy::{self, Resource};
use super::roles::Sort;
use super::{no_method, projects, rights};
use crate::db::Db;
use crate::gcp::seed::SecretSeed;
use crate::http::{Answer, Request};

const PREFIX: &str = "gcp/secret/";

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Secret {
    project: String,
    name: String,
    value: String,
}

fn key(project: &str, name: &str) -> String {
    format!("{PREFIX}{project}/{name}")
}

/// A secret, or one of its versions.
fn resource(project: &projects::Project, name: &str, version: Option<&str>) -> Resource {
    let full = format!("projects/{}/secrets/{name}", project.number);
    let (full, kind) = match version {
        None => (full, "Secret"),
        Some(version) => (format!("{full}/versions/{version}"), "SecretVersion"),
    };
    Resource {
        sort: Sort::Secret,
        key: format!("secrets/{}/{name}", project.id),
        project: project.id.clone(),
        asked: Asked {
            name: full,
            kind: format!("secretmanager.googleapis.com/{kind}"),
            service: "secretmanager.googleapis.com".to_owned(),
            ..Asked::default()
        },
    }
}

/// Adds a secret that is missing.
pub(crate) fn plant(db: &mut Db, seed: &SecretSeed) {
    let SecretSeed {
        project,
        name,
        value,
        policy,
    } = seed;
    let at = key(project, name);
    if db.get_at_once::<Value>(&at).is_none() {
        let secret = Secret {
            project: project.clone(),
            name: name.clone(),
            value: value.clone(),
        };
        db.put(&at, &secret);
        policy::plant(db, &format!("secrets/{project}/{name}"), policy);
    }
}

pub(super) fn operation(method: &str, path: &[&str]) -> &'static str {
    let ["v1", "projects", _, "secrets", _, rest @ ..] = path else {
        return "";
    };
    match (method, rest) {
        ("GET", []) => "secrets.get",
        ("GET", [":getIamPolicy"]) => "secrets.getIamPolicy",
        ("POST", [":setIamPolicy"]) => "secrets.setIamPolicy",
        ("GET", ["versions", _, ":access"]) => "versions.access",
        _ => "",
    }
}

pub(super) fn handle(
    call: &mut Call<'_>,
    request: &Request,
    path: &[&str],
) -> Result<Answer, Refusal> {
    let ["v1", "projects", project, "secrets", name, rest @ ..] = path else {
        return Err(no_method());
    };
    call.resource = Some((*name).to_owned());
    let full = format!("projects/{project}/secrets/{name}");
    let denied = |permission: &str, full: &str| {
        Refusal::denied(format!(
            "Permission '{permission}' denied for resource '{full}' (or it may not exist)."
        ))
    };
    let permission = match (request.method.as_str(), rest) {
        ("GET", []) => "secretmanager.secrets.get",
        ("GET", [":getIamPolicy"]) => "secretmanager.secrets.getIamPolicy",
        ("POST", [":setIamPolicy"]) => "secretmanager.secrets.setIamPolicy",
        ("GET", ["versions", _, ":access"]) => "secretmanager.versions.access",
        _ => return Err(no_method()),
    };
    let home = projects::find(call.db, project).ok_or_else(|| denied(permission, &full))?;
    let version = match rest {
        ["versions", version, _] => Some(*version),
        _ => None,
    };
    // Where the latest one is asked for, its number counts.
    let numbered = version.map(|version| if version == "latest" { "1" } else { version });
    let resource = resource(&home, name, numbered);
    let secret: Option<Secret> = call.db.get(&key(&home.id, name));
    let missing = || {
        Refusal::not_found(format!(
            "Secret [projects/{}/secrets/{name}] not found.",
            home.number
        ))
    };
    if rest == [":setIamPolicy"] {
        // Whether it is there is told to whoever may see it.
        if secret.is_none() {
            rights::check(call, permission, &resource, || denied(permission, &full))?;
            return Err(missing());
        }
        let given = projects::given(&body(request)?)?;
        let policy = policy::write(call, &resource, &given, permission, || {
            denied(permission, &full)
        })?;
        return Ok(result(&policy.into()));
    }
    let at = version.map_or(full.clone(), |it| format!("{full}/versions/{it}"));
    rights::check(call, permission, &resource, || denied(permission, &at))?;
    let secret = secret.ok_or_else(missing)?;
    let name = format!("projects/{}/secrets/{name}", home.number);
    match (rest, numbered) {
        ([":getIamPolicy"], _) => {
            let version = request.query_value("options.requestedPolicyVersion");
            let version = policy::requested(version.as_deref())?;
            Ok(result(&policy::read(call.db, &resource, version).into()))
        }
        (["versions", _, _], Some("1")) => Ok(result(&json!({
            "name": format!("{name}/versions/1"),
            "payload": { "data": base64(secret.value.as_bytes()) },
        }))),
        (["versions", _, _], _) => Err(Refusal::not_found(format!(
            "Secret Version [{name}/versions/{}] not found.",
            version.unwrap_or_default()
        ))),
        _ => Ok(result(&json!({
            "name": name,
            "replication": { "automatic": {} },
            "etag": "\"1\"",
        }))),
    }
}
