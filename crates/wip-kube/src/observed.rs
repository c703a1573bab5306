//! What a cluster has of the service accounts that matter, read with as few rights as are there.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{Pod, ServiceAccount};
use kube::api::{Api, ApiResource, DynamicObject};
use serde_json::Value;
use wip_provider::{Class, CloudError};

use crate::{Expected, Kube, KubeError};

/// What was read of a cluster.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// By namespace and name; only those that are expected.
    pub(crate) accounts: BTreeMap<(String, String), Account>,
    /// The names of all service accounts, by namespace.
    pub(crate) names: BTreeMap<String, BTreeSet<String>>,
    /// Deployments and stateful sets whose pods run as one of them.
    pub(crate) workloads: Vec<Workload>,
    /// Pods that run as one of them.
    pub(crate) pods: Vec<Running>,
    /// Stores and backup configs of the groups.
    pub(crate) resources: Vec<Custom>,
    /// What could not be read, and why.
    pub unseen: Vec<String>,
}

/// A service account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    pub(crate) annotations: BTreeMap<String, String>,
}

/// A deployment or a stateful set.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    /// `deployment` or `statefulset`.
    pub(crate) kind: &'static str,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) service_account: String,
    /// Of the template of its pods.
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    /// Which pods are its.
    pub(crate) selector: BTreeMap<String, String>,
}

/// A pod.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) service_account: String,
    pub(crate) labels: BTreeMap<String, String>,
    /// Of each container, name → value.
    pub(crate) variables: Vec<BTreeMap<String, String>>,
}

/// A custom resource of Spaces.
#[derive(Clone, Debug)]
pub(crate) struct Custom {
    pub(crate) kind: &'static str,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) spec: Value,
}

/// Reads what matters of the expected service accounts, and the stores and backup configs of the groups.
///
/// # Errors
/// Where the cluster cannot be reached; what may not be read is said in [`Observed::unseen`].
pub async fn observe(
    kube: &Kube,
    expected: &[Expected],
    groups: &BTreeSet<String>,
) -> Result<Observed, KubeError> {
    let namespaces: BTreeSet<&str> = expected.iter().map(|it| it.namespace.as_str()).collect();
    let looks = namespaces.into_iter().map(|namespace| {
        let accounts: BTreeSet<&str> = expected
            .iter()
            .filter(|it| it.namespace == namespace)
            .map(|it| it.service_account.as_str())
            .collect();
        of_namespace(kube, namespace, accounts)
    });
    let mut observed = Observed::default();
    for seen in join_all(looks).await {
        observed.add(seen?);
    }
    for group in groups {
        for resource in CUSTOMS {
            observed.add(customs(kube, group, resource).await?);
        }
    }
    Ok(observed)
}

impl Observed {
    fn add(&mut self, other: Observed) {
        self.accounts.extend(other.accounts);
        self.names.extend(other.names);
        self.workloads.extend(other.workloads);
        self.pods.extend(other.pods);
        self.resources.extend(other.resources);
        self.unseen.extend(other.unseen);
    }

    /// What was listed; nothing, and a word about it, where that may not be read.
    fn listed<T>(
        &mut self,
        what: &str,
        list: Result<Vec<T>, CloudError>,
    ) -> Result<Vec<T>, KubeError> {
        match list {
            Ok(list) => Ok(list),
            Err(error) if error.class == Class::Denied => {
                self.unseen.push(format!("{what}: {}", error.message));
                Ok(Vec::new())
            }
            Err(error) => Err(error.into()),
        }
    }
}

async fn of_namespace(
    kube: &Kube,
    namespace: &str,
    accounts: BTreeSet<&str>,
) -> Result<Observed, KubeError> {
    let client = || kube.client();
    let apis = (
        Api::<ServiceAccount>::namespaced(client(), namespace),
        Api::<Pod>::namespaced(client(), namespace),
        Api::<Deployment>::namespaced(client(), namespace),
        Api::<StatefulSet>::namespaced(client(), namespace),
    );
    let (found, pods, deployments, sets) = futures_util::join!(
        kube.list("list serviceaccounts", &apis.0, None),
        kube.list("list pods", &apis.1, None),
        kube.list("list deployments", &apis.2, None),
        kube.list("list statefulsets", &apis.3, None),
    );
    let mut seen = Observed::default();
    let what = |of: &str| format!("{of} in {namespace}");
    for account in seen.listed(&what("service accounts"), found)? {
        let name = account.metadata.name.unwrap_or_default();
        let names = seen.names.entry(namespace.to_owned()).or_default();
        names.insert(name.clone());
        if accounts.contains(name.as_str()) {
            let annotations = account.metadata.annotations.unwrap_or_default();
            seen.accounts
                .insert((namespace.to_owned(), name), Account { annotations });
        }
    }
    let pods = seen.listed(&what("pods"), pods)?;
    seen.pods = pods
        .into_iter()
        .filter_map(running)
        .filter(|pod| accounts.contains(pod.service_account.as_str()))
        .collect();
    let deployments = seen.listed(&what("deployments"), deployments)?;
    let deployments = deployments.into_iter().filter_map(|it| {
        let spec = it.spec?;
        workload(
            ("deployment", it.metadata),
            spec.template,
            spec.selector.match_labels,
        )
    });
    seen.workloads.extend(deployments);
    let sets = seen.listed(&what("stateful sets"), sets)?;
    let sets = sets.into_iter().filter_map(|it| {
        let spec = it.spec?;
        workload(
            ("statefulset", it.metadata),
            spec.template,
            spec.selector.match_labels,
        )
    });
    seen.workloads.extend(sets);
    seen.workloads
        .retain(|workload| accounts.contains(workload.service_account.as_str()));
    Ok(seen)
}

fn workload(
    (kind, metadata): (
        &'static str,
        k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
    ),
    template: k8s_openapi::api::core::v1::PodTemplateSpec,
    selector: Option<BTreeMap<String, String>>,
) -> Option<Workload> {
    let of_pods = template.metadata.unwrap_or_default();
    Some(Workload {
        kind,
        namespace: metadata.namespace?,
        name: metadata.name?,
        service_account: account_of(template.spec.as_ref()?.service_account_name.as_deref()),
        labels: of_pods.labels.unwrap_or_default(),
        annotations: of_pods.annotations.unwrap_or_default(),
        selector: selector.unwrap_or_default(),
    })
}

/// A pod that is not done and not going.
fn running(pod: Pod) -> Option<Running> {
    let phase = pod.status.and_then(|status| status.phase);
    let is_over = matches!(phase.as_deref(), Some("Succeeded" | "Failed"));
    if is_over || pod.metadata.deletion_timestamp.is_some() {
        return None;
    }
    let spec = pod.spec?;
    let variables = spec.containers.into_iter().map(|container| {
        let variables = container.env.unwrap_or_default().into_iter();
        variables
            .filter_map(|variable| Some((variable.name, variable.value?)))
            .collect()
    });
    Some(Running {
        namespace: pod.metadata.namespace?,
        name: pod.metadata.name?,
        uid: pod.metadata.uid.unwrap_or_default(),
        service_account: account_of(spec.service_account_name.as_deref()),
        labels: pod.metadata.labels.unwrap_or_default(),
        variables: variables.collect(),
    })
}

fn account_of(name: Option<&str>) -> String {
    name.filter(|name| !name.is_empty())
        .unwrap_or("default")
        .to_owned()
}

/// Plural and kind of the custom resources that are read.
const CUSTOMS: [(&str, &str); 2] = [
    ("sharedsecretstores", "SharedSecretStore"),
    ("sharedbackupconfigs", "SharedBackupConfig"),
];

async fn customs(
    kube: &Kube,
    group: &str,
    (plural, kind): (&str, &'static str),
) -> Result<Observed, KubeError> {
    let resource = ApiResource {
        group: "spaces.upbound.io".to_owned(),
        version: "v1alpha1".to_owned(),
        api_version: "spaces.upbound.io/v1alpha1".to_owned(),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
    };
    let api: Api<DynamicObject> = Api::namespaced_with(kube.client(), group, &resource);
    let mut seen = Observed::default();
    let list = match kube.list(&format!("list {plural}"), &api, None).await {
        // A cluster without Spaces, where only custom workloads are.
        Err(error) if error.class == Class::Missing => Ok(Vec::new()),
        list => list,
    };
    for object in seen.listed(&format!("{plural} in {group}"), list)? {
        seen.resources.push(Custom {
            kind,
            namespace: group.to_owned(),
            name: object.metadata.name.unwrap_or_default(),
            spec: object.data["spec"].clone(),
        });
    }
    Ok(seen)
}
