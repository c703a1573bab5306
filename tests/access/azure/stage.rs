//! The example applied on Azure, with neighbours that have nothing to do with it, and raw requests.
//!
//! Owns what is there besides what the Space file takes for granted: a cluster, containers, vaults and blobs of others.

use serde_json::{Value, json};

use super::super::asking::{Answer, encoded, raw};
use super::workloads::{Example, Workload};
use crate::sandbox::Sandbox;

/// The tenant and the subscription of the example.
pub(crate) const TENANT: &str = "0b8c1f52-6a0d-4c6e-8f8e-5a1d4d0f7c21";
pub(crate) const SUBSCRIPTION: &str = "6f1c9c1e-3b0a-4c7e-9a61-2d5f0b7c8e11";
/// A tenant of somebody else, and its subscription.
pub(crate) const FOREIGN: &str = "7d2e4a90-1c3b-4f58-9e6a-0b1c2d3e4f50";
const FOREIGN_SUBSCRIPTION: &str = "8e3f5ba1-2d4c-4069-8f7b-1c2d3e4f5061";
/// The administrator of the tenant.
pub(crate) const OPERATOR: &str = "5a0d4b0e-1f3c-4d27-9a55-0c1b7e9f2d10";
/// The cluster of the example, and one that its file does not name.
pub(crate) const CLUSTER: &str = "aks-1";
pub(crate) const OTHERS_CLUSTER: &str = "aks-2";
/// The one audience that Entra takes ("Workload identity federation", Entra docs).
pub(crate) const AUDIENCE: &str = "api://AzureADTokenExchange";
/// Resources that tokens are asked for.
pub(crate) const STORAGE: &str = "https://storage.azure.com";
pub(crate) const VAULT: &str = "https://vault.azure.net";
pub(crate) const ARM: &str = "https://management.azure.com";
pub(crate) const GRAPH: &str = "https://graph.microsoft.com";
/// GUIDs of roles ("Azure built-in roles").
pub(crate) const CONTRIBUTOR: &str = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
pub(crate) const SECRETS_OFFICER: &str = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";

/// The resource id of something in a group of the subscription.
pub(crate) fn in_group(group: &str, rest: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/{rest}")
}

/// The resource id of a container.
pub(crate) fn container(account: &str, name: &str) -> String {
    in_group(
        "data",
        &format!(
            "Microsoft.Storage/storageAccounts/{account}/blobServices/default/containers/{name}"
        ),
    )
}

/// The resource id of a vault.
pub(crate) fn vault(name: &str) -> String {
    in_group("data", &format!("Microsoft.KeyVault/vaults/{name}"))
}

/// The resource id of the identity that wip makes for one of the file; somebody else's where the file has applications.
pub(crate) fn identity(name: &str) -> String {
    let rest = format!("Microsoft.ManagedIdentity/userAssignedIdentities/prod-we-{name}");
    in_group("ids", &rest)
}

/// The example and its world.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    /// Whether roles decide in its vault.
    pub(crate) by_roles: bool,
    issuer: String,
    others_issuer: String,
    /// What `wip output --json` says of the identities of the file.
    given: Value,
}

impl Stage {
    /// Applies an example, in a folder that is unique among the tests.
    pub(crate) fn new(example: &Example, folder: &str) -> Self {
        let sandbox = Sandbox::new(folder);
        let own = |name: &str| json!({ "subscription": SUBSCRIPTION, "resource_group": "data", "name": name });
        let with = |mut seed: Value, more: Value| {
            for (name, value) in more.as_object().expect("members") {
                seed[name] = value.clone();
            }
            seed
        };
        let secrets = json!({ "db": "x" });
        let theirs = ["backup", "billing", "sharedSecrets"];
        let theirs = theirs.map(|name| json!({ "subscription": SUBSCRIPTION, "resource_group": "ids", "name": format!("prod-we-{name}") }));
        let theirs = match example.by_applications {
            true => json!(theirs),
            false => json!([]),
        };
        sandbox.seed(&json!({ "azure": {
            "subscriptions": [
                { "id": SUBSCRIPTION, "tenant": TENANT },
                { "id": FOREIGN_SUBSCRIPTION, "tenant": FOREIGN },
            ],
            "clusters": [{ "subscription": SUBSCRIPTION, "resource_group": "aks", "name": OTHERS_CLUSTER }],
            "identities": theirs,
            "storage_accounts": [
                with(own("acmebackups"), json!({ "containers": ["others", "archive"] })),
                with(own("acmeothers"), json!({ "containers": ["backups"] })),
            ],
            "vaults": [
                with(own("acme-kv"), json!({ "rbac": example.by_roles, "secrets": secrets })),
                with(own("others-kv"), json!({ "rbac": true, "secrets": secrets })),
                with(own("policies-kv"), json!({ "rbac": false, "secrets": secrets })),
            ],
        } }));
        sandbox.write(&example.space.0);
        sandbox.run(&["apply", "space.yaml", "--auto-approve"], 0);
        let mut stage = Self {
            sandbox,
            by_roles: example.by_roles,
            issuer: String::new(),
            others_issuer: String::new(),
            given: Value::Null,
        };
        let output = stage.sandbox.run(&["output", "--json"], 0);
        let output: Value = serde_json::from_str(&output).expect("JSON");
        stage.given = output["identities"].clone();
        stage.issuer = stage.read_issuer(CLUSTER);
        stage.others_issuer = stage.read_issuer(OTHERS_CLUSTER);
        // What the administrator can do there, nobody else is refused for want of the thing.
        let accounts = ["acmebackups", "acmebilling", "acmeothers"];
        for account in accounts {
            let rest = format!("Microsoft.Storage/storageAccounts/{account}");
            stage.assign(&in_group("data", &rest), CONTRIBUTOR, OPERATOR);
        }
        stage.assign(&vault("others-kv"), SECRETS_OFFICER, OPERATOR);
        stage
    }

    fn read_issuer(&self, cluster: &str) -> String {
        let rest = format!("Microsoft.ContainerService/managedClusters/{cluster}");
        let read = self.arm(&operator(), "GET", &in_group("aks", &rest), &Value::Null);
        let issuer = &read.json()["properties"]["oidcIssuerProfile"]["issuerURL"];
        issuer.as_str().expect("an issuer").to_owned()
    }

    /// The URL of a cluster's issuer, which ends in a slash.
    pub(crate) fn issuer(&self, cluster: &str) -> String {
        match cluster {
            CLUSTER => self.issuer.clone(),
            _ => self.others_issuer.clone(),
        }
    }

    fn given(&self, name: &str, what: &str) -> String {
        let value = &self.given[name][what];
        value.as_str().expect("an id").to_owned()
    }

    /// The client id of an identity of the file.
    pub(crate) fn client(&self, name: &str) -> String {
        self.given(name, "clientId")
    }

    /// The object id of an identity of the file.
    pub(crate) fn principal(&self, name: &str) -> String {
        self.given(name, "principalId")
    }

    /// A token of the workload's pod, but for these members of the wish.
    pub(crate) fn kubernetes_token(&self, workload: &Workload, changes: &Value) -> String {
        let mut wish = json!({
            "issuer": self.issuer,
            "namespace": workload.namespace,
            "serviceAccount": workload.service_account,
            "audience": [AUDIENCE],
        });
        for (name, value) in changes.as_object().expect("members") {
            wish[name] = value.clone();
        }
        let what = "POST /_sandbox/token";
        let minted = raw(self.sandbox.url(), what, &[], &wish.to_string());
        let token = minted.json()["token"].as_str().map(str::to_owned);
        token.unwrap_or_else(|| panic!("{minted:?}"))
    }

    /// Asks Entra for a token ("Access token request with a federated credential"), but for these fields of the form.
    pub(crate) fn exchange(
        &self,
        tenant: &str,
        (client, assertion, resource): (&str, &str, &str),
        changes: &[(&str, &str)],
    ) -> Answer {
        let scope = format!("{resource}/.default");
        let form = [
            ("client_id", client),
            ("scope", &scope),
            ("client_assertion", assertion),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("grant_type", "client_credentials"),
        ];
        let fields = form.map(|(name, value)| {
            let changed = changes.iter().find(|(other, _)| *other == name);
            let value = changed.map_or(value, |(_, value)| value);
            format!("{name}={}", encoded(value))
        });
        let what = format!("POST /_azure/login/{tenant}/oauth2/v2.0/token");
        let kind = "application/x-www-form-urlencoded".to_owned();
        raw(
            self.sandbox.url(),
            &what,
            &[("content-type", kind)],
            &fields.join("&"),
        )
    }

    /// A workload's token for a resource; empty where it gets none.
    pub(crate) fn token(&self, workload: &Workload, resource: &str) -> String {
        let assertion = self.kubernetes_token(workload, &json!({}));
        let client = self.client(workload.identity);
        let answer = self.exchange(TENANT, (&client, &assertion, resource), &[]);
        let token = answer.json()["access_token"].as_str().map(str::to_owned);
        token.unwrap_or_default()
    }

    /// A call of Azure Resource Manager.
    pub(crate) fn arm(&self, token: &str, method: &str, id: &str, body: &Value) -> Answer {
        let version = match id {
            id if id.contains("/Microsoft.Authorization/") => "2022-04-01",
            id if id.contains("/Microsoft.ManagedIdentity/") => "2023-01-31",
            id if id.contains("/Microsoft.ContainerService/") => "2025-05-01",
            id if id.contains("/Microsoft.Storage/") => "2024-01-01",
            id if id.contains("/Microsoft.KeyVault/") => "2023-07-01",
            _ => "2022-12-01",
        };
        let (path, query) = id.split_once('?').unwrap_or((id, ""));
        let what = format!("{method} /_azure/arm{path}?api-version={version}&{query}");
        self.ask(token, &what, &[("content-type", "application/json")], body)
    }

    /// A call of any service; null is no body.
    pub(crate) fn ask(
        &self,
        token: &str,
        what: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let mut headers: Vec<(&str, String)> = headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        if !token.is_empty() {
            headers.push(("authorization", format!("Bearer {token}")));
        }
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        raw(self.sandbox.url(), what, &headers, &body)
    }

    /// Writes a resource as the administrator; it must work.
    pub(crate) fn put(&self, id: &str, body: &Value) {
        let answer = self.arm(&operator(), "PUT", id, body);
        assert!(answer.worked(), "{id}: {answer:?}");
    }

    /// Deletes a resource as the administrator; it must be there.
    pub(crate) fn delete(&self, id: &str) {
        let answer = self.arm(&operator(), "DELETE", id, &Value::Null);
        assert_eq!(answer.status, 200, "{id}: {answer:?}");
    }

    /// Gives a role; each is given once.
    pub(crate) fn assign(&self, scope: &str, role: &str, principal: &str) {
        let id = assignment(scope, &format!("{scope} {role} {principal}"));
        self.put(&id, &assigned(role, principal));
    }

    /// The ids of what a principal has at a scope.
    pub(crate) fn assignments(&self, scope: &str, principal: &str) -> Vec<String> {
        let filter = encoded(&format!("principalId eq '{principal}'"));
        let id =
            format!("{scope}/providers/Microsoft.Authorization/roleAssignments?$filter={filter}");
        let listed = self.arm(&operator(), "GET", &id, &Value::Null).json();
        let listed = listed["value"].as_array().expect("a list").clone();
        let ids = listed.iter().map(|it| it["id"].as_str().expect("an id"));
        ids.map(str::to_owned).collect()
    }
}

/// The body of a role assignment.
pub(crate) fn assigned(role: &str, principal: &str) -> Value {
    let definitions =
        format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions");
    json!({ "properties": {
        "roleDefinitionId": format!("{definitions}/{role}"),
        "principalId": principal,
        "principalType": "ServicePrincipal",
    } })
}

/// The id of a role assignment, which follows from a text.
pub(crate) fn assignment(scope: &str, text: &str) -> String {
    let sum = text.bytes().fold(0_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    let name = format!("00000000-0000-4000-8000-{:012x}", sum & 0xffff_ffff_ffff);
    format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}")
}

/// The administrator's token.
pub(crate) fn operator() -> String {
    format!("sandbox:{TENANT}:{OPERATOR}")
}
