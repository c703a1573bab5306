//! AWS: roles, OIDC providers, documents of issuers, pod identity associations, and statements in the policies of buckets and keys, behind `wip_provider`'s contract.
//!
//! Owns what a Space means on AWS, and every call to it.
//! Knows no engine and no state.

mod accounts;
mod client;
mod errors;
mod exchange;
mod facts;
mod issuers;
mod kinds;
mod marks;
mod names;
mod notes;
mod owners;
mod page;
mod pattern;
mod permissions;
mod pods;
mod rights;
mod rooms;
mod session;
mod sizes;
mod statements;
mod storage;
#[cfg(test)]
mod tests;
mod trust;
mod words;

use std::collections::BTreeSet;

use futures_util::future::join_all;
use wip_plan::{Note, Room};
use wip_provider::{AnyKind, Cloud, CloudError, Login, Mismatch, Trial, erase};
use wip_space::{Cluster, ClusterAt, Space};

pub use client::{APIS, Settings};
pub use facts::{
    Associations, BucketFacts, Count, Fact, Facts, KeyFacts, PodFacts, TrustQuota, Usage,
};
pub use notes::{CODES, CodeInfo};
pub use owners::owner_additions;
pub use rights::rights;

use client::{Call, Clients};

/// AWS, as one Space reaches it.
pub struct Aws {
    clients: Clients,
}

impl Aws {
    /// The clients for the accounts of `space`; nothing is asked before the first call.
    pub fn new(settings: Settings, space: &Space) -> Self {
        Self {
            clients: Clients::new(settings, space),
        }
    }
}

impl Cloud for Aws {
    const NAME: &'static str = "aws";
    type Facts = Facts;

    fn kinds() -> Vec<Box<dyn AnyKind<Self>>> {
        vec![
            erase::<kinds::oidc_discovery_documents::OidcDiscoveryDocuments>(),
            erase::<kinds::oidc_provider::OidcProvider>(),
            erase::<kinds::iam_role::IamRole>(),
            erase::<kinds::pod_identity_association::PodIdentityAssociation>(),
            erase::<kinds::s3_bucket::S3Bucket>(),
            erase::<kinds::s3_bucket_policy_statements::S3BucketPolicyStatements>(),
            erase::<kinds::kms_key_policy_statements::KmsKeyPolicyStatements>(),
        ]
    }

    async fn check(&self, space: &Space, owned: &BTreeSet<String>) -> Result<(), Mismatch> {
        let named = accounts::called(space);
        let checks = named
            .union(owned)
            .map(|account| self.check_account(account, named.contains(account)));
        join_all(checks).await.into_iter().collect()
    }

    async fn issuer(&self, cluster: &Cluster) -> Option<Result<String, String>> {
        match &cluster.at {
            ClusterAt::Eks { .. } => Some(facts::issuer(&self.clients, cluster).await.result()),
            _ => None,
        }
    }

    async fn exchange(
        &self,
        space: &Space,
        trial: Trial<'_>,
    ) -> Option<Result<String, CloudError>> {
        exchange::exchange(&self.clients, space, trial).await
    }

    async fn facts(&self, space: &Space) -> Facts {
        facts::read(&self.clients, space).await
    }

    fn notes(space: &Space, facts: &Facts) -> Vec<Note> {
        notes::notes(space, facts)
    }

    fn rooms(facts: &Facts) -> Vec<Room> {
        rooms::rooms(facts)
    }
}

const LOGIN: Login = Login {
    of: "account",
    other: "use the credentials of that account (AWS_PROFILE, or spec.aws.accounts in the Space file)",
    left_behind: "say under spec.aws.accounts how to reach that account until what is in it is gone; or, if others look after it now, strike it from the state: wip state forget",
    none: "set AWS_PROFILE or AWS_ACCESS_KEY_ID, log in (aws sso login), or name a profile in spec.aws.accounts; --sandbox needs none",
};

impl Aws {
    /// `named`: the file names it.
    async fn check_account(&self, account: &str, named: bool) -> Result<(), Mismatch> {
        let place = format!("aws {account}");
        let unusable = |error: CloudError| Mismatch::Unusable {
            place: place.clone(),
            error,
            login: &LOGIN,
        };
        let client = self.clients.global(account).await.map_err(unusable)?;
        let ask = || client.sts().get_caller_identity().send();
        let caller = client
            .call(Call::read("sts:GetCallerIdentity"), ask)
            .await
            .map_err(unusable)?;
        let found = caller.account.unwrap_or_default();
        let who = caller.arn.unwrap_or_default();
        match (found == account, named) {
            (true, _) => Ok(()),
            (false, true) => Err(Mismatch::Other {
                place,
                expected: account.to_owned(),
                found,
                who,
                login: &LOGIN,
            }),
            (false, false) => Err(Mismatch::LeftBehind {
                place,
                found,
                who,
                login: &LOGIN,
            }),
        }
    }
}
