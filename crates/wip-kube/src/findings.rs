//! Findings: what keeps an identity that the clouds know from reaching its pods.

use wip_space::Component;

use crate::observed::{Account, Custom, Workload};
use crate::restart::{self, Restart};
use crate::{Expected, How, Observed, labels};

/// One thing that is wrong on a cluster, with what mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// A stable code: `WIP0372`.
    pub code: &'static str,
    /// `NAMESPACE/NAME` of what is wrong.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// What mends it.
    pub fix: String,
}

/// All that is wrong with what is expected; `restarts` are those that [`crate::restarts`] found.
pub fn findings(expected: &[Expected], observed: &Observed, restarts: &[Restart]) -> Vec<Finding> {
    let mut found = Vec::new();
    for one in expected {
        of_account(one, observed, &mut found);
    }
    found.extend(nobody(expected, observed));
    found.extend(restarts.iter().map(|restart| Finding {
        code: "WIP0375",
        place: format!("{}/{}", restart.namespace, restart.name),
        what: restart.why.clone(),
        fix: restart.command.clone(),
    }));
    for resource in &observed.resources {
        found.extend(of_resource(resource, expected));
    }
    found
}

fn of_account(expected: &Expected, observed: &Observed, found: &mut Vec<Finding>) {
    let place = format!("{}/{}", expected.namespace, expected.service_account);
    let mut add = |code: &'static str, what: String, fix: String| {
        found.push(Finding {
            code,
            place: place.clone(),
            what,
            fix,
        });
    };
    if expected.how == How::NotApplied {
        let what = format!(
            "nothing was applied yet for the identity {}",
            expected.identity
        );
        add("WIP0370", what, "wip apply".to_owned());
        return;
    }
    let key = (expected.namespace.clone(), expected.service_account.clone());
    let Some(account) = observed.accounts.get(&key) else {
        let is_seen = !observed
            .unseen
            .iter()
            .any(|what| what.starts_with(&format!("service accounts in {}:", expected.namespace)));
        if is_seen {
            let (what, fix) = missing(expected, observed);
            add("WIP0371", what, fix);
        }
        return;
    };
    for (wrong, right) in labels::MISSPELT {
        if account.annotations.contains_key(wrong) {
            let what = format!("the annotation {wrong}, which nothing reads");
            let fix = format!(
                "it is called {right}: kubectl annotate serviceaccount {} -n {} {wrong}-",
                expected.service_account, expected.namespace
            );
            add("WIP0373", what, fix);
        }
    }
    // Where the webhook goes by its config map, pods are told without an annotation.
    let is_mapped = || {
        let (key, _) = wanted_annotation(&expected.how).unwrap_or_default();
        key == labels::ROLE
            && !account.annotations.contains_key(key)
            && restart::are_told(expected, observed)
    };
    if let Some((what, fix)) = wrong_annotation(expected, account)
        && !is_mapped()
    {
        add("WIP0372", what, fix);
    }
    if let Some((what, fix)) = unwanted_annotation(expected, account) {
        add("WIP0376", what, fix);
    }
    if let How::Entra(_) = expected.how {
        for workload in restart::workloads_of(expected, observed) {
            if let Some((what, fix)) = wrong_label(expected, workload) {
                add("WIP0374", what, fix);
            }
        }
    }
}

/// Custom service accounts that are there, and that nothing runs as: nothing of what their pods are given was seen.
fn nobody(expected: &[Expected], observed: &Observed) -> Vec<Finding> {
    let is_idle = |one: &&Expected| {
        let key = (one.namespace.clone(), one.service_account.clone());
        let in_place = |what: &String| what.contains(&format!(" in {}:", one.namespace));
        one.component == Component::Custom
            && observed.accounts.contains_key(&key)
            && !observed.unseen.iter().any(in_place)
            && restart::workloads_of(one, observed).next().is_none()
            && !observed.pods.iter().any(|pod| {
                (&pod.namespace, &pod.service_account) == (&one.namespace, &one.service_account)
            })
    };
    let idle = expected.iter().filter(is_idle).map(|one| Finding {
        code: "WIP0378",
        place: format!("{}/{}", one.namespace, one.service_account),
        what: "nothing runs as this service account now, so that what its pods are given is not seen".to_owned(),
        fix: "is it the one that the workload uses (`spec.serviceAccountName`)? Where it is used by jobs that come and go, this is as it should be".to_owned(),
    });
    idle.collect()
}

fn missing(expected: &Expected, observed: &Observed) -> (String, String) {
    let what = "there is no such service account".to_owned();
    let names = observed.names.get(&expected.namespace);
    let names = names.into_iter().flatten().map(String::as_str);
    if let (Component::Custom, Some(near)) = (
        expected.component,
        wip_space::nearest(&expected.service_account, names),
    ) {
        let fix = format!("did you mean `{near}`? Correct `workloads` in the Space file");
        return (what, fix);
    }
    let fix = match (expected.component, &expected.control_plane) {
        (Component::Billing, _) => {
            "the chart makes it where billing.enabled is true, as `wip helm-values` writes it"
        }
        (Component::SharedSecrets, _) => {
            "the chart makes it where features.alpha.sharedSecrets.enabled is true, as `wip helm-values` writes it"
        }
        (Component::Custom, None) => "make it, or correct `workloads` in the Space file",
        _ => "it comes with the control plane: see whether that is there (`wip discover`)",
    };
    (what, fix.to_owned())
}

/// The annotation that a method needs.
fn wanted_annotation(how: &How) -> Option<(&'static str, &str)> {
    match how {
        How::Irsa(role) => Some((labels::ROLE, role)),
        How::Entra(client) => Some((labels::CLIENT, client)),
        How::GkeServiceAccount(email) => Some((labels::EMAIL, email)),
        How::PodIdentity | How::GkePrincipal | How::NotApplied => None,
    }
}

fn wrong_annotation(expected: &Expected, account: &Account) -> Option<(String, String)> {
    let (key, value) = wanted_annotation(&expected.how)?;
    let what = match account.annotations.get(key) {
        Some(given) if given == value => return None,
        Some(given) if key == labels::EMAIL && !given.contains('@') => {
            format!("the annotation {key} is {given:?}, which is no e-mail; it must be {value}")
        }
        Some(given) => format!("the annotation {key} is {given:?}, and must be {value}"),
        None => format!("the annotation {key} is not there; it must be {value}"),
    };
    let fix = match expected.component {
        Component::Custom => format!(
            "kubectl annotate serviceaccount {} -n {} {key}={value} --overwrite",
            expected.service_account, expected.namespace
        ),
        _ => "helm upgrade with what `wip helm-values` writes".to_owned(),
    };
    Some((what, fix))
}

/// An annotation that leads the pods elsewhere.
fn unwanted_annotation(expected: &Expected, account: &Account) -> Option<(String, String)> {
    if expected.how != How::GkePrincipal {
        return None;
    }
    let value = account.annotations.get(labels::EMAIL)?;
    let what = format!(
        "the annotation {} is {value:?}: its pods act as that account, which is not who was given access",
        labels::EMAIL
    );
    let fix = match expected.component {
        Component::Custom => format!(
            "kubectl annotate serviceaccount {} -n {} {}-",
            expected.service_account,
            expected.namespace,
            labels::EMAIL
        ),
        _ => "helm upgrade with what `wip helm-values` writes, and nothing of older values"
            .to_owned(),
    };
    Some((what, fix))
}

fn wrong_label(expected: &Expected, workload: &Workload) -> Option<(String, String)> {
    let what = match workload.labels.get(labels::USE).map(String::as_str) {
        Some("true") => return None,
        Some(other) => format!(
            "the pods of {}/{} have the label {}={other}, and it must be \"true\"",
            workload.kind,
            workload.name,
            labels::USE
        ),
        None => format!(
            "the pods of {}/{} have no label {}=true, so that nothing is injected into them",
            workload.kind,
            workload.name,
            labels::USE
        ),
    };
    let fix = match expected.component {
        Component::Custom => format!("add it to the template of the pods of {}", workload.name),
        _ => "helm upgrade with what `wip helm-values` writes".to_owned(),
    };
    Some((what, fix))
}

/// Stores and backup configs whose form does not fit the method.
///
/// Sources: external-secrets, "AWS Authentication" and #2951 (a reference to a service account works with a role's annotation only); the CRD of SharedBackupConfig (`credentials.source`).
fn of_resource(resource: &Custom, expected: &[Expected]) -> Option<Finding> {
    let place = format!("{}/{}", resource.namespace, resource.name);
    let group = format!("{}/", resource.namespace);
    let in_group = |it: &&Expected| {
        let plane = it.control_plane.as_ref();
        plane.is_some_and(|plane| plane.starts_with(&group))
    };
    let of = |component: Component| {
        let of_group = expected.iter().filter(in_group);
        of_group.filter(move |it| it.component == component)
    };
    if resource.kind == "SharedSecretStore" {
        let aws = resource.spec["provider"].get("aws")?;
        let by_association = of(Component::SharedSecrets).any(|it| it.how == How::PodIdentity);
        let account = &aws["auth"]["jwt"]["serviceAccountRef"]["name"];
        return (by_association && *account == labels::SECRETS_ACCOUNT).then(|| Finding {
            code: "WIP0377",
            place,
            what: "the SharedSecretStore names a service account under auth.jwt, which works with IRSA only, and the identity uses EKS Pod Identity".to_owned(),
            fix: "take `auth` out, as `wip manifests` writes it".to_owned(),
        });
    }
    let storage = &resource.spec["objectStorage"];
    let has_identity = of(Component::Backup).next().is_some();
    (has_identity && storage["credentials"]["source"] == "Secret").then(|| Finding {
        code: "WIP0377",
        place,
        what:
            "the SharedBackupConfig takes its credentials from a Secret, and not from the identity"
                .to_owned(),
        fix: "say `credentials: { source: InjectedIdentity }`, as `wip manifests` writes it"
            .to_owned(),
    })
}
