//! What a run takes for granted: clusters, associations, buckets, keys, roles that are there before wip comes.
//!
//! Seeding adds what is missing and overwrites nothing. What a record holds is each service module's business.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Quotas;
use crate::aws;
use crate::azure::seed::AzureSeed;
use crate::db::Db;
use crate::gcp::seed::GoogleSeed;
use crate::kube::seed::KubeSeed;

/// What should be there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seed {
    /// EKS clusters.
    pub clusters: Vec<ClusterSeed>,
    /// Pod identity associations.
    pub associations: Vec<AssociationSeed>,
    /// S3 buckets.
    pub buckets: Vec<BucketSeed>,
    /// KMS keys.
    pub keys: Vec<KeySeed>,
    /// IAM roles.
    pub roles: Vec<RoleSeed>,
    /// ARNs of customer managed policies, which allow nothing: permissions boundaries, for example.
    pub policies: Vec<String>,
    /// Quotas, instead of those in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quotas: Option<Quotas>,
    /// What is there at Azure.
    pub azure: AzureSeed,
    /// What is there at Google Cloud.
    pub google: GoogleSeed,
    /// API servers of clusters, with what Spaces has there.
    pub kubernetes: Vec<KubeSeed>,
}

/// An EKS cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterSeed {
    /// Account, 12 digits.
    pub account: String,
    /// Region.
    pub region: String,
    /// Name.
    pub name: String,
    /// Issuer URL with `https://`; follows from account, region and name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Names of its add-ons, as `eks-pod-identity-agent`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addons: Vec<String>,
}

/// A pod identity association.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssociationSeed {
    /// Account, 12 digits.
    pub account: String,
    /// Region.
    pub region: String,
    /// Name of the cluster.
    pub cluster: String,
    /// Namespace.
    pub namespace: String,
    /// Service account.
    pub service_account: String,
    /// ARN of the role, which need not be there.
    pub role_arn: String,
    /// ARN of the add-on that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_arn: Option<String>,
}

/// An S3 bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BucketSeed {
    /// Account, 12 digits.
    pub account: String,
    /// Region.
    pub region: String,
    /// Name.
    pub name: String,
    /// ARN of the KMS key that encrypts it; `AES256` encryption when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    /// Bucket policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Value>,
    /// Tags, those of AWS itself among them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Whether its owner has opened it for public policies: Block Public Access is then on for ACLs only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub public_policies: bool,
}

/// A KMS key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySeed {
    /// ARN, which holds account, region and id.
    pub arn: String,
    /// Key policy; the default one, which delegates to IAM, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Value>,
}

/// An IAM role.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleSeed {
    /// Account, 12 digits.
    pub account: String,
    /// A region of the account's partition; `aws` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Name.
    pub name: String,
    /// Path, `/` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Trust policy; one that trusts EC2 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Value>,
    /// ARNs of managed policies that are attached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attach: Vec<String>,
}

impl Seed {
    /// Adds what is missing.
    pub(crate) fn plant(&self, db: &mut Db) {
        for arn in &self.policies {
            aws::iam::plant_policy(db, arn);
        }
        // Before the policies that name them: those remember a role by its id.
        for role in &self.roles {
            aws::iam::plant(db, role);
        }
        for cluster in &self.clusters {
            aws::eks::plant(db, cluster);
            let at = (
                cluster.account.as_str(),
                cluster.region.as_str(),
                cluster.name.as_str(),
            );
            for addon in &cluster.addons {
                aws::eks::plant_addon(db, at, addon);
            }
        }
        for association in &self.associations {
            aws::eks::plant_association(db, association);
        }
        for key in &self.keys {
            aws::kms::plant(db, key);
        }
        for bucket in &self.buckets {
            aws::s3::plant(db, bucket);
        }
        if let Some(quotas) = &self.quotas {
            db.put(aws::call::QUOTAS_KEY, quotas);
        }
        self.azure.plant(db);
        self.google.plant(db);
        // After the clouds, which say who issues their tokens.
        for cluster in &self.kubernetes {
            cluster.plant(db);
        }
    }
}
