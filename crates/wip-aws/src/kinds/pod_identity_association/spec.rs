//! The spec of an association: the tree that is wanted, observed, compared and stored.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_eks::types::PodIdentityAssociation as Live;
use serde::{Deserialize, Serialize};
use wip_policy::Document;
use wip_provider::{Class, CloudError};

/// An association. The external id that EKS makes is none of it: nobody can want one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AssociationSpec {
    /// The cluster's name in EKS.
    pub(crate) cluster: String,
    pub(crate) namespace: String,
    pub(crate) service_account: String,
    /// The role's ARN.
    pub(crate) role: String,
    /// The ARN of the role that is assumed with the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) target_role: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) disable_session_tags: bool,
    /// The session policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<Document>,
    /// The Space's labels; other tags are nobody's business.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
}

impl AssociationSpec {
    /// Who it is for: `system:serviceaccount:NS:SA`.
    pub(crate) fn claim(&self) -> String {
        let Self {
            namespace,
            service_account,
            ..
        } = self;
        format!("system:serviceaccount:{namespace}:{service_account}")
    }

    /// Namespace and service account.
    pub(crate) fn subject(&self) -> (String, String) {
        (self.namespace.clone(), self.service_account.clone())
    }

    /// The spec of a live one; of its tags only `keys`.
    ///
    /// # Errors
    /// Its session policy is none that wip can read.
    pub(crate) fn read(live: Live, keys: &BTreeSet<String>) -> Result<Self, CloudError> {
        let policy = live.policy.filter(|text| !text.is_empty());
        let policy = policy.map(|text| Document::parse(&text)).transpose();
        let policy = policy.map_err(|error| {
            let words = format!("its session policy cannot be read: {error}");
            CloudError::local(Class::Final, "eks:DescribePodIdentityAssociation", words)
        })?;
        let tags = live.tags.unwrap_or_default().into_iter();
        Ok(Self {
            cluster: live.cluster_name.unwrap_or_default(),
            namespace: live.namespace.unwrap_or_default(),
            service_account: live.service_account.unwrap_or_default(),
            role: live.role_arn.unwrap_or_default(),
            target_role: live.target_role_arn.filter(|arn| !arn.is_empty()),
            disable_session_tags: live.disable_session_tags.unwrap_or_default(),
            policy,
            tags: tags.filter(|(key, _)| keys.contains(key)).collect(),
        })
    }
}
