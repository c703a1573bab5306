//! Signing keys of an issuer: from a PEM file to what a JSON Web Key says of it.
//!
//! Owns which files are taken: what the key generator of the pod identity webhook takes, one `PUBLIC KEY` with an RSA key.
//! Reads no file, and says nothing of one's content: it may be the wrong one, and a secret.
//!
//! Source: `hack/self-hosted/main.go` of aws/amazon-eks-pod-identity-webhook (PEM, PKIX, RSA only, the key's id).

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use spki::der::asn1::{AnyRef, UintRef};
use spki::der::pem::{self, PemLabel as _};
use spki::der::{Decode as _, Reader as _, SliceReader, Tag, Tagged as _};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};

/// `rsaEncryption` (RFC 8017, appendix C).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// The smallest modulus, in bits: RS256 takes no less (RFC 7518, section 3.3).
const BITS: usize = 2048;

/// The public half of a key that signs a cluster's tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SigningKey {
    /// Its id: SHA-256 of the DER of its `SubjectPublicKeyInfo`, base64url without padding, 43 characters.
    pub kid: String,
    /// The modulus, big-endian, base64url without padding.
    pub n: String,
    /// The exponent, in the same way.
    pub e: String,
}

/// Why a file is not taken: what is wrong, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyFault {
    pub(crate) what: &'static str,
    pub(crate) help: &'static str,
}

const END: &str = "-----END PUBLIC KEY-----";
const EXPECTED: &str = "give one PEM block `-----BEGIN PUBLIC KEY-----` with an RSA key";

const fn fault(what: &'static str, help: &'static str) -> KeyFault {
    KeyFault { what, help }
}

impl SigningKey {
    /// Reads the one public key of a PEM file.
    pub(crate) fn of_pem(bytes: &[u8]) -> Result<Self, KeyFault> {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let labels: Vec<&str> = text
            .split("-----BEGIN ")
            .skip(1)
            .filter_map(|rest| rest.split_once("-----").map(|(label, _)| label))
            .collect();
        match labels[..] {
            [SubjectPublicKeyInfoRef::PEM_LABEL] => {}
            _ if labels.iter().any(|label| label.contains("PRIVATE KEY")) => {
                return Err(fault(
                    "it holds a private key",
                    "keep that file secret, and give its public half: openssl pkey -in FILE -pubout",
                ));
            }
            [] => return Err(fault("it is no PEM", EXPECTED)),
            ["RSA PUBLIC KEY"] => {
                return Err(fault(
                    "it holds a key in the older form of PKCS #1",
                    "turn it into the form that Kubernetes has: openssl rsa -RSAPublicKey_in -in FILE -pubout",
                ));
            }
            ["CERTIFICATE"] => {
                return Err(fault(
                    "it holds a certificate",
                    "give its key: openssl x509 -in FILE -noout -pubkey",
                ));
            }
            [_] => return Err(fault("it holds something else than a public key", EXPECTED)),
            _ => {
                return Err(fault(
                    "it holds more than one PEM block",
                    "give each key a file of its own",
                ));
            }
        }
        let broken = fault("it is no PEM that can be decoded", EXPECTED);
        // What stands around the block means nothing.
        let block = text.find("-----BEGIN ").zip(text.find(END));
        let block = block.and_then(|(start, end)| text.get(start..end + END.len()));
        let block = block.ok_or(broken)?;
        let (_, der) = pem::decode_vec(block.as_bytes()).map_err(|_| broken)?;
        Self::of_der(&der)
    }

    fn of_der(der: &[u8]) -> Result<Self, KeyFault> {
        let broken = fault("its key cannot be decoded", EXPECTED);
        let key = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| broken)?;
        if key.algorithm.oid != RSA {
            return Err(fault(
                "its key is not an RSA key",
                "sign the tokens with an RSA key: what wip publishes is for RS256",
            ));
        }
        let is_null = |parameters: AnyRef<'_>| parameters.tag() == Tag::Null;
        let numbers = key.subject_public_key.as_bytes();
        let numbers = numbers.filter(|_| key.algorithm.parameters.is_some_and(is_null));
        let (n, e) = numbers.and_then(numbers_of).ok_or(broken)?;
        if bits(n) < BITS {
            return Err(fault(
                "its RSA key has fewer than 2048 bits",
                "make a longer one: RS256 takes no shorter key",
            ));
        }
        let odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
        if !odd(n) || !odd(e) || e == [1] {
            return Err(broken);
        }
        Ok(Self {
            kid: Base64UrlUnpadded::encode_string(&Sha256::digest(der)),
            n: Base64UrlUnpadded::encode_string(n),
            e: Base64UrlUnpadded::encode_string(e),
        })
    }
}

/// Modulus and exponent of an `RSAPublicKey` (RFC 8017, appendix A.1.1), without leading zeros.
fn numbers_of(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut reader = SliceReader::new(der).ok()?;
    let numbers = reader.sequence(|numbers| {
        let n: UintRef<'_> = numbers.decode()?;
        let e: UintRef<'_> = numbers.decode()?;
        Ok::<_, spki::der::Error>((n.as_bytes(), e.as_bytes()))
    });
    let numbers = numbers.ok()?;
    reader.finish().ok()?;
    Some(numbers)
}

fn bits(number: &[u8]) -> usize {
    let first = number.first().map_or(0, |first| first.leading_zeros());
    (number.len() * 8).saturating_sub(first as usize)
}
