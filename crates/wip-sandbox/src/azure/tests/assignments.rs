//! Role assignments and definitions.

use serde_json::{Value, json};

use super::*;

const CONTRIBUTOR: &str = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
const READER: &str = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1";

fn group() -> String {
    format!("/subscriptions/{SUB}/resourceGroups/rg")
}

fn assignment(scope: &str, n: u8) -> String {
    format!(
        "{scope}/providers/Microsoft.Authorization/roleAssignments/dddddddd-0000-4000-8000-0000000000{n:02}"
    )
}

fn role(id: &str) -> String {
    format!("/subscriptions/{SUB}/providers/Microsoft.Authorization/roleDefinitions/{id}")
}

fn body(role_id: &str, principal: &str) -> Value {
    json!({ "properties": { "roleDefinitionId": role(role_id), "principalId": principal, "principalType": "ServicePrincipal" } })
}

fn principal(stage: &Stage, name: &str) -> String {
    stage.make_identity(name)["principalId"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn an_assignment_is_made_and_deleted() {
    let stage = Stage::new();
    let id = principal(&stage, "backup");
    let path = assignment(&group(), 1);
    let made = stage.put(&path, &body(CONTRIBUTOR, &id));
    assert_eq!(made.status, 201);
    let properties = &made.body["properties"];
    assert_eq!(
        (&properties["scope"], &properties["principalId"]),
        (&group().into(), &id.clone().into())
    );
    assert_eq!(
        (&made.body["id"], &properties["roleDefinitionId"]),
        (&path.clone().into(), &role(CONTRIBUTOR).into())
    );
    let again = stage.put(&path, &body(CONTRIBUTOR, &id));
    assert_eq!(again.status, 200, "the same again");
    let on = |said: &Said, what: &str| said.body["properties"][what].clone();
    assert_eq!(on(&again, "createdOn"), on(&made, "createdOn"));
    assert_ne!(on(&again, "updatedOn"), on(&made, "updatedOn"));
    assert_eq!(stage.get(&path).body, again.body);
    let elsewhere = assignment(&format!("/subscriptions/{SUB}"), 1);
    assert_eq!(
        stage.get(&elsewhere).outcome(),
        (404, "RoleAssignmentNotFound")
    );
    assert_eq!(stage.delete(&elsewhere).status, 204);
    let deleted = stage.delete(&path);
    assert_eq!((deleted.status, &deleted.body), (200, &again.body));
    assert_eq!(stage.delete(&path).status, 204);
}

#[test]
fn what_an_assignment_may_not_be() {
    let stage = Stage::new();
    let id = principal(&stage, "backup");
    let other = principal(&stage, "billing");
    assert_eq!(
        stage
            .put(&assignment(&group(), 1), &body(CONTRIBUTOR, &id))
            .status,
        201
    );
    let typed = |kind: &str| json!({ "properties": { "roleDefinitionId": role(READER), "principalId": id, "principalType": kind } });
    let untyped =
        json!({ "properties": { "roleDefinitionId": role(READER), "principalId": OTHER_TENANT } });
    let nowhere = in_group("Microsoft.ContainerService/managedClusters/none");
    let subscription = format!("/subscriptions/{SUB}");
    let table = [
        (
            format!(
                "{}/providers/Microsoft.Authorization/roleAssignments/name",
                group()
            ),
            body(READER, &id),
            400,
            "InvalidRoleAssignmentId",
        ),
        (
            assignment(&group(), 2),
            json!({}),
            400,
            "InvalidCreateRoleAssignmentRequest",
        ),
        (
            assignment(&group(), 2),
            body(READER, "backup"),
            400,
            "InvalidPrincipalId",
        ),
        (
            assignment(&group(), 2),
            body(SUB, &id),
            400,
            "RoleDefinitionDoesNotExist",
        ),
        (
            assignment(&group(), 2),
            json!({ "properties": { "roleDefinitionId": READER, "principalId": id } }),
            400,
            "InvalidRoleDefinitionId",
        ),
        (
            assignment(&group(), 2),
            typed("MSI"),
            400,
            "InvalidPrincipalType",
        ),
        (
            assignment(&group(), 2),
            typed("Group"),
            400,
            "UnmatchedPrincipalType",
        ),
        (assignment(&group(), 2), untyped, 400, "PrincipalNotFound"),
        (
            assignment(&group(), 2),
            body(CONTRIBUTOR, &id),
            409,
            "RoleAssignmentExists",
        ),
        (
            assignment(&group(), 1),
            body(READER, &id),
            400,
            "RoleAssignmentUpdateNotPermitted",
        ),
        (
            assignment(&group(), 1),
            body(CONTRIBUTOR, &other),
            400,
            "RoleAssignmentUpdateNotPermitted",
        ),
        (
            assignment(&subscription, 1),
            body(CONTRIBUTOR, &id),
            400,
            "RoleAssignmentUpdateNotPermitted",
        ),
        (
            assignment(&nowhere, 2),
            body(CONTRIBUTOR, &id),
            404,
            "ResourceNotFound",
        ),
    ];
    for (path, body, status, code) in table {
        let said = stage.put(&path, &body);
        assert_eq!(said.outcome(), (status, code), "{path} {body}");
    }
    assert_eq!(
        stage
            .put(&assignment(&subscription, 2), &body(CONTRIBUTOR, &id))
            .status,
        201,
        "another scope"
    );
    // The directory is not asked for what the caller says.
    assert_eq!(
        stage
            .put(&assignment(&group(), 3), &body(CONTRIBUTOR, OTHER_TENANT))
            .status,
        201
    );
}

#[test]
fn a_subscription_has_so_many() {
    let stage = Stage::new();
    let id = principal(&stage, "backup");
    stage.switch(&json!({ "assignments": 1 }));
    assert_eq!(
        stage
            .put(&assignment(&group(), 1), &body(CONTRIBUTOR, &id))
            .status,
        201
    );
    let said = stage.put(&assignment(&group(), 2), &body(READER, &id));
    assert_eq!(said.outcome(), (400, "RoleAssignmentLimitExceeded"));
    assert_eq!(
        stage
            .put(&assignment(&group(), 1), &body(CONTRIBUTOR, &id))
            .status,
        200
    );
}

#[test]
fn new_principals_are_missed_for_a_while() {
    let stage = Stage::new();
    let id = principal(&stage, "backup");
    let untyped = json!({ "properties": { "roleDefinitionId": role(READER), "principalId": id } });
    let put = || stage.put(&assignment(&group(), 1), &untyped);
    for _ in 0..2 {
        let said = put();
        assert_eq!(said.outcome(), (400, "PrincipalNotFound"));
        assert!(said.message().starts_with(&format!(
            "Principal {} does not exist in the directory {TENANT}.",
            id.replace('-', "")
        )));
    }
    let made = put();
    assert_eq!(
        (made.status, &made.body["properties"]["principalType"]),
        (201, &"ServicePrincipal".into())
    );
}

#[test]
fn assignments_outlive_their_principal() {
    let stage = Stage::new();
    let id = principal(&stage, "backup");
    let path = assignment(&group(), 1);
    stage.put(&path, &body(CONTRIBUTOR, &id));
    stage.delete(&identity("backup"));
    assert_eq!(stage.get(&path).body["properties"]["principalId"], id);
    let again = principal(&stage, "backup");
    let said = stage.put(&path, &body(CONTRIBUTOR, &again));
    assert_eq!(said.outcome(), (400, "RoleAssignmentUpdateNotPermitted"));
}

#[test]
fn listings_are_of_a_scope_and_filtered() {
    let stage = Stage::new();
    let [one, two] = ["backup", "billing"].map(|name| principal(&stage, name));
    let subscription = format!("/subscriptions/{SUB}");
    let below = in_group("Microsoft.ContainerService/managedClusters/aks");
    for (n, scope, id) in [
        (1, &subscription, &one),
        (2, &group(), &one),
        (3, &below, &one),
        (4, &group(), &two),
    ] {
        assert_eq!(
            stage
                .put(&assignment(scope, n), &body(CONTRIBUTOR, id))
                .status,
            201
        );
    }
    let list = |scope: &str, filter: &str| -> Vec<String> {
        let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments?{filter}");
        let said = stage.get(&path);
        assert_eq!(said.status, 200, "{said:?}");
        let items = said.body["value"].as_array().unwrap().iter();
        items
            .map(|it| it["name"].as_str().unwrap()[34..].to_owned())
            .collect()
    };
    assert_eq!(list(&group(), ""), ["01", "02", "03", "04"]);
    assert_eq!(list(&group(), "$filter=atScope()"), ["01", "02", "04"]);
    assert_eq!(
        list(&group(), &format!("$filter=principalId%20eq%20'{one}'")),
        ["01", "02", "03"]
    );
    assert_eq!(
        list(
            &group(),
            &format!("$filter=atScope()+and+assignedTo('{one}')")
        ),
        ["01", "02"]
    );
    assert_eq!(
        list(&below, &format!("$filter=principalId%20eq%20{one}")),
        ["01", "02", "03"]
    );
    let said = stage.get(&format!(
        "{}/providers/Microsoft.Authorization/roleAssignments?$filter=name%20eq%20'x'",
        group()
    ));
    assert_eq!(said.outcome(), (400, "UnsupportedQuery"));
}

#[test]
fn roles_are_found_by_name_and_id() {
    let stage = Stage::new();
    let list = |filter: &str| {
        stage.get(&format!(
            "{}/providers/Microsoft.Authorization/roleDefinitions?$filter={filter}",
            group()
        ))
    };
    let found = list("roleName%20eq%20'Storage%20Blob%20Data%20Contributor'");
    assert_eq!(found.body["value"][0]["name"], CONTRIBUTOR);
    assert_eq!(found.body["value"][0]["id"], role(CONTRIBUTOR));
    assert_eq!(found.body["value"].as_array().unwrap().len(), 1);
    assert_eq!(list("roleName%20eq%20'None'").body["value"], json!([]));
    assert_eq!(
        list("id%20eq%20'None'").outcome(),
        (400, "UnsupportedQuery")
    );
    assert_eq!(
        stage.get(&role(READER)).body["properties"]["roleName"],
        "Storage Blob Data Reader"
    );
    assert_eq!(
        stage.get(&role(SUB)).outcome(),
        (404, "RoleDefinitionDoesNotExist")
    );
}

#[test]
fn a_condition_limits_which_roles_an_operator_gives_and_takes() {
    let stage = Stage::new();
    let id = principal(&stage, "backup");
    let only = |role: &str| {
        let part = |verb: &str, source: &str| {
            format!(
                "((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/{verb}'}})) OR ({source}[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{role}}}))"
            )
        };
        let condition = format!(
            "{} AND {}",
            part("write", "@Request"),
            part("delete", "@Resource")
        );
        let right = json!({ "actions": ["*"], "scopes": [group()], "condition": condition });
        let said = stage.control(
            "azure/rights",
            &json!({ "tenant": TENANT, "allow": [right] }),
        );
        assert_eq!(said.status, 204);
    };
    let (first, second) = (assignment(&group(), 1), assignment(&group(), 2));
    only(READER);
    let refused = stage.put(&first, &body(CONTRIBUTOR, &id));
    assert_eq!(refused.outcome(), (403, "AuthorizationFailed"));
    assert_eq!(stage.put(&second, &body(READER, &id)).status, 201);
    only(CONTRIBUTOR);
    assert_eq!(stage.put(&first, &body(CONTRIBUTOR, &id)).status, 201);
    assert_eq!(
        stage.delete(&second).outcome(),
        (403, "AuthorizationFailed")
    );
    assert_eq!(stage.delete(&first).status, 200);
    let unread = json!([{ "actions": ["*"], "scopes": [group()], "condition": "TRUE" }]);
    let said = stage.control(
        "azure/rights",
        &json!({ "tenant": TENANT, "allow": unread }),
    );
    assert_eq!(said.status, 400);
}
