//! The two documents of an issuer: what whoever checks its tokens reads.
//!
//! Owns their text, and where they lie below the issuer's URL. Whoever publishes them is another.
//!
//! Source of keys, values and order: SELF_HOSTED_SETUP.md and `hack/self-hosted/main.go` of
//! aws/amazon-eks-pod-identity-webhook; "IAM for Pods configuration" of the EKS Anywhere documentation.

use serde::Serialize;

use crate::SigningKey;

/// Where the discovery document lies, below the issuer's URL (OpenID Connect Discovery 1.0, section 4.1).
pub const DISCOVERY_DOCUMENT: &str = ".well-known/openid-configuration";
/// Where the key set lies, below the issuer's URL.
pub const KEY_SET: &str = "keys.json";

#[derive(Serialize)]
struct Discovery<'a> {
    issuer: &'a str,
    jwks_uri: &'a str,
    authorization_endpoint: &'a str,
    response_types_supported: [&'a str; 1],
    subject_types_supported: [&'a str; 1],
    id_token_signing_alg_values_supported: [&'a str; 1],
    claims_supported: [&'a str; 2],
}

#[derive(Serialize)]
struct KeySet<'a> {
    keys: Vec<Key<'a>>,
}

#[derive(Serialize)]
struct Key<'a> {
    #[serde(rename = "use")]
    for_: &'a str,
    kty: &'a str,
    kid: &'a str,
    alg: &'a str,
    n: &'a str,
    e: &'a str,
}

/// The discovery document of an issuer, `https://…` without a slash at its end.
pub fn discovery_document(issuer: &str) -> String {
    pretty(&Discovery {
        issuer,
        jwks_uri: &format!("{issuer}/{KEY_SET}"),
        authorization_endpoint: "urn:kubernetes:programmatic_authorization",
        response_types_supported: ["id_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
        claims_supported: ["sub", "iss"],
    })
}

/// The key set: the keys sorted by their ids, then `legacy` once more without one.
pub fn key_set<'a>(
    keys: impl IntoIterator<Item = &'a SigningKey>,
    legacy: Option<&'a SigningKey>,
) -> String {
    let entry = |key: &'a SigningKey, kid: &'a str| Key {
        for_: "sig",
        kty: "RSA",
        kid,
        alg: "RS256",
        n: &key.n,
        e: &key.e,
    };
    let mut sorted: Vec<&SigningKey> = keys.into_iter().collect();
    sorted.sort_by(|a, b| a.kid.cmp(&b.kid));
    let keys = sorted.into_iter().map(|key| entry(key, &key.kid));
    let legacy = legacy.map(|key| entry(key, ""));
    pretty(&KeySet {
        keys: keys.chain(legacy).collect(),
    })
}

/// JSON as the key generator writes it: four spaces, and a line break at the end.
fn pretty(document: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    let form = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut writer = serde_json::Serializer::with_formatter(&mut bytes, form);
    // Nothing but texts in structs and lists: there is no way for it to fail.
    let written = document.serialize(&mut writer);
    debug_assert!(written.is_ok());
    bytes.push(b'\n');
    String::from_utf8(bytes).unwrap_or_default()
}
