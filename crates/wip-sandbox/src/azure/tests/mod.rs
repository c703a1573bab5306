//! Azure: one test for each operation, and one example for each refusal.

mod arm;
mod assignments;
mod blobs;
mod credentials;
mod faults;
mod graph;
mod hostile;
mod identities;
mod login;
mod resources;
mod secrets;
mod served;

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::http::{Answer, Reply, Request};
use crate::{Options, Sandbox, Seed};

pub(super) const TENANT: &str = "aaaaaaaa-0000-4000-8000-000000000001";
pub(super) const SUB: &str = "bbbbbbbb-0000-4000-8000-000000000001";
/// A tenant and a subscription of somebody else.
pub(super) const OTHER_TENANT: &str = "aaaaaaaa-0000-4000-8000-000000000002";
pub(super) const OTHER_SUB: &str = "bbbbbbbb-0000-4000-8000-000000000002";
const OPERATOR: &str = "cccccccc-0000-4000-8000-000000000001";

/// A world with two tenants, and somebody who asks it.
pub(super) struct Stage {
    pub(super) sandbox: Sandbox,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) status: u16,
    /// The error code, empty when there is none.
    pub(super) code: String,
    pub(super) body: Value,
    pub(super) answer: Answer,
}

impl Said {
    fn of(answer: Answer) -> Self {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let code = body["error"]["code"].as_str().or(body["error"].as_str());
        Self {
            status: answer.status,
            code: code.unwrap_or_default().to_owned(),
            body,
            answer,
        }
    }

    pub(super) fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }

    /// Status and code.
    pub(super) fn outcome(&self) -> (u16, &str) {
        (self.status, &self.code)
    }
}

/// The bearer token of an operator.
pub(super) fn operator(tenant: &str) -> String {
    format!("sandbox:{tenant}:{OPERATOR}")
}

/// `/subscriptions/…/resourceGroups/rg/providers/{rest}`.
pub(super) fn in_group(rest: &str) -> String {
    format!("/subscriptions/{SUB}/resourceGroups/rg/providers/{rest}")
}

pub(super) fn identity(name: &str) -> String {
    in_group(&format!(
        "Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
    ))
}

pub(super) fn credential(identity_name: &str, name: &str) -> String {
    let identity = identity(identity_name);
    format!("{identity}/federatedIdentityCredentials/{name}")
}

/// The body of a credential.
pub(super) fn fic(issuer: &str, subject: &str) -> Value {
    json!({ "properties": { "issuer": issuer, "subject": subject, "audiences": ["api://AzureADTokenExchange"] } })
}

impl Stage {
    pub(super) fn new() -> Self {
        Self::of(Sandbox::in_memory(Options::default()))
    }

    /// The same world in a sandbox that may have it already.
    pub(super) fn of(sandbox: Sandbox) -> Self {
        let seed = json!({ "azure": {
            "subscriptions": [
                { "id": SUB, "tenant": TENANT },
                { "id": OTHER_SUB, "tenant": OTHER_TENANT },
            ],
            "resource_groups": [{ "subscription": SUB, "name": "rg" }],
            "clusters": [
                { "subscription": SUB, "resource_group": "rg", "name": "aks" },
                { "subscription": SUB, "resource_group": "rg", "name": "bare", "oidc_issuer": false, "workload_identity": false },
            ],
            "storage_accounts": [
                { "subscription": SUB, "resource_group": "rg", "name": "acmebackups", "containers": ["backups", "billing"] },
            ],
            "vaults": [
                { "subscription": SUB, "resource_group": "rg", "name": "acme-kv", "secrets": { "db": "s3cret", "web": "hunter2" } },
                { "subscription": SUB, "resource_group": "rg", "name": "old-kv", "rbac": false, "secrets": { "db": "s3cret" } },
            ],
        } });
        let seed: Seed = serde_json::from_value(seed).unwrap();
        sandbox.seed(&seed).unwrap();
        let stage = Self { sandbox };
        let issuers = [stage.issuer(), format!("https://sts.windows.net/{TENANT}/")];
        let mut world = stage.sandbox.world();
        for issuer in issuers {
            crate::aws::tokens::share_key(&mut world.db, &issuer);
        }
        world.db.commit(0).unwrap();
        drop(world);
        stage
    }

    pub(super) fn switch(&self, switches: &Value) {
        assert_eq!(self.control("azure/switches", switches).status, 204);
    }

    pub(super) fn control(&self, path: &str, body: &Value) -> Answer {
        let request = Request {
            method: "POST".to_owned(),
            path: format!("/_sandbox/{path}"),
            body: body.to_string().into_bytes(),
            ..Request::default()
        };
        self.answer(&request)
    }

    pub(super) fn answer(&self, request: &Request) -> Answer {
        match self.sandbox.handle(request) {
            Reply::Answer(answer) => answer,
            other => panic!("no answer: {other:?}"),
        }
    }

    /// A request with any headers, `what` as `GET /_azure/…`.
    pub(super) fn ask(&self, what: &str, headers: &[(&str, &str)], body: &[u8]) -> Said {
        Said::of(self.answer(&request(what, headers, body)))
    }

    /// A call to Resource Manager by the operator, `what` as `GET /subscriptions/…`, with the version that the type has.
    pub(super) fn arm(&self, what: &str, body: &Value) -> Said {
        self.arm_as(&operator(TENANT), what, body)
    }

    pub(super) fn arm_as(&self, token: &str, what: &str, body: &Value) -> Said {
        self.ask(
            &versioned(what),
            &[("authorization", &format!("Bearer {token}"))],
            &bytes(body),
        )
    }

    pub(super) fn get(&self, path: &str) -> Said {
        self.arm(&format!("GET {path}"), &Value::Null)
    }

    pub(super) fn put(&self, path: &str, body: &Value) -> Said {
        self.arm(&format!("PUT {path}"), body)
    }

    pub(super) fn delete(&self, path: &str) -> Said {
        self.arm(&format!("DELETE {path}"), &Value::Null)
    }

    /// The issuer of the cluster `aks`.
    pub(super) fn issuer(&self) -> String {
        let aks = self.get(&in_group("Microsoft.ContainerService/managedClusters/aks"));
        let issuer = &aks.body["properties"]["oidcIssuerProfile"]["issuerURL"];
        issuer.as_str().unwrap().to_owned()
    }

    /// A token of the service account `mxp-controller` in `ns`, with whatever `more` says.
    pub(super) fn kubernetes_token(&self, more: &Value) -> String {
        let mut wish = json!({
            "issuer": self.issuer(),
            "namespace": "ns",
            "serviceAccount": "mxp-controller",
            "audience": ["api://AzureADTokenExchange"],
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            wish[name] = value.clone();
        }
        let answer = self.control("token", &wish);
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        body["token"].as_str().unwrap().to_owned()
    }

    /// Asks for an access token.
    pub(super) fn exchange(&self, client: &str, assertion: &str, resource: &str) -> Said {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("scope", &format!("{resource}/.default")),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", assertion),
        ];
        self.ask(
            &format!("POST /_azure/login/{TENANT}/oauth2/v2.0/token"),
            &[],
            &encoded(&form),
        )
    }

    /// An identity that the service account `mxp-controller` in `ns` may use, and an access token of it.
    pub(super) fn workload(&self, name: &str, resource: &str) -> (Value, String) {
        let made = self.make_identity(name);
        let subject = "system:serviceaccount:ns:mxp-controller";
        let said = self.put(&credential(name, "one"), &fic(&self.issuer(), subject));
        assert!(matches!(said.status, 200 | 201), "{said:?}");
        let client = made["clientId"].as_str().unwrap();
        let said = self.exchange(client, &self.kubernetes_token(&Value::Null), resource);
        assert_eq!(said.status, 200, "{said:?}");
        let token = said.body["access_token"].as_str().unwrap().to_owned();
        (made, token)
    }

    /// Gives a principal a role.
    pub(super) fn assign(&self, n: u8, scope: &str, role: &str, principal: &Value) {
        let path = format!(
            "{scope}/providers/Microsoft.Authorization/roleAssignments/dddddddd-0000-4000-8000-0000000000{n:02}"
        );
        let definition = format!(
            "/subscriptions/{SUB}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        );
        let body = json!({ "properties": { "roleDefinitionId": definition, "principalId": principal, "principalType": "ServicePrincipal" } });
        assert_eq!(self.put(&path, &body).status, 201);
    }

    /// Makes an identity, and gives its properties.
    pub(super) fn make_identity(&self, name: &str) -> Value {
        let said = self.put(&identity(name), &json!({ "location": "westeurope" }));
        assert!(matches!(said.status, 200 | 201), "{said:?}");
        said.body["properties"].clone()
    }
}

/// A form.
pub(super) fn encoded(form: &[(&str, &str)]) -> Vec<u8> {
    let pairs: Vec<String> = form
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect();
    pairs.join("&").into_bytes()
}

pub(super) fn bytes(body: &Value) -> Vec<u8> {
    if body.is_null() {
        Vec::new()
    } else {
        body.to_string().into_bytes()
    }
}

pub(super) fn request(what: &str, headers: &[(&str, &str)], body: &[u8]) -> Request {
    let (method, uri) = what.split_once(' ').unwrap();
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let headers: BTreeMap<String, String> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: body.to_vec(),
    }
}

/// The request line with Resource Manager's prefix, and an api-version where it names none.
pub(super) fn versioned(what: &str) -> String {
    let (method, path) = what.split_once(' ').unwrap();
    if path.contains("api-version") {
        return format!("{method} /_azure/arm{path}");
    }
    let lower = path.to_lowercase();
    let last = lower.rsplit("/providers/").next().unwrap();
    let version = match () {
        () if last.starts_with("microsoft.authorization") => "2022-04-01",
        () if last.starts_with("microsoft.managedidentity") => "2023-01-31",
        () if last.starts_with("microsoft.containerservice") => "2024-09-01",
        () if last.starts_with("microsoft.storage") => "2023-05-01",
        () if last.starts_with("microsoft.keyvault") => "2023-07-01",
        () if lower.contains("/resourcegroups") => "2021-04-01",
        () => "2022-12-01",
    };
    let sign = if path.contains('?') { '&' } else { '?' };
    format!("{method} /_azure/arm{path}{sign}api-version={version}")
}
