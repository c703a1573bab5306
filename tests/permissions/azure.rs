//! Nothing that `wip permissions` prints for Azure is superfluous, and with it nobody gives himself more.
//!
//! Owns the roles as the sandbox takes them, and a Space for each sort of vault that lives through all that can happen to it,
//! each moment with one action less.

use serde_json::{Value, json};

use super::{
    APPLY, CHANGE, DESTROY, Moment, NOTHING_TO_DO, PLAN, changed, is_refused, limit, moment,
    printed, tried,
};
use crate::examples::{Space, example};
use crate::sandbox::Sandbox;

/// The tenant of the example.
pub(super) const TENANT: &str = "0b8c1f52-6a0d-4c6e-8f8e-5a1d4d0f7c21";
const SUBSCRIPTION: &str = "6f1c9c1e-3b0a-4c7e-9a61-2d5f0b7c8e11";

/// The roles of a printed document, all of one tenant: actions, scopes, and the condition that they are assigned with.
pub(super) fn roles(document: &Value, purposes: &[&str]) -> Option<(String, Vec<Value>)> {
    let subscriptions = document["subscriptions"].as_object()?;
    let mut roles = Vec::new();
    for subscription in subscriptions.values() {
        let lists = purposes
            .iter()
            .filter_map(|purpose| subscription[*purpose].as_array());
        for role in lists.flatten() {
            let name = role["Name"].as_str().expect("a name");
            let mut right =
                json!({ "actions": role["Actions"], "scopes": role["AssignableScopes"] });
            if let Some(condition) = subscription["conditions"].get(name) {
                right["condition"] = condition.clone();
            }
            roles.push(right);
        }
    }
    // Permissions of Microsoft Graph are texts.
    for tenant in document["tenants"]
        .as_object()
        .into_iter()
        .flat_map(|all| all.values())
    {
        let lists = purposes
            .iter()
            .filter_map(|purpose| tenant[*purpose].as_array());
        roles.extend(lists.flatten().cloned());
    }
    Some((TENANT.to_owned(), roles))
}

/// A Space whose assignments and identities are of all sorts: a role by its name, a vault, a container that is only read.
fn space() -> Space {
    let more = format!(
        "    app:\n      method: entraWorkloadIdentity\n      workloads: [{{ namespace: app, serviceAccount: app }}]\n      identity: {{ resourceGroup: apps, location: westeurope }}\n      access:\n        - azureRole: {{ role: Reader, scope: /subscriptions/{SUBSCRIPTION}/resourceGroups/seen }}\n"
    );
    example("aks")
        .destroyable()
        .with("  identities:\n", &format!("  identities:\n{more}"))
        .with(
            "vault: acme-kv, resourceGroup: data",
            "vault: acme-kv, resourceGroup: secrets",
        )
}

/// Every moment of a Space's life, each proved to work with all rights.
fn moments(by_roles: bool) -> Vec<Moment> {
    let story = if by_roles { "roles" } else { "policies" };
    let mut moments = Vec::new();
    let mut keep = |sandbox: Sandbox, what: &str, command| {
        let name = format!("permissions-azure-{story}-{what}");
        moment(&mut moments, sandbox, name, command).0
    };
    let sandbox = Sandbox::new(&format!("permissions-azure-{story}-new"));
    sandbox.seed(&json!({ "azure": {
        "subscriptions": [{ "id": SUBSCRIPTION, "tenant": TENANT }],
        "resource_groups": [{ "subscription": SUBSCRIPTION, "name": "seen" }],
        "vaults": [{ "subscription": SUBSCRIPTION, "resource_group": "secrets", "name": "acme-kv", "rbac": by_roles }],
    } }));
    sandbox.write(&space().0);
    // The sandbox has what the Space takes for granted once somebody has looked.
    sandbox.run(PLAN, 0);
    let sandbox = keep(sandbox, "new", APPLY);
    sandbox.write(&changed("aks", space()).0);
    let sandbox = keep(sandbox, "changed", CHANGE);
    keep(sandbox, "last", DESTROY).remove();
    moments
}

#[test]
fn nothing_that_is_printed_for_azure_is_superfluous() {
    let mut missed: Vec<(Value, bool)> = Vec::new();
    for by_roles in [true, false] {
        let moments = moments(by_roles);
        let sandbox = Sandbox::copy(&moments[0].folder, "permissions-azure-printed");
        let all = printed(&sandbox, &["plan", "apply"]).remove(TENANT);
        sandbox.remove();
        let all = all.expect("roles");
        for (role, action) in cells(&all) {
            let what = json!([all[role]["scopes"][0], action]);
            let less = without(&all, &what);
            let is_missed = moments.iter().any(|moment| {
                let sandbox = Sandbox::copy(&moment.folder, &format!("{}-less", moment.name));
                sandbox.set_azure_rights(TENANT, &json!(less));
                let (_, words) = tried(&sandbox, moment.command);
                sandbox.remove();
                is_refused(&words)
            });
            match missed.iter_mut().find(|(known, _)| *known == what) {
                Some((_, known)) => *known |= is_missed,
                None => missed.push((what, is_missed)),
            }
        }
    }
    assert!(missed.len() > 20, "{missed:#?}");
    let superfluous: Vec<&Value> = missed
        .iter()
        .filter(|(_, is_missed)| !is_missed)
        .map(|(what, _)| what)
        .collect();
    assert!(superfluous.is_empty(), "{superfluous:#?}");
}

/// The roles without an action at a scope: also not above it, where it is for something that wip can do without.
fn without(roles: &[Value], what: &Value) -> Vec<Value> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let scope = text(&what[0]) + "/";
    let mut less = roles.to_vec();
    for role in &mut less {
        if scope.starts_with(&(text(&role["scopes"][0]) + "/")) {
            let actions = role["actions"].as_array_mut().expect("actions");
            actions.retain(|one| *one != what[1]);
        }
    }
    less
}

/// Each action of each role.
fn cells(roles: &[Value]) -> Vec<(usize, Value)> {
    let of = |(index, role): (usize, &Value)| {
        let actions = role["actions"].as_array().expect("actions").clone();
        actions.into_iter().map(move |action| (index, action))
    };
    roles.iter().enumerate().flat_map(of).collect()
}

/// A role that an identity has by hand, and that the file does not give, cannot be given with what is printed.
#[test]
fn whoever_applies_gives_no_other_role() {
    let sandbox = Sandbox::new("permissions-azure-other-role");
    let space = example("aks");
    sandbox.write(&space.0);
    sandbox.run(PLAN, 0);
    let all = printed(&sandbox, &["plan", "apply"]);
    limit(&sandbox, &all);
    let owner = space.clone().with(
        "        - keyVault: { vault: acme-kv, resourceGroup: data }\n",
        &format!(
            "        - azureRole: {{ role: Key Vault Administrator, scope: /subscriptions/{SUBSCRIPTION}/resourceGroups/data/providers/Microsoft.KeyVault/vaults/acme-kv }}\n"
        ),
    );
    // Even its name is not looked up.
    sandbox.write(&owner.0);
    let (code, words) = tried(&sandbox, APPLY);
    assert!(code != Some(0) && is_refused(&words), "{code:?}\n{words}");
    // By its GUID it is given where nothing limits the role of whoever applies, and not otherwise.
    let owner = owner.with(
        "role: Key Vault Administrator",
        "role: 00482a5a-887f-4fb3-b363-3b7fe8e74483",
    );
    sandbox.write(&owner.0);
    // Whether there is such a role is looked up.
    let mut all = all;
    let scope = format!("/subscriptions/{SUBSCRIPTION}");
    let look =
        json!({ "actions": ["Microsoft.Authorization/roleDefinitions/read"], "scopes": [scope] });
    all.get_mut(TENANT).expect("roles").push(look);
    limit(&sandbox, &all);
    let (code, words) = tried(&sandbox, APPLY);
    assert_eq!(code, Some(3), "{words}");
    assert!(words.contains("roleAssignments/write"), "{words}");
    let mut free = all;
    for role in free.get_mut(TENANT).expect("roles") {
        role.as_object_mut().expect("a role").remove("condition");
    }
    limit(&sandbox, &free);
    sandbox.run(APPLY, 0);
    sandbox.run(NOTHING_TO_DO, 0);
    sandbox.remove();
}
