//! The `Principal` and `NotPrincipal` elements.
//!
//! Not here: whether a principal exists.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who a statement is about.
///
/// As a keyed tree: the string `*`, or a map from type to a list of names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Tree", into = "Tree")]
pub enum Principals {
    /// `"*"`.
    Anyone,
    /// `{"AWS": …, "Federated": …}`, no set empty.
    Of(BTreeMap<PrincipalType, BTreeSet<String>>),
}

/// The kinds of principals (IAM User Guide, "AWS JSON policy elements: Principal").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PrincipalType {
    /// Accounts, roles, users, sessions: ARN, account id, unique id or `*`.
    #[serde(rename = "AWS")]
    Aws,
    /// Canonical user ids of S3.
    CanonicalUser,
    /// OIDC and SAML providers.
    Federated,
    /// AWS services, such as `pods.eks.amazonaws.com`.
    Service,
}

impl PrincipalType {
    /// The word that a policy has for it.
    pub fn name(self) -> &'static str {
        match self {
            PrincipalType::Aws => "AWS",
            PrincipalType::CanonicalUser => "CanonicalUser",
            PrincipalType::Federated => "Federated",
            PrincipalType::Service => "Service",
        }
    }

    fn from_name(name: &str) -> Option<PrincipalType> {
        match name {
            "AWS" => Some(PrincipalType::Aws),
            "CanonicalUser" => Some(PrincipalType::CanonicalUser),
            "Federated" => Some(PrincipalType::Federated),
            "Service" => Some(PrincipalType::Service),
            _ => None,
        }
    }
}

impl fmt::Display for PrincipalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Principals {
    /// One principal of one type.
    pub fn one(kind: PrincipalType, name: impl Into<String>) -> Principals {
        Principals::Of(BTreeMap::from([(kind, BTreeSet::from([name.into()]))]))
    }

    /// Several AWS principals.
    pub fn aws(names: impl IntoIterator<Item = String>) -> Principals {
        Principals::Of(BTreeMap::from([(
            PrincipalType::Aws,
            names.into_iter().collect(),
        )]))
    }

    /// From the AWS JSON; `None` for anything that the model does not know.
    pub(crate) fn from_value(value: &Value) -> Option<Principals> {
        match value {
            Value::String(all) if all == "*" => Some(Principals::Anyone),
            Value::Object(members) if !members.is_empty() => members
                .iter()
                .map(|(kind, names)| {
                    Some((
                        PrincipalType::from_name(kind)?,
                        crate::wire::strings(names)?,
                    ))
                })
                .collect::<Option<_>>()
                .map(Principals::Of),
            _ => None,
        }
    }
}

/// The keyed tree of [`Principals`].
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Tree {
    Star(String),
    Of(BTreeMap<PrincipalType, BTreeSet<String>>),
}

impl From<Principals> for Tree {
    fn from(principals: Principals) -> Tree {
        match principals {
            Principals::Anyone => Tree::Star("*".to_owned()),
            Principals::Of(map) => Tree::Of(map),
        }
    }
}

impl TryFrom<Tree> for Principals {
    type Error = String;
    fn try_from(tree: Tree) -> Result<Principals, String> {
        match tree {
            Tree::Star(star) if star == "*" => Ok(Principals::Anyone),
            Tree::Star(other) => Err(format!("a principal is `*` or a map, not `{other}`")),
            Tree::Of(map) => Ok(Principals::Of(map)),
        }
    }
}
