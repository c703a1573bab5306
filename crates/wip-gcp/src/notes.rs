//! What the reader should know of Google Cloud besides the plan.

use std::collections::BTreeSet;

use serde_json::Value;
use wip_plan::{Address, Note};
use wip_space::{ClusterAt, GoogleIdentity, HostNamespace, Space, Subject};

use crate::facts::{Fact, Facts};
use crate::places;
use crate::policy::{Holder, MOST};

/// A code of this crate, and what `wip explain` says of it.
pub struct CodeInfo {
    /// `WIP0360`.
    pub code: &'static str,
    /// In a few words.
    pub title: &'static str,
    /// What it means and what to do.
    pub text: &'static str,
}

const NEARLY_FULL: &str = "WIP0360";
const SAMENESS: &str = "WIP0361";
const NO_METADATA: &str = "WIP0362";
const MORE: &str = "WIP0363";
const STRANGER: &str = "WIP0364";

/// The codes of the notes of this crate.
pub const CODES: &[CodeInfo] = &[
    CodeInfo {
        code: NEARLY_FULL,
        title: "A policy is nearly full",
        text: "An allow policy has room for 1,500 principals, each counted as often as it appears, and each control plane needs one for \
               each role. Use a service account for the identity (`method: gkeServiceAccount`), which is one principal however many \
               control planes there are, or another bucket for some of them.",
    },
    CodeInfo {
        code: SAMENESS,
        title: "A namespace of another cluster would be the same principal",
        text: "All clusters of a project share one pool of identities, in which a service account is known by its namespace and its name \
               alone. A host namespace with a UUID in its name is nowhere else; one that somebody named may be: a namespace of that name on \
               another cluster of the project, with a service account of that name, has the same access. Keep such names apart, or \
               let Spaces name the namespaces.",
    },
    CodeInfo {
        code: NO_METADATA,
        title: "A node pool has no metadata server of GKE",
        text: "Workload identity is switched on for the cluster and not for this node pool. Pods on its nodes get the credentials of the \
               node, not their own. The note names the command that turns it on; it makes the nodes anew.",
    },
    CodeInfo {
        code: MORE,
        title: "An identity has more than the file says",
        text: "A policy that wip looks at gives an identity of the Space another role, or the same one under another condition, and that is neither in the file nor \
               wip's. wip takes away only what it gave: whether anybody needs it, you know. The note names the command that takes \
               it away.",
    },
    CodeInfo {
        code: STRANGER,
        title: "Somebody else may act as a service account",
        text: "The policy of a service account lets somebody act as it who is neither in the file nor wip's, and who may then do what the \
               identity may. wip takes away only what it gave. The note names the command that takes it away.",
    },
];

fn note(code: &str, address: Option<Address>, text: String) -> Note {
    Note {
        code: code.to_owned(),
        address,
        text,
        of_change: false,
    }
}

/// The notes of a Space.
pub(crate) fn notes(space: &Space, facts: &Facts) -> Vec<Note> {
    let mut notes = Vec::new();
    for identity in &space.google {
        notes.extend(sameness(space, identity));
    }
    for cluster in places::used(space) {
        let (
            Some(Fact::Known(pools)),
            ClusterAt::Gke {
                project,
                location,
                cluster,
                ..
            },
        ) = (facts.clusters.get(&cluster.name), &cluster.at)
        else {
            continue;
        };
        notes.extend(pools.iter().map(|pool| {
            let text = format!(
                "pods on the node pool {pool} of the cluster {cluster} get the credentials of the node: \
                 gcloud container node-pools update {pool} --cluster {cluster} --project {project} --location {location} \
                 --workload-metadata GKE_METADATA"
            );
            note(NO_METADATA, None, text)
        }));
    }
    notes
}

/// Custom host namespaces that another cluster of the same project may have as well.
fn sameness(space: &Space, identity: &GoogleIdentity) -> Option<Note> {
    let named: BTreeSet<String> = space
        .control_planes
        .iter()
        .filter(|plane| matches!(plane.host_namespace, HostNamespace::Named(_)))
        .map(|plane| plane.host_namespace.name())
        .collect();
    for (cluster, project) in &identity.projects {
        let other = space.clusters.iter().find(|other| {
            let is_there =
                matches!(&other.at, ClusterAt::Gke { project: there, .. } if there == project);
            is_there && other.name != *cluster
        });
        let subjects = identity.subjects.get(cluster).into_iter().flatten();
        let namespaces: BTreeSet<&str> = subjects
            .filter_map(|subject| match subject {
                Subject::Exact { namespace, .. } if named.contains(namespace) => {
                    Some(namespace.as_str())
                }
                _ => None,
            })
            .collect();
        let namespaces: Vec<&str> = namespaces.into_iter().collect();
        if let (Some(other), false) = (other, namespaces.is_empty()) {
            let text = format!(
                "`{}` admits the namespace {} of the cluster {cluster}, and the cluster {} of the same project {project} shares its pool: a \
                 namespace of that name there has the same access",
                identity.name,
                namespaces.join(", "),
                other.name
            );
            return Some(note(SAMENESS, None, text));
        }
    }
    None
}

/// That a policy is nearly full.
pub(crate) fn nearly_full(holder: &Holder, used: usize, address: Option<Address>) -> Note {
    let text = format!(
        "{used} of {MOST} principals are used in the policy of {}",
        holder.words()
    );
    note(NEARLY_FULL, address, text)
}

/// That ours has a role besides.
pub(crate) fn more(
    holder: &Holder,
    address: &Address,
    member: &str,
    role: &str,
    condition: Option<&Value>,
) -> Note {
    let under = condition.and_then(|condition| condition["title"].as_str());
    let under = under.map_or(String::new(), |title| format!(" ({title})"));
    let text = format!(
        "{member} has {role}{under} on the {} as well, which is neither in the file nor wip's; take it away, unless somebody needs it: {}",
        holder.words(),
        removal(holder, member, role, condition.is_some())
    );
    note(MORE, Some(address.clone()), text)
}

/// Whether who has the role may act as the service account.
pub(crate) fn acts(role: &str) -> bool {
    matches!(
        role,
        "roles/iam.workloadIdentityUser"
            | "roles/iam.serviceAccountTokenCreator"
            | "roles/iam.serviceAccountUser"
            | "roles/owner"
    )
}

/// That somebody else acts as a service account.
pub(crate) fn stranger(holder: &Holder, address: &Address, member: &str, role: &str) -> Note {
    let text = format!(
        "{member} has {role} on the {}, which is neither in the file nor wip's; take it away, unless somebody needs it: {}",
        holder.words(),
        removal(holder, member, role, false)
    );
    note(STRANGER, Some(address.clone()), text)
}

fn removal(holder: &Holder, member: &str, role: &str, conditional: bool) -> String {
    let command = holder.command();
    let command = command.replace("VERB", "remove-iam-policy-binding");
    let all = if conditional { " --all" } else { "" };
    format!("gcloud {command} --member='{member}' --role={role}{all}")
}
