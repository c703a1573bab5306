//! From a Kubernetes token to an object or a secret, allowed or refused.

use serde_json::{Value, json};

use super::*;

const OBJECT: &str = "GET storage/storage/v1/b/acme-backups/o/a%2F1?alt=media";
const DB: &str = "GET secretmanager/v1/projects/acme/secrets/db/versions/latest:access";

fn reads(stage: &Stage, token: &str, what: &str) -> u16 {
    stage.call_as(token, what, &Value::Null).status
}

#[test]
fn a_principal_reads_what_it_is_given() {
    let stage = Stage::new();
    let token = stage.workload();
    assert_eq!(
        stage.call_as(&token, OBJECT, &Value::Null).outcome(),
        (403, "forbidden")
    );
    assert_eq!(
        stage.call_as(&token, DB, &Value::Null).outcome(),
        (403, "PERMISSION_DENIED")
    );
    let members = [
        principal(),
        format!("{}/namespace/ns", pool("principalSet")),
        format!(
            "{}/kubernetes.cluster/{}",
            pool("principalSet"),
            stage.issuer()
        ),
        "serviceAccount:acme.svc.id.goog[ns/mxp-controller]".to_owned(),
    ];
    for member in members {
        let viewer = json!([{ "role": "roles/storage.objectViewer", "members": [member] }]);
        let accessor =
            json!([{ "role": "roles/secretmanager.secretAccessor", "members": [member] }]);
        assert_eq!(stage.bind(BUCKET, &viewer).status, 200);
        assert_eq!(stage.bind(SECRET, &accessor).status, 200);
        assert_eq!(reads(&stage, &token, OBJECT), 200, "{member}");
        assert_eq!(reads(&stage, &token, DB), 200, "{member}");
        assert_eq!(reads(&stage, &token, &DB.replace("/db/", "/web/")), 403);
        assert_eq!(stage.bind(BUCKET, &json!([])).status, 200);
        assert_eq!(reads(&stage, &token, OBJECT), 403);
    }
    let other = principal().replace("mxp-controller", "somebody");
    let viewer = json!([{ "role": "roles/storage.objectViewer", "members": [other] }]);
    assert_eq!(stage.bind(BUCKET, &viewer).status, 200);
    assert_eq!(reads(&stage, &token, OBJECT), 403);
}

#[test]
fn a_condition_and_a_project_count() {
    let stage = Stage::new();
    let token = stage.workload();
    let within = json!({ "title": "a", "expression": "resource.name.startsWith(\"projects/_/buckets/acme-backups/objects/a/\")" });
    let binding = json!([{ "role": "roles/storage.objectViewer", "members": [principal()], "condition": within }]);
    assert_eq!(stage.bind(BUCKET, &binding).status, 200);
    assert_eq!(reads(&stage, &token, OBJECT), 200);
    assert_eq!(
        reads(&stage, &token, &OBJECT.replace("a%2F1", "b%2F2")),
        403
    );
    let list = "GET storage/storage/v1/b/acme-backups/o";
    assert_eq!(reads(&stage, &token, list), 403);
    let within = json!({ "title": "w", "expression": format!("resource.name.startsWith(\"projects/{NUMBER}/secrets/w\")") });
    let binding = json!({ "role": "roles/secretmanager.secretAccessor", "members": [principal()], "condition": within });
    let policy = json!({ "policy": { "version": 3, "bindings": [binding] } });
    assert_eq!(
        stage
            .call(
                "POST cloudresourcemanager/v3/projects/acme:setIamPolicy",
                &policy
            )
            .status,
        200
    );
    assert_eq!(reads(&stage, &token, DB), 403);
    assert_eq!(reads(&stage, &token, &DB.replace("/db/", "/web/")), 200);
}

#[test]
fn a_bucket_without_uniform_access_takes_no_principals() {
    let stage = Stage::new();
    let token = stage.workload();
    let policy =
        json!({ "bindings": [{ "role": "roles/storage.objectViewer", "members": [principal()] }] });
    assert_eq!(
        stage
            .call("PUT storage/storage/v1/b/acme-old/iam", &policy)
            .status,
        200
    );
    let what = OBJECT.replace("acme-backups", "acme-old");
    assert_eq!(
        stage.call_as(&token, &what, &Value::Null).outcome(),
        (412, "conditionNotMet")
    );
}

#[test]
fn a_token_is_checked() {
    let stage = Stage::new();
    let refused = |more: Value| {
        let said = stage.exchange(&stage.kubernetes_token(&more), &[]);
        assert_eq!(said.outcome(), (400, "invalid_grant"), "{more}");
        said.message().to_owned()
    };
    let words = refused(json!({ "audience": ["sts.amazonaws.com"] }));
    assert!(words.contains("audience"), "{words}");
    let words = refused(json!({ "issuer": "https://example.com/other" }));
    assert!(words.contains("issuer"), "{words}");
    let token = stage.kubernetes_token(&Value::Null);
    let (signed, _) = token.rsplit_once('.').unwrap();
    let said = stage.exchange(&format!("{signed}.AAAA"), &[]);
    assert_eq!(said.outcome(), (400, "invalid_grant"));
    assert_eq!(
        stage.exchange("nonsense", &[]).outcome(),
        (400, "invalid_grant")
    );
    for (name, value, code) in [
        ("grant_type", "client_credentials", "unsupported_grant_type"),
        ("scope", "", "invalid_request"),
        (
            "subject_token_type",
            "urn:ietf:params:oauth:token-type:saml2",
            "invalid_request",
        ),
        ("audience", "//iam.googleapis.com/x", "invalid_target"),
        (
            "audience",
            &format!("identitynamespace:other.svc.id.goog:{}", stage.issuer()),
            "invalid_target",
        ),
        (
            "audience",
            &format!(
                "identitynamespace:acme.svc.id.goog:{}",
                clusters::url("acme", "europe-west1-b", "bare")
            ),
            "invalid_target",
        ),
    ] {
        let said = stage.exchange(&token, &[(name, value)]);
        assert_eq!(said.outcome(), (400, code), "{name}={value}");
    }
    let body = json!({
        "grantType": "urn:ietf:params:oauth:grant-type:token-exchange",
        "requestedTokenType": "urn:ietf:params:oauth:token-type:access_token",
        "subjectTokenType": "urn:ietf:params:oauth:token-type:jwt",
        "scope": "s", "subjectToken": token,
        "audience": format!("identitynamespace:acme.svc.id.goog:{}", stage.issuer()),
    });
    let said = stage.ask("POST gcpsts/v1/token", &[], body.to_string().as_bytes());
    assert_eq!(
        (said.status, &said.body["token_type"]),
        (200, &json!("Bearer"))
    );
}

#[test]
fn a_workload_acts_as_an_account() {
    let stage = Stage::new();
    let token = stage.workload();
    let what =
        format!("POST iamcredentials/v1/projects/-/serviceAccounts/{EMAIL}:generateAccessToken");
    let body = json!({ "scope": ["https://www.googleapis.com/auth/cloud-platform"] });
    let act = |body: &Value| stage.call_as(&token, &what, body);
    assert_eq!(act(&body).outcome(), (403, "PERMISSION_DENIED"));
    let member = "serviceAccount:acme.svc.id.goog[ns/mxp-controller]";
    let user = json!([{ "role": "roles/iam.workloadIdentityUser", "members": [member] }]);
    assert_eq!(stage.bind(ACCOUNT, &user).status, 200);
    let said = act(&body);
    assert_eq!(said.status, 200, "{said:?}");
    let account = said.body["accessToken"].as_str().unwrap();
    assert_eq!(reads(&stage, account, DB), 403);
    let accessor = json!([{ "role": "roles/secretmanager.secretAccessor", "members": [format!("serviceAccount:{EMAIL}")] }]);
    assert_eq!(stage.bind(SECRET, &accessor).status, 200);
    assert_eq!(reads(&stage, account, DB), 200);
    // The workload itself was given nothing.
    assert_eq!(reads(&stage, &token, DB), 403);
    for wrong in [
        json!({}),
        json!({ "scope": [] }),
        json!({ "scope": ["s"], "lifetime": "3601s" }),
        json!({ "scope": ["s"], "lifetime": "60" }),
    ] {
        assert_eq!(act(&wrong).outcome(), (400, "INVALID_ARGUMENT"), "{wrong}");
    }
    let nobody = what.replace("backup@", "nobody@");
    assert_eq!(
        stage.call_as(&token, &nobody, &body).outcome(),
        (404, "NOT_FOUND")
    );
    let disable = format!("POST gcpiam/v1/projects/-/serviceAccounts/{EMAIL}:disable");
    assert_eq!(stage.call(&disable, &json!({})).status, 200);
    assert_eq!(act(&body).status, 404);
    assert_eq!(
        stage.call_as(account, DB, &Value::Null).outcome(),
        (401, "UNAUTHENTICATED")
    );
}

#[test]
fn a_call_needs_a_good_token() {
    let stage = Stage::new();
    let token = stage.workload();
    let (signed, _) = token.rsplit_once('.').unwrap();
    for header in [
        "",
        "Bearer ",
        "Basic x",
        "Bearer sandbox:x",
        "Bearer nonsense",
        &format!("Bearer {signed}.AAAA"),
    ] {
        let headers = [("authorization", header)];
        let headers = if header.is_empty() {
            &headers[..0]
        } else {
            &headers[..]
        };
        let said = stage.ask(DB, headers, &[]);
        assert_eq!(said.outcome(), (401, "UNAUTHENTICATED"), "{header}");
        let reason = if header.is_empty() {
            "required"
        } else {
            "authError"
        };
        assert_eq!(
            stage.ask(OBJECT, headers, &[]).outcome(),
            (401, reason),
            "{header}"
        );
    }
}
