//! The spec of a bucket: the tree that is wanted, observed, compared and stored.
//!
//! Owns its shape, and how it follows from the file.
//! Makes no call.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wip_space::{BlockPublicAccess, Bucket, BucketOwn, OnDestroy, Space};

/// A bucket, as far as it is wip's: a setting that is absent is nobody's business here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BucketSpec {
    pub(crate) bucket: String,
    /// The settings that bear our claim.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) claims: BTreeSet<Setting>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) versioning: Option<Versioning>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) encryption: Option<Encryption>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) block_public_access: Option<Blocked>,
    /// The Space's labels, which stand on a bucket that wip made; other tags are nobody's business.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
    /// What becomes of it where wip made it; absent where the file does not let wip make it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) on_destroy: Option<OnDestroy>,
}

/// A setting that can be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Setting {
    BlockPublicAccess,
    Encryption,
    Versioning,
}

impl Setting {
    pub(crate) const ALL: [Self; 3] = [Self::BlockPublicAccess, Self::Encryption, Self::Versioning];

    /// The key of the tag that claims it.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::BlockPublicAccess => "wip-block-public-access",
            Self::Encryption => "wip-encryption",
            Self::Versioning => "wip-versioning",
        }
    }

    /// Its name in the file.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::BlockPublicAccess => "blockPublicAccess",
            Self::Encryption => "encryption",
            Self::Versioning => "versioning",
        }
    }
}

/// Whether old versions of objects are kept ("PutBucketVersioning", Amazon S3 API reference).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Versioning {
    Enabled,
    Suspended,
}

/// What encrypts objects that come without a wish of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Encryption {
    /// `AES256`, `aws:kms` or `aws:kms:dsse`.
    pub(crate) algorithm: String,
    /// ARN, id or alias of the key of KMS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kms_key: Option<String>,
    /// Whether S3 asks KMS for a key per bucket and not per object, which the console sets as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) bucket_key: bool,
}

/// The four settings of Block Public Access.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Blocked {
    pub(crate) block_public_acls: bool,
    pub(crate) ignore_public_acls: bool,
    pub(crate) block_public_policy: bool,
    pub(crate) restrict_public_buckets: bool,
}

impl Blocked {
    /// Whether a public policy does not count any more: `RestrictPublicBuckets` ("Blocking public access to your Amazon S3
    /// storage", Amazon S3 user guide).
    pub(crate) fn shuts_policies(self) -> bool {
        self.restrict_public_buckets
    }
}

impl BucketSpec {
    /// What the file says of a bucket.
    pub(crate) fn of(space: &Space, bucket: &Bucket) -> Self {
        let BucketOwn {
            create, on_destroy, ..
        } = &bucket.own;
        let mut spec = Self {
            bucket: bucket.bucket.clone(),
            claims: BTreeSet::new(),
            versioning: bucket.own.versioning.map(|on| match on {
                true => Versioning::Enabled,
                false => Versioning::Suspended,
            }),
            encryption: bucket.own.encryption.as_ref().map(encryption),
            block_public_access: bucket.own.block_public_access.map(blocked),
            tags: match create {
                true => space.labels.clone(),
                false => BTreeMap::new(),
            },
            on_destroy: create.then_some(*on_destroy),
        };
        spec.claims = spec.settings();
        spec
    }

    /// The settings that it names.
    pub(crate) fn settings(&self) -> BTreeSet<Setting> {
        let named = |setting: &Setting| match setting {
            Setting::BlockPublicAccess => self.block_public_access.is_some(),
            Setting::Encryption => self.encryption.is_some(),
            Setting::Versioning => self.versioning.is_some(),
        };
        Setting::ALL.into_iter().filter(named).collect()
    }
}

fn encryption(encryption: &wip_space::Encryption) -> Encryption {
    match encryption {
        wip_space::Encryption::SseS3 => Encryption {
            algorithm: "AES256".to_owned(),
            kms_key: None,
            bucket_key: false,
        },
        wip_space::Encryption::Kms(arn) => Encryption {
            algorithm: "aws:kms".to_owned(),
            kms_key: Some(arn.clone()),
            bucket_key: true,
        },
    }
}

fn blocked(blocked: BlockPublicAccess) -> Blocked {
    let (acls, policies) = match blocked {
        BlockPublicAccess::All => (true, true),
        BlockPublicAccess::Acls => (true, false),
        BlockPublicAccess::None => (false, false),
    };
    Blocked {
        block_public_acls: acls,
        ignore_public_acls: acls,
        block_public_policy: policies,
        restrict_public_buckets: policies,
    }
}
