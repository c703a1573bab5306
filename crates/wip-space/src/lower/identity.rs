//! Identities: whom each admits, and where its role lives.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::control_plane::Planes;
use super::place::Clusters;
use super::storage::Storage;
use super::{access, entra, google, method, restore, role, select, subjects};
use crate::Code;
use crate::model::{
    Cluster, ClusterAt, Component, ControlPlane, EntraIdentity, GoogleIdentity, GooglePrincipal,
    Guardrails, Identity, Method, Subject,
};
use crate::problem::Problems;
use crate::raw::{
    ComponentName, IdentityName, IdentitySpec, MethodName, RoleDefaults, Spec, TrustName,
};
use crate::read::Spanned;
use crate::words::nearest;

/// What an identity's fields refer to.
pub(crate) struct Scope<'a> {
    pub(crate) space: &'a str,
    pub(crate) clusters: &'a Clusters,
    pub(crate) planes: &'a Planes,
    pub(crate) storage: &'a Storage,
    pub(crate) guardrails: &'a Guardrails,
    pub(crate) role: Option<&'a RoleDefaults>,
    /// The subscriptions of Azure that the file names.
    pub(crate) subscriptions: &'a BTreeSet<String>,
}

/// An identity of any cloud.
pub(crate) enum Meant {
    Aws(Box<Identity>),
    Entra(Box<EntraIdentity>),
    Google(Box<GoogleIdentity>),
}

impl Meant {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Aws(identity) => &identity.name,
            Self::Entra(identity) => &identity.name,
            Self::Google(identity) => &identity.name,
        }
    }

    pub(crate) fn component(&self) -> Component {
        match self {
            Self::Aws(identity) => identity.component,
            Self::Entra(identity) => identity.component,
            Self::Google(identity) => identity.component,
        }
    }

    pub(crate) fn subjects(&self) -> &BTreeMap<String, BTreeSet<Subject>> {
        match self {
            Self::Aws(identity) => &identity.subjects,
            Self::Entra(identity) => &identity.subjects,
            Self::Google(identity) => &identity.subjects,
        }
    }

    /// What the annotation of its service accounts names, where there is one.
    pub(crate) fn annotated(&self) -> Option<&'static str> {
        match self {
            Self::Aws(identity) => identity.trusts(Method::Irsa).then_some("role"),
            Self::Entra(_) => Some("client id"),
            Self::Google(identity) => match &identity.principal {
                GooglePrincipal::ServiceAccount(_) => Some("service account"),
                GooglePrincipal::Direct => None,
            },
        }
    }

    /// Where a service account of one of its clusters is the same one: the cluster, or the project whose clusters share a pool.
    pub(crate) fn place<'a>(&'a self, cluster: &'a str) -> &'a str {
        match self {
            Self::Aws(_) | Self::Entra(_) => cluster,
            Self::Google(identity) => identity
                .projects
                .get(cluster)
                .map_or(cluster, String::as_str),
        }
    }
}

/// An identity, and the places that clashes with others are shown at.
pub(crate) struct Found {
    pub(crate) identity: Meant,
    pub(crate) span: Range<usize>,
    pub(crate) role_span: Range<usize>,
    /// The control planes that it serves: cluster, group, name.
    pub(crate) planes: BTreeSet<(String, String, String)>,
}

pub(crate) fn identities(spec: &Spec, scope: &Scope<'_>, problems: &mut Problems) -> Vec<Found> {
    let entries = spec
        .identities
        .get()
        .map(|entries| entries.0.as_slice())
        .unwrap_or_default();
    let mut all: Vec<Found> = entries
        .iter()
        .filter_map(|(name, spec)| identity(name, spec, scope, problems))
        .collect();
    restore::add_restores(&mut all, scope);
    all
}

fn identity(
    name: &Spanned<IdentityName>,
    spec: &Spanned<IdentitySpec>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<Found> {
    let given = &spec.value;
    let component = component(name, given, problems);
    let clusters = clusters(given, scope, problems);
    let planes = select::planes(given, &clusters, scope, problems);
    let trust = subjects::trust(given, component, &planes, scope, problems);
    let subjects = subjects::subjects(
        given, component?, trust, &clusters, &planes, scope, problems,
    );
    if let Some(field) = given.method.as_ref() {
        if field.value == MethodName::EntraWorkloadIdentity {
            let made = entra::identity(name, given, component?, subjects, scope, problems)?;
            let managed = given.identity.as_ref().map(|field| &field.span);
            let application = given.application.as_ref().map(|field| &field.span);
            let at = managed.or(application);
            let at = at.unwrap_or(&name.span).clone();
            return Some(found(name, Meant::Entra(Box::new(made)), at, &planes));
        }
        if matches!(
            field.value,
            MethodName::GkePrincipal | MethodName::GkeServiceAccount
        ) {
            let whom = (component?, subjects);
            let made = google::identity(name, given, field, whom, scope, problems)?;
            let at = given.service_account.as_ref().map(|field| &field.span);
            let at = at.unwrap_or(&name.span).clone();
            return Some(found(name, Meant::Google(Box::new(made)), at, &planes));
        }
        fits_aws(field, given, subjects.keys(), scope, problems);
    }
    let home = home(name, given, subjects.keys(), scope, problems);
    let access = access::access(given, component?, home.as_ref(), scope, problems);
    let role = role::role(name, given, home.as_ref(), scope, problems)?;
    let home = home?;
    let clusters = subjects
        .keys()
        .filter_map(|cluster| scope.clusters.get(cluster));
    let chosen = method::method(given, component?, &home, clusters, problems)?;
    let identity = Identity {
        name: name.value.to_string(),
        component: component?,
        method: chosen.method,
        also_trust: chosen.also_trust,
        isolation: chosen.isolation,
        target_role: chosen.target_role,
        trust,
        subjects,
        access,
        restore_from: Vec::new(),
        account: home.account,
        partition: home.partition,
        role,
    };
    let role_span = given.role.get().and_then(|role| role.name.as_ref());
    let role_span = role_span.map_or(&name.span, |name| &name.span).clone();
    Some(found(
        name,
        Meant::Aws(Box::new(identity)),
        role_span,
        &planes,
    ))
}

fn found(
    name: &Spanned<IdentityName>,
    identity: Meant,
    role_span: Range<usize>,
    planes: &[&ControlPlane],
) -> Found {
    let planes = planes.iter().map(|plane| {
        (
            plane.cluster.clone(),
            plane.group.clone(),
            plane.name.clone(),
        )
    });
    Found {
        identity,
        role_span,
        span: name.span.clone(),
        planes: planes.collect(),
    }
}

/// An identity of AWS has no field of Azure, and its clusters are such as AWS's part of wip knows the issuer of.
fn fits_aws<'a>(
    method: &Spanned<MethodName>,
    spec: &IdentitySpec,
    mut clusters: impl Iterator<Item = &'a String>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) {
    let managed = spec.identity.as_ref();
    let application = spec.application.as_ref();
    if let Some(field) = spec.service_account.as_ref() {
        problems.add_pair(
            Code::WrongMethod,
            &field.span,
            "`serviceAccount` is about service accounts of Google Cloud",
            "not of this method",
            "remove it, or say `method: gkeServiceAccount`",
            &method.span,
            "the method",
        );
    }
    if let Some(trust) = spec
        .trust
        .as_ref()
        .filter(|trust| trust.value == TrustName::Cluster)
    {
        problems.add_pair(
            Code::WrongMethod,
            &trust.span,
            "a role of AWS admits service accounts, and not clusters",
            "a whole cluster",
            "use `exact`, `hostPattern` or `anyNamespace`",
            &method.span,
            "the method",
        );
    }
    let of_azure = [
        managed.map(|field| {
            (
                &field.span,
                "`identity` is about managed identities of Azure",
            )
        }),
        application.map(|field| (&field.span, "`application` is about applications of Azure")),
    ];
    for (span, words) in of_azure.into_iter().flatten() {
        problems.add_pair(
            Code::WrongMethod,
            span,
            words,
            "not of this method",
            "remove it, or say `method: entraWorkloadIdentity`",
            &method.span,
            "the method",
        );
    }
    let other = clusters.find_map(|name| match scope.clusters.get(name)?.at {
        ClusterAt::Aks { .. } => Some((name, "AKS", "entraWorkloadIdentity")),
        ClusterAt::Gke { .. } => Some((name, "GKE", "gkePrincipal")),
        ClusterAt::Eks { .. } | ClusterAt::SelfHosted { .. } => None,
    });
    if let Some((name, of, instead)) = other {
        problems.add(
            Code::WrongMethod,
            &method.span,
            format!("wip makes no roles of AWS for {of} clusters yet, and `{name}` is one"),
            format!("not on {of}"),
            format!("use `{instead}`, or narrow the identity by `clusters`"),
        );
    }
}

fn component(
    name: &Spanned<IdentityName>,
    spec: &IdentitySpec,
    problems: &mut Problems,
) -> Option<Component> {
    let implied = match &*name.value {
        "backup" => Some(Component::Backup),
        "billing" => Some(Component::Billing),
        "sharedSecrets" => Some(Component::SharedSecrets),
        _ => None,
    };
    let given = spec
        .component
        .as_ref()
        .map(|component| match component.value {
            ComponentName::Backup => Component::Backup,
            ComponentName::Billing => Component::Billing,
            ComponentName::SharedSecrets => Component::SharedSecrets,
        });
    if let (Some(implied), Some(given), Some(field)) = (implied, given, spec.component.as_ref())
        && implied != given
    {
        problems.add(
            Code::WhoseIdentity,
            &field.span,
            format!(
                "the name `{}` already says which component this is for",
                &*name.value
            ),
            "another component",
            "give the identity another name, or remove the line",
        );
    }
    match (implied.or(given), spec.workloads.as_ref()) {
        (Some(component), None) => Some(component),
        (None, Some(workloads)) => {
            if workloads.value.is_empty() && !spec.flawed {
                problems.add(
                    Code::EmptyList,
                    &workloads.span,
                    "an identity without a component needs at least one workload",
                    "no workload",
                    "add `{ namespace: …, serviceAccount: … }`",
                );
            }
            Some(Component::Custom)
        }
        (Some(_), Some(workloads)) => {
            problems.add(
                Code::WhoseIdentity,
                &workloads.span,
                "an identity of a component does not name its workloads",
                "these follow from the component",
                "remove `workloads`, or move them to an identity of their own",
            );
            None
        }
        (None, None) => {
            if !spec.flawed {
                let help = match nearest(&name.value, ["backup", "billing", "sharedSecrets"].into_iter()) {
                    Some(near) => format!("did you mean `{near}`? else add `component` or `workloads`"),
                    None => "add `component: backup` (or billing, sharedSecrets), or `workloads: [{ namespace: …, serviceAccount: … }]`".to_owned(),
                };
                let message = format!("`{}` does not say whom it admits", &*name.value);
                problems.add(
                    Code::WhoseIdentity,
                    &name.span,
                    message,
                    "no component, no workloads",
                    help,
                );
            }
            None
        }
    }
}

/// The clusters that an identity is for: those it names, or all.
fn clusters<'a>(
    spec: &IdentitySpec,
    scope: &Scope<'a>,
    problems: &mut Problems,
) -> Vec<&'a Cluster> {
    let all = scope.clusters.known.iter().map(|cluster| &cluster.value);
    let Some(named) = spec.clusters.as_ref() else {
        return all.collect();
    };
    if named.value.is_empty() {
        empty(&named.span, "clusters", problems);
    }
    let mut wanted = BTreeSet::new();
    for name in &named.value {
        scope.clusters.refer(&name.value, &name.span, problems);
        if !wanted.insert(name.value.to_string()) {
            let what = format!("the cluster `{}`", &*name.value);
            super::place::duplicate(&name.span, None, &what, problems);
        }
    }
    all.filter(|cluster| wanted.contains(&cluster.name))
        .collect()
}

pub(crate) fn empty(span: &Range<usize>, what: &str, problems: &mut Problems) {
    problems.add(
        Code::EmptyList,
        span,
        format!("`{what}` is empty, so that nothing would be meant"),
        "empty",
        "name at least one, or remove the line to mean all",
    );
}

/// Where an identity's role lives.
pub(crate) struct Home {
    pub(crate) account: String,
    pub(crate) partition: String,
}

fn home<'a>(
    name: &Spanned<IdentityName>,
    spec: &IdentitySpec,
    clusters: impl Iterator<Item = &'a String>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<Home> {
    let clusters: Vec<&Cluster> = clusters
        .filter_map(|name| scope.clusters.get(name))
        .collect();
    let accounts: BTreeSet<&str> = clusters.iter().filter_map(|it| it.account()).collect();
    let partitions: BTreeSet<&str> = clusters.iter().filter_map(|it| it.partition()).collect();
    if partitions.len() > 1 {
        problems.add(
            Code::WrongPlace,
            &name.span,
            format!(
                "the clusters of `{}` are in several partitions",
                &*name.value
            ),
            "one role cannot serve them all",
            "make an identity for each partition, narrowed by `clusters`",
        );
        return None;
    }
    let account = match (spec.account.get(), accounts.first()) {
        (Some(account), _) => account.to_string(),
        (None, Some(only)) if accounts.len() == 1 => (*only).to_owned(),
        (None, Some(_)) => {
            let list = accounts.iter().copied().collect::<Vec<_>>().join(", ");
            problems.add(
                Code::WhichAccount,
                &name.span,
                format!(
                    "the clusters of `{}` are in several accounts: {list}",
                    &*name.value
                ),
                "which account does its role live in?",
                "add `account: \"…\"` to the identity",
            );
            return None;
        }
        (None, None) => return None,
    };
    Some(Home {
        account,
        partition: (*partitions.first()?).to_owned(),
    })
}
