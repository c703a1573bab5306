//! Requests that nobody means: each gets an answer, and none an internal failure.

use super::*;
use crate::dice::Dice;

const METHODS: [&str; 6] = ["GET", "PUT", "PATCH", "POST", "DELETE", "HEAD"];
/// What a segment is replaced with.
const SEGMENTS: [&str; 12] = [
    "",
    "%2F%00%C3",
    "%ff",
    "-",
    ":getIamPolicy",
    "db:setIamPolicy",
    "acme:setIamPolicy",
    "projects",
    "7777",
    "versions",
    "o",
    "iam",
];
/// Paths that mean something; `E` is an e-mail.
const PATHS: [&str; 13] = [
    "cloudresourcemanager/v3/projects/acme",
    "cloudresourcemanager/v3/projects/acme:setIamPolicy",
    "container/v1/projects/acme/locations/europe-west1/clusters/spaces",
    "gcpiam/v1/projects/acme/serviceAccounts",
    "gcpiam/v1/projects/-/serviceAccounts/E",
    "gcpiam/v1/projects/-/serviceAccounts/E:setIamPolicy",
    "gcpiam/v1/projects/acme/serviceAccounts/1:undelete",
    "iamcredentials/v1/projects/-/serviceAccounts/E:generateAccessToken",
    "secretmanager/v1/projects/acme/secrets/db:setIamPolicy",
    "secretmanager/v1/projects/acme/secrets/db/versions/latest:access",
    "storage/storage/v1/b/acme-backups/iam",
    "storage/storage/v1/b/acme-backups/o/a",
    "gcpsts/v1/token",
];
const QUERIES: [&str; 7] = [
    "",
    "project=acme",
    "project=%FF&pageToken=18446744073709551615",
    "pageSize=18446744073709551615&pageToken=18446744073709551615",
    "maxResults=0&pageToken=-1&project=acme",
    "options.requestedPolicyVersion=9&optionsRequestedPolicyVersion=%00",
    "uploadType=media&name=%00&prefix=%C3",
];
const BODIES: [&str; 11] = [
    "",
    "{",
    "null",
    "[]",
    "{\"policy\":[]}",
    "{\"policy\":{\"bindings\":7,\"version\":\"x\",\"etag\":[]}}",
    "{\"policy\":{\"bindings\":[7,null,{\"role\":{},\"members\":{}}],\"version\":-1}}",
    "{\"bindings\":[{\"role\":\"roles/storage.objectViewer\",\"members\":[null,\":\",\"serviceAccount:[\",\"principal://\"],\"condition\":7}]}",
    "{\"policy\":{\"version\":3,\"bindings\":[{\"role\":\"roles/browser\",\"members\":[],\"condition\":{\"title\":\"t\",\"expression\":\"((((((((\"}}]}}",
    "{\"accountId\":[],\"serviceAccount\":7,\"updateMask\":\",,\",\"labels\":{\"\":{}},\"name\":\"..\",\"iamConfiguration\":[]}",
    "{\"scope\":{},\"lifetime\":\"-99999999999999999999s\",\"audience\":\"identitynamespace:::\",\"subject_token\":\"..\",\"grant_type\":7}",
];

#[test]
fn nonsense_gets_an_answer() {
    let stage = Stage::new();
    let mut dice = Dice(7);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..5_000 {
        let path = dice.pick(&PATHS).replace("/E", &format!("/{EMAIL}"));
        let mut path: Vec<&str> = path.split('/').collect();
        let at = dice.pick(&(1..14).collect::<Vec<usize>>());
        if at < path.len() {
            path[at] = dice.pick(&SEGMENTS);
        }
        let what = format!(
            "{} {}?{}",
            dice.pick(&METHODS),
            path.join("/"),
            dice.pick(&QUERIES)
        );
        let said = stage.call(&what, &Value::from(dice.pick(&BODIES)));
        assert!(said.status < 500, "{what}: {said:?}");
        seen.insert(said.status);
    }
    assert!(seen.len() > 3, "it should get somewhere: {seen:?}");
}

#[test]
fn a_deep_condition_is_refused() {
    let stage = Stage::new();
    let expression = format!(
        "{}resource.type == \"x\"{}",
        "(".repeat(50_000),
        ")".repeat(50_000)
    );
    let condition = json!({ "title": "t", "expression": expression });
    let bindings = json!([{ "role": "roles/storage.objectViewer", "members": ["user:a@example.com"], "condition": condition }]);
    assert_eq!(stage.bind(BUCKET, &bindings).outcome(), (400, "invalid"));
}
