//! Deployments and stateful sets, and the pods that they keep.
//!
//! A pod is made when its template changes, and what is injected then stays as it is until the next one.
//! A rollout takes a while: readers see that it is not done before they see that it is.

use serde_json::{Map, Value, json};

use super::admission;
use super::call::Call;
use super::objects::{self, Object};
use crate::aws::call::hex_id;

/// How many readers see a rollout that is not done.
const ROLLING: u32 = 2;

/// A workload as the Spaces software wants it.
pub(crate) struct Workload<'a> {
    pub(crate) plural: &'static str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    pub(crate) service_account: &'a str,
    /// Labels of its pods besides its own.
    pub(crate) labels: Option<&'a Map<String, Value>>,
}

/// Makes a workload, or brings it to what is wanted; what others have put on its template stays.
pub(crate) fn bring(call: &mut Call<'_>, wanted: &Workload<'_>) {
    let Workload {
        plural,
        namespace,
        name,
        service_account,
        labels,
    } = wanted;
    let own = json!({ "app": name });
    let mut template_labels = labels.cloned().unwrap_or_default();
    template_labels.insert("app".to_owned(), (*name).into());
    let old = objects::find(call, plural, Some(namespace), name);
    let annotations = old
        .as_ref()
        .map(|old| old.body["spec"]["template"]["metadata"]["annotations"].clone());
    let mut template = json!({
        "metadata": { "labels": template_labels },
        "spec": {
            "serviceAccountName": service_account,
            "containers": [{ "name": name, "image": format!("registry.example.com/{name}:sandbox") }],
        },
    });
    if let Some(annotations) = annotations.filter(|it| !it.is_null()) {
        template["metadata"]["annotations"] = annotations;
    }
    let generation = old
        .as_ref()
        .and_then(|old| old.body["metadata"]["generation"].as_u64());
    let body = json!({
        "metadata": {
            "namespace": namespace,
            "name": name,
            "labels": own,
            "generation": generation.unwrap_or(1),
        },
        "spec": { "replicas": 1, "selector": { "matchLabels": own }, "template": template },
    });
    match old {
        None => {
            let object = objects::put(call, plural, body);
            make_pod(call, plural, &object);
        }
        Some(old) => {
            let object = objects::put(call, plural, body);
            changed(call, plural, &old.body, object);
        }
    }
}

/// Removes a workload with its pods.
pub(crate) fn remove(call: &mut Call<'_>, plural: &str, namespace: &str, name: &str) {
    if objects::find(call, plural, Some(namespace), name).is_some() {
        remove_pods(call, plural, namespace, name);
        objects::remove(call, plural, Some(namespace), name);
    }
}

/// What follows from a change of a workload: new pods where its template is another one.
pub(crate) fn changed(call: &mut Call<'_>, plural: &str, before: &Value, object: Object) -> Object {
    if before["spec"] == object.body["spec"] {
        return object;
    }
    let mut body = object.body.clone();
    let generation = body["metadata"]["generation"].as_u64().unwrap_or(1) + 1;
    body["metadata"]["generation"] = generation.into();
    let mut object = objects::put(call, plural, body);
    if before["spec"]["template"] != object.body["spec"]["template"] {
        object.rolling = ROLLING;
        objects::keep(call, plural, &object);
        let text = |name: &str| object.body["metadata"][name].as_str().unwrap_or_default();
        let (namespace, name) = (text("namespace").to_owned(), text("name").to_owned());
        remove_pods(call, plural, &namespace, &name);
        make_pod(call, plural, &object);
    }
    object
}

/// A workload as a reader sees it; one more has then seen its rollout.
pub(crate) fn seen(call: &mut Call<'_>, plural: &str, mut object: Object) -> Object {
    if !matches!(plural, "deployments" | "statefulsets") {
        return object;
    }
    let text = |name: &str| object.body["metadata"][name].as_str().unwrap_or_default();
    let stuck = format!(
        "kube/{}/stuck/{}/{}",
        call.name,
        text("namespace"),
        text("name")
    );
    let is_stuck = call.db.get_at_once::<bool>(&stuck).unwrap_or(false);
    let is_rolling = object.rolling > 0;
    if is_rolling && !is_stuck {
        let mut kept = object.clone();
        kept.rolling -= 1;
        objects::keep(call, plural, &kept);
    }
    let generation = object.body["metadata"]["generation"].as_u64().unwrap_or(1);
    // First nobody has noticed the change, then the new pod is not ready.
    let (observed, updated) = match (is_rolling, object.rolling) {
        (false, _) => (generation, 1),
        (true, ROLLING) => (generation - 1, 1),
        (true, _) => (generation, 0),
    };
    object.body["status"] = match plural {
        "deployments" => json!({
            "observedGeneration": observed,
            "replicas": 1,
            "updatedReplicas": updated,
            "readyReplicas": 1,
            "availableReplicas": 1,
        }),
        _ => json!({
            "observedGeneration": observed,
            "replicas": 1,
            "updatedReplicas": updated,
            "readyReplicas": 1,
            "currentRevision": "1",
            "updateRevision": if updated == 1 { "1" } else { "2" },
        }),
    };
    object
}

fn remove_pods(call: &mut Call<'_>, plural: &str, namespace: &str, name: &str) {
    for pod in objects::all(call, "pods", Some(namespace)) {
        let owner = &pod.body["metadata"]["annotations"]["sandbox/owner"];
        if *owner == format!("{plural}/{name}") {
            let pod = pod.body["metadata"]["name"].as_str().unwrap_or_default();
            objects::remove(call, "pods", Some(namespace), pod);
        }
    }
}

/// Makes the pod of a workload, with what the webhooks inject now.
fn make_pod(call: &mut Call<'_>, plural: &str, object: &Object) {
    let template = &object.body["spec"]["template"];
    let text = |name: &str| object.body["metadata"][name].as_str().unwrap_or_default();
    let (namespace, name) = (text("namespace"), text("name"));
    let suffix = match plural {
        "statefulsets" => "0".to_owned(),
        _ => {
            let generation = object.body["metadata"]["generation"].to_string();
            hex_id(&["pod", &object.uid, &generation], 10)
        }
    };
    let mut annotations = template["metadata"]["annotations"].clone();
    if !annotations.is_object() {
        annotations = json!({});
    }
    annotations["sandbox/owner"] = format!("{plural}/{name}").into();
    let mut pod = json!({
        "metadata": {
            "namespace": namespace,
            "name": format!("{name}-{suffix}"),
            "labels": template["metadata"]["labels"],
            "annotations": annotations,
        },
        "spec": template["spec"],
        "status": {
            "phase": "Running",
            "conditions": [{ "type": "Ready", "status": "True" }],
        },
    });
    admission::mutate(call, &mut pod);
    objects::put(call, "pods", pod);
}
