//! Whose keys are whose: what STS finds where an issuer publishes its keys.
//!
//! Three kinds of issuers have keys:
//! - one whose keys were registered at `/_sandbox/issuers`;
//! - an EKS, AKS or GKE cluster of the world, whose part the sandbox plays with a key of its own;
//! - one in a bucket of the world, if discovery document and key set are there and everybody may read them.
//!
//! A key that the sandbox plays with is made when it is needed first, and is bookkeeping: runs repeat but for the signatures.

use serde::Deserialize;
use serde_json::Value;

use super::PublicKey;
use super::keys::SigningKey;
use crate::aws::s3;
use crate::db::Db;

/// The issuer of a cluster's record.
#[derive(Deserialize)]
struct Cluster {
    issuer: String,
}

fn registered(issuer: &str) -> String {
    format!("sandbox/issuer/{issuer}")
}

/// The keys of an issuer (its URL with `https://`); `None` where nobody can read any.
pub(crate) fn keys_of(db: &mut Db, issuer: &str) -> Option<Vec<PublicKey>> {
    if let Some(set) = db.get::<Value>(&registered(issuer)) {
        return PublicKey::of_set(&set);
    }
    if is_of_a_cluster(db, issuer) {
        return Some(vec![played_key(db, issuer)?.public()?]);
    }
    published(db, issuer)
}

/// Keeps the keys of an issuer, instead of those that it had.
pub(crate) fn register(db: &mut Db, issuer: &str, set: &Value) {
    db.put(&registered(issuer), set);
}

/// The key with which the sandbox plays an issuer.
pub(super) fn signing_key(db: &mut Db, issuer: &str) -> Option<SigningKey> {
    let place = format!("sandbox/issuer-key/{issuer}");
    if let Some(key) = db.get::<String>(&place) {
        return SigningKey::of_text(&key);
    }
    let key = SigningKey::generate()?;
    db.put(&place, &key.to_text()?);
    Some(key)
}

/// The public half of the key with which the sandbox has played an issuer before; `None` where it has not.
pub(crate) fn known_key(db: &Db, issuer: &str) -> Option<PublicKey> {
    let key: String = db.get(&format!("sandbox/issuer-key/{issuer}"))?;
    SigningKey::of_text(&key)?.public()
}

/// Lets the sandbox play an issuer with a key that all tests share: making one takes long in a debug build.
#[cfg(test)]
pub(crate) fn share_key(db: &mut Db, issuer: &str) {
    static SHARED: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let key = SHARED.get_or_init(|| SigningKey::generate().unwrap().to_text().unwrap());
    db.put(&format!("sandbox/issuer-key/{issuer}"), key);
}

/// As [`signing_key`], for its public half.
pub(crate) fn played_key(db: &mut Db, issuer: &str) -> Option<PlayedKey> {
    signing_key(db, issuer).map(PlayedKey)
}

/// The public half of a key with which the sandbox plays an issuer.
pub(crate) struct PlayedKey(SigningKey);

impl PlayedKey {
    /// The key.
    pub(crate) fn public(&self) -> Option<PublicKey> {
        self.0.public()
    }

    /// As PEM.
    pub(crate) fn pem(&self) -> Option<String> {
        self.0.public_pem()
    }
}

fn is_of_a_cluster(db: &Db, issuer: &str) -> bool {
    let eks = db
        .scan::<Cluster>("aws/")
        .filter(|(key, _)| key.contains("/eks/"));
    let aks = db.scan::<Cluster>(crate::azure::CLUSTERS);
    let gke = db.scan::<Cluster>(crate::gcp::CLUSTERS);
    eks.chain(aks)
        .chain(gke)
        .any(|(_, cluster)| cluster.issuer == issuer)
}

/// Whether an issuer lies in a bucket of the world, and nobody can read its discovery document there.
///
/// Source: "Obtain the thumbprint for an OpenID Connect identity provider" in the IAM user guide: what is looked for is the server that
/// `jwks_uri` names, so the discovery document has to be read.
pub(crate) fn is_unreadable(db: &Db, issuer: &str) -> bool {
    let url = discovery_url(issuer);
    s3::is_of_a_bucket(db, &url)
        && s3::read_by_everybody(db, &url)
            .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
            .is_none_or(|document| document.get("jwks_uri").is_none())
}

fn discovery_url(issuer: &str) -> String {
    let issuer = issuer.trim_end_matches('/');
    format!("{issuer}/.well-known/openid-configuration")
}

/// Discovery document and key set of an issuer in a bucket.
///
/// Sources: OpenID Connect Discovery 1.0, sections 4.1 and 4.3 (the path; `issuer` must be the same); "Self-hosted Kubernetes setup" of aws/amazon-eks-pod-identity-webhook.
fn published(db: &Db, issuer: &str) -> Option<Vec<PublicKey>> {
    let read = |url: &str| -> Option<Value> {
        serde_json::from_slice(&s3::read_by_everybody(db, url)?).ok()
    };
    let document = read(&discovery_url(issuer))?;
    if document.get("issuer").and_then(Value::as_str) != Some(issuer) {
        return None;
    }
    PublicKey::of_set(&read(document.get("jwks_uri")?.as_str()?)?)
}
