//! Microsoft Graph.

use serde_json::{Value, json};

use super::*;

fn graph(stage: &Stage, what: &str, body: &Value) -> Said {
    graph_with(stage, what, &[], body)
}

fn graph_with(stage: &Stage, what: &str, more: &[(&str, &str)], body: &Value) -> Said {
    let (method, path) = what.split_once(' ').unwrap();
    let bearer = format!("Bearer {}", operator(TENANT));
    let mut headers = vec![("authorization", bearer.as_str())];
    headers.extend(more);
    stage.ask(
        &format!("{method} /_azure/graph/v1.0/{path}"),
        &headers,
        &bytes(body),
    )
}

fn fic(name: &str, issuer: &str, subject: &str) -> Value {
    json!({ "name": name, "issuer": issuer, "subject": subject, "audiences": ["api://AzureADTokenExchange"] })
}

fn application(stage: &Stage, name: &str) -> Value {
    let said = graph(stage, "POST applications", &json!({ "displayName": name }));
    assert_eq!(said.status, 201, "{said:?}");
    said.body
}

#[test]
fn an_application_is_made_changed_and_deleted() {
    let stage = Stage::new();
    let made = application(&stage, "backup");
    let (id, app) = (
        made["id"].as_str().unwrap(),
        made["appId"].as_str().unwrap(),
    );
    for path in [
        format!("applications/{id}"),
        format!("applications(appId='{app}')"),
    ] {
        assert_eq!(
            graph(&stage, &format!("GET {path}"), &Value::Null).body["id"],
            id,
            "{path}"
        );
    }
    let patch = json!({ "displayName": "other", "tags": ["wip"], "notes": "n" });
    assert_eq!(
        graph(&stage, &format!("PATCH applications/{id}"), &patch).status,
        204
    );
    let found = graph(
        &stage,
        "GET applications?$filter=displayName%20eq%20'other'",
        &Value::Null,
    );
    assert_eq!(found.body["value"][0]["tags"], json!(["wip"]));
    assert_eq!(
        graph(&stage, &format!("DELETE applications/{id}"), &Value::Null).status,
        204
    );
    for method in ["GET", "PATCH", "DELETE"] {
        let said = graph(&stage, &format!("{method} applications/{id}"), &json!({}));
        assert_eq!(
            said.outcome(),
            (404, "Request_ResourceNotFound"),
            "{method}"
        );
    }
    // Names for people need not be unique.
    assert_ne!(
        application(&stage, "twin")["appId"],
        application(&stage, "twin")["appId"]
    );
}

#[test]
fn a_unique_name_makes_or_finds_it() {
    let stage = Stage::new();
    let upsert = |headers: &[(&str, &str)]| {
        graph_with(
            &stage,
            "PATCH applications(uniqueName='wip-backup')",
            headers,
            &json!({ "displayName": "backup" }),
        )
    };
    assert_eq!(upsert(&[]).outcome(), (404, "Request_ResourceNotFound"));
    let create = [("prefer", "create-if-missing")];
    let made = upsert(&create);
    assert_eq!(
        (made.status, &made.body["uniqueName"]),
        (201, &"wip-backup".into())
    );
    assert_eq!(upsert(&create).status, 204);
    let found = graph(
        &stage,
        "GET applications(uniqueName='wip-backup')",
        &Value::Null,
    );
    assert_eq!(found.body["id"], made.body["id"]);
    let again = graph(
        &stage,
        "POST applications",
        &json!({ "displayName": "x", "uniqueName": "wip-backup" }),
    );
    assert_eq!(again.outcome(), (400, "Request_BadRequest"));
}

#[test]
fn a_deleted_application_keeps_its_unique_name_until_it_is_out_of_the_bin() {
    let stage = Stage::new();
    let create = [("prefer", "create-if-missing")];
    let name = "applications(uniqueName='wip-backup')";
    let upsert = || {
        let body = json!({ "displayName": "backup", "tags": ["wip-space=s"] });
        graph_with(&stage, &format!("PATCH {name}"), &create, &body)
    };
    let first = upsert();
    let id = first.body["id"].as_str().unwrap();
    let marked = "GET applications?$filter=tags/any(t:t%20eq%20'wip-space=s')";
    assert_eq!(
        graph(&stage, marked, &Value::Null).body["value"][0]["id"],
        id
    );
    let other = "GET applications?$filter=tags/any(t:t%20eq%20'wip-space=other')";
    assert_eq!(graph(&stage, other, &Value::Null).body["value"], json!([]));
    assert_eq!(
        graph(&stage, &format!("DELETE {name}"), &Value::Null).status,
        204
    );
    assert_eq!(upsert().outcome(), (400, "Request_BadRequest"));
    let bin = "directory/deletedItems";
    let listed = graph(
        &stage,
        &format!("GET {bin}/microsoft.graph.application"),
        &Value::Null,
    );
    assert_eq!(listed.body["value"][0]["uniqueName"], "wip-backup");
    let one = format!("{bin}/{id}");
    assert_eq!(
        graph(&stage, &format!("GET {one}"), &Value::Null).status,
        200
    );
    assert_eq!(
        graph(&stage, &format!("DELETE {one}"), &Value::Null).status,
        204
    );
    for method in ["GET", "DELETE"] {
        let said = graph(&stage, &format!("{method} {one}"), &Value::Null);
        assert_eq!(
            said.outcome(),
            (404, "Request_ResourceNotFound"),
            "{method}"
        );
    }
    let second = upsert();
    assert_eq!(second.status, 201);
    assert_ne!(second.body["id"], id);
}

#[test]
fn one_without_a_unique_name_gets_one_once() {
    let stage = Stage::new();
    let id = application(&stage, "backup")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let set = |name: &str| {
        let body = json!({ "uniqueName": name });
        graph(&stage, &format!("PATCH applications/{id}"), &body).status
    };
    assert_eq!([set("wip-a"), set("wip-a"), set("wip-b")], [204, 204, 400]);
    let other = application(&stage, "other")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let body = json!({ "uniqueName": "wip-a" });
    let said = graph(&stage, &format!("PATCH applications/{other}"), &body);
    assert_eq!(said.outcome(), (400, "Request_BadRequest"));
}

#[test]
fn service_principals_belong_to_applications_and_identities() {
    let stage = Stage::new();
    let made = application(&stage, "backup");
    let app = made["appId"].as_str().unwrap();
    let create = |app: &str| graph(&stage, "POST servicePrincipals", &json!({ "appId": app }));
    let principal = create(app);
    assert_eq!(
        (principal.status, &principal.body["servicePrincipalType"]),
        (201, &"Application".into())
    );
    assert_eq!(
        create(app).outcome(),
        (409, "Request_MultipleObjectsWithSameKeyValue")
    );
    assert_eq!(create(SUB).outcome(), (400, "Request_BadRequest"));
    let id = principal.body["id"].as_str().unwrap();
    let found = graph(
        &stage,
        &format!("GET servicePrincipals?$filter=appId%20eq%20'{app}'"),
        &Value::Null,
    );
    assert_eq!(found.body["value"][0]["id"], id);
    assert_eq!(
        graph(
            &stage,
            &format!("GET servicePrincipals(appId='{app}')"),
            &Value::Null
        )
        .body["id"],
        id
    );
    let identity = stage.make_identity("billing");
    let client = identity["clientId"].as_str().unwrap();
    let of_identity = graph(
        &stage,
        &format!("GET servicePrincipals(appId='{client}')"),
        &Value::Null,
    );
    assert_eq!(
        (
            &of_identity.body["id"],
            &of_identity.body["servicePrincipalType"]
        ),
        (&identity["principalId"], &"ManagedIdentity".into())
    );
    let object = identity["principalId"].as_str().unwrap();
    assert_eq!(
        graph(
            &stage,
            &format!("DELETE servicePrincipals/{object}"),
            &Value::Null
        )
        .outcome(),
        (400, "Request_BadRequest")
    );
    assert_eq!(
        graph(
            &stage,
            &format!("DELETE applications(appId='{app}')"),
            &Value::Null
        )
        .status,
        204
    );
    assert_eq!(
        graph(&stage, &format!("GET servicePrincipals/{id}"), &Value::Null).status,
        404,
        "it went along"
    );
}

#[test]
fn an_application_has_twenty_credentials() {
    let stage = Stage::new();
    let id = application(&stage, "backup")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let all = format!("applications/{id}/federatedIdentityCredentials");
    for n in 0..20 {
        let said = graph(
            &stage,
            &format!("POST {all}"),
            &fic(&format!("fic-{n}"), "https://i/", &format!("s{n}")),
        );
        assert_eq!(said.status, 201, "{said:?}");
    }
    let more = graph(
        &stage,
        &format!("POST {all}"),
        &fic("fic-20", "https://i/", "s20"),
    );
    assert_eq!(more.outcome(), (400, "Request_BadRequest"));
    stage.switch(&json!({ "page": 15 }));
    let first = graph(&stage, &format!("GET {all}"), &Value::Null);
    assert_eq!(first.body["value"].as_array().unwrap().len(), 15);
    let next = first.body["@odata.nextLink"].as_str().unwrap();
    let next = next
        .strip_prefix("http://localhost/_azure/graph/v1.0/")
        .unwrap();
    let second = graph(&stage, &format!("GET {next}"), &Value::Null);
    assert_eq!(second.body["value"].as_array().unwrap().len(), 5);
    assert_eq!(second.body["@odata.nextLink"], Value::Null);
}

#[test]
fn what_a_credential_may_not_be() {
    let stage = Stage::new();
    let id = application(&stage, "backup")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let all = format!("applications/{id}/federatedIdentityCredentials");
    let made = graph(
        &stage,
        &format!("POST {all}"),
        &fic("one", "https://i/", "s"),
    );
    assert_eq!(made.status, 201);
    let value = "InvalidFederatedIdentityCredentialValue";
    let many = json!({ "name": "new", "issuer": "i", "subject": "s", "audiences": ["a", "b"] });
    let table = [
        (
            fic("one", "https://i/", "t"),
            409,
            "Request_MultipleObjectsWithSameKeyValue",
        ),
        (fic("two", "https://i/", "s"), 400, value),
        (fic("ab", "https://i/", "t"), 400, value),
        (fic("new", "", "t"), 400, value),
        (fic("new", "https://i/", ""), 400, value),
        (fic("new", "https://i/", &"x".repeat(601)), 400, value),
        (many, 400, value),
    ];
    for (body, status, code) in table {
        let said = graph(&stage, &format!("POST {all}"), &body);
        assert_eq!(said.outcome(), (status, code), "{body}");
    }
    let one = format!("{all}/{}", made.body["id"].as_str().unwrap());
    assert_eq!(
        graph(&stage, &format!("PATCH {one}"), &json!({ "subject": "t" })).status,
        204
    );
    assert_eq!(
        graph(&stage, &format!("PATCH {one}"), &json!({ "name": "else" })).outcome(),
        (400, "Request_BadRequest")
    );
    assert_eq!(
        graph(&stage, &format!("GET {all}/one"), &Value::Null).body["subject"],
        "t"
    );
    assert_eq!(
        graph(&stage, &format!("DELETE {one}"), &Value::Null).status,
        204
    );
    assert_eq!(
        graph(&stage, &format!("GET {one}"), &Value::Null).outcome(),
        (404, "Request_ResourceNotFound")
    );
}

#[test]
fn roles_are_for_service_principals_and_not_for_applications() {
    let stage = Stage::new();
    let made = application(&stage, "backup");
    let principal = graph(
        &stage,
        "POST servicePrincipals",
        &json!({ "appId": made["appId"] }),
    );
    let role =
        "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7";
    let assign = |id: &Value| {
        let path = format!(
            "/subscriptions/{SUB}/providers/Microsoft.Authorization/roleAssignments/{TENANT}"
        );
        stage.put(
            &path,
            &json!({ "properties": { "roleDefinitionId": role, "principalId": id } }),
        )
    };
    assert_eq!(
        assign(&made["id"]).outcome(),
        (400, "PrincipalTypeNotSupported")
    );
    stage.switch(&json!({ "principalLag": 0 }));
    // It was new when it was made.
    let statuses: Vec<u16> = (0..3)
        .map(|_| assign(&principal.body["id"]).status)
        .collect();
    assert_eq!(statuses, [400, 400, 201]);
}

#[test]
fn a_credential_is_made_or_changed_by_its_name() {
    let stage = Stage::new();
    let id = application(&stage, "backup")["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("PATCH applications/{id}/federatedIdentityCredentials(name='one')");
    let body = json!({ "issuer": "https://i/", "subject": "s", "audiences": ["a"] });
    assert_eq!(
        graph(&stage, &path, &body).outcome(),
        (404, "Request_ResourceNotFound")
    );
    let create = [("prefer", "create-if-missing")];
    let made = graph_with(&stage, &path, &create, &body);
    assert_eq!((made.status, &made.body["name"]), (201, &"one".into()));
    assert_eq!(graph_with(&stage, &path, &create, &body).status, 204);
}

#[test]
fn a_workload_signs_in_as_the_application() {
    let stage = Stage::new();
    let made = application(&stage, "backup");
    let (id, app) = (
        made["id"].as_str().unwrap(),
        made["appId"].as_str().unwrap(),
    );
    let token = stage.kubernetes_token(&Value::Null);
    let exchange = || stage.exchange(app, &token, "https://storage.azure.com");
    assert_eq!(
        exchange().body["error_codes"][0],
        7_000_229,
        "no service principal"
    );
    graph(&stage, "POST servicePrincipals", &json!({ "appId": app }));
    assert_eq!(exchange().body["error_codes"][0], 70025);
    let body = fic(
        "one",
        &stage.issuer(),
        "system:serviceaccount:ns:mxp-controller",
    );
    graph(
        &stage,
        &format!("POST applications/{id}/federatedIdentityCredentials"),
        &body,
    );
    assert_eq!(exchange().status, 200);
}

#[test]
fn requests_and_callers_are_checked() {
    let stage = Stage::new();
    let body = json!({ "displayName": "backup" });
    let nobody = stage.ask("GET /_azure/graph/v1.0/applications", &[], b"");
    assert_eq!(nobody.outcome(), (401, "InvalidAuthenticationToken"));
    let (_, token) = stage.workload("backup", "https://graph.microsoft.com");
    let workload = stage.ask(
        "GET /_azure/graph/v1.0/applications",
        &[("authorization", &format!("Bearer {token}"))],
        b"",
    );
    assert_eq!(workload.outcome(), (403, "Authorization_RequestDenied"));
    let table = [
        ("POST applications", json!({}), 400, "Request_BadRequest"),
        (
            "POST applications",
            json!({ "displayName": "x", "tags": 1 }),
            400,
            "Request_BadRequest",
        ),
        (
            "POST applications",
            json!({ "displayName": "x", "appId": "y" }),
            400,
            "Request_BadRequest",
        ),
        (
            "POST applications",
            json!({ "displayName": "x", "colour": "y" }),
            400,
            "Request_BadRequest",
        ),
        ("GET users", Value::Null, 400, "Request_BadRequest"),
        (
            "GET applications?$top=0",
            Value::Null,
            400,
            "Request_BadRequest",
        ),
        (
            "GET applications?$filter=displayName",
            Value::Null,
            400,
            "Request_BadRequest",
        ),
        (
            "GET applications/none/federatedIdentityCredentials",
            Value::Null,
            404,
            "Request_ResourceNotFound",
        ),
    ];
    for (what, body, status, code) in table {
        assert_eq!(
            graph(&stage, what, &body).outcome(),
            (status, code),
            "{what} {body}"
        );
    }
    let rights = json!({ "tenant": TENANT, "allow": ["Application.Read.All"] });
    stage.control("azure/rights", &rights);
    assert_eq!(graph(&stage, "GET applications", &Value::Null).status, 200);
    assert_eq!(
        graph(&stage, "POST applications", &body).outcome(),
        (403, "Authorization_RequestDenied")
    );
}
