//! The grammar of members.

use serde_json::json;

use super::*;

fn bind(stage: &Stage, member: &str) -> Said {
    let bindings = json!([{ "role": "roles/storage.objectViewer", "members": [member] }]);
    stage.bind(BUCKET, &bindings)
}

#[test]
fn these_are_members() {
    let stage = Stage::new();
    let cluster = format!(
        "{}/kubernetes.cluster/{}",
        pool("principalSet"),
        stage.issuer()
    );
    for member in [
        "user:a.b+c@example.com",
        "group:team@example.com",
        "domain:example.com",
        "allUsers",
        "allAuthenticatedUsers",
        "projectViewer:acme",
        "serviceAccount:backup@acme.iam.gserviceaccount.com",
        "serviceAccount:somebody@elsewhere.iam.gserviceaccount.com",
        "serviceAccount:acme.svc.id.goog[ns/mxp-controller]",
        "deleted:serviceAccount:backup@acme.iam.gserviceaccount.com?uid=123",
        &principal(),
        &format!("{}/namespace/ns", pool("principalSet")),
        &format!("{}/kubernetes.serviceaccount.uid/1-2", pool("principal")),
        &cluster,
    ] {
        let said = bind(&stage, member);
        assert_eq!(said.status, 200, "{member}: {said:?}");
    }
}

#[test]
fn these_are_none() {
    let stage = Stage::new();
    let principal = principal();
    for member in [
        "",
        "a@example.com",
        "robot:a@example.com",
        "user:a",
        "user:*@example.com",
        "domain:example",
        "projectViewer:nothing",
        "serviceAccount:*",
        "serviceAccount:acme.svc.id.goog[ns/*]",
        "serviceAccount:acme.svc.id.goog[ns]",
        "serviceAccount:acme.svc.id.goog[Ns/sa]",
        "deleted:serviceAccount:backup@acme.iam.gserviceaccount.com",
        "deleted:user:a@example.com?uid=x",
        "serviceAccount:nobody@acme.iam.gserviceaccount.com",
        "serviceAccount:other.svc.id.goog[ns/sa]",
        &principal.replace("ns/ns", "ns/*"),
        &principal.replace("mxp-controller", "*"),
        &principal.replace("principal:", "principalSet:"),
        &principal.replace(&NUMBER.to_string(), "7777"),
        &principal.replace(&NUMBER.to_string(), "acme"),
        &principal.replace("acme.svc.id.goog", "nothing.svc.id.goog"),
        &principal.replace("acme.svc.id.goog", "acme"),
    ] {
        assert_eq!(bind(&stage, member).outcome(), (400, "invalid"), "{member}");
    }
}

#[test]
fn a_pool_is_there_with_the_first_cluster() {
    let stage = Stage::new();
    let member = principal()
        .replace(&NUMBER.to_string(), "7777")
        .replace("acme.svc", "other.svc");
    let said = bind(&stage, &member);
    assert!(
        said.message()
            .contains("Identity Pool does not exist (other.svc.id.goog)"),
        "{said:?}"
    );
    let seed = json!({ "google": { "clusters": [{ "project": "other", "location": "europe-west1", "name": "first" }] } });
    assert_eq!(stage.control("seed", &seed).status, 204);
    assert_eq!(bind(&stage, &member).status, 200);
}
