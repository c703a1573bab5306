//! `aws/pod-identity-association`: which role the pods of one service account of an EKS cluster get.
//!
//! There is one for each cluster, namespace and service account, and its name says which. One that belongs to an add-on is
//! never touched, and one that gives another role is somebody's: it is not taken over.

mod listing;
mod read;
mod rights;
mod spec;
mod write;

use std::collections::BTreeSet;

use wip_plan::{Address, Edge, Existing, Field};
use wip_policy::Document;
use wip_provider::{CloudError, Created, Kind, Observed, Question, Scope, Target, Wanted};
use wip_space::{Identity, Isolation, Method, Subject};

use crate::accounts::place;
use crate::facts::Room;
use crate::kinds::iam_role::{IamRole, role_arn};
use crate::pattern::matches;
use crate::session::Sessions;
use crate::{Aws, Facts, owners, pods, words};

pub(crate) use listing::{Listed, list};
pub(crate) use rights::rights;
use spec::AssociationSpec;

/// The kind.
pub(crate) struct PodIdentityAssociation;

const fn replaces(path: &'static str) -> Field {
    Field {
        path,
        replaces: true,
        sensitive: false,
    }
}

impl Kind for PodIdentityAssociation {
    const NAME: &'static str = "aws/pod-identity-association";
    const SUMMARY: &'static str =
        "An EKS Pod Identity association: the role that the pods of one service account get.";
    const EXISTING: Existing = Existing::Ask;
    const FIELDS: &'static [Field] = &[
        replaces("cluster"),
        replaces("namespace"),
        replaces("serviceAccount"),
    ];
    type Spec = AssociationSpec;
    type Cloud = Aws;

    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<AssociationSpec>> {
        let space = scope.space;
        let sessions = Sessions::of(space);
        let identities = space.identities.iter();
        let mut wants = Vec::new();
        for identity in identities.filter(|identity| identity.method == Method::PodIdentity) {
            let role = Address::new(IamRole::NAME, &space.name, &identity.name);
            let needs = match identity.role.existing {
                wip_space::Existing::Reference => BTreeSet::new(),
                _ => BTreeSet::from([role]),
            };
            for (cluster, subjects) in pods::clusters(space, identity) {
                for (namespace, service_account) in subjects.iter().filter_map(exact) {
                    let spec = wanted(
                        identity,
                        &sessions,
                        facts,
                        &cluster,
                        (namespace, service_account),
                    );
                    wants.push(Wanted {
                        name: format!("{}/{namespace}/{service_account}", cluster.name),
                        place: place(cluster.account, cluster.region),
                        spec: spec.map(|spec| AssociationSpec {
                            tags: space.labels.clone(),
                            ..spec
                        }),
                        needs: needs.clone(),
                        links: BTreeSet::new(),
                    });
                }
            }
        }
        wants
    }

    /// With a session policy, what that leaves of the role; without one, the role.
    fn edges(spec: &AssociationSpec) -> Vec<Edge> {
        let acts = Edge::ActsAs {
            who: spec.claim(),
            at: format!("cluster {}", spec.cluster),
        };
        let role = spec.target_role.as_ref().unwrap_or(&spec.role);
        let session = |policy: &Document| {
            let partition = role.split(':').nth(1).unwrap_or_default();
            words::may(partition, [(&"of the session".to_owned(), policy)])
        };
        let may = spec.policy.as_ref().map_or_else(
            || {
                vec![Edge::May {
                    verb: "act as".to_owned(),
                    on: role.clone(),
                }]
            },
            session,
        );
        std::iter::once(acts).chain(may).collect()
    }

    /// Pods keep their credentials for up to six hours ("EKS Pod Identity", Amazon EKS user guide): of the role that they came
    /// by, and with the session tags that they had then.
    fn interrupts(from: &AssociationSpec, to: &AssociationSpec) -> Option<String> {
        let why = if from.target_role != to.target_role {
            "the pods that run act as another role, which loses its permissions"
        } else if from.disable_session_tags && !to.disable_session_tags {
            "the pods that run have no session tags, which the permissions may ask for from now on"
        } else {
            return None;
        };
        Some(format!("{why}: they lose their access until they restart"))
    }

    /// A pod keeps the method that it was started with, and the agent hands out nothing without an association.
    fn strands(gone: &AssociationSpec, edges: &[Edge]) -> Option<String> {
        let claim = gone.claim();
        // Whom a cluster vouches for comes by EKS Pod Identity, whom an issuer vouches for by IRSA.
        let by_irsa = |edge: &Edge| match edge {
            Edge::ActsAs { who, at } => {
                !at.is_empty() && !at.starts_with("cluster ") && matches(who, &claim)
            }
            Edge::May { .. } => false,
        };
        edges.iter().any(by_irsa).then(|| {
            "the pods that come by podIdentity would lose their access until they restart, and come by irsa then"
                .to_owned()
        })
    }

    async fn observe(cloud: &Aws, question: Question<'_, AssociationSpec>) -> Observed {
        read::observe(&cloud.clients, question).await
    }

    async fn create(
        cloud: &Aws,
        at: &Target<'_>,
        spec: &AssociationSpec,
    ) -> Result<Created, CloudError> {
        write::create(&cloud.clients, at, spec)
            .await
            .map(Created::with_id)
    }

    async fn update(
        cloud: &Aws,
        at: &Target<'_>,
        from: &AssociationSpec,
        to: &AssociationSpec,
    ) -> Result<(), CloudError> {
        write::update(&cloud.clients, at, from, to).await
    }

    async fn mark(cloud: &Aws, at: &Target<'_>, live: &AssociationSpec) -> Result<(), CloudError> {
        write::mark(&cloud.clients, at, live).await
    }

    async fn unmark(
        cloud: &Aws,
        at: &Target<'_>,
        live: &AssociationSpec,
    ) -> Result<(), CloudError> {
        write::unmark(&cloud.clients, at, live).await
    }

    async fn delete(
        cloud: &Aws,
        at: &Target<'_>,
        from: &AssociationSpec,
    ) -> Result<(), CloudError> {
        write::delete(&cloud.clients, at, from).await
    }
}

/// Namespace and service account; the file has no patterns for this method.
fn exact(subject: &Subject) -> Option<(&str, &str)> {
    match subject {
        Subject::Exact {
            namespace,
            service_account,
        } => Some((namespace, service_account)),
        Subject::Pattern { .. } => None,
    }
}

/// The association of one service account.
///
/// # Errors
/// Everything that stands in its way, joined.
fn wanted(
    identity: &Identity,
    sessions: &Sessions<'_>,
    facts: &Facts,
    cluster: &pods::EksCluster<'_>,
    (namespace, service_account): (&str, &str),
) -> Result<AssociationSpec, String> {
    let mut problems = Vec::new();
    problems.extend(owners::role_is_there(identity, facts).err());
    if let Some(Room::Full(why)) = facts
        .pods
        .get(cluster.name)
        .map(|pods| pods.room(namespace, service_account))
    {
        problems.push(why);
    }
    let policy = match identity.isolation {
        Isolation::SessionPolicy => sessions
            .policy(identity, cluster.name, namespace)
            .map(Some)
            .unwrap_or_else(|problem| {
                problems.push(problem);
                None
            }),
        Isolation::Shared | Isolation::SessionTags => None,
    };
    match problems.is_empty() {
        true => Ok(AssociationSpec {
            cluster: cluster.eks_name.to_owned(),
            namespace: namespace.to_owned(),
            service_account: service_account.to_owned(),
            role: role_arn(identity),
            target_role: identity.target_role.clone(),
            // "When using this policy, disableSessionTags must be set to true" (CreatePodIdentityAssociation).
            disable_session_tags: policy.is_some(),
            policy,
            tags: std::collections::BTreeMap::new(),
        }),
        false => Err(problems.join("; ")),
    }
}
