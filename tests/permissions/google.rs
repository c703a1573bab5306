//! Nothing that `wip permissions` prints for Google Cloud is superfluous, and with it nobody gives himself more.
//!
//! Owns the roles as the sandbox takes them, and a Space that lives through all that can happen to it, each moment with one permission less.

use serde_json::{Value, json};

use super::{
    APPLY, CHANGE, DESTROY, Moment, PLAN, changed, is_refused, limit, moment, printed, tried,
};
use crate::examples::{Space, example};
use crate::sandbox::Sandbox;

/// The project of the examples.
pub(super) const PROJECT: &str = "acme-prod";
const ACCOUNTS: &str = "gcpiam/v1/projects/acme-prod/serviceAccounts";
const BACKUP: &str = "apps-no-backup@acme-prod.iam.gserviceaccount.com";

/// The roles of a printed document, by project: permissions, and the condition that they are given under.
pub(super) fn roles(document: &Value, purposes: &[&str]) -> Vec<(String, Vec<Value>)> {
    let projects = document["projects"].as_object().into_iter().flatten();
    let roles = projects.map(|(id, project)| {
        let lists = purposes
            .iter()
            .filter_map(|purpose| project[*purpose].as_array());
        let roles = lists.flatten().map(|role| {
            let name = role["title"].as_str().expect("a title");
            let mut right = json!({ "permissions": role["includedPermissions"] });
            if let Some(condition) = project["conditions"].get(name) {
                right["condition"] = condition.clone();
            }
            right
        });
        (id.clone(), roles.collect())
    });
    roles.collect()
}

/// A Space with secrets by name as well, and whose bucket goes with it.
fn space() -> Space {
    example("gke-impersonation")
        .destroyable()
        .with(
            "prefixes: [apps-] }\n",
            "prefixes: [apps-] }\n        - secretManager: { project: acme-prod, secrets: [db] }\n",
        )
        .with("create: true }", "create: true, onDestroy: delete }")
}

/// Every moment of a Space's life, each proved to work with all that is printed.
fn moments() -> Vec<Moment> {
    let mut moments = Vec::new();
    let mut keep = |sandbox: Sandbox, what: &str, command| {
        let name = format!("permissions-google-{what}");
        moment(&mut moments, sandbox, name, command).0
    };
    let sandbox = Sandbox::new("permissions-google-first");
    sandbox.write(&space().0);
    // The sandbox has what the Space takes for granted once somebody has looked.
    sandbox.run(PLAN, 0);
    let sandbox = keep(sandbox, "new", APPLY);
    sandbox.write(&changed("gke-impersonation", space()).0);
    let sandbox = keep(sandbox, "changed", CHANGE);
    let disable = format!("POST {ACCOUNTS}/{BACKUP}:disable");
    sandbox.google(&disable, &json!({}));
    let sandbox = keep(sandbox, "disabled", APPLY);
    let other =
        json!({ "serviceAccount": { "displayName": "other" }, "updateMask": "displayName" });
    sandbox.google(&format!("PATCH {ACCOUNTS}/{BACKUP}"), &other);
    let sandbox = keep(sandbox, "described", APPLY);
    sandbox.google(&format!("DELETE {ACCOUNTS}/{BACKUP}"), &Value::Null);
    let sandbox = keep(sandbox, "deleted", APPLY);
    keep(sandbox, "last", DESTROY).remove();
    moments
}

#[test]
fn nothing_that_is_printed_for_google_is_superfluous() {
    let moments = moments();
    let sandbox = Sandbox::copy(&moments[0].folder, "permissions-google-printed");
    let all = printed(&sandbox, &["plan", "apply"]).remove(PROJECT);
    sandbox.remove();
    let all = all.expect("roles");
    let permissions = |role: &Value| role["permissions"].as_array().expect("a list").clone();
    let cells: Vec<Value> = all.iter().flat_map(permissions).collect();
    assert!(cells.len() > 15, "{cells:#?}");
    let superfluous = cells.iter().filter(|cell| {
        let mut less = all.clone();
        for role in &mut less {
            let own = role["permissions"].as_array_mut().expect("a list");
            own.retain(|one| one != *cell);
        }
        !moments.iter().any(|moment| {
            let sandbox = Sandbox::copy(&moment.folder, &format!("{}-less", moment.name));
            sandbox.set_google_rights(PROJECT, &json!(less));
            let (_, words) = tried(&sandbox, moment.command);
            sandbox.remove();
            is_refused(&words)
        })
    });
    let superfluous: Vec<&Value> = superfluous.collect();
    assert!(superfluous.is_empty(), "{superfluous:#?}");
}

/// A role that the file does not give cannot be given with what is printed.
#[test]
fn whoever_applies_at_google_gives_no_other_role() {
    let sandbox = Sandbox::new("permissions-google-other-role");
    sandbox.write(&example("gke-principal").0);
    sandbox.run(PLAN, 0);
    let mut all = printed(&sandbox, &["plan", "apply"]);
    limit(&sandbox, &all);
    let other = example("gke-principal").with(
        "        - gcsBucket: { bucket: acme-backups }",
        "        - gcpRole: { role: roles/storage.objectAdmin, resource: projects/acme-prod/buckets/acme-backups }",
    );
    sandbox.write(&other.0);
    let (code, words) = tried(&sandbox, APPLY);
    assert_eq!(code, Some(3), "{words}");
    assert!(words.contains("storage.buckets.setIamPolicy"), "{words}");
    // That it is the condition, and nothing else.
    for role in all.get_mut(PROJECT).expect("roles") {
        role.as_object_mut().expect("a role").remove("condition");
    }
    limit(&sandbox, &all);
    sandbox.run(APPLY, 0);
    sandbox.remove();
}
