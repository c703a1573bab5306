//! Tokens as a cluster would sign them, and others that it would not.
//!
//! Source of the claims: "Service account tokens" in the Kubernetes documentation (`kubernetes.io`, `aud` as a list).

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::base64url;
use super::issuers::signing_key;
use super::keys::SigningKey;
use crate::db::Db;

/// What a token should be like.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Wish {
    /// Issuer, a URL.
    pub(crate) issuer: String,
    /// Namespace of the service account.
    pub(crate) namespace: String,
    /// Name of the service account.
    pub(crate) service_account: String,
    /// Name of the pod; follows from the service account when absent.
    #[serde(default)]
    pub(crate) pod: Option<String>,
    /// A text, or a list of texts.
    pub(crate) audience: Value,
    /// Seconds from now; negative for one that has expired.
    #[serde(default = "an_hour")]
    pub(crate) expires_in: i64,
    /// Claims instead of those that follow from the rest; null takes one away.
    #[serde(default)]
    pub(crate) claims: Map<String, Value>,
    /// Who signs it.
    #[serde(default)]
    pub(crate) signed: Signed,
    /// The issuer's key, PKCS #8 as PEM, where the sandbox does not play the issuer with one of its own.
    #[serde(default)]
    pub(crate) key: Option<String>,
}

/// Who signs a token.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Signed {
    /// The issuer.
    #[default]
    Issuer,
    /// Somebody else, in the issuer's name and with the id of its key.
    Stranger,
    /// Nobody: `alg` is `none`, and the signature empty.
    Nobody,
}

fn an_hour() -> i64 {
    3600
}

/// A token; `None` where no key can be made, or what is given is none. `now` is in seconds since 1970.
pub(crate) fn mint(db: &mut Db, wish: &Wish, now: i64) -> Option<String> {
    let Wish {
        namespace,
        service_account,
        ..
    } = wish;
    let pod = wish
        .pod
        .clone()
        .unwrap_or_else(|| format!("{service_account}-0"));
    let mut claims = json!({
        "iss": wish.issuer,
        "sub": format!("system:serviceaccount:{namespace}:{service_account}"),
        "aud": wish.audience,
        "iat": now,
        "nbf": now,
        "exp": now.saturating_add(wish.expires_in),
        "kubernetes.io": {
            "namespace": namespace,
            "pod": { "name": pod, "uid": crate::aws::call::hex_id(&["pod", namespace, &pod], 32) },
            "serviceaccount": {
                "name": service_account,
                "uid": crate::aws::call::hex_id(&["service-account", namespace, service_account], 32),
            },
        },
    });
    let members = claims.as_object_mut()?;
    for (name, value) in &wish.claims {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    let key = match &wish.key {
        Some(pem) => SigningKey::of_pem(pem)?,
        None => signing_key(db, &wish.issuer)?,
    };
    written(&key, &claims, &wish.signed)
}

/// A token of any claims, signed by the issuer; `None` where no key can be made.
pub(crate) fn sign(db: &mut Db, issuer: &str, claims: &Value) -> Option<String> {
    written(&signing_key(db, issuer)?, claims, &Signed::Issuer)
}

fn written(key: &SigningKey, claims: &Value, by: &Signed) -> Option<String> {
    let id = key.public()?.to_jwk()["kid"].clone();
    let algorithm = match by {
        Signed::Nobody => "none",
        Signed::Issuer | Signed::Stranger => "RS256",
    };
    let header = json!({ "alg": algorithm, "kid": id });
    let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(&header), part(claims));
    let signature = match by {
        Signed::Issuer => key.sign(signed.as_bytes())?,
        Signed::Stranger => SigningKey::generate()?.sign(signed.as_bytes())?,
        Signed::Nobody => Vec::new(),
    };
    Some(format!("{signed}.{}", base64url::encode(&signature)))
}
