//! What must be read of AWS before anything can be wanted.
//!
//! Owns the facts as a value, which a saved plan keeps.
//! How they are read is `facts::read`'s; what follows from them is the kinds' and `notes`'s.

mod pods;
mod read;
mod rights;
pub(crate) mod usage;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wip_policy::Document;
use wip_provider::CloudError;

pub(crate) use pods::{AGENT, MOST, Room};
pub use pods::{Associations, PodFacts};
pub(crate) use read::{issuer, read};
pub(crate) use rights::rights;
pub use usage::{Count, Usage};

/// What was read of AWS: one entry per distinct cluster, account, bucket and key of the Space.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Facts {
    /// By the cluster's name in the file: its issuer, `https://…`.
    pub issuers: BTreeMap<String, Fact<String>>,
    /// By account id: how long a trust policy may be.
    pub trust_quotas: BTreeMap<String, TrustQuota>,
    /// By account id: how much of IAM is used, and how much may be.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub usage: BTreeMap<String, Fact<Usage>>,
    /// By name.
    pub buckets: BTreeMap<String, BucketFacts>,
    /// By ARN.
    pub keys: BTreeMap<String, KeyFacts>,
    /// By the cluster's name in the file, where an identity uses EKS Pod Identity.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pods: BTreeMap<String, PodFacts>,
    /// By the identity's name, of roles that the file only refers to: the ARN.
    pub roles: BTreeMap<String, Fact<Option<String>>>,
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
    /// A call that failed, without the id of the request: equal facts make equal plans.
    pub(crate) fn refused(error: &CloudError) -> Self {
        let error = CloudError {
            request_id: None,
            ..error.clone()
        };
        Self::Unreadable(error.to_string())
    }

    /// The value, or why there is none.
    pub(crate) fn result(self) -> Result<T, String> {
        match self {
            Self::Known(value) => Ok(value),
            Self::Unreadable(why) => Err(why),
        }
    }

    /// The value, where it was read.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unreadable(_) => None,
        }
    }
}

/// How long a trust policy may be in one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrustQuota {
    /// Characters, white space not counted.
    pub chars: u32,
    /// Why this is AWS's default and not the account's own value, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed: Option<String>,
}

/// What is known of a bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BucketFacts {
    /// The region that it lies in; `None` where there is no such bucket.
    pub region: Fact<Option<String>>,
    /// It belongs to another account than the file says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_stranger: bool,
    /// The KMS key that encrypts what is written without saying how; `None` for keys of S3 itself, and
    /// where no identity accesses the bucket.
    pub default_key: Fact<Option<String>>,
    /// Its policy, where another account owns the bucket, or an issuer is hosted in it, and wip does not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Fact<Option<Document>>>,
    /// The settings of Block Public Access that keep everybody out, where an issuer is hosted in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Fact<Vec<String>>>,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyFacts {
    /// Its policy; `None` where there is no such key.
    pub policy: Fact<Option<Document>>,
}
