//! JSON Web Tokens as they come: three parts, of which the first two are JSON.
//!
//! Sources: RFC 7515 (compact serialization), RFC 7519 (claims).
//! Not here: whether anybody may use one.

use serde_json::{Map, Value};

use super::base64url;
use super::keys::PublicKey;

/// A token, taken apart; nothing of it is verified yet.
pub(crate) struct Jwt {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    signed: String,
    signature: Vec<u8>,
}

impl Jwt {
    /// Takes a token apart; `None` where it is none.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let object = |part: &str| -> Option<Map<String, Value>> {
            serde_json::from_slice(&base64url::decode(part)?).ok()
        };
        Some(Self {
            header: object(header)?,
            claims: object(claims)?,
            signed: signed.to_owned(),
            signature: base64url::decode(signature)?,
        })
    }

    /// A claim that is text.
    pub(crate) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }

    /// A claim of any type.
    pub(crate) fn claim(&self, claim: &str) -> Option<&Value> {
        self.claims.get(claim)
    }

    /// Seconds since 1970 in a claim: `Ok(None)` where there is none, an error where it is no integer.
    ///
    /// Source: `AssumeRoleWithWebIdentity` in botocore's model of `sts`: "Timestamps in the token must be formatted as either an integer or a long integer."
    pub(crate) fn seconds(&self, claim: &str) -> Result<Option<i64>, ()> {
        match self.claims.get(claim) {
            None => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or(()),
        }
    }

    /// The audiences, from a text or a list of texts.
    pub(crate) fn audiences(&self) -> Vec<&str> {
        match self.claims.get("aud") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether one of the keys signed the token with RS256. A key of another id than the token names is none of them.
    pub(crate) fn is_signed_by(&self, keys: &[PublicKey]) -> bool {
        let kid = self.header.get("kid").and_then(Value::as_str);
        self.header.get("alg").and_then(Value::as_str) == Some("RS256")
            && keys
                .iter()
                .filter(|key| key.goes_by(kid))
                .any(|key| key.verifies(self.signed.as_bytes(), &self.signature))
    }

    /// Whether there is a key of the id that the token names.
    pub(crate) fn names_one_of(&self, keys: &[PublicKey]) -> bool {
        let kid = self.header.get("kid").and_then(Value::as_str);
        keys.iter().any(|key| key.goes_by(kid))
    }
}
