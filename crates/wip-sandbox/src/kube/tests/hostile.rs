//! Requests that nobody means: each gets an answer, and none an internal failure.

use serde_json::Value;

use super::*;
use crate::dice::Dice;

const METHODS: [&str; 6] = ["GET", "PUT", "PATCH", "POST", "DELETE", "HEAD"];
/// What a segment is replaced with.
const SEGMENTS: [&str; 8] = [
    "",
    "%2F%00%C3",
    "%ff",
    "-",
    "..",
    "token",
    "status",
    "default",
];
/// Paths that mean something; `H` is a host namespace.
const PATHS: [&str; 9] = [
    "eks/apis/spaces.upbound.io/v1beta1/namespaces/default/controlplanes/ctp1",
    "eks/apis/spaces.upbound.io/v1alpha1/namespaces/default/sharedsecretstores",
    "eks/apis/admin.spaces.upbound.io/v1alpha1/spacebackupconfigs",
    "eks/api/v1/namespaces/H/serviceaccounts/mxp-controller/token",
    "eks/api/v1/namespaces/H/pods",
    "eks/apis/apps/v1/namespaces/H/deployments/mxp-controller",
    "eks/api/v1/namespaces/H",
    "eks/openapi/v3/apis/apps/v1",
    "eks/.well-known/openid-configuration",
];
const QUERIES: [&str; 6] = [
    "",
    "limit=18446744073709551615&continue=%FF",
    "labelSelector=%00,,!,=,!=",
    "labelSelector=a in (b)",
    "fieldSelector=status.phase=Running&watch=true",
    "dryRun=All&fieldValidation=Strict",
];
const BODIES: [&str; 9] = [
    "",
    "{",
    "null",
    "[]",
    "{\"metadata\":7}",
    "{\"metadata\":{\"name\":[],\"labels\":7,\"annotations\":{\"a\":{}}},\"spec\":null}",
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"mxp-controller\"},\"spec\":{\"template\":[]}}",
    "{\"apiVersion\":\"spaces.upbound.io/v1beta1\",\"kind\":\"ControlPlane\",\"metadata\":{\"name\":\"x\"},\"spec\":[],\"status\":[]}",
    "{\"spec\":{\"audiences\":7,\"expirationSeconds\":-9223372036854775808,\"template\":{\"metadata\":null,\"spec\":[[]]}}}",
];
const CONTENTS: [&str; 3] = [
    "application/json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
];

#[test]
fn nonsense_gets_an_answer() {
    let stage = Stage::new();
    let mut dice = Dice(11);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..5_000 {
        let path = dice.pick(&PATHS).replace("/H", &format!("/{HOST}"));
        let mut path: Vec<&str> = path.split('/').collect();
        let at = dice.pick(&(1..16).collect::<Vec<usize>>());
        if at < path.len() {
            path[at] = dice.pick(&SEGMENTS);
        }
        let line = format!(
            "{} {}?{}",
            dice.pick(&METHODS),
            path.join("/"),
            dice.pick(&QUERIES)
        );
        let body = dice.pick(&BODIES);
        let content = dice.pick(&CONTENTS);
        let body = serde_json::from_str(body).unwrap_or(Value::from(body));
        let said = stage.ask_as(&line, body, "Bearer sandbox", content);
        assert!(said.status < 500, "{line}: {}", said.body);
        seen.insert(said.status);
    }
    assert!(seen.len() > 3, "it should get somewhere: {seen:?}");
}
