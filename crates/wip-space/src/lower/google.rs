//! Identities of methods `gkePrincipal` and `gkeServiceAccount`: who each is in policies, and what it may reach.
//!
//! Owns the rules that are Google Cloud's alone; whom an identity admits is `subjects`'s.

use std::collections::{BTreeMap, BTreeSet};

use super::access::names;
use super::forbid;
use super::identity::Scope;
use super::reach::{is_one_of, items};
use crate::Code;
use crate::model::{
    ClusterAt, Component, GcsLocation, GoogleAccess, GoogleIdentity, GooglePrincipal,
    GoogleResource, ServiceAccount, Subject,
};
use crate::problem::Problems;
use crate::raw::{
    AccessSpec, GcpRoleAccess, GcsAccess, IdentityName, IdentitySpec, ManagedExistingName,
    MethodName, SecretManagerAccess, ServiceAccountSpec, TrustName, VerbName,
};
use crate::read::Spanned;

/// The identity that `spec` means.
pub(crate) fn identity(
    name: &Spanned<IdentityName>,
    spec: &IdentitySpec,
    method: &Spanned<MethodName>,
    (component, subjects): (Component, BTreeMap<String, BTreeSet<Subject>>),
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<GoogleIdentity> {
    fields_of_others(spec, problems);
    let whole_clusters = whole_clusters(spec, method, scope, problems);
    let projects = projects(method, &subjects, scope, problems);
    let principal = principal(name, spec, method, problems);
    let access = access(spec, component, scope, problems);
    let (projects, principal) = (projects?, principal?);
    let home = match &principal {
        GooglePrincipal::ServiceAccount(account) => account.project.clone(),
        GooglePrincipal::Direct => projects.values().next()?.clone(),
    };
    let subjects = match whole_clusters {
        true => subjects
            .into_keys()
            .map(|cluster| (cluster, BTreeSet::new()))
            .collect(),
        false => subjects,
    };
    Some(GoogleIdentity {
        name: name.value.to_string(),
        component,
        subjects,
        projects,
        whole_clusters,
        principal,
        access,
        restore_from: BTreeSet::new(),
        home,
    })
}

/// What only identities of another cloud have.
fn fields_of_others(spec: &IdentitySpec, problems: &mut Problems) {
    let given = [
        (
            "role",
            "roles of AWS",
            spec.role.as_ref().map(|it| &it.span),
        ),
        (
            "account",
            "roles of AWS",
            spec.account.as_ref().map(|it| &it.span),
        ),
        (
            "podIdentity",
            "roles of AWS",
            spec.pod_identity.as_ref().map(|it| &it.span),
        ),
        (
            "alsoTrust",
            "roles of AWS",
            spec.also_trust.as_ref().map(|it| &it.span),
        ),
        (
            "identity",
            "managed identities of Azure",
            spec.identity.as_ref().map(|it| &it.span),
        ),
        (
            "application",
            "applications of Azure",
            spec.application.as_ref().map(|it| &it.span),
        ),
    ];
    for (name, what, span) in given {
        if let Some(span) = span {
            problems.add(
                Code::WrongMethod,
                span,
                format!("`{name}` is about {what}, and this identity is one of Google Cloud"),
                "of another cloud",
                "remove it",
            );
        }
    }
}

/// Whether it admits whole clusters; reports patterns, which members of policies are not (GKE docs, "About Workload Identity
/// Federation for GKE": principal identifiers take no wildcards).
fn whole_clusters(
    spec: &IdentitySpec,
    method: &Spanned<MethodName>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> bool {
    let Some(trust) = spec.trust.as_ref() else {
        return false;
    };
    match (trust.value, method.value) {
        (TrustName::Exact, _) => false,
        (TrustName::Cluster, MethodName::GkePrincipal) => {
            if !scope.guardrails.allow_any_namespace {
                problems.add(
                    Code::AnyNamespace,
                    &trust.span,
                    "`cluster` would admit every service account of the cluster",
                    "a guardrail forbids this",
                    "use `exact`, or say `guardrails: { allowAnyNamespace: true }`",
                );
            }
            if let Some(selector) = spec.control_planes.as_ref() {
                problems.add_pair(
                    Code::PatternMisses,
                    &trust.span,
                    "the cluster is admitted as a whole, not only the control planes that are selected",
                    "catches all of them",
                    "use `trust: exact`, or remove `controlPlanes`",
                    &selector.span,
                    "selected here",
                );
            }
            true
        }
        (TrustName::Cluster, _) => {
            problems.add(
                Code::WrongMethod,
                &trust.span,
                "who may act as a service account is told by name, and not by cluster",
                "a whole cluster",
                "remove the line, or use `method: gkePrincipal`",
            );
            false
        }
        (TrustName::HostPattern | TrustName::AnyNamespace, _) => {
            problems.add(
                Code::WrongMethod,
                &trust.span,
                "principals of GKE name one service account, and there are no patterns",
                "a pattern",
                "remove the line: wip names each host namespace, and there is room for 1,500 in a policy",
            );
            false
        }
    }
}

/// The project of each cluster, which must be one of GKE.
fn projects(
    method: &Spanned<MethodName>,
    subjects: &BTreeMap<String, BTreeSet<Subject>>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<BTreeMap<String, String>> {
    let mut projects = BTreeMap::new();
    let mut all = true;
    for name in subjects.keys() {
        match scope.clusters.get(name).map(|cluster| &cluster.at) {
            Some(ClusterAt::Gke { project, .. }) => {
                projects.insert(name.clone(), project.clone());
            }
            Some(_) => {
                problems.add(
                    Code::WrongMethod,
                    &method.span,
                    format!("this method works on GKE alone, and the cluster `{name}` is none"),
                    "needs GKE",
                    "use another method, or narrow the identity by `clusters`",
                );
                return None;
            }
            None => all = false,
        }
    }
    all.then_some(projects)
}

fn principal(
    name: &Spanned<IdentityName>,
    spec: &IdentitySpec,
    method: &Spanned<MethodName>,
    problems: &mut Problems,
) -> Option<GooglePrincipal> {
    match (method.value, spec.service_account.as_ref()) {
        (MethodName::GkeServiceAccount, Some(field)) => {
            account(&field.value).map(GooglePrincipal::ServiceAccount)
        }
        (MethodName::GkeServiceAccount, None) => {
            if !spec.flawed {
                problems.add(
                    Code::MissingField,
                    &name.span,
                    format!(
                        "`{}` does not say which service account it is",
                        &*name.value
                    ),
                    "needs `serviceAccount`",
                    "add `serviceAccount: { project: …, id: … }`, or use `method: gkePrincipal`",
                );
            }
            None
        }
        (_, Some(field)) => {
            problems.add_pair(
                Code::WrongMethod,
                &field.span,
                "`serviceAccount` is about service accounts that workloads act as",
                "not of this method",
                "remove it, or say `method: gkeServiceAccount`",
                &method.span,
                "the method",
            );
            None
        }
        (_, None) => Some(GooglePrincipal::Direct),
    }
}

fn account(given: &ServiceAccountSpec) -> Option<ServiceAccount> {
    Some(ServiceAccount {
        project: given.project.get()?.to_string(),
        id: given.id.get()?.to_string(),
        is_made: given.existing.or(ManagedExistingName::Manage) == ManagedExistingName::Manage,
    })
}

fn access(
    spec: &IdentitySpec,
    component: Component,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Vec<GoogleAccess> {
    let items = items(spec, false, "gcsBucket: { bucket: … }", problems);
    let one = |item| one(item, component, scope, problems);
    items.iter().filter_map(one).collect()
}

fn one(
    item: &Spanned<AccessSpec>,
    component: Component,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<GoogleAccess> {
    let spec = &item.value;
    let given = [
        ("gcsBucket", spec.gcs_bucket.is_some()),
        ("secretManager", spec.secret_manager.is_some()),
        ("gcpRole", spec.gcp_role.is_some()),
    ];
    if !is_one_of(
        item,
        ("Google Cloud", spec.is_of_aws() || spec.is_of_azure()),
        &given,
        problems,
    ) {
        return None;
    }
    if let Some(bucket) = spec.gcs_bucket.as_ref() {
        return gcs_bucket(bucket, component, problems);
    }
    if let Some(secrets) = spec.secret_manager.as_ref() {
        return secret_manager(secrets, problems);
    }
    gcp_role(spec.gcp_role.get()?, scope, problems)
}

const USER: &str = "roles/storage.objectUser";
const VIEWER: &str = "roles/storage.objectViewer";
const CREATOR: &str = "roles/storage.objectCreator";
/// A look at the bucket itself, and the names of its objects.
const LOOKER: &str = "roles/storage.legacyBucketReader";

/// Backup reads, writes, lists and deletes. Vector's sink `gcp_cloud_storage` writes, and looks at the bucket when it starts: with
/// the role that only writes it does not (vectordotdev/vector, health check of the sink; cube-js/cube#11577).
fn gcs_bucket(
    field: &Spanned<GcsAccess>,
    component: Component,
    problems: &mut Problems,
) -> Option<GoogleAccess> {
    let given = &field.value;
    let help = "add `allow: [read, list]`, and `write` or `delete` where that is needed";
    let roles: &[&str] = match (given.allow.as_ref(), component) {
        (Some(allow), _) if allow.value.is_empty() => {
            problems.add(
                Code::EmptyList,
                &allow.span,
                "`allow` is empty",
                "allows nothing",
                help,
            );
            return None;
        }
        (Some(allow), _) => least(&allow.value.iter().map(|verb| verb.value).collect()),
        (None, Component::Backup) => &[USER],
        (None, Component::Billing) => &[CREATOR, LOOKER],
        (None, Component::SharedSecrets | Component::Custom) => {
            if !given.flawed {
                problems.add(
                    Code::SayAllow,
                    &field.span,
                    "what it may do with the objects does not follow from what it is for",
                    "needs `allow`",
                    help,
                );
            }
            return None;
        }
    };
    let prefix = given.prefix.get().map(|prefix| prefix.to_string());
    Some(GoogleAccess::Bucket {
        at: GcsLocation {
            bucket: given.bucket.get()?.to_string(),
            prefix: prefix.unwrap_or_default(),
        },
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    })
}

/// The least of Google's own roles that allow all of this ("IAM roles for Cloud Storage").
fn least(verbs: &BTreeSet<VerbName>) -> &'static [&'static str] {
    let has = |verb| verbs.contains(&verb);
    let (reads, writes) = (has(VerbName::Read), has(VerbName::Write));
    match (reads, writes, has(VerbName::List), has(VerbName::Delete)) {
        (false, true, false, false) => &[CREATOR],
        (false, true, true, false) => &[CREATOR, LOOKER],
        (false, false, _, false) => &[LOOKER],
        (true, false, _, false) => &[VIEWER],
        _ => &[USER],
    }
}

fn secret_manager(
    field: &Spanned<SecretManagerAccess>,
    problems: &mut Problems,
) -> Option<GoogleAccess> {
    let given = &field.value;
    let names = names(
        &field.span,
        &given.prefixes,
        &given.secrets,
        given.flawed,
        problems,
    );
    Some(GoogleAccess::Secrets {
        project: given.project.get()?.to_string(),
        names: names?,
    })
}

fn gcp_role(
    given: &GcpRoleAccess,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Option<GoogleAccess> {
    let role = given.role.as_ref()?;
    forbid::google_role(role, scope.guardrails, problems);
    let resource = given.resource.get()?.to_string();
    let mut parts = resource.split('/').skip(1);
    let project = parts.next().unwrap_or_default().to_owned();
    let on = match (parts.next(), parts.next()) {
        (Some("buckets"), Some(bucket)) => GoogleResource::Bucket(bucket.to_owned()),
        (Some("secrets"), Some(secret)) => GoogleResource::Secret(project, secret.to_owned()),
        _ => GoogleResource::Project(project),
    };
    Some(GoogleAccess::Role {
        role: role.value.to_string(),
        on,
    })
}
