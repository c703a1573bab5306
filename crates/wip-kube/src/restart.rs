//! Restarts: which workloads run with less, or with another, than what they have by now.
//!
//! What a pod was given when it was made stays as it is: a role and an association (EKS), a client id (Azure).
//! GKE decides at each request, so that nothing has to restart there.
//! Vector looks once, when it starts, whether it may write; so it restarts whenever what it may reach has changed.
//! Source: "Workload-identity configuration" of Upbound's documentation; the webhooks of AWS and Azure.

use std::time::Duration;

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;
use wip_space::Component;

use crate::observed::{Running, Workload};
use crate::{Expected, How, Kube, KubeError, Observed, labels};

/// How often a rollout is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A workload that must restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restart {
    /// `deployment` or `statefulset`.
    pub kind: &'static str,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The identity that it is of.
    pub identity: String,
    /// Its control plane, `GROUP/NAME`.
    pub control_plane: Option<String>,
    /// Why it must.
    pub why: String,
    /// What does it by hand.
    pub command: String,
    /// What it may reach as of this restart.
    access: Option<String>,
    /// Which pods this restart is for.
    of_pods: String,
    /// It was asked for already, and is under way.
    pub under_way: bool,
}

/// The workloads of what is expected.
pub(crate) fn workloads_of<'a>(
    expected: &'a Expected,
    observed: &'a Observed,
) -> impl Iterator<Item = &'a Workload> {
    observed.workloads.iter().filter(|workload| {
        workload.namespace == expected.namespace
            && workload.service_account == expected.service_account
    })
}

/// Whether there are pods, and each has what it should have.
pub(crate) fn are_told(expected: &Expected, observed: &Observed) -> bool {
    let mut pods = workloads_of(expected, observed)
        .flat_map(|workload| pods_of(workload, observed))
        .peekable();
    pods.peek().is_some() && pods.all(|pod| stale(&expected.how, pod).is_none())
}

/// The workloads that must restart, in order; `context` is for the commands.
pub fn restarts(expected: &[Expected], observed: &Observed, context: Option<&str>) -> Vec<Restart> {
    let mut found = Vec::new();
    for one in expected {
        let key = (one.namespace.clone(), one.service_account.clone());
        let account = observed.accounts.get(&key);
        // Where the annotation is another one, a restart would give the pods that.
        let annotations = account.map(|account| &account.annotations);
        let is_told = match (&one.how, annotations) {
            (How::Irsa(role), Some(all)) => all.get(labels::ROLE) == Some(role),
            (How::Entra(client), Some(all)) => all.get(labels::CLIENT) == Some(client),
            (How::NotApplied, _) => false,
            _ => true,
        };
        for workload in workloads_of(one, observed) {
            let pods: Vec<&Running> = pods_of(workload, observed).collect();
            let stale = is_told
                .then(|| pods.iter().find_map(|pod| stale(&one.how, pod)))
                .flatten();
            if let Some(why) = stale.or_else(|| unaware(one, workload)) {
                found.push(restart_of(one, workload, &pods, why, context));
            }
        }
    }
    found
}

fn pods_of<'a>(
    workload: &'a Workload,
    observed: &'a Observed,
) -> impl Iterator<Item = &'a Running> {
    observed.pods.iter().filter(|pod| {
        pod.namespace == workload.namespace
            && pod.service_account == workload.service_account
            && !workload.selector.is_empty()
            && workload
                .selector
                .iter()
                .all(|(key, value)| pod.labels.get(key) == Some(value))
    })
}

/// Why a pod must be made anew, if it must.
fn stale(how: &How, pod: &Running) -> Option<String> {
    let variable = |name: &str| {
        let mut containers = pod.variables.iter();
        containers.find_map(|variables| variables.get(name))
    };
    let name = &pod.name;
    let by_association = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some();
    match how {
        How::Irsa(role) => match variable("AWS_ROLE_ARN") {
            Some(given) if given == role => None,
            Some(given) => Some(format!("the pod {name} was made for the role {given}")),
            None if by_association => Some(format!(
                "the pod {name} was made while its service account had an association"
            )),
            None => Some(format!(
                "the pod {name} is older than the annotation of its service account: it has no AWS_ROLE_ARN"
            )),
        },
        How::PodIdentity if by_association => None,
        How::PodIdentity => Some(match variable("AWS_ROLE_ARN") {
            Some(role) => {
                format!("the pod {name} is older than the association: it acts as {role}")
            }
            None => format!(
                "the pod {name} is older than the association: it has no AWS_CONTAINER_CREDENTIALS_FULL_URI"
            ),
        }),
        // Without the label nothing is injected, however often it restarts.
        How::Entra(_) if pod.labels.get(labels::USE).map(String::as_str) != Some("true") => None,
        How::Entra(client) => match variable("AZURE_CLIENT_ID") {
            Some(given) if given == client => None,
            Some(given) if !given.is_empty() => {
                Some(format!("the pod {name} was made for the client id {given}"))
            }
            _ => Some(format!(
                "the pod {name} is older than the annotation of its service account: it has no AZURE_CLIENT_ID"
            )),
        },
        How::GkePrincipal | How::GkeServiceAccount(_) | How::NotApplied => None,
    }
}

/// Why Vector must start again, if it must.
fn unaware(expected: &Expected, workload: &Workload) -> Option<String> {
    let access = expected.access.as_ref()?;
    if expected.component != Component::Billing {
        return None;
    }
    match workload.annotations.get(labels::ACCESS) {
        Some(known) if known == access => None,
        Some(_) => Some(
            "what it may reach has changed since it looked: Vector looks when it starts".to_owned(),
        ),
        None => Some(
            "nothing says that it has started since it may write: Vector looks when it starts"
                .to_owned(),
        ),
    }
}

fn restart_of(
    expected: &Expected,
    workload: &Workload,
    pods: &[&Running],
    why: String,
    context: Option<&str>,
) -> Restart {
    let Workload {
        kind,
        namespace,
        name,
        ..
    } = workload;
    let context = context.map_or(String::new(), |context| format!(" --context {context}"));
    // Vector's restart is remembered where the next look finds it, which a plain restart is not.
    let access = expected.access.clone();
    let access = access.filter(|_| expected.component == Component::Billing);
    let command = match &access {
        Some(access) => {
            let patch = json!({ "spec": { "template": { "metadata": { "annotations": { labels::ACCESS: access } } } } });
            format!("kubectl patch {kind}/{name} -n {namespace}{context} --type merge -p '{patch}'")
        }
        None => format!("kubectl rollout restart {kind}/{name} -n {namespace}{context}"),
    };
    let mut uids: Vec<&str> = pods.iter().map(|pod| pod.uid.as_str()).collect();
    uids.sort_unstable();
    let of_pods = short_digest(&uids.join(" "));
    Restart {
        kind,
        namespace: namespace.clone(),
        name: name.clone(),
        identity: expected.identity.clone(),
        control_plane: expected.control_plane.clone(),
        why,
        command,
        under_way: workload.annotations.get(labels::RESTARTED) == Some(&of_pods),
        access,
        of_pods,
    }
}

/// Twelve hexadecimal digits that tell texts apart.
pub(crate) fn short_digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// How far a rollout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Pods that are new and ready.
    pub ready: i32,
    /// Pods that there are to be.
    pub wanted: i32,
}

/// Restarts a workload and waits until its pods are new and ready.
///
/// Where the restart was asked for already, for the pods that are there now, it only waits: to run
/// this again after it was cut short restarts nothing twice.
///
/// # Errors
/// Where the cluster refuses, or the rollout does not end within `patience`.
pub async fn restart(
    kube: &Kube,
    restart: &Restart,
    now: &str,
    patience: Duration,
    mut progress: impl FnMut(Progress),
) -> Result<(), KubeError> {
    let Restart {
        kind,
        namespace,
        name,
        ..
    } = restart;
    if !restart.under_way {
        let mut annotations = json!({
            "kubectl.kubernetes.io/restartedAt": now,
            labels::RESTARTED: restart.of_pods,
        });
        if let Some(access) = &restart.access {
            annotations[labels::ACCESS] = access.clone().into();
        }
        let patch =
            json!({ "spec": { "template": { "metadata": { "annotations": annotations } } } });
        let (params, patch) = (PatchParams::default(), Patch::Merge(patch));
        if *kind == "statefulset" {
            let api: Api<StatefulSet> = Api::namespaced(kube.client(), namespace);
            kube.call("patch statefulsets", || api.patch(name, &params, &patch))
                .await?;
        } else {
            let api: Api<Deployment> = Api::namespaced(kube.client(), namespace);
            kube.call("patch deployments", || api.patch(name, &params, &patch))
                .await?;
        }
    }
    let started = Instant::now();
    let mut last = None;
    loop {
        let (now, is_done) = match *kind {
            "statefulset" => of_set(kube, namespace, name).await?,
            _ => of_deployment(kube, namespace, name).await?,
        };
        if last != Some(now) {
            progress(now);
            last = Some(now);
        }
        if is_done {
            return Ok(());
        }
        if started.elapsed() + LOOK_EVERY > patience {
            return Err(KubeError::Stuck {
                what: format!("{kind}/{name}"),
                namespace: namespace.clone(),
                seconds: patience.as_secs(),
            });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Source: k8s.io/kubectl `pkg/polymorphichelpers/rollout_status.go`.
async fn of_deployment(
    kube: &Kube,
    namespace: &str,
    name: &str,
) -> Result<(Progress, bool), KubeError> {
    let api: Api<Deployment> = Api::namespaced(kube.client(), namespace);
    let live = kube.call("get deployments", || api.get(name)).await?;
    let wanted = live.spec.and_then(|spec| spec.replicas).unwrap_or(1);
    let status = live.status.unwrap_or_default();
    let updated = status.updated_replicas.unwrap_or(0);
    let available = status.available_replicas.unwrap_or(0);
    let is_seen = status.observed_generation >= live.metadata.generation;
    let is_done = is_seen
        && updated >= wanted
        && status.replicas.unwrap_or(0) <= updated
        && available >= updated;
    let ready = if is_seen { updated.min(available) } else { 0 };
    Ok((Progress { ready, wanted }, is_done))
}

/// Source: the same.
async fn of_set(kube: &Kube, namespace: &str, name: &str) -> Result<(Progress, bool), KubeError> {
    let api: Api<StatefulSet> = Api::namespaced(kube.client(), namespace);
    let live = kube.call("get statefulsets", || api.get(name)).await?;
    let wanted = live.spec.and_then(|spec| spec.replicas).unwrap_or(1);
    let status = live.status.unwrap_or_default();
    let updated = status.updated_replicas.unwrap_or(0);
    let available = status.ready_replicas.unwrap_or(0);
    let is_seen = status.observed_generation >= live.metadata.generation;
    let is_done = is_seen
        && available >= wanted
        && (status.update_revision == status.current_revision || updated >= wanted);
    let ready = if is_seen { updated.min(available) } else { 0 };
    Ok((Progress { ready, wanted }, is_done))
}
