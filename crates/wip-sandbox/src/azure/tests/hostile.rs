//! Requests that nobody means: each gets an answer, and none an internal failure.

use super::*;
use crate::dice::Dice;

const METHODS: [&str; 6] = ["GET", "PUT", "PATCH", "POST", "DELETE", "HEAD"];
/// What a segment is replaced with.
const SEGMENTS: [&str; 12] = [
    "",
    "%2F%00%C3",
    "%ff",
    "providers",
    "subscriptions",
    TENANT,
    "Microsoft.Authorization",
    "roleAssignments",
    "applications(appId='",
    "applications(uniqueName='%27')",
    "secrets",
    "federatedIdentityCredentials",
];
/// Paths that mean something; `S` is the subscription, `T` the tenant.
const PATHS: [&str; 14] = [
    "arm/subscriptions/S/resourceGroups",
    "arm/subscriptions/S/resourceGroups/rg",
    "arm/subscriptions/S/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one",
    "arm/subscriptions/S/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one/federatedIdentityCredentials/two",
    "arm/subscriptions/S/resourceGroups/rg/providers/Microsoft.Authorization/roleAssignments/T",
    "arm/subscriptions/S/providers/Microsoft.Authorization/roleDefinitions",
    "arm/subscriptions/S/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/acmebackups/blobServices/default/containers/backups",
    "arm/subscriptions/S/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/acme-kv/accessPolicies/add",
    "graph/v1.0/applications/x/federatedIdentityCredentials/y",
    "graph/v1.0/servicePrincipals",
    "login/T/oauth2/v2.0/token",
    "blob/acmebackups/backups/a/b",
    "blob/acmebackups/backups",
    "vault/acme-kv/secrets/db",
];
const QUERIES: [&str; 8] = [
    "",
    "api-version=2023-01-31",
    "api-version=2022-04-01&$filter=principalId%20eq%20",
    "api-version=7.4",
    "restype=container&comp=list&prefix=%FF",
    "$top=18446744073709551615&$skiptoken=18446744073709551615",
    "api-version=2022-04-01&$skiptoken=18446744073709551615&$top=1",
    "api-version=%00&$filter=a%20eq%20'",
];
const BODIES: [&str; 9] = [
    "",
    "{",
    "null",
    "[]",
    "{\"location\":1,\"tags\":{\"\":null}}",
    "{\"properties\":[{\"audiences\":{}}]}",
    "{\"properties\":{\"accessPolicies\":[{\"permissions\":1}],\"audiences\":[[]],\"principalId\":{}}}",
    "grant_type=client_credentials&client_id=x&scope=/.default&client_assertion=..",
    "{\"displayName\":[],\"audiences\":\"x\",\"appId\":7}",
];

#[test]
fn nonsense_gets_an_answer() {
    let stage = Stage::new();
    stage.make_identity("one");
    let mut dice = Dice(7);
    let token = format!("Bearer {}", operator(TENANT));
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..5_000 {
        let path = dice
            .pick(&PATHS)
            .replace("/S/", &format!("/{SUB}/"))
            .replace("/T", &format!("/{TENANT}"));
        let mut path: Vec<&str> = path.split('/').collect();
        let at = dice.pick(&(1..14).collect::<Vec<usize>>());
        if at < path.len() {
            path[at] = dice.pick(&SEGMENTS);
        }
        let what = format!(
            "{} /_azure/{}?{}",
            dice.pick(&METHODS),
            path.join("/"),
            dice.pick(&QUERIES)
        );
        let headers = [
            ("authorization", token.as_str()),
            ("x-ms-version", "2023-11-03"),
            (
                "x-ms-range",
                dice.pick(&["bytes=5-2", "bytes=-", "bytes=99999999999999999999-", "x"]),
            ),
        ];
        let said = stage.ask(&what, &headers, dice.pick(&BODIES).as_bytes());
        assert!(said.status < 500, "{what}: {said:?}");
        seen.insert(said.status);
    }
    assert!(seen.len() > 5, "it should get somewhere: {seen:?}");
}
