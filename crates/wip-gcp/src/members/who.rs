//! Who a Space's workloads are in policies, and what a member means.
//!
//! Source: "About Workload Identity Federation for GKE" (principal identifiers; the older form of service accounts of Kubernetes).

use std::collections::BTreeSet;

use wip_plan::Edge;
use wip_space::{GoogleIdentity, Space, Subject};

use crate::facts::{Facts, known};
use crate::places;
use crate::policy::Holder;

/// The members that stand for an identity in policies; none where it admits nobody yet.
///
/// # Errors
/// Why they are not known, in words.
pub(crate) fn principals(
    space: &Space,
    identity: &GoogleIdentity,
    facts: &Facts,
) -> Result<BTreeSet<String>, String> {
    if let Some(account) = places::account(identity) {
        if !account.is_made {
            known(facts.accounts.get(&account.email()))?
                .then_some(())
                .ok_or_else(|| format!("there is no service account {}", account.email()))?;
        }
        return Ok(BTreeSet::from([format!(
            "serviceAccount:{}",
            account.email()
        )]));
    }
    let mut members = BTreeSet::new();
    for (name, project) in &identity.projects {
        let subjects = identity.subjects.get(name);
        let subjects: Vec<&Subject> = subjects.into_iter().flatten().collect();
        if subjects.is_empty() && !identity.whole_clusters {
            continue;
        }
        cluster_is_ready(name, facts)?;
        let number = known(facts.numbers.get(project))?;
        let pool = format!(
            "//iam.googleapis.com/projects/{number}/locations/global/workloadIdentityPools/{}",
            places::pool(project)
        );
        if identity.whole_clusters {
            let mut clusters = space.clusters.iter();
            let at = clusters.find(|it| it.name == *name);
            let url = at.and_then(|it| places::cluster_url(&it.at));
            members.extend(url.map(|url| format!("principalSet:{pool}/kubernetes.cluster/{url}")));
        }
        members.extend(subjects.into_iter().map(|subject| {
            let (namespace, account) = names(subject);
            format!("principal:{pool}/subject/ns/{namespace}/sa/{account}")
        }));
    }
    Ok(members)
}

/// The service accounts of Kubernetes that may act as the one of an identity.
pub(crate) fn kubernetes_accounts(identity: &GoogleIdentity) -> BTreeSet<String> {
    let clusters = identity.projects.iter();
    let members = clusters.flat_map(|(cluster, project)| {
        let pool = places::pool(project);
        let subjects = identity.subjects.get(cluster).into_iter().flatten();
        subjects.map(move |subject| {
            let (namespace, account) = names(subject);
            format!("serviceAccount:{pool}[{namespace}/{account}]")
        })
    });
    members.collect()
}

/// Whether every cluster of which an identity admits somebody gives tokens to workloads.
///
/// # Errors
/// Why one does not, in words.
pub(crate) fn clusters_are_ready(identity: &GoogleIdentity, facts: &Facts) -> Result<(), String> {
    let mut admitting = identity.subjects.iter().filter(|(_, all)| !all.is_empty());
    admitting.try_for_each(|(cluster, _)| cluster_is_ready(cluster, facts))
}

fn cluster_is_ready(name: &str, facts: &Facts) -> Result<(), String> {
    known(facts.clusters.get(name)).map(|_| ())
}

/// The number that secrets have in conditions; of no other holder is one needed.
pub(super) fn number_of(holder: &Holder, facts: &Facts) -> Result<u64, String> {
    match holder {
        Holder::Project(id) => known(facts.numbers.get(id)),
        _ => Ok(0),
    }
}

fn names(subject: &Subject) -> (&str, &str) {
    match subject {
        Subject::Exact {
            namespace,
            service_account,
        }
        | Subject::Pattern {
            namespace,
            service_account,
        } => (namespace, service_account),
    }
}

/// Whom a member means.
pub(super) fn edge(member: &str) -> Edge {
    let acts_as = |who: &str, at: &str| Edge::ActsAs {
        who: who.to_owned(),
        at: at.to_owned(),
    };
    let workload = |namespace: &str, account: &str, pool: &str| {
        acts_as(
            &format!("system:serviceaccount:{namespace}:{account}"),
            pool,
        )
    };
    let read = || {
        if let Some(rest) = member.strip_prefix("serviceAccount:") {
            let Some(inner) = rest.strip_suffix(']') else {
                return Some(acts_as(rest, ""));
            };
            let (pool, inner) = inner.split_once('[')?;
            let (namespace, account) = inner.split_once('/')?;
            return Some(workload(namespace, account, pool));
        }
        let (_, rest) = member.split_once("/workloadIdentityPools/")?;
        let (pool, of) = rest.split_once('/')?;
        if let Some(url) = of.strip_prefix("kubernetes.cluster/https://") {
            return Some(acts_as("every service account", url));
        }
        let (namespace, account) = of.strip_prefix("subject/ns/")?.split_once("/sa/")?;
        Some(workload(namespace, account, pool))
    };
    read().unwrap_or_else(|| acts_as(member, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_told_as_who_they_are() {
        let who = |member: &str| match edge(member) {
            Edge::ActsAs { who, at } => (who, at),
            Edge::May { .. } => panic!("nobody"),
        };
        let pool = "principal://iam.googleapis.com/projects/9/locations/global/workloadIdentityPools/p-1.svc.id.goog";
        for (member, told, at) in [
            (
                format!("{pool}/subject/ns/n/sa/a"),
                "system:serviceaccount:n:a",
                "p-1.svc.id.goog",
            ),
            (
                "serviceAccount:p-1.svc.id.goog[n/a]".to_owned(),
                "system:serviceaccount:n:a",
                "p-1.svc.id.goog",
            ),
            (
                "serviceAccount:a@p-1.iam.gserviceaccount.com".to_owned(),
                "a@p-1.iam.gserviceaccount.com",
                "",
            ),
            (
                format!(
                    "{pool}/kubernetes.cluster/https://container.googleapis.com/v1/projects/p-1/locations/l/clusters/c"
                ),
                "every service account",
                "container.googleapis.com/v1/projects/p-1/locations/l/clusters/c",
            ),
            ("user:x@y.z".to_owned(), "user:x@y.z", ""),
        ] {
            assert_eq!(who(&member), (told.to_owned(), at.to_owned()), "{member}");
        }
    }
}
