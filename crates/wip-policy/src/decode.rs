//! Percent-encoding of the policy documents that IAM returns.
//!
//! Not here: reading the JSON.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::PolicyError;

/// Decodes a percent-encoded policy document; any other text is returned as it is.
///
/// IAM returns documents URL-encoded after RFC 3986 (GetRole, GetRolePolicy, GetPolicyVersion); S3 and KMS
/// return plain JSON, and so do some servers that speak IAM. No JSON text begins with `%`, so the first
/// character tells them apart. A `+` is a plus sign: RFC 3986 writes a space as `%20`.
///
/// Errors: too large, not UTF-8 after decoding.
pub fn decode(text: &str) -> Result<Cow<'_, str>, PolicyError> {
    if !text.starts_with('%') {
        return Ok(Cow::Borrowed(text));
    }
    // Each byte takes three characters at most.
    if text.len() > 3 * crate::MAX_BYTES {
        return Err(PolicyError::TooLarge { bytes: text.len() });
    }
    percent_decode_str(text)
        .decode_utf8()
        .map_err(PolicyError::NotUtf8)
}
