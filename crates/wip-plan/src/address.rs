//! Addresses: the stable key of a resource in plans, state and journal.
//!
//! Owns their grammar and order, and that clones share their text: an address stands wherever its
//! resource does, and in what needs it. Knows no kind.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The stable key of one resource: `aws/iam-role:prod-eu/backup`.
///
/// Before the colon stands the kind, behind it the Space's name, a slash, and the name of
/// the resource within the Space.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
pub struct Address {
    text: Arc<str>,
    /// Where the colon stands.
    colon: usize,
}

impl Address {
    /// The address of `name` in `space`, of kind `kind`.
    pub fn new(kind: &str, space: &str, name: &str) -> Self {
        Self {
            text: format!("{kind}:{space}/{name}").into(),
            colon: kind.len(),
        }
    }

    /// The kind: `aws/iam-role`.
    pub fn kind(&self) -> &str {
        &self.text[..self.colon]
    }

    /// Space and name: `prod-eu/backup`.
    pub fn name(&self) -> &str {
        &self.text[self.colon + 1..]
    }

    /// The Space's name: `prod-eu`.
    pub fn space(&self) -> &str {
        self.name().split_once('/').map_or("", |(space, _)| space)
    }

    /// The name within the Space: `backup`.
    pub fn local_name(&self) -> &str {
        self.name().split_once('/').map_or("", |(_, name)| name)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By kind, then by name.
impl Ord for Address {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.kind(), self.name()).cmp(&(other.kind(), other.name()))
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let error = || AddressError(text.chars().take(200).collect());
        let (kind, name) = text.split_once(':').ok_or_else(error)?;
        let (cloud, rest) = kind.split_once('/').ok_or_else(error)?;
        let (space, local) = name.split_once('/').ok_or_else(error)?;
        let parts = [cloud, rest, space, local];
        if parts.iter().any(|part| part.is_empty())
            || text.chars().any(|c| c.is_control() || c.is_whitespace())
        {
            return Err(error());
        }
        Ok(Self {
            text: text.into(),
            colon: kind.len(),
        })
    }
}

/// A text that is no address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not an address; one looks like aws/iam-role:SPACE/NAME")]
pub struct AddressError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_round_trip() {
        let address = Address::new("aws/iam-role", "prod-eu", "backup");
        assert_eq!(address.to_string(), "aws/iam-role:prod-eu/backup");
        assert_eq!(address.to_string().parse(), Ok(address.clone()));
        assert_eq!(address.space(), "prod-eu");
        assert_eq!(address.local_name(), "backup");
    }

    #[test]
    fn addresses_are_sorted_by_kind_first() {
        let mut sorted = ["a/b-c:s/a", "a/b:s/b", "a/b:s/a"].map(|text| text.parse::<Address>());
        sorted.sort_by(|a, b| a.as_ref().ok().cmp(&b.as_ref().ok()));
        let sorted = sorted.map(|address| address.expect("an address").to_string());
        assert_eq!(sorted, ["a/b:s/a", "a/b:s/b", "a/b-c:s/a"]);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "aws",
            "aws/iam-role",
            "aws:prod/backup",
            "aws/iam-role:backup",
            "a/b:c/ d",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
