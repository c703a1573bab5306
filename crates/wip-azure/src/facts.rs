//! What must be read of Azure before anything can be wanted.
//!
//! Owns the facts as a value, which a saved plan keeps.
//! How they are read is `facts::read`'s; what follows from them is the kinds' and `notes`'s.

mod read;
mod rights;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wip_provider::CloudError;

pub(crate) use read::{issuer, read};
pub(crate) use rights::rights;

/// What was read of Azure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Facts {
    /// By the cluster's name in the file: its issuer, byte for byte as its tokens have it.
    pub issuers: BTreeMap<String, Fact<String>>,
    /// By the id of a managed identity or an application: its credentials; `None` where there is no such one.
    pub credentials: BTreeMap<String, Fact<Option<Vec<Credential>>>>,
    /// By the resource id of a container: whether it is there; unreadable where its storage account is not.
    pub containers: BTreeMap<String, Fact<bool>>,
    /// By the resource id of a vault: whether role assignments decide there, and not access policies; `None` where there is no
    /// such vault.
    pub vaults: BTreeMap<String, Fact<Option<bool>>>,
    /// By subscription and name of a role, with a `/` between: the GUID of its definition; unreadable where there is none.
    pub roles: BTreeMap<String, Fact<String>>,
}

/// A federated credential.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Credential {
    /// Its name.
    pub name: String,
    /// Who issues the tokens that it takes.
    pub issuer: String,
    /// Their subject.
    pub subject: String,
    /// Their audiences.
    pub audiences: Vec<String>,
}

/// Something that was looked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fact<T> {
    /// It was read.
    Known(T),
    /// It could not be read, and why.
    Unreadable(String),
}

impl<T> Fact<T> {
    /// What a call said, without the id of the request: equal facts make equal plans.
    pub(crate) fn of(answer: Result<T, CloudError>) -> Self {
        answer.map_or_else(
            |error| {
                let error = CloudError {
                    request_id: None,
                    ..error
                };
                Self::Unreadable(error.to_string())
            },
            Self::Known,
        )
    }

    /// The value, or why there is none.
    pub(crate) fn result(self) -> Result<T, String> {
        match self {
            Self::Known(value) => Ok(value),
            Self::Unreadable(why) => Err(why),
        }
    }
}
