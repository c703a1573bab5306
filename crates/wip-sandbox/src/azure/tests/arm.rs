//! What Resource Manager checks of every request.

use serde_json::{Value, json};

use super::*;

#[test]
fn tokens_versions_and_places_are_checked() {
    let stage = Stage::new();
    let group = format!("/_azure/arm/subscriptions/{SUB}/resourceGroups/rg");
    let token = format!("Bearer {}", operator(TENANT));
    let none: Option<&str> = None;
    let version = "?api-version=2021-04-01";
    let table = [
        (
            none,
            format!("{group}{version}"),
            401,
            "AuthenticationFailed",
        ),
        (
            Some("Basic eDp5"),
            format!("{group}{version}"),
            401,
            "InvalidAuthenticationToken",
        ),
        (
            Some("Bearer nonsense"),
            format!("{group}{version}"),
            401,
            "InvalidAuthenticationToken",
        ),
        (
            Some("Bearer sandbox:a:b"),
            format!("{group}{version}"),
            401,
            "InvalidAuthenticationToken",
        ),
        (
            Some(token.as_str()),
            group.clone(),
            400,
            "MissingApiVersionParameter",
        ),
        (
            Some(&token),
            format!("{group}?api-version=2099-01-01"),
            400,
            "InvalidApiVersionParameter",
        ),
        (
            Some(&token),
            format!("{group}/providers/Microsoft.Nowhere/things/x{version}"),
            404,
            "InvalidResourceNamespace",
        ),
        (
            Some(&token),
            format!("{group}/providers/Microsoft.KeyVault/things/x{version}"),
            404,
            "InvalidResourceType",
        ),
        (
            Some(&token),
            format!("{group}/providers/Microsoft.KeyVault/vaults/x?api-version=2099-01-01"),
            404,
            "InvalidResourceType",
        ),
        (
            Some(&token),
            format!("/_azure/arm/subscriptions/nothing{version}"),
            400,
            "InvalidApiVersionParameter",
        ),
        (
            Some(&token),
            "/_azure/arm/subscriptions/nothing?api-version=2022-12-01".to_owned(),
            400,
            "InvalidSubscriptionId",
        ),
        (
            Some(&token),
            format!("/_azure/arm/subscriptions/{TENANT}?api-version=2022-12-01"),
            404,
            "SubscriptionNotFound",
        ),
        (
            Some(&token),
            format!("/_azure/arm/subscriptions/{OTHER_SUB}?api-version=2022-12-01"),
            401,
            "InvalidAuthenticationTokenTenant",
        ),
        (
            Some(&token),
            format!("/_azure/arm/subscriptions/{SUB}/resourceGroups/other{version}"),
            404,
            "ResourceGroupNotFound",
        ),
        (Some(&token), format!("{group}{version}"), 200, ""),
    ];
    for (token, uri, status, code) in table {
        let headers: Vec<(&str, &str)> = token
            .iter()
            .map(|token| ("authorization", *token))
            .collect();
        let said = stage.ask(&format!("GET {uri}"), &headers, b"");
        assert_eq!(said.outcome(), (status, code), "{uri}");
        if status == 401 {
            assert!(
                said.answer
                    .header("www-authenticate")
                    .unwrap()
                    .starts_with("Bearer authorization_uri=")
            );
        }
    }
    let said = stage.ask("GET /_azure/other/x", &[], b"");
    assert_eq!(said.status, 404);
}

#[test]
fn a_version_of_a_body_with_a_location_is_refused_in_other_words() {
    let stage = Stage::new();
    let said = stage.arm(
        &format!("PUT {}?api-version=2099-01-01", identity("one")),
        &json!({ "location": "westeurope" }),
    );
    assert_eq!(said.outcome(), (400, "NoRegisteredProviderFound"));
    assert!(
        said.message()
            .contains("for location 'westeurope' and API version '2099-01-01'")
    );
}

#[test]
fn a_type_takes_only_its_methods() {
    let stage = Stage::new();
    for what in [
        format!("DELETE /subscriptions/{SUB}"),
        format!("PUT /subscriptions/{SUB}/resourceGroups/rg"),
        format!("POST {}", identity("one")),
    ] {
        let said = stage.arm(&what, &Value::Null);
        assert_eq!(said.outcome(), (405, "MethodNotAllowed"), "{what}");
    }
}

#[test]
fn subscriptions_and_groups() {
    let stage = Stage::new();
    let said = stage.get(&format!("/subscriptions/{SUB}"));
    assert_eq!((said.status, &said.body["tenantId"]), (200, &TENANT.into()));
    let all = stage.get("/subscriptions");
    assert_eq!(
        all.body["value"].as_array().unwrap().len(),
        1,
        "the tenant's own"
    );
    let groups = stage.get(&format!("/subscriptions/{SUB}/resourceGroups"));
    assert_eq!(groups.body["value"][0]["name"], "rg");
    // Case does not matter, and the answer has the case that it was made with.
    let group = stage.get(&format!(
        "/subscriptions/{}/RESOURCEGROUPS/RG",
        SUB.to_uppercase()
    ));
    assert_eq!((group.status, &group.body["name"]), (200, &"rg".into()));
}

#[test]
fn clusters_say_who_issues_their_tokens() {
    let stage = Stage::new();
    let get = |name: &str| {
        stage.get(&in_group(&format!(
            "Microsoft.ContainerService/managedClusters/{name}"
        )))
    };
    let properties = &get("aks").body["properties"];
    let issuer = properties["oidcIssuerProfile"]["issuerURL"]
        .as_str()
        .unwrap();
    assert!(issuer.starts_with(&format!(
        "https://westeurope.oic.prod-aks.azure.com/{TENANT}/"
    )));
    assert!(issuer.ends_with('/'));
    assert_eq!(properties["oidcIssuerProfile"]["enabled"], true);
    assert_eq!(
        properties["securityProfile"]["workloadIdentity"]["enabled"],
        true
    );
    let bare = get("bare");
    assert_eq!(
        bare.body["properties"]["oidcIssuerProfile"],
        json!({ "enabled": false })
    );
    assert_eq!(
        bare.body["properties"]["securityProfile"]["workloadIdentity"]["enabled"],
        false
    );
    assert_eq!(get("none").outcome(), (404, "ResourceNotFound"));
}

#[test]
fn operators_may_do_what_their_rights_say() {
    let stage = Stage::new();
    let rights = |allow: Value| {
        let said = stage.control("azure/rights", &json!({ "tenant": TENANT, "allow": allow }));
        assert_eq!(said.status, 204);
    };
    let body = json!({ "location": "westeurope" });
    rights(json!([
        "Microsoft.ManagedIdentity/userAssignedIdentities/read"
    ]));
    let said = stage.put(&identity("one"), &body);
    assert_eq!(said.outcome(), (403, "AuthorizationFailed"));
    assert!(said.message().contains("to perform action 'Microsoft.ManagedIdentity/userAssignedIdentities/write' over scope '/subscriptions/"));
    assert_eq!(
        stage.get(&identity("one")).outcome(),
        (404, "ResourceNotFound")
    );
    rights(json!(["Microsoft.ManagedIdentity/*/write"]));
    assert_eq!(stage.put(&identity("one"), &body).status, 201);
    let group = format!("/subscriptions/{SUB}/resourceGroups/RG");
    for (scope, status) in [
        (group.clone(), 200),
        (format!("/subscriptions/{SUB}"), 200),
        (format!("{group}2"), 403),
        (format!("/subscriptions/{OTHER_SUB}"), 403),
    ] {
        rights(json!([{ "actions": ["Microsoft.ManagedIdentity/*"], "scopes": [scope] }]));
        assert_eq!(stage.get(&identity("one")).status, status, "{scope}");
    }
    rights(Value::Null);
    assert_eq!(stage.get(&identity("one")).status, 200);
}
