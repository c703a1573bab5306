//! `gcp/service-account-members`: which service accounts of Kubernetes may act as a service account, in that one's own policy.
//!
//! Never in the project's: there the same role would be for every service account of it.
//! Source: `iam.projects.serviceAccounts.getIamPolicy`, `iam.projects.serviceAccounts.setIamPolicy`; "Authenticate to Google Cloud APIs
//! from GKE workloads".

use std::collections::{BTreeMap, BTreeSet};

use wip_provider::{Scope, Wanted};
use wip_space::{GoogleIdentity, ServiceAccount};

use crate::facts::{Facts, known};
use crate::members::{self, Grant, Members, MembersSpec, Of};
use crate::places;
use crate::policy::Holder;
use crate::roles::WORKLOAD_USER;

/// The kind.
pub(crate) type ServiceAccountMembers = Of<Accounts>;

/// The policies that it is about.
pub(crate) struct Accounts;

impl Members for Accounts {
    const NAME: &'static str = "gcp/service-account-members";
    const SUMMARY: &'static str = "Service accounts of Kubernetes that may act as a service account (roles/iam.workloadIdentityUser); other people's members stay as they are.";

    fn holder(resource: &str) -> Holder {
        Holder::Account(resource.to_owned())
    }

    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<MembersSpec>> {
        let all = scope.space.google.iter();
        let all = all.filter_map(|identity| Some((identity, places::account(identity)?)));
        let want = all.filter_map(|(identity, account)| {
            let members = members::kubernetes_accounts(identity);
            if members.is_empty() {
                return None;
            }
            let needs = places::account_address(identity, &scope.space.name);
            Some(Wanted {
                name: identity.name.clone(),
                place: places::place(&identity.home),
                spec: spec(identity, account, members, facts),
                needs: needs.into_iter().collect(),
                links: BTreeSet::new(),
            })
        });
        want.collect()
    }

    fn outputs(spec: &MembersSpec) -> BTreeMap<String, String> {
        BTreeMap::from([("serviceAccount".to_owned(), spec.resource.clone())])
    }
}

fn spec(
    identity: &GoogleIdentity,
    account: &ServiceAccount,
    members: BTreeSet<String>,
    facts: &Facts,
) -> Result<MembersSpec, String> {
    members::clusters_are_ready(identity, facts)?;
    let email = account.email();
    if !account.is_made && !known(facts.accounts.get(&email))? {
        return Err(format!("there is no service account {email}"));
    }
    let grant = Grant {
        members,
        ..Grant::default()
    };
    Ok(MembersSpec {
        resource: email,
        roles: BTreeMap::from([(WORKLOAD_USER.to_owned(), grant)]),
    })
}
