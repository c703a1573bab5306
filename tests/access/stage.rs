//! An example that is applied, with neighbours that have nothing to do with it.
//!
//! Owns what is there besides what the Space file takes for granted: a cluster, buckets, a role, a key and secrets of others.

use serde_json::{Value, json};

use super::asking::{Answer, Caller, Keys, everything};
use super::spaces::{ACCOUNT, Example, OWN_CLUSTER, OWN_ISSUER, Place};
use crate::sandbox::Sandbox;

/// An account that has nothing to do with the examples.
pub(crate) const FOREIGN: &str = "999988887777";
/// A bucket of the workloads' account that belongs to others.
pub(crate) const OTHERS_BUCKET: &str = "others-bucket";
/// A bucket of another account.
pub(crate) const FOREIGN_BUCKET: &str = "foreign-bucket";
/// A role that trusts its whole account, so that only permissions keep anybody out.
pub(crate) const OTHERS_ROLE: &str = "others-role";
/// A cluster whose issuer the account knows.
pub(crate) const OTHERS_CLUSTER: &str = "others-1";
/// A cluster whose issuer the account does not know.
pub(crate) const UNKNOWN_CLUSTER: &str = "unknown-1";
/// A secret that is nobody's here.
pub(crate) const OTHERS_SECRET: &str = "others/db";
/// A parameter that is nobody's here.
pub(crate) const OTHERS_PARAMETER: &str = "/others/db";
/// Where there is a secret of the right name, in the wrong place.
pub(crate) const OTHER_REGION: &str = "eu-central-1";

/// The example and its world.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) region: &'static str,
}

impl Stage {
    /// Applies an example, in a folder that is unique among the tests.
    pub(crate) fn new(example: &Example, folder: &str) -> Self {
        let sandbox = Sandbox::new(folder);
        let region = example.workloads[0].region;
        let stage = Self { sandbox, region };
        stage.sandbox.write(&example.space.0);
        stage
            .sandbox
            .run(&["apply", "space.yaml", "--auto-approve"], 0);
        stage.sandbox.seed(&json!({
            "clusters": [
                { "account": ACCOUNT, "region": region, "name": OTHERS_CLUSTER },
                { "account": ACCOUNT, "region": region, "name": UNKNOWN_CLUSTER },
            ],
            "buckets": [
                { "account": ACCOUNT, "region": region, "name": OTHERS_BUCKET },
                { "account": FOREIGN, "region": region, "name": FOREIGN_BUCKET },
            ],
            "keys": [{ "arn": stage.others_key() }],
            "roles": [{
                "account": ACCOUNT,
                "name": OTHERS_ROLE,
                "trust": { "Version": "2012-10-17", "Statement": [{
                    "Effect": "Allow", "Principal": { "AWS": ACCOUNT }, "Action": "sts:AssumeRole",
                }] },
            }],
        }));
        let url = stage.issuer(OTHERS_CLUSTER);
        let client = ("ClientIDList.member.1", "sts.amazonaws.com");
        stage.iam("CreateOpenIDConnectProvider", &[("Url", &url), client]);
        if let Some(boundary) = example.boundary {
            let arn = format!("arn:aws:iam::{ACCOUNT}:policy/{boundary}");
            let version = [
                ("PolicyArn", arn.as_str()),
                ("PolicyDocument", &everything()),
                ("SetAsDefault", "true"),
            ];
            stage.iam("CreatePolicyVersion", &version);
        }
        stage.make_secrets(example);
        stage
    }

    fn make_secrets(&self, example: &Example) {
        let of = |find: fn(&super::spaces::Workload) -> Option<&'static str>| {
            example.workloads.iter().find_map(find)
        };
        let secrets = of(|workload| workload.secrets).unwrap_or("prod/");
        let parameters = of(|workload| workload.parameters).unwrap_or("/prod/");
        let (owner, others) = (self.owner(), self.others_key());
        let secret = |owner: &Caller, name: &str, key: Option<&str>| {
            let mut members = json!({ "Name": name, "SecretString": "x" });
            if let Some(key) = key {
                members["KmsKeyId"] = key.into();
            }
            done(name, &owner.secrets("CreateSecret", &members));
        };
        let parameter = |name: &str, key: Option<&str>| {
            let mut members = json!({ "Name": name, "Value": "x", "Type": "SecureString" });
            if let Some(key) = key {
                members["KeyId"] = key.into();
            }
            done(name, &owner.ssm("PutParameter", &members));
        };
        let own_key = of(|workload| workload.secrets.and(workload.key));
        secret(&owner, &format!("{secrets}db"), None);
        secret(&owner, &like(secrets), None);
        secret(&owner, &format!("{secrets}others-key"), Some(&others));
        secret(&owner, OTHERS_SECRET, None);
        secret(
            &owner.in_region(OTHER_REGION),
            &format!("{secrets}db"),
            None,
        );
        parameter(&format!("{parameters}db"), None);
        parameter(&like(parameters), None);
        parameter(&format!("{parameters}others-key"), Some(&others));
        parameter(OTHERS_PARAMETER, None);
        if let Some(key) = own_key {
            secret(&owner, &format!("{secrets}own-key"), Some(key));
            parameter(&format!("{parameters}own-key"), Some(key));
        }
    }

    /// The administrator of the workloads' account.
    pub(crate) fn owner(&self) -> Caller {
        Caller::new(self.sandbox.url(), Keys::of_account(ACCOUNT), self.region)
    }

    /// The administrator of a bucket's account.
    pub(crate) fn owner_of(&self, place: Place<'_>) -> Caller {
        Caller::new(
            self.sandbox.url(),
            Keys::of_account(place.owner),
            self.region,
        )
    }

    /// A call of IAM that must succeed.
    pub(crate) fn iam(&self, action: &str, parameters: &[(&str, &str)]) {
        done(action, &self.owner().iam(action, parameters));
    }

    /// A key that no workload has to do with.
    pub(crate) fn others_key(&self) -> String {
        let region = self.region;
        format!("arn:aws:kms:{region}:{ACCOUNT}:key/99999999-8888-4777-8666-555555555555")
    }

    /// The URL of a cluster's issuer.
    pub(crate) fn issuer(&self, cluster: &str) -> String {
        if cluster == OWN_CLUSTER {
            return OWN_ISSUER.to_owned();
        }
        let what = format!("GET /clusters/{cluster}");
        let answer = self.owner().eks("eks", &what, &Value::Null);
        let found = answer.json()["cluster"]["identity"]["oidc"]["issuer"].clone();
        found.as_str().expect("an issuer").to_owned()
    }
}

/// A name that begins like a prefix, but for the last letter of it.
pub(crate) fn like(prefix: &str) -> String {
    let end = prefix.len() - 1;
    format!("{}-else/db", &prefix[..end])
}

/// Panics where an answer is none of success.
pub(crate) fn done(what: &str, answer: &Answer) {
    assert!(answer.worked(), "{what}: {answer:?}");
}
