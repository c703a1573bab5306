//! A sandbox with an example applied, and raw requests to what it plays of Google Cloud.

use serde_json::{Value, json};

use super::super::asking::{Answer, encoded, raw};
use super::workloads::{Example, Workload};
use crate::sandbox::Sandbox;

pub(crate) const PROJECT: &str = "acme-prod";
/// The project's number, which one of the examples says.
pub(crate) const NUMBER: &str = "731209007075";
pub(crate) const CLUSTER: &str = "gke-1";
/// Another cluster of the same project.
pub(crate) const SIBLING: &str = "gke-2";
/// A cluster of another project.
pub(crate) const STRANGER: &str = "gke-3";
const OPERATOR: &str = "sandbox:operator@sandbox.example.com";

/// What the tests ask.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
}

/// Who a policy means, where it means the workload.
pub(crate) fn member(workload: &Workload) -> String {
    let Workload {
        namespace,
        service_account,
        account,
        ..
    } = workload;
    match account {
        Some(email) => format!("serviceAccount:{email}"),
        None => format!(
            "principal://iam.googleapis.com/projects/{NUMBER}/locations/global/workloadIdentityPools/{PROJECT}.svc.id.goog/subject/ns/{namespace}/sa/{service_account}"
        ),
    }
}

/// The project of a cluster.
fn project(cluster: &str) -> &'static str {
    if cluster == STRANGER {
        "others"
    } else {
        PROJECT
    }
}

/// The issuer of a cluster.
pub(crate) fn issuer(cluster: &str) -> String {
    let project = project(cluster);
    format!(
        "https://container.googleapis.com/v1/projects/{project}/locations/europe-north1/clusters/{cluster}"
    )
}

impl Stage {
    /// Applies an example, in a folder that is unique among the tests.
    pub(crate) fn new(example: &Example, folder: &str) -> Self {
        let stage = Self {
            sandbox: Sandbox::new(folder),
        };
        stage.seed();
        stage.sandbox.write(&example.space.0);
        stage
            .sandbox
            .run(&["apply", "space.yaml", "--auto-approve"], 0);
        stage
    }

    /// Makes what the file does not name, where it is missing.
    pub(crate) fn seed(&self) {
        let bucket = |name: &str| json!({ "project": PROJECT, "name": name });
        let secret = |name: &str| json!({ "project": PROJECT, "name": name, "value": "x" });
        let cluster = |name: &str| json!({ "project": project(name), "location": "europe-north1", "name": name });
        let buckets = [
            "acme-others",
            "acme-archive",
            "acme-backups",
            "acme-billing",
        ]
        .map(bucket);
        let secrets = ["db", "smtp", "web", "apps-db", "not-apps-db"].map(secret);
        self.sandbox.seed(&json!({ "google": {
            "projects": [{ "id": PROJECT, "number": NUMBER.parse::<u64>().expect("a number") }, { "id": "others", "number": 7 }],
            "clusters": [cluster(SIBLING), cluster(STRANGER)],
            "accounts": [{ "project": PROJECT, "id": "others" }],
            "buckets": buckets,
            "secrets": secrets,
        } }));
    }

    /// A token of the workload's pod, but for these members of the wish.
    pub(crate) fn kubernetes_token(&self, workload: &Workload, changes: &Value) -> String {
        let mut wish = json!({
            "issuer": issuer(CLUSTER),
            "namespace": workload.namespace,
            "serviceAccount": workload.service_account,
            "audience": [format!("{PROJECT}.svc.id.goog")],
        });
        for (name, value) in changes.as_object().expect("members") {
            wish[name] = value.clone();
        }
        let what = "POST /_sandbox/token";
        let minted = raw(self.sandbox.url(), what, &[], &wish.to_string());
        let token = minted.json()["token"].as_str().map(str::to_owned);
        token.unwrap_or_else(|| panic!("{minted:?}"))
    }

    /// Asks for a token of the pool ("OAuth 2.0 Token Exchange"), but for these fields of the form.
    pub(crate) fn exchange(&self, cluster: &str, token: &str, changes: &[(&str, &str)]) -> Answer {
        let audience = format!(
            "identitynamespace:{}.svc.id.goog:{}",
            project(cluster),
            issuer(cluster)
        );
        let form = [
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
        ];
        let fields = form.map(|(name, value)| {
            let changed = changes.iter().find(|(other, _)| *other == name);
            let value = changed.map_or(value, |(_, value)| value);
            format!("{name}={}", encoded(value))
        });
        let kind = "application/x-www-form-urlencoded".to_owned();
        let headers = [("content-type", kind)];
        let what = "POST /_gcp/gcpsts/v1/token";
        raw(self.sandbox.url(), what, &headers, &fields.join("&"))
    }

    /// Acts as a service account.
    pub(crate) fn act(&self, token: &str, email: &str) -> Answer {
        let what = format!(
            "POST iamcredentials/v1/projects/-/serviceAccounts/{email}:generateAccessToken"
        );
        let body = json!({ "scope": ["https://www.googleapis.com/auth/cloud-platform"] });
        self.ask(token, &what, &body)
    }

    /// What a pod of a cluster gets with its token: a token for data, or the refusal.
    pub(crate) fn enter(
        &self,
        workload: &Workload,
        cluster: &str,
        token: &str,
    ) -> Result<String, Answer> {
        let text = |answer: Answer, name: &str| {
            let token = answer.json()[name].as_str().map(str::to_owned);
            token.ok_or(answer)
        };
        let own = text(self.exchange(cluster, token, &[]), "access_token")?;
        match workload.account {
            None => Ok(own),
            Some(email) => text(self.act(&own, email), "accessToken"),
        }
    }

    /// A workload's token for data; it must get one.
    pub(crate) fn token(&self, workload: &Workload) -> String {
        let token = self.kubernetes_token(workload, &json!({}));
        let got = self.enter(workload, CLUSTER, &token);
        got.unwrap_or_else(|answer| panic!("{workload:?}: {answer:?}"))
    }

    /// A call of any service, `what` as `GET storage/storage/v1/b`; null is no body, no token is nobody.
    pub(crate) fn ask(&self, token: &str, what: &str, body: &Value) -> Answer {
        let mut headers = vec![("content-type", "application/json".to_owned())];
        if !token.is_empty() {
            headers.push(("authorization", format!("Bearer {token}")));
        }
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let (method, path) = what.split_once(' ').expect("a method");
        let what = format!("{method} /_gcp/{path}");
        raw(self.sandbox.url(), &what, &headers, &body)
    }

    /// As the administrator; it must work.
    pub(crate) fn ask_operator(&self, what: &str, body: &Value) -> Answer {
        let answer = self.ask(OPERATOR, what, body);
        assert!(answer.worked(), "{what}: {answer:?}");
        answer
    }

    /// Changes the bindings of a policy.
    fn rewrite(&self, path: &str, change: impl Fn(&mut Vec<Value>)) {
        let is_bucket = path.starts_with("storage/");
        let (get, set) = match path.split('/').next() {
            Some("storage") => (
                format!("GET {path}/iam?optionsRequestedPolicyVersion=3"),
                format!("PUT {path}/iam"),
            ),
            service => (
                format!(
                    "{} {path}:getIamPolicy?options.requestedPolicyVersion=3",
                    if service == Some("secretmanager") {
                        "GET"
                    } else {
                        "POST"
                    }
                ),
                format!("POST {path}:setIamPolicy"),
            ),
        };
        let mut policy = self.ask_operator(&get, &Value::Null).json();
        let bindings = policy["bindings"].as_array().cloned();
        let mut bindings = bindings.unwrap_or_default();
        change(&mut bindings);
        policy["bindings"] = bindings.into();
        policy["version"] = 3.into();
        let body = if is_bucket {
            policy
        } else {
            json!({ "policy": policy })
        };
        self.ask_operator(&set, &body);
    }

    /// Gives somebody a role behind wip's back.
    pub(crate) fn give(&self, path: &str, role: &str, member: &str) {
        let binding = json!({ "role": role, "members": [member] });
        self.rewrite(path, |bindings| bindings.push(binding.clone()));
    }

    /// Takes everything from somebody behind wip's back.
    pub(crate) fn take(&self, path: &str, member: &str) {
        self.rewrite(path, |bindings| {
            for binding in bindings {
                let members = binding["members"].as_array_mut().expect("members");
                members.retain(|it| it != member);
            }
        });
    }
}
