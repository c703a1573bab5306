//! What each service account of a cluster should have, from the Space and from what was applied.

use std::collections::{BTreeMap, BTreeSet};

use wip_space::{Component, GooglePrincipal, HostNamespace, Method, Space, Subject};

/// What was applied, as the state has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Identity → name (`roleArn`, `clientId`, `serviceAccount`) → value.
    pub outputs: BTreeMap<String, BTreeMap<String, String>>,
    /// Identity → what whoever acts as it may.
    pub of_identities: BTreeMap<String, BTreeSet<String>>,
    /// Subject (`system:serviceaccount:…`) → what it may itself.
    pub of_subjects: BTreeMap<String, BTreeSet<String>>,
}

impl Applied {
    fn output(&self, identity: &str, name: &str) -> Option<String> {
        self.outputs.get(identity)?.get(name).cloned()
    }

    /// A digest of all that a subject of an identity may; `None` where it may nothing.
    fn access(&self, identity: &str, subjects: [&str; 2]) -> Option<String> {
        let own = subjects.iter().find_map(|it| self.of_subjects.get(*it))?;
        let of_all = self.of_identities.get(identity);
        let all: BTreeSet<&String> = own.iter().chain(of_all.into_iter().flatten()).collect();
        let all: Vec<&str> = all.into_iter().map(String::as_str).collect();
        Some(crate::restart::short_digest(&all.join("\n")))
    }
}

/// What one service account should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The identity that it is of.
    pub identity: String,
    /// What that is for.
    pub component: Component,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub service_account: String,
    /// The control plane whose host namespace this is.
    pub control_plane: Option<String>,
    /// How its pods prove who they are.
    pub how: How,
    /// A digest of what it may reach.
    pub access: Option<String>,
}

/// How pods prove who they are, with what they must be told for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// A token that AWS STS takes; the ARN of the role.
    Irsa(String),
    /// An association at EKS.
    PodIdentity,
    /// A token that Microsoft Entra takes; the client id.
    Entra(String),
    /// A token that Google takes, for itself.
    GkePrincipal,
    /// The same, for a service account of IAM; its e-mail.
    GkeServiceAccount(String),
    /// Nothing was applied for it yet.
    NotApplied,
}

/// What the service accounts of a cluster should have: those that the file names one by one, or that its control planes have.
pub fn expected(space: &Space, cluster: &str, applied: &Applied) -> Vec<Expected> {
    let mut all = Vec::new();
    for (name, component, subjects, how) in identities(space, applied) {
        let how = how.unwrap_or(How::NotApplied);
        for subject in subjects.get(cluster).into_iter().flatten() {
            for (namespace, service_account) in claims(space, cluster, subject) {
                let control_plane = on_cluster(space, cluster)
                    .find(|(_, host)| host.name() == namespace)
                    .map(|(plane, _)| plane);
                let claim = format!("system:serviceaccount:{namespace}:{service_account}");
                all.push(Expected {
                    identity: name.to_owned(),
                    component,
                    access: applied.access(name, [&claim, &subject.claim()]),
                    namespace,
                    service_account,
                    control_plane,
                    how: how.clone(),
                });
            }
        }
    }
    all.sort_by(|a, b| {
        (&a.control_plane, &a.namespace, &a.service_account).cmp(&(
            &b.control_plane,
            &b.namespace,
            &b.service_account,
        ))
    });
    all
}

/// Name, component, subjects by cluster, and how its pods prove who they are once it was applied.
type Identity<'a> = (
    &'a str,
    Component,
    &'a BTreeMap<String, BTreeSet<Subject>>,
    Option<How>,
);

/// The identities of all clouds.
fn identities<'a>(space: &'a Space, applied: &'a Applied) -> impl Iterator<Item = Identity<'a>> {
    let aws = space.identities.iter().map(|it| {
        let how = match it.method {
            Method::Irsa => applied.output(&it.name, "roleArn").map(How::Irsa),
            Method::PodIdentity => applied
                .outputs
                .contains_key(&it.name)
                .then_some(How::PodIdentity),
        };
        (it.name.as_str(), it.component, &it.subjects, how)
    });
    let azure = space.entra.iter().map(|it| {
        let how = applied.output(&it.name, "clientId").map(How::Entra);
        (it.name.as_str(), it.component, &it.subjects, how)
    });
    let google = space.google.iter().map(|it| {
        let how = match &it.principal {
            GooglePrincipal::ServiceAccount(_) => applied
                .output(&it.name, "serviceAccount")
                .map(How::GkeServiceAccount),
            _ => Some(How::GkePrincipal),
        };
        (it.name.as_str(), it.component, &it.subjects, how)
    });
    aws.chain(azure).chain(google)
}

/// Namespace and service account of a subject; of a pattern, those of the control planes that are known.
fn claims(space: &Space, cluster: &str, subject: &Subject) -> Vec<(String, String)> {
    match subject {
        Subject::Exact {
            namespace,
            service_account,
        } => vec![(namespace.clone(), service_account.clone())],
        Subject::Pattern {
            service_account, ..
        } => on_cluster(space, cluster)
            .map(|(_, host)| (host.name(), service_account.clone()))
            .collect(),
    }
}

/// The control planes of a cluster, `GROUP/NAME` and where each runs.
fn on_cluster<'a>(
    space: &'a Space,
    cluster: &'a str,
) -> impl Iterator<Item = (String, &'a HostNamespace)> {
    let planes = space.control_planes.iter();
    planes
        .filter(move |plane| plane.cluster == cluster)
        .map(|plane| {
            (
                format!("{}/{}", plane.group, plane.name),
                &plane.host_namespace,
            )
        })
}
