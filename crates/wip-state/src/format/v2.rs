//! Version 2 of the state file: the text of version 1, and behind the serial a digest of all of it.
//!
//! Owns the digest. It finds an edit that keeps wip's form, and two states that git merged without a conflict. It is no
//! signature: whoever can write the file can write a digest.
//! It stands on the line of the serial because that line changes with every stored state: a review sees no line more.

use sha2::{Digest, Sha256};
use wip_plan::State;

use super::v1;

/// Digits of the digest: enough against accidents.
const DIGITS: usize = 16;

/// What stands before the digest.
const MARK: &str = " # ";

/// `body` with its digest.
pub(super) fn sealed(body: &str) -> String {
    let digest = digest(body);
    let serial = serial_line(body);
    let end = serial.map_or(body.len(), |(start, line)| start + line.len());
    let (head, rest) = body.split_at(end);
    format!("{head}{MARK}{digest}{rest}")
}

/// The text of `state` without its digest.
pub(super) fn body(state: &State) -> Result<String, serde_yaml::Error> {
    v1::write_as::<v1::Resource>(state, 2)
}

/// A text without its digest, and the digest, empty where there is none.
pub(super) fn opened(text: &str) -> (String, &str) {
    let parts = serial_line(text).and_then(|(start, line)| {
        let (serial, digest) = line.split_once(MARK)?;
        let end = start + line.len();
        let body = format!("{}{serial}{}", &text[..start], &text[end..]);
        Some((body, digest))
    });
    parts.unwrap_or_else(|| (text.to_owned(), ""))
}

/// The digest of a text without one.
pub(super) fn digest(body: &str) -> String {
    let digest = Sha256::digest(body.as_bytes());
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    digits[..DIGITS].to_owned()
}

/// The line of the serial, and where it starts.
fn serial_line(text: &str) -> Option<(usize, &str)> {
    let start = text.find("\nserial: ")? + 1;
    let line = text[start..].split('\n').next()?;
    Some((start, line))
}
