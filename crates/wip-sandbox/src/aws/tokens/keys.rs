//! RSA keys of issuers, in the forms that they come in.
//!
//! Sources: RFC 7517 and 7518 (JSON Web Keys), RFC 8017 (the DER of a public key).
//! Not here: whose keys they are (`issuers.rs`).

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::base64url;

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicKey {
    /// Its id; `None` or empty where it goes by every name.
    id: Option<String>,
    /// Modulus, big-endian without leading zeros.
    n: Vec<u8>,
    /// Exponent, big-endian without leading zeros.
    e: Vec<u8>,
}

impl PublicKey {
    /// From a JSON Web Key for RS256; `None` for any other.
    pub(crate) fn of_jwk(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let number = |name: &str| base64url::decode(text(name)?);
        let fits = text("kty") == Some("RSA")
            && matches!(text("alg"), None | Some("RS256"))
            && matches!(text("use"), None | Some("sig"));
        fits.then_some(())?;
        Some(Self {
            id: text("kid").map(str::to_owned),
            n: number("n")?,
            e: number("e")?,
        })
    }

    /// The keys of a JSON Web Key Set; those that are not for RS256 are left out.
    pub(crate) fn of_set(set: &Value) -> Option<Vec<Self>> {
        let keys = set.get("keys")?.as_array()?;
        Some(keys.iter().filter_map(Self::of_jwk).collect())
    }

    /// As a JSON Web Key, with the members that keys of Kubernetes clusters have.
    pub(crate) fn to_jwk(&self) -> Value {
        json!({
            "use": "sig",
            "kty": "RSA",
            "kid": self.id.as_deref().unwrap_or_default(),
            "alg": "RS256",
            "n": base64url::encode(&self.n),
            "e": base64url::encode(&self.e),
        })
    }

    /// Whether a token may mean this key.
    pub(super) fn goes_by(&self, id: Option<&str>) -> bool {
        id.is_none_or(|id| self.id.as_deref().is_none_or(|own| own == id))
    }

    /// Whether this key made the RS256 signature.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = PublicKeyComponents {
            n: &self.n,
            e: &self.e,
        };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            .is_ok()
    }
}

/// A key that signs.
pub(super) struct SigningKey(KeyPair);

impl SigningKey {
    /// A new key; `None` where the system has no randomness.
    pub(super) fn generate() -> Option<Self> {
        KeyPair::generate(KeySize::Rsa2048).ok().map(Self)
    }

    /// From what [`SigningKey::to_text`] wrote.
    pub(super) fn of_text(text: &str) -> Option<Self> {
        KeyPair::from_pkcs8(&base64url::decode(text)?)
            .ok()
            .map(Self)
    }

    /// From PKCS #8 as PEM.
    pub(super) fn of_pem(pem: &str) -> Option<Self> {
        let lines = pem.lines().filter(|line| !line.starts_with("-----"));
        let text: String = lines.map(str::trim).collect();
        let text = text.replace('+', "-").replace('/', "_");
        Self::of_text(text.trim_end_matches('='))
    }

    /// PKCS #8, base64url.
    pub(super) fn to_text(&self) -> Option<String> {
        let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = self.0.as_der().ok()?;
        Some(base64url::encode(der.as_ref()))
    }

    /// The RS256 signature of a message.
    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .ok()?;
        Some(signature)
    }

    /// The public half, named as Kubernetes names it: by the SHA-256 of its DER.
    ///
    /// Source: `hack/self-hosted/main.go` of aws/amazon-eks-pod-identity-webhook (`kid`).
    pub(super) fn public(&self) -> Option<PublicKey> {
        let (n, e) = components(self.0.public_key().as_ref())?;
        let id = base64url::encode(&Sha256::digest(self.der()?.as_ref()));
        Some(PublicKey { id: Some(id), n, e })
    }

    /// The public half as PEM, as clusters keep it in `sa.pub`.
    pub(super) fn public_pem(&self) -> Option<String> {
        let text = base64url::encode(self.der()?.as_ref())
            .replace('-', "+")
            .replace('_', "/");
        let padded = format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4));
        let lines: Vec<&str> = padded
            .as_bytes()
            .chunks(64)
            .filter_map(|line| std::str::from_utf8(line).ok())
            .collect();
        Some(format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            lines.join("\n")
        ))
    }

    fn der(&self) -> Option<PublicKeyX509Der<'_>> {
        self.0.public_key().as_der().ok()
    }
}

/// Modulus and exponent of an `RSAPublicKey`: a sequence of two integers.
fn components(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (sequence, []) = element(der, 0x30)? else {
        return None;
    };
    let (n, rest) = element(sequence, 0x02)?;
    let (e, []) = element(rest, 0x02)? else {
        return None;
    };
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .copied()
            .skip_while(|byte| *byte == 0)
            .collect()
    };
    Some((number(n), number(e)))
}

/// What the first element of some DER holds, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let [first, length, rest @ ..] = der else {
        return None;
    };
    let (length, rest) = match usize::from(*length) {
        short @ ..0x80 => (short, rest),
        long => {
            let (bytes, rest) = rest.split_at_checked(long - 0x80)?;
            let length = bytes.iter().try_fold(0_usize, |length, byte| {
                length.checked_mul(256)?.checked_add(usize::from(*byte))
            })?;
            (length, rest)
        }
    };
    (*first == tag).then(|| rest.split_at_checked(length))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_in_all_its_forms() {
        let key = SigningKey::generate().unwrap();
        let again = SigningKey::of_text(&key.to_text().unwrap()).unwrap();
        let (public, signature) = (key.public().unwrap(), again.sign(b"message").unwrap());
        assert_eq!(again.public().unwrap(), public);
        let read = PublicKey::of_jwk(&public.to_jwk()).unwrap();
        assert_eq!(read, public);
        assert!(read.verifies(b"message", &signature));
        assert!(!read.verifies(b"massage", &signature));
        let other = SigningKey::generate().unwrap().public().unwrap();
        assert!(!other.verifies(b"message", &signature));
        assert!(
            key.public_pem()
                .unwrap()
                .starts_with("-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A")
        );
    }

    #[test]
    fn what_is_no_key_for_rs256_is_none() {
        let jwk = SigningKey::generate().unwrap().public().unwrap().to_jwk();
        for (name, value) in [("kty", "EC"), ("alg", "ES256"), ("use", "enc"), ("n", "?")] {
            let mut other = jwk.clone();
            other[name] = value.into();
            assert_eq!(PublicKey::of_jwk(&other), None, "{name}");
        }
        assert_eq!(
            PublicKey::of_set(&json!({ "keys": [jwk, {}] }))
                .unwrap()
                .len(),
            1
        );
        assert_eq!(PublicKey::of_set(&json!({ "keys": {} })), None);
    }

    #[test]
    fn hostile_keys_and_lengths_are_nothing() {
        for der in [
            &b""[..],
            b"\x30",
            b"\x30\x84\xff\xff\xff\xff",
            b"\x30\x89\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x30\x02\x02\x05",
        ] {
            assert_eq!(components(der), None);
        }
        let zero = PublicKey {
            id: None,
            n: vec![0],
            e: Vec::new(),
        };
        assert!(!zero.verifies(b"", b""));
    }
}
