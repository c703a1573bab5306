//! Role assignments: who has which role where.
//!
//! Sources: `RoleAssignments_*` in the REST specification of Microsoft.Authorization (2022-04-01); "Troubleshoot Azure RBAC" (`PrincipalNotFound`, `RoleAssignmentUpdateNotPermitted`, assignments of deleted principals stay); reports of its users (`RoleAssignmentExists`, `InvalidPrincipalId`, `UnmatchedPrincipalType`, `PrincipalTypeNotSupported`); "Troubleshoot Azure RBAC limits" (`RoleAssignmentLimitExceeded`). The words of `RoleAssignmentNotFound` are ours, and the codes for a type that there is not and for an id that is no role definition's.
//! That a named principal type keeps the directory from being asked says "Assign Azure roles to a new service principal using the REST API".

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::path::Target;
use super::{filter, pages, roles, subscriptions, target};
use crate::aws::call::now;
use crate::azure::access::covers;
use crate::azure::call::{Call, Refusal, bare, body, is_uuid, result};
use crate::azure::conditions::Subject;
use crate::azure::{graph, principals};
use crate::db::Db;
use crate::http::{Answer, Request};

const PREFIX: &str = "azure/assignment/";

/// An assignment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Assignment {
    tenant: String,
    name: String,
    pub(crate) scope: String,
    /// Id of the role, a UUID.
    pub(crate) role: String,
    pub(crate) principal_id: String,
    principal_type: String,
    description: Option<String>,
    condition: Option<String>,
    condition_version: Option<String>,
    /// Object id of who made it.
    created_by: String,
    created_at: String,
    updated_at: String,
}

/// All assignments of a tenant.
pub(crate) fn of<'a>(db: &'a Db, tenant: &'a str) -> impl Iterator<Item = Assignment> + 'a {
    db.scan::<Assignment>(PREFIX)
        .map(|(_, assignment)| assignment)
        .filter(move |it| it.tenant.eq_ignore_ascii_case(tenant))
}

fn key(name: &str) -> String {
    format!("{PREFIX}{}", name.to_lowercase())
}

fn shown(assignment: &Assignment) -> Value {
    let Assignment {
        name,
        scope,
        role,
        principal_id,
        principal_type,
        description,
        condition,
        condition_version,
        created_by,
        created_at,
        updated_at,
        ..
    } = assignment;
    let above = scope.trim_end_matches('/');
    let subscription = above
        .split('/')
        .skip_while(|part| !part.eq_ignore_ascii_case("subscriptions"))
        .nth(1);
    let at = subscription.map_or(String::new(), |id| format!("/subscriptions/{id}"));
    json!({
        "id": format!("{above}/providers/Microsoft.Authorization/roleAssignments/{name}"),
        "name": name,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "roleDefinitionId": format!("{at}/providers/Microsoft.Authorization/roleDefinitions/{role}"),
            "principalId": principal_id,
            "principalType": principal_type,
            "scope": scope,
            "description": description,
            "condition": condition,
            "conditionVersion": condition_version,
            "createdOn": created_at,
            "updatedOn": updated_at,
            "createdBy": created_by,
            "updatedBy": created_by,
        },
    })
}

/// The assignment that a target is, at that very scope.
fn find(call: &Call<'_>, target: &Target) -> Option<Assignment> {
    let found: Assignment = call.db.get(&key(target.name(0)))?;
    let is_here = found.scope.eq_ignore_ascii_case(&target.scope());
    let is_ours = found.tenant.eq_ignore_ascii_case(&call.caller.tenant);
    (is_here && is_ours).then_some(found)
}

/// What a condition of a right is asked about: what is to be made, or what is there; nothing where it is about neither.
pub(crate) fn subject(call: &Call<'_>, request: &Request, id: &str) -> Subject {
    let (_, name) = id.rsplit_once('/').unwrap_or_default();
    let there: Option<Assignment> = call.db.get(&key(name));
    if request.method == "DELETE" {
        return there.map_or_else(Subject::default, |there| Subject {
            source: "@Resource",
            role: there.role,
            principal: there.principal_id,
            principal_type: there.principal_type,
        });
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let text = |name: &str| {
        let value = body["properties"][name].as_str();
        value.unwrap_or_default().to_owned()
    };
    let role = text("roleDefinitionId");
    Subject {
        source: "@Request",
        role: role.rsplit('/').next().unwrap_or_default().to_owned(),
        principal: text("principalId"),
        principal_type: text("principalType"),
    }
}

pub(super) fn get(call: &mut Call<'_>, _: &Request, target: &Target) -> Result<Answer, Refusal> {
    let found = find(call, target).ok_or_else(|| {
        let message = format!("The role assignment '{}' is not found.", target.name(0));
        Refusal::new(404, "RoleAssignmentNotFound", message)
    })?;
    Ok(result(call, 200, &shown(&found)))
}

pub(super) fn list(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let scope = target.scope();
    let mut found: Vec<Assignment> = of(call.db, &call.caller.tenant)
        .filter(|it| covers(&it.scope, &scope) || covers(&scope, &it.scope))
        .collect();
    for term in filter::terms(request.query_value("$filter").as_deref()) {
        let principal =
            filter::equal(&term, "principalId").or(filter::argument(&term, "assignedTo"));
        if let Some(id) = principal {
            found.retain(|it| it.principal_id.eq_ignore_ascii_case(id));
        } else if filter::argument(&term, "atScope") == Some("") {
            found.retain(|it| covers(&it.scope, &scope));
        } else {
            return Err(filter::unknown(&term));
        }
    }
    pages::answer(call, request, found.iter().map(shown).collect())
}

pub(super) fn put(
    call: &mut Call<'_>,
    request: &Request,
    target: &Target,
) -> Result<Answer, Refusal> {
    let name = target.name(0);
    if !is_uuid(name) {
        let message = format!(
            "The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."
        );
        return Err(Refusal::new(400, "InvalidRoleAssignmentId", message));
    }
    target::must_exist(call.db, &target.scope())?;
    let asked = read(call, request, target)?;
    let key = key(name);
    if let Some(existing) = call.db.get_at_once::<Assignment>(&key) {
        if !same(&existing, &asked) || existing.tenant != asked.tenant {
            return Err(Refusal::new(
                400,
                "RoleAssignmentUpdateNotPermitted",
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
            ));
        }
        let kept = Assignment {
            principal_type: existing.principal_type,
            scope: existing.scope,
            created_by: existing.created_by,
            created_at: existing.created_at,
            ..asked
        };
        call.db.put(&key, &kept);
        return Ok(result(call, 200, &shown(&kept)));
    }
    let others: Vec<String> = call.db.keys(PREFIX).map(str::to_owned).collect();
    let others: Vec<Assignment> = others
        .iter()
        .filter_map(|other| call.db.get_at_once(other))
        .collect();
    if others.iter().any(|other| same(other, &asked)) {
        return Err(Refusal::new(
            409,
            "RoleAssignmentExists",
            "The role assignment already exists.",
        ));
    }
    let subscription = format!(
        "/subscriptions/{}",
        target.subscription().unwrap_or_default()
    );
    let own = others
        .iter()
        .filter(|other| covers(&subscription, &other.scope));
    if own.count() >= call.moment.switches.assignments {
        return Err(Refusal::new(
            400,
            "RoleAssignmentLimitExceeded",
            "The role assignment limit for the subscription has been exceeded. No more role assignments can be created.",
        ));
    }
    call.db.put(&key, &asked);
    Ok(result(call, 201, &shown(&asked)))
}

/// Whether two give the same role to the same principal at the same scope.
fn same(one: &Assignment, other: &Assignment) -> bool {
    one.principal_id.eq_ignore_ascii_case(&other.principal_id)
        && one.role.eq_ignore_ascii_case(&other.role)
        && one.scope.eq_ignore_ascii_case(&other.scope)
}

pub(super) fn delete(call: &mut Call<'_>, _: &Request, target: &Target) -> Result<Answer, Refusal> {
    let Some(found) = find(call, target) else {
        return Ok(bare(call, 204));
    };
    call.db.remove(&key(target.name(0)));
    Ok(result(call, 200, &shown(&found)))
}

fn read(call: &mut Call<'_>, request: &Request, target: &Target) -> Result<Assignment, Refusal> {
    let body = body(request)?;
    let properties = body.get("properties").cloned().unwrap_or_default();
    let text = |name: &str| properties[name].as_str().map(str::to_owned);
    let (Some(role), Some(principal)) = (text("roleDefinitionId"), text("principalId")) else {
        return Err(Refusal::new(
            400,
            "InvalidCreateRoleAssignmentRequest",
            "The request to create role assignment is not valid. Role definition ID and principal ID are required.",
        ));
    };
    if !is_uuid(&principal) {
        let message =
            format!("The Principal ID '{principal}' is not valid. Principal ID must be a GUID.");
        return Err(Refusal::new(400, "InvalidPrincipalId", message));
    }
    let id = role.rsplit('/').next().unwrap_or_default();
    if !role
        .to_lowercase()
        .contains("/providers/microsoft.authorization/roledefinitions/")
    {
        let message = format!(
            "The role definition ID '{role}' is not valid. It must be the resource ID of a role definition."
        );
        return Err(Refusal::new(400, "InvalidRoleDefinitionId", message));
    }
    if roles::find(&role).is_none() {
        return Err(roles::does_not_exist(400, id));
    }
    let tenant = match target.subscription() {
        Some(id) => subscriptions::find(call.db, id)?.tenant,
        None => call.caller.tenant.clone(),
    };
    let principal_type = principal_type(call, &tenant, &principal, text("principalType"))?;
    let at = now(call.db).to_string();
    Ok(Assignment {
        tenant,
        name: target.name(0).to_owned(),
        scope: target.scope(),
        role: id.to_lowercase(),
        principal_id: principal.to_lowercase(),
        principal_type,
        description: text("description"),
        condition: text("condition"),
        condition_version: text("conditionVersion"),
        created_by: call.caller.object.clone(),
        created_at: at.clone(),
        updated_at: at,
    })
}

/// What a principal is; the directory is asked only where the request does not say it.
fn principal_type(
    call: &mut Call<'_>,
    tenant: &str,
    id: &str,
    said: Option<String>,
) -> Result<String, Refusal> {
    let known = principals::find(call.db, tenant, id);
    let plain = id.replace('-', "");
    if let Some(said) = said {
        if ![
            "User",
            "Group",
            "ServicePrincipal",
            "ForeignGroup",
            "Device",
        ]
        .contains(&said.as_str())
        {
            let message = format!(
                "The PrincipalType property '{said}' is not valid. It must be 'User', 'Group' or 'ServicePrincipal'."
            );
            return Err(Refusal::new(400, "InvalidPrincipalType", message));
        }
        if known.is_some() && said != "ServicePrincipal" {
            let message = format!(
                "The PrincipalId '{plain}' has type 'ServicePrincipal' , which is different from specified PrinciaplType '{said}'."
            );
            return Err(Refusal::new(400, "UnmatchedPrincipalType", message));
        }
        return Ok(said);
    }
    if graph::is_application(call.db, tenant, id) {
        return Err(Refusal::new(
            400,
            "PrincipalTypeNotSupported",
            "Principals of type Application cannot validly be used in role assignments.",
        ));
    }
    if known.is_none() || call.moment.misses(&id.to_lowercase()) {
        let message = format!(
            "Principal {plain} does not exist in the directory {tenant}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype"
        );
        return Err(Refusal::new(400, "PrincipalNotFound", message));
    }
    Ok("ServicePrincipal".to_owned())
}
