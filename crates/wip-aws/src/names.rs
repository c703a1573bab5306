//! Names that follow from what they name: of statements in policies of our own, and in shared ones.

use sha2::{Digest as _, Sha256};
use wip_plan::Address;

/// The first `digits` hex digits of the SHA-256 of `text`.
pub(crate) fn hash(text: &str, digits: usize) -> String {
    let bytes = Sha256::digest(text.as_bytes());
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.chars().take(digits).collect()
}

/// `prod-eu/` → `ProdEu`: letters and digits only, as IAM wants a `Sid` ("IAM JSON policy elements: Sid").
pub(crate) fn camel(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    words.map(capital).collect()
}

/// The name of our statement `key` in a document that others write too: found by computing it, never by its beginning.
pub(crate) fn sid(lineage: &str, address: &Address, key: &str) -> String {
    format!("Wip{}", hash(&format!("{lineage}\0{address}\0{key}"), 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_from_what_they_name() {
        assert_eq!(camel("prod-eu/"), "ProdEu");
        assert_eq!(camel("acme.backups_2"), "AcmeBackups2");
        let address = Address::new("aws/s3-bucket-policy-statements", "prod-eu", "acme-backups");
        let one = sid("lineage", &address, "backup-objects");
        assert_eq!(one.len(), 19);
        assert_ne!(one, sid("lineage", &address, "backup-list"));
        assert_ne!(one, sid("another", &address, "backup-objects"));
    }
}
