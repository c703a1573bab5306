//! The part of the Spaces software: ids and host namespaces of control planes, and what the chart's values do to the workloads there.
//!
//! Sources: the Helm reference of Spaces 1.17 (`controlPlanes.*`, `billing.*`, `features.alpha.*`); its documentation of workload identity and of `up support-bundle collect` (labels of namespaces).
//! What the Deployment of the external secrets operator is called, no document says; `external-secrets` is a guess that nobody may build on.

use serde_json::{Map, Value, json};

use super::call::{Call, Cluster, cluster_key};
use super::objects::{self, Object};
use super::workloads::{self, Workload};
use crate::azure::uuid;
use crate::db::Db;

/// The label of a group, which is a namespace.
pub(crate) const GROUP_LABEL: &str = "spaces.upbound.io/group";
/// The label of a host namespace, with the name of its control plane.
const HOST_LABEL: &str = "internal.spaces.upbound.io/controlplane-name";
/// What keeps a control plane without an id, as one that is just being made.
const PENDING: &str = "sandbox/pending";
/// What keeps a control plane that is being deleted.
const TERMINATING: &str = "sandbox/terminating";

/// One component in a host namespace.
struct Component {
    workload: &'static str,
    service_account: &'static str,
    /// Where the chart's values are, below `controlPlanes`.
    values: &'static str,
    annotations: &'static str,
}

const COMPONENTS: [Component; 3] = [
    Component {
        workload: "mxp-controller",
        service_account: "mxp-controller",
        values: "mxpController",
        annotations: "annotations",
    },
    Component {
        workload: "vector",
        service_account: "vector",
        values: "vector",
        annotations: "customAnnotations",
    },
    Component {
        workload: "external-secrets",
        service_account: "external-secrets-controller",
        values: "sharedSecrets",
        annotations: "customAnnotations",
    },
];

fn release_key(cluster: &str) -> String {
    format!("kube/{cluster}/release")
}

/// The values of the chart, those of its defaults that matter here.
fn values(call: &Call<'_>) -> Value {
    let given: Option<Value> = call.db.get_at_once(&release_key(&call.name));
    given.unwrap_or_else(|| json!({}))
}

fn is_on(values: &Value, path: &str, default: bool) -> bool {
    values
        .pointer(path)
        .and_then(Value::as_bool)
        .unwrap_or(default)
}

/// What `helm upgrade` does: keeps the values and brings every control plane to them.
///
/// Annotations and labels that are no texts are refused as the API server refuses the objects that they end up in.
pub(crate) fn upgrade(db: &mut Db, cluster: &str, values: &Value) -> Result<(), String> {
    let known: Option<Cluster> = db.get_at_once(&cluster_key(cluster));
    if known.is_none() {
        return Err(format!("there is no cluster {cluster}"));
    }
    for component in &COMPONENTS {
        let of = |path: &str| format!("/controlPlanes/{}/{path}", component.values);
        let annotations = of(&format!("serviceAccount/{}", component.annotations));
        for path in [annotations, of("pod/customLabels")] {
            let texts = values.pointer(&path).and_then(Value::as_object);
            for (name, value) in texts.into_iter().flatten() {
                if !value.is_string() {
                    return Err(format!(
                        "UPGRADE FAILED: {}.{name}: cannot unmarshal {value} into Go struct field of type string",
                        path.trim_start_matches('/').replace('/', ".")
                    ));
                }
            }
        }
    }
    db.put(&release_key(cluster), values);
    let mut call = Call::new(db, cluster).map_err(|refusal| refusal.message)?;
    for plane in objects::all(&call, "controlplanes", None) {
        reconcile(&mut call, &plane);
    }
    Ok(())
}

/// Brings a new or changed control plane to where it should be.
pub(crate) fn made(call: &mut Call<'_>, plane: &Object) -> Object {
    let mut body = plane.body.clone();
    let status = body["status"].as_object();
    if is_pending(&body) {
        return plane.clone();
    }
    let is_new = status.is_none_or(|status| !status.contains_key("controlPlaneID"));
    if is_new {
        let id = uuid(&["control plane", &call.name, &plane.uid]);
        body["status"] = status_of(&id);
    }
    let plane = objects::put(call, "controlplanes", body);
    reconcile(call, &plane);
    plane
}

fn is_pending(body: &Value) -> bool {
    body["metadata"]["annotations"].get(PENDING).is_some()
}

fn status_of(id: &str) -> Value {
    json!({
        "controlPlaneID": id,
        "conditions": [{
            "type": "Ready",
            "status": "True",
            "reason": "Available",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }],
    })
}

/// Adds a control plane of that id, with its group.
pub(super) fn plant(call: &mut Call<'_>, group: &str, name: &str, host: Host<'_>) {
    plant_group(call, group);
    if objects::find(call, "controlplanes", Some(group), name).is_some() {
        return;
    }
    let (spec, id) = match host {
        Host::Id(id) => (json!({}), id.to_owned()),
        Host::Namespace(namespace) => (
            json!({ "hostNamespace": { "name": namespace, "deletionPolicy": "Delete" } }),
            uuid(&["control plane", &call.name, group, name]),
        ),
    };
    let plane = objects::put(
        call,
        "controlplanes",
        json!({
            "metadata": { "namespace": group, "name": name },
            "spec": spec,
            "status": status_of(&id),
        }),
    );
    reconcile(call, &plane);
}

/// Where a control plane of a seed runs.
pub(super) enum Host<'a> {
    Id(&'a str),
    Namespace(&'a str),
}

/// Adds a group that is missing.
pub(super) fn plant_group(call: &mut Call<'_>, group: &str) {
    if objects::find(call, "namespaces", None, group).is_none() {
        let labels = json!({ GROUP_LABEL: "true", "kubernetes.io/metadata.name": group });
        let body = json!({ "metadata": { "name": group, "labels": labels } });
        objects::put(call, "namespaces", body);
    }
}

/// The host namespace of a control plane that has one.
fn host_namespace(plane: &Object) -> Option<String> {
    let named = plane.body["spec"]["hostNamespace"]["name"].as_str();
    let id = plane.body["status"]["controlPlaneID"].as_str();
    match named {
        Some(name) => Some(name.to_owned()),
        None => id.map(|id| format!("mxp-{id}-system")),
    }
}

/// Host namespace, service accounts and workloads of a control plane, as the values say.
fn reconcile(call: &mut Call<'_>, plane: &Object) {
    let Some(namespace) = host_namespace(plane).filter(|_| !is_pending(&plane.body)) else {
        return;
    };
    if objects::find(call, "namespaces", None, &namespace).is_none() {
        let labels = json!({
            HOST_LABEL: plane.body["metadata"]["name"],
            "kubernetes.io/metadata.name": namespace,
        });
        let body = json!({ "metadata": { "name": namespace, "labels": labels } });
        objects::put(call, "namespaces", body);
    }
    let values = values(call);
    for component in &COMPONENTS {
        let is_wanted = match component.values {
            "vector" => is_on(&values, "/billing/enabled", false),
            "sharedSecrets" => is_on(&values, "/features/alpha/sharedSecrets/enabled", true),
            _ => true,
        };
        let persistent = is_on(&values, "/controlPlanes/vector/persistence/enabled", false);
        let plural = match component.values == "vector" && persistent {
            true => "statefulsets",
            false => "deployments",
        };
        for other in ["deployments", "statefulsets"] {
            if !is_wanted || other != plural {
                workloads::remove(call, other, &namespace, component.workload);
            }
        }
        if !is_wanted {
            objects::remove(
                call,
                "serviceaccounts",
                Some(&namespace),
                component.service_account,
            );
            continue;
        }
        service_account(call, &namespace, component, &values);
        let labels = values.pointer(&format!(
            "/controlPlanes/{}/pod/customLabels",
            component.values
        ));
        let workload = Workload {
            plural,
            namespace: &namespace,
            name: component.workload,
            service_account: component.service_account,
            labels: labels.and_then(Value::as_object),
        };
        workloads::bring(call, &workload);
    }
}

/// The service account, with the annotations of the values and those that others have put there.
fn service_account(call: &mut Call<'_>, namespace: &str, component: &Component, values: &Value) {
    let name = component.service_account;
    let old = objects::find(call, "serviceaccounts", Some(namespace), name);
    let mut annotations = old
        .as_ref()
        .and_then(|old| old.body["metadata"]["annotations"].as_object().cloned())
        .unwrap_or_default();
    // What the values had said before and do not say any more goes.
    let managed = format!("kube/{}/managed/{namespace}/{name}", call.name);
    let before: Vec<String> = call.db.get_at_once(&managed).unwrap_or_default();
    annotations.retain(|key, _| !before.contains(key));
    let path = format!(
        "/controlPlanes/{}/serviceAccount/{}",
        component.values, component.annotations
    );
    let given = values.pointer(&path).and_then(Value::as_object);
    let given = given.cloned().unwrap_or_else(Map::new);
    let keys: Vec<&String> = given.keys().collect();
    call.db.put(&managed, &keys);
    annotations.extend(given);
    let mut body = json!({ "metadata": { "namespace": namespace, "name": name } });
    if !annotations.is_empty() {
        body["metadata"]["annotations"] = Value::Object(annotations);
    }
    objects::put(call, "serviceaccounts", body);
}

/// Takes a control plane away, with its host namespace.
pub(crate) fn deleted(call: &mut Call<'_>, plane: &Object) {
    let mut body = plane.body.clone();
    let text = |name: &str| {
        body["metadata"][name]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let (namespace, name) = (text("namespace"), text("name"));
    if body["metadata"]["annotations"].get(TERMINATING).is_some() {
        body["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        objects::put(call, "controlplanes", body);
        return;
    }
    if let Some(host) = host_namespace(plane)
        && plane.body["spec"]["hostNamespace"]["deletionPolicy"] != "Orphan"
    {
        objects::remove_namespace(call, &host);
    }
    objects::remove(call, "controlplanes", Some(&namespace), &name);
}
