//! Managed identities.

use serde_json::{Value, json};

use super::*;

#[test]
fn an_identity_is_made_changed_and_deleted() {
    let stage = Stage::new();
    let body = json!({ "location": "West Europe", "tags": { "wip-space": "prod" } });
    let made = stage.put(&identity("Backup"), &body);
    assert_eq!(made.status, 201);
    assert_eq!(
        (&made.body["location"], &made.body["tags"]["wip-space"]),
        (&"westeurope".into(), &"prod".into())
    );
    assert_eq!(made.body["properties"]["tenantId"], TENANT);
    let again = stage.put(&identity("backup"), &body);
    assert_eq!((again.status, &again.body["name"]), (200, &"Backup".into()));
    assert_eq!(again.body["properties"], made.body["properties"]);
    let patched = stage.arm(
        &format!("PATCH {}", identity("backup")),
        &json!({ "tags": { "a": "b" } }),
    );
    assert_eq!(
        (patched.status, &patched.body["tags"]),
        (200, &json!({ "a": "b" }))
    );
    assert_eq!(stage.get(&identity("backup")).body, patched.body);
    assert_eq!(stage.delete(&identity("backup")).status, 200);
    assert_eq!(stage.delete(&identity("backup")).status, 204);
    assert_eq!(
        stage.get(&identity("backup")).outcome(),
        (404, "ResourceNotFound")
    );
    let patch = stage.arm(&format!("PATCH {}", identity("backup")), &json!({}));
    assert_eq!(patch.outcome(), (404, "ResourceNotFound"));
}

#[test]
fn ids_follow_from_names_and_are_new_when_it_is_made_anew() {
    let [one, other] = [Stage::new(), Stage::new()];
    let first = one.make_identity("backup");
    assert_eq!(first, other.make_identity("backup"));
    one.delete(&identity("backup"));
    let second = one.make_identity("backup");
    for id in ["principalId", "clientId"] {
        assert_ne!(first[id], second[id], "{id}");
    }
    assert_ne!(first["principalId"], first["clientId"]);
}

#[test]
fn what_an_identity_may_not_be() {
    let stage = Stage::new();
    stage.make_identity("there");
    let at = |location: &str| json!({ "location": location });
    let tagged = |tags: Value| json!({ "location": "westeurope", "tags": tags });
    let long = "x".repeat(600);
    let many: serde_json::Map<String, Value> =
        (0..51).map(|n| (format!("t{n}"), json!("v"))).collect();
    let table = [
        ("new", json!({}), 400, "LocationRequired"),
        (
            "new",
            at("westeuropa"),
            400,
            "LocationNotAvailableForResourceType",
        ),
        ("there", at("northeurope"), 409, "InvalidResourceLocation"),
        ("ab", at("westeurope"), 400, "BadRequest"),
        ("-ab", at("westeurope"), 400, "BadRequest"),
        ("a.b", at("westeurope"), 400, "BadRequest"),
        (&"x".repeat(129), at("westeurope"), 400, "BadRequest"),
        (
            "new",
            tagged(json!({ "wip/space": "x" })),
            400,
            "InvalidTagNameCharacters",
        ),
        (
            "new",
            tagged(json!({ (&long): "x" })),
            400,
            "InvalidTagName",
        ),
        ("new", tagged(json!({ "": "x" })), 400, "InvalidTagName"),
        (
            "new",
            tagged(json!({ "a": "x", "A": "x" })),
            400,
            "InvalidTagName",
        ),
        ("new", tagged(json!({ "a": long })), 400, "InvalidTagName"),
        (
            "new",
            tagged(json!({ "a": 1 })),
            400,
            "InvalidRequestContent",
        ),
        ("new", tagged(json!([])), 400, "InvalidRequestContent"),
        ("new", tagged(Value::Object(many)), 400, "TooManyTags"),
    ];
    for (name, body, status, code) in table {
        let said = stage.put(&identity(name), &body);
        assert_eq!(said.outcome(), (status, code), "{name} {body}");
    }
    let headers = [("authorization", &*format!("Bearer {}", operator(TENANT)))];
    let said = stage.ask(
        &versioned(&format!("PUT {}", identity("new"))),
        &headers,
        b"{",
    );
    assert_eq!(said.outcome(), (400, "InvalidRequestContent"));
    let all = stage.get(&in_group(
        "Microsoft.ManagedIdentity/userAssignedIdentities",
    ));
    assert_eq!(
        all.body["value"].as_array().unwrap().len(),
        1,
        "nothing of it was kept"
    );
}

#[test]
fn listings_come_in_pages() {
    let stage = Stage::new();
    for name in ["one", "two", "three"] {
        stage.make_identity(name);
    }
    stage.switch(&json!({ "page": 2 }));
    let all =
        format!("/subscriptions/{SUB}/providers/Microsoft.ManagedIdentity/userAssignedIdentities");
    let first = stage.get(&all);
    let names = |said: &Said| -> Vec<String> {
        let items = said.body["value"].as_array().unwrap().iter();
        items
            .map(|it| it["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&first), ["one", "three"]);
    let next = first.body["nextLink"].as_str().unwrap();
    let next = next.strip_prefix("http://localhost/_azure/arm").unwrap();
    let second = stage.get(next);
    assert_eq!(names(&second), ["two"]);
    assert_eq!(second.body["nextLink"], Value::Null);
    assert_eq!(
        stage.get(&format!("{all}?$skiptoken=x")).outcome(),
        (400, "InvalidQueryParameter")
    );
    assert_eq!(names(&stage.get(&format!("{all}?$top=1"))), ["one"]);
}
