//! The token endpoint: what each mismatch gets.

use serde_json::{Value, json};

use super::*;

const STORAGE: &str = "https://storage.azure.com";

fn stage() -> (Stage, String) {
    let stage = Stage::new();
    let client = stage.make_identity("backup")["clientId"]
        .as_str()
        .unwrap()
        .to_owned();
    let subject = "system:serviceaccount:ns:mxp-controller";
    assert_eq!(
        stage
            .put(&credential("backup", "one"), &fic(&stage.issuer(), subject))
            .status,
        201
    );
    (stage, client)
}

/// The AADSTS code and the OAuth error of a refusal.
fn code(said: &Said) -> (u64, &str) {
    let number = said.body["error_codes"][0].as_u64().unwrap_or(0);
    let description = said.body["error_description"].as_str().unwrap();
    assert!(
        description.starts_with(&format!("AADSTS{number}: ")),
        "{description}"
    );
    (number, &said.code)
}

#[test]
fn a_token_of_the_cluster_gets_an_access_token() {
    let (stage, client) = stage();
    let said = stage.exchange(&client, &stage.kubernetes_token(&Value::Null), STORAGE);
    assert_eq!(said.status, 200);
    assert_eq!(
        (&said.body["token_type"], &said.body["expires_in"]),
        (&"Bearer".into(), &3600.into())
    );
    // With a slash too much, as some clients ask.
    let slash = stage.exchange(
        &client,
        &stage.kubernetes_token(&Value::Null),
        "https://management.azure.com/",
    );
    assert_eq!(slash.status, 200);
}

#[test]
fn each_mismatch_has_its_code() {
    let (stage, client) = stage();
    let issuer = stage.issuer();
    let other_client = stage.make_identity("billing")["clientId"]
        .as_str()
        .unwrap()
        .to_owned();
    // The same issuer without its slash, by a credential of a third identity.
    let slashless = issuer.trim_end_matches('/');
    stage.control("issuers", &json!({ "issuer": slashless, "keys": [] }));
    let table = [
        (json!({ "issuer": slashless }), &client, 700_211),
        (
            json!({ "issuer": "https://elsewhere.example/" }),
            &client,
            700_211,
        ),
        (json!({ "namespace": "other" }), &client, 700_213),
        (json!({ "serviceAccount": "vector" }), &client, 700_213),
        (
            json!({ "serviceAccount": "MXP-controller" }),
            &client,
            7_002_138,
        ),
        (
            json!({ "audience": ["sts.amazonaws.com"] }),
            &client,
            700_212,
        ),
        (json!({ "expiresIn": -600 }), &client, 700_024),
        (
            json!({ "claims": { "nbf": 4_000_000_000_u64 } }),
            &client,
            700_024,
        ),
        (json!({ "signed": "stranger" }), &client, 700_027),
        (json!({ "signed": "nobody" }), &client, 700_027),
        (json!({ "claims": { "sub": null } }), &client, 50027),
        (json!({ "claims": { "exp": "soon" } }), &client, 50027),
        (Value::Null, &other_client, 70025),
    ];
    for (wish, client, number) in table {
        let said = stage.exchange(client, &stage.kubernetes_token(&wish), STORAGE);
        assert_eq!(
            (said.status, code(&said)),
            (401, (number, "invalid_client")),
            "{wish}"
        );
    }
    let said = stage.exchange(&client, "not a token", STORAGE);
    assert_eq!(code(&said), (50027, "invalid_client"));
    let said = stage.exchange(SUB, &stage.kubernetes_token(&Value::Null), STORAGE);
    assert_eq!(
        (said.status, code(&said)),
        (400, (700_016, "unauthorized_client"))
    );
}

#[test]
fn times_at_the_ends_of_the_world_are_times() {
    let (stage, client) = stage();
    for (claims, status) in [
        (json!({ "exp": i64::MAX, "nbf": i64::MIN }), 200),
        (json!({ "exp": i64::MIN }), 401),
    ] {
        let token = stage.kubernetes_token(&json!({ "claims": claims }));
        assert_eq!(
            stage.exchange(&client, &token, STORAGE).status,
            status,
            "{claims}"
        );
    }
}

#[test]
fn an_issuer_whose_keys_nobody_reads_is_not_believed() {
    let (stage, client) = stage();
    let elsewhere = "https://elsewhere.example/";
    let subject = "system:serviceaccount:ns:mxp-controller";
    stage.put(&credential("backup", "two"), &fic(elsewhere, subject));
    let said = stage.exchange(
        &client,
        &stage.kubernetes_token(&json!({ "issuer": elsewhere })),
        STORAGE,
    );
    assert_eq!(
        (said.status, code(&said)),
        (400, (501_661, "invalid_request"))
    );
}

#[test]
fn a_deleted_identity_gets_no_more_tokens() {
    let (stage, client) = stage();
    stage.delete(&credential("backup", "one"));
    let said = stage.exchange(&client, &stage.kubernetes_token(&Value::Null), STORAGE);
    assert_eq!(code(&said).0, 70025);
    stage.delete(&identity("backup"));
    let said = stage.exchange(&client, &stage.kubernetes_token(&Value::Null), STORAGE);
    assert_eq!(code(&said).0, 700_016);
}

#[test]
fn forms_are_checked() {
    let (stage, client) = stage();
    let token = stage.kubernetes_token(&Value::Null);
    let ask = |tenant: &str, form: &[(&str, &str)]| {
        stage.ask(
            &format!("POST /_azure/login/{tenant}/oauth2/v2.0/token"),
            &[],
            &encoded(form),
        )
    };
    let kind = (
        "client_assertion_type",
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    );
    let grant = ("grant_type", "client_credentials");
    let scope = ("scope", "https://storage.azure.com/.default");
    let by = ("client_id", client.as_str());
    let assertion = ("client_assertion", token.as_str());
    let unknown = OTHER_TENANT.replace('2', "9");
    let table = [
        (unknown.as_str(), vec![grant], 90002, "invalid_request"),
        ("common", vec![grant], 90002, "invalid_request"),
        (TENANT, vec![], 900_144, "invalid_request"),
        (
            TENANT,
            vec![("grant_type", "password")],
            70003,
            "unsupported_grant_type",
        ),
        (TENANT, vec![grant], 900_144, "invalid_request"),
        (TENANT, vec![grant, by], 900_144, "invalid_request"),
        (
            TENANT,
            vec![grant, by, ("scope", "https://storage.azure.com")],
            1_002_012,
            "invalid_scope",
        ),
        (
            TENANT,
            vec![grant, by, ("scope", "https://example.com/.default")],
            500_011,
            "invalid_resource",
        ),
        (TENANT, vec![grant, by, scope], 7_000_216, "invalid_client"),
        (
            TENANT,
            vec![grant, by, scope, assertion],
            900_144,
            "invalid_request",
        ),
        (
            OTHER_TENANT,
            vec![grant, by, scope, assertion, kind],
            700_016,
            "unauthorized_client",
        ),
    ];
    for (tenant, form, number, error) in table {
        assert_eq!(
            code(&ask(tenant, &form)),
            (number, error),
            "{tenant} {form:?}"
        );
    }
    assert_eq!(
        ask(TENANT, &[grant, by, scope, assertion, kind]).status,
        200
    );
}

#[test]
fn clients_find_the_token_endpoint() {
    let stage = Stage::new();
    let said = stage.ask(
        &format!("GET /_azure/login/{TENANT}/v2.0/.well-known/openid-configuration"),
        &[],
        b"",
    );
    let wanted = format!("http://localhost/_azure/login/{TENANT}/oauth2/v2.0/token");
    assert_eq!(said.body["token_endpoint"], wanted);
}

#[test]
fn access_tokens_open_what_they_are_for() {
    let stage = Stage::new();
    let (made, for_arm) = stage.workload("backup", "https://management.azure.com");
    let (_, for_storage) = stage.workload("backup", STORAGE);
    let group = format!("GET /subscriptions/{SUB}/resourceGroups/rg");
    let wrong = stage.arm_as(&for_storage, &group, &Value::Null);
    assert_eq!(wrong.outcome(), (401, "InvalidAuthenticationTokenAudience"));
    // Nothing may be read without a role.
    assert_eq!(
        stage.arm_as(&for_arm, &group, &Value::Null).outcome(),
        (403, "AuthorizationFailed")
    );
    stage.assign(
        1,
        &format!("/subscriptions/{SUB}"),
        "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        &made["principalId"],
    );
    assert_eq!(stage.arm_as(&for_arm, &group, &Value::Null).status, 200);
    let delete = stage.arm_as(
        &for_arm,
        &format!("DELETE {}", identity("backup")),
        &Value::Null,
    );
    assert_eq!(delete.outcome(), (403, "AuthorizationFailed"));
    let (head, signature) = for_arm.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    assert_eq!(
        stage.arm_as(&forged, &group, &Value::Null).outcome(),
        (401, "InvalidAuthenticationToken")
    );
}

#[test]
fn access_tokens_are_checked() {
    let stage = Stage::new();
    let issuer = format!("https://sts.windows.net/{TENANT}/");
    let arm = "https://management.azure.com";
    let token = |iss: &str, tenant: &str, aud: &str, expires: i64| {
        let claims = json!({ "iss": iss, "tid": tenant, "oid": SUB, "appid": SUB, "aud": aud, "exp": expires });
        let mut world = stage.sandbox.world();
        let token = crate::aws::tokens::sign(&mut world.db, iss, &claims).unwrap();
        world.db.commit(0).unwrap();
        token
    };
    let later = 4_000_000_000;
    let table = [
        (
            token(&issuer, TENANT, arm, later),
            403,
            "AuthorizationFailed",
        ),
        (
            token(&issuer, TENANT, arm, 1),
            401,
            "ExpiredAuthenticationToken",
        ),
        (
            token(&issuer, TENANT, STORAGE, later),
            401,
            "InvalidAuthenticationTokenAudience",
        ),
        // Somebody else's signature in the tenant's name, and the tenant's in somebody else's.
        (
            token(&stage.issuer(), TENANT, arm, later),
            401,
            "InvalidAuthenticationToken",
        ),
        (
            token(&issuer, OTHER_TENANT, arm, later),
            401,
            "InvalidAuthenticationToken",
        ),
    ];
    for (token, status, code) in table {
        let said = stage.arm_as(&token, &format!("GET /subscriptions/{SUB}"), &Value::Null);
        assert_eq!(said.outcome(), (status, code));
    }
}
