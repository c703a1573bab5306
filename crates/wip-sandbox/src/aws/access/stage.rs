//! What tests of access begin with: a cluster with its provider, a role that trusts it, and tokens.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::aws::asking::{ACCOUNT, Asker, element, text, world};
use crate::http::{Answer, Reply, Request};
use crate::{Sandbox, Seed};

pub(crate) const REGION: &str = "eu-west-1";
/// The other account.
pub(crate) const OTHER: &str = "444455556666";
/// Issuer of the seeded cluster, without `https://`.
pub(crate) const ISSUER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/1";
pub(crate) const KEY: &str =
    "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555";

/// A world with a cluster and its provider, and the role `worker` that the service account `a/s` may assume.
pub(crate) struct Stage(pub(crate) Sandbox);

impl Stage {
    pub(crate) fn new() -> Self {
        let stage = Self(world());
        let seed = json!({
            "clusters": [{
                "account": ACCOUNT, "region": REGION, "name": "c", "issuer": format!("https://{ISSUER}"),
            }],
            "buckets": [
                { "account": ACCOUNT, "region": REGION, "name": "own" },
                { "account": OTHER, "region": REGION, "name": "other" },
                { "account": ACCOUNT, "region": REGION, "name": "sealed", "kms_key": KEY },
            ],
            "keys": [{ "arn": KEY }],
        });
        let seed: Seed = serde_json::from_value(seed).unwrap();
        stage.0.seed(&seed).unwrap();
        let url = format!("https://{ISSUER}");
        stage.iam(
            "CreateOpenIDConnectProvider",
            &[
                ("Url", &url),
                ("ClientIDList.member.1", "sts.amazonaws.com"),
            ],
        );
        stage.make_role("worker", &trust("system:serviceaccount:a:s"));
        stage
    }

    pub(crate) fn account(&self) -> Asker<'_> {
        Asker::new(&self.0, REGION)
    }

    /// An IAM call of the account's user that must succeed.
    pub(crate) fn iam(&self, action: &str, params: &[(&str, &str)]) {
        let answer = self.ask(self.account(), ("iam", "2010-05-08"), action, params);
        assert_eq!(answer.status, 200, "{action}: {}", text(&answer));
    }

    pub(crate) fn make_role(&self, name: &str, trust: &Value) {
        let trust = trust.to_string();
        let params = [("RoleName", name), ("AssumeRolePolicyDocument", &trust)];
        self.iam("CreateRole", &params);
    }

    /// Gives a role one inline policy with these statements.
    pub(crate) fn allow(&self, role: &str, statements: &Value) {
        let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        let params = [
            ("RoleName", role),
            ("PolicyName", "p"),
            ("PolicyDocument", &policy),
        ];
        self.iam("PutRolePolicy", &params);
    }

    /// A call in the query protocol, signed.
    pub(crate) fn ask(
        &self,
        asker: Asker<'_>,
        (service, version): (&str, &str),
        action: &str,
        params: &[(&str, &str)],
    ) -> Answer {
        asker.ask(service, form(version, action, params))
    }

    /// An unsigned call of STS.
    pub(crate) fn by_token(&self, params: &[(&str, &str)]) -> Answer {
        let mut request = form("2011-06-15", "AssumeRoleWithWebIdentity", params);
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        request
            .headers
            .insert("content-type".to_owned(), form.to_owned());
        self.reply(&request)
    }

    /// A request as it stands.
    pub(crate) fn reply(&self, request: &Request) -> Answer {
        match self.0.handle(request) {
            Reply::Answer(answer) => answer,
            other => panic!("no answer: {other:?}"),
        }
    }

    /// An unsigned request to S3, `what` as `GET /bucket/key`.
    pub(crate) fn anybody(&self, what: &str) -> Answer {
        let (method, path) = what.split_once(' ').unwrap();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        self.reply(&Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            ..Request::default()
        })
    }

    /// What is asked of the sandbox itself.
    pub(crate) fn control(&self, path: &str, body: &Value) -> Answer {
        self.reply(&Request {
            method: "POST".to_owned(),
            path: format!("/_sandbox/{path}"),
            body: body.to_string().into_bytes(),
            ..Request::default()
        })
    }

    /// A token of the service account `a/s` of the cluster, but for these members of the wish.
    pub(crate) fn token(&self, changes: &Value) -> String {
        let mut wish = json!({
            "issuer": format!("https://{ISSUER}"),
            "namespace": "a",
            "serviceAccount": "s",
            "audience": ["sts.amazonaws.com"],
        });
        for (name, value) in changes.as_object().unwrap() {
            wish[name] = value.clone();
        }
        let answer = self.control("token", &wish);
        assert_eq!(answer.status, 200, "{}", text(&answer));
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        body["token"].as_str().unwrap().to_owned()
    }

    /// The key id of a session of `worker`, with these parameters besides.
    pub(crate) fn session(&self, more: &[(&str, &str)]) -> String {
        let token = self.token(&json!({}));
        let mut params = vec![
            ("RoleArn", "arn:aws:iam::111122223333:role/worker"),
            ("RoleSessionName", "pod"),
            ("WebIdentityToken", &token),
        ];
        params.extend(more);
        let answer = self.by_token(&params);
        assert_eq!(answer.status, 200, "{}", text(&answer));
        element(&answer, "AccessKeyId")
    }
}

fn form(version: &str, action: &str, params: &[(&str, &str)]) -> Request {
    let mut form = format!("Action={action}&Version={version}");
    for (name, value) in params {
        form += &format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    Request {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        body: form.into_bytes(),
        ..Request::default()
    }
}

/// A trust policy for a subject of the cluster.
pub(crate) fn trust(subject: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}") },
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": { "StringEquals": {
            format!("{ISSUER}:aud"): "sts.amazonaws.com",
            format!("{ISSUER}:sub"): subject,
        } },
    }] })
}

/// Status, code and message of an answer in XML.
pub(crate) fn said(answer: &Answer) -> (u16, String, String) {
    let code = element(answer, "Code");
    (answer.status, code, element(answer, "Message"))
}

/// Status and code of an answer in XML.
pub(crate) fn outcome(answer: &Answer) -> (u16, String) {
    (answer.status, element(answer, "Code"))
}

/// A refusal as [`outcome`] tells it.
pub(crate) fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
