//! From a JSON Web Key, as API servers publish theirs, to the PEM file that a Space file names.
//!
//! Sources: RFC 7518, section 6.3.1 (`n` and `e`); RFC 8017, appendix A.1.1, and RFC 5280, section 4.1.2.7 (the DER of a public key).

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};

use crate::SigningKey;

/// The DER of `rsaEncryption` with its parameters, which are null.
const RSA: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];
/// Letters of a line of PEM.
const LINE: usize = 64;

/// A public key by modulus and exponent, big-endian, base64url without padding: as PEM, and as what a key set says of it.
///
/// # Errors
/// In words, why it is none for RS256.
pub fn key_of_jwk(n: &str, e: &str) -> Result<(String, SigningKey), String> {
    let number = |text: &str| {
        let bytes =
            Base64UrlUnpadded::decode_vec(text).map_err(|_| "it is no base64url".to_owned())?;
        Ok::<_, String>(integer(&bytes))
    };
    let key = sequence(&[number(n)?, number(e)?].concat());
    // A bit string begins with how many of its last bits mean nothing.
    let key = tagged(0x03, &[&[0], key.as_slice()].concat());
    let der = sequence(&[RSA.as_slice(), &key].concat());
    let pem = pem(&der);
    let key = key_of_pem(pem.as_bytes())?;
    Ok((pem, key))
}

/// A public key from PEM.
///
/// # Errors
/// In words, why it is none for RS256; never what is in it.
pub fn key_of_pem(bytes: &[u8]) -> Result<SigningKey, String> {
    SigningKey::of_pem(bytes).map_err(|fault| fault.what.to_owned())
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0);
    let bytes = start.map_or(&[0][..], |start| &bytes[start..]);
    // Without the zero it would be a negative number.
    let sign: &[u8] = if bytes[0] & 0x80 == 0 { &[] } else { &[0] };
    tagged(0x02, &[sign, bytes].concat())
}

fn sequence(content: &[u8]) -> Vec<u8> {
    tagged(0x30, content)
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let used = length.iter().position(|byte| *byte != 0).unwrap_or(7);
    let long = &length[used..];
    let mut der = vec![tag];
    if content.len() >= 0x80 {
        der.push(0x80 | u8::try_from(long.len()).unwrap_or_default());
    }
    der.extend_from_slice(long);
    der.extend_from_slice(content);
    der
}

fn pem(der: &[u8]) -> String {
    let text = Base64::encode_string(der);
    let lines = text.as_bytes().chunks(LINE).map(String::from_utf8_lossy);
    let lines: Vec<_> = lines.collect();
    format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        lines.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of the webhook's own documentation, whose id is known.
    const KNOWN: &[u8] = include_bytes!("../../../examples/eks-anywhere/sa.pub");

    #[test]
    fn a_key_comes_back_as_the_file_that_it_was() {
        let key = key_of_pem(KNOWN).unwrap();
        let (pem, again) = key_of_jwk(&key.n, &key.e).unwrap();
        assert_eq!(again, key);
        let letters = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(letters(&pem), letters(std::str::from_utf8(KNOWN).unwrap()));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let key = key_of_pem(KNOWN).unwrap();
        for (n, e) in [("", "AQAB"), (&*key.n, ""), ("AQAB", "AQAB"), ("?", "AQAB")] {
            assert!(key_of_jwk(n, e).is_err(), "{n} {e}");
        }
    }
}
