//! Google Cloud: one test for each operation, and one example for each refusal.

mod accounts;
mod buckets;
mod faults;
mod hostile;
mod members;
mod policies;
mod rights;
mod secrets;
mod tokens;

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::clusters;
use crate::http::{Answer, Reply, Request};
use crate::{Options, Sandbox, Seed};

pub(super) const NUMBER: u64 = 123_456_789_012;
pub(super) const EMAIL: &str = "backup@acme.iam.gserviceaccount.com";
const OPERATOR: &str = "sandbox:operator@sandbox.example.com";

/// A world with two projects, and somebody who asks it.
pub(super) struct Stage {
    pub(super) sandbox: Sandbox,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) status: u16,
    /// The error's status by its name, at Cloud Storage its reason; empty when there is none.
    pub(super) code: String,
    pub(super) body: Value,
    pub(super) answer: Answer,
}

impl Said {
    fn of(answer: Answer) -> Self {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let error = &body["error"];
        let code = error["status"]
            .as_str()
            .or(error["errors"][0]["reason"].as_str())
            .or(error.as_str());
        Self {
            status: answer.status,
            code: code.unwrap_or_default().to_owned(),
            body,
            answer,
        }
    }

    pub(super) fn message(&self) -> &str {
        let said = self.body["error"]["message"].as_str();
        said.or(self.body["error_description"].as_str())
            .unwrap_or_default()
    }

    /// Status and code.
    pub(super) fn outcome(&self) -> (u16, &str) {
        (self.status, &self.code)
    }
}

/// What has a policy, each in its way.
pub(super) const BUCKET: Policied = Policied {
    get: "GET storage/storage/v1/b/acme-backups/iam?optionsRequestedPolicyVersion=",
    set: "PUT storage/storage/v1/b/acme-backups/iam",
    is_wrapped: false,
};
pub(super) const SECRET: Policied = Policied {
    get: "GET secretmanager/v1/projects/acme/secrets/db:getIamPolicy?options.requestedPolicyVersion=",
    set: "POST secretmanager/v1/projects/acme/secrets/db:setIamPolicy",
    is_wrapped: true,
};
pub(super) const ACCOUNT: Policied = Policied {
    get: "POST gcpiam/v1/projects/-/serviceAccounts/backup@acme.iam.gserviceaccount.com:getIamPolicy?options.requestedPolicyVersion=",
    set: "POST gcpiam/v1/projects/-/serviceAccounts/backup@acme.iam.gserviceaccount.com:setIamPolicy",
    is_wrapped: true,
};

/// How a policy is read and written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policied {
    get: &'static str,
    set: &'static str,
    is_wrapped: bool,
}

impl Stage {
    pub(super) fn new() -> Self {
        let sandbox = Sandbox::in_memory(Options::default());
        let seed = json!({ "google": {
            "projects": [{ "id": "acme", "number": NUMBER }, { "id": "other", "number": 7_777 }],
            "clusters": [
                { "project": "acme", "location": "europe-west1", "name": "spaces" },
                { "project": "acme", "location": "europe-west1-b", "name": "bare", "workload_identity": false },
            ],
            "accounts": [{ "project": "acme", "id": "backup" }],
            "buckets": [
                { "project": "acme", "name": "acme-backups", "objects": { "a/1": "one", "b/2": "two" } },
                { "project": "acme", "name": "acme-old", "uniform": false, "objects": { "a/1": "one" } },
            ],
            "secrets": [
                { "project": "acme", "name": "db", "value": "s3cret" },
                { "project": "acme", "name": "web", "value": "hunter2" },
            ],
        } });
        let seed: Seed = serde_json::from_value(seed).unwrap();
        sandbox.seed(&seed).unwrap();
        let stage = Self { sandbox };
        let mut world = stage.sandbox.world();
        for issuer in [stage.issuer().as_str(), super::caller::ISSUER] {
            crate::aws::tokens::share_key(&mut world.db, issuer);
        }
        world.db.commit(0).unwrap();
        drop(world);
        stage
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

    /// A request with any headers, `what` as `GET storage/storage/v1/b`.
    pub(super) fn ask(&self, what: &str, headers: &[(&str, &str)], body: &[u8]) -> Said {
        let (method, uri) = what.split_once(' ').unwrap();
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let headers: BTreeMap<String, String> = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Said::of(self.answer(&Request {
            method: method.to_owned(),
            path: format!("/_gcp/{path}"),
            query: query.to_owned(),
            headers,
            body: body.to_vec(),
        }))
    }

    /// A call by whoever has the token.
    pub(super) fn call_as(&self, token: &str, what: &str, body: &Value) -> Said {
        let bearer = format!("Bearer {token}");
        let body = match body {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            body => body.to_string(),
        };
        self.ask(what, &[("authorization", &bearer)], body.as_bytes())
    }

    /// A call by the operator.
    pub(super) fn call(&self, what: &str, body: &Value) -> Said {
        self.call_as(OPERATOR, what, body)
    }

    pub(super) fn get(&self, path: &str) -> Said {
        self.call(&format!("GET {path}"), &Value::Null)
    }

    /// A policy in version 3.
    pub(super) fn policy(&self, of: Policied) -> Value {
        let said = self.call(&format!("{}3", of.get), &Value::Null);
        assert_eq!(said.status, 200, "{said:?}");
        said.body
    }

    pub(super) fn set(&self, of: Policied, policy: &Value) -> Said {
        let body = match of.is_wrapped {
            true => json!({ "policy": policy }),
            false => policy.clone(),
        };
        self.call(of.set, &body)
    }

    /// Writes the bindings of a policy, whatever was there.
    pub(super) fn bind(&self, of: Policied, bindings: &Value) -> Said {
        self.set(of, &json!({ "version": 3, "bindings": bindings }))
    }

    pub(super) fn issuer(&self) -> String {
        clusters::url("acme", "europe-west1", "spaces")
    }

    /// A token of the service account `mxp-controller` in `ns`, with whatever `more` says.
    pub(super) fn kubernetes_token(&self, more: &Value) -> String {
        let mut wish = json!({
            "issuer": self.issuer(),
            "namespace": "ns",
            "serviceAccount": "mxp-controller",
            "audience": ["acme.svc.id.goog"],
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            wish[name] = value.clone();
        }
        let answer = self.control("token", &wish);
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        body["token"].as_str().unwrap().to_owned()
    }

    /// Asks for a token of the pool.
    pub(super) fn exchange(&self, token: &str, more: &[(&str, &str)]) -> Said {
        let audience = format!("identitynamespace:acme.svc.id.goog:{}", self.issuer());
        let mut form: BTreeMap<&str, &str> = [
            (
                "grant_type",
                "urn:ietf:params:oauth:grant-type:token-exchange",
            ),
            (
                "requested_token_type",
                "urn:ietf:params:oauth:token-type:access_token",
            ),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
            ("scope", "https://www.googleapis.com/auth/cloud-platform"),
            ("audience", &audience),
            ("subject_token", token),
        ]
        .into();
        form.extend(more.iter().copied());
        let pairs: Vec<String> = form
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        self.ask("POST gcpsts/v1/token", &[], pairs.join("&").as_bytes())
    }

    /// The access token of the service account `mxp-controller` in `ns`.
    pub(super) fn workload(&self) -> String {
        let said = self.exchange(&self.kubernetes_token(&Value::Null), &[]);
        assert_eq!(said.status, 200, "{said:?}");
        said.body["access_token"].as_str().unwrap().to_owned()
    }
}

/// The principal of the service account `mxp-controller` in `ns`.
pub(super) fn principal() -> String {
    format!("{}/subject/ns/ns/sa/mxp-controller", pool("principal"))
}

pub(super) fn pool(sort: &str) -> String {
    format!(
        "{sort}://iam.googleapis.com/projects/{NUMBER}/locations/global/workloadIdentityPools/acme.svc.id.goog"
    )
}
