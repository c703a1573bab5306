//! A cluster in a sandbox in memory.

use std::sync::Arc;

use serde_json::{Value, json};
use wip_conformance::InMemory;
use wip_sandbox::{
    ControlPlaneSeed, Fault, FaultClass, KubeAt, KubeSeed, Options, Reply, Request, Sandbox, Seed,
};
use wip_space::Space;

use crate::Kube;

pub(super) const ISSUER: &str = "https://own.example.com";
pub(super) const ONE: &str = "706c49fa-5bb8-4a7e-9f41-2fc38ef4b065";

/// A cluster with two groups, of which one has a control plane by id and one by namespace.
pub(super) struct Stage {
    pub(super) sandbox: Arc<Sandbox>,
    pub(super) kube: Kube,
}

impl Stage {
    pub(super) fn new() -> Self {
        let sandbox = Arc::new(Sandbox::in_memory(Options::default()));
        let plane = |name: &str, id: Option<&str>, host: Option<&str>| ControlPlaneSeed {
            group: "default".to_owned(),
            name: name.to_owned(),
            id: id.map(str::to_owned),
            host_namespace: host.map(str::to_owned),
        };
        let seed = Seed {
            kubernetes: vec![KubeSeed {
                name: "own".to_owned(),
                at: KubeAt::Issuer {
                    url: ISSUER.to_owned(),
                },
                groups: vec!["team-a".to_owned()],
                control_planes: vec![
                    plane("ctp1", Some(ONE), None),
                    plane("ctp2", None, Some("default-ctp2")),
                ],
            }],
            ..Seed::default()
        };
        sandbox.seed(&seed).expect("a seed");
        let wire = Arc::new(InMemory(Arc::clone(&sandbox)));
        let kube = Kube::on_wire(wire, "http://localhost/_kube/own", "sandbox");
        Self { sandbox, kube }
    }

    /// Asks the cluster as somebody else does.
    pub(super) fn ask(&self, line: &str, body: &Value) -> Value {
        let (method, path) = line.split_once(' ').expect("METHOD PATH");
        self.send(method, &format!("/_kube/own/{path}"), body)
    }

    /// Says how the sandbox is to be.
    pub(super) fn control(&self, path: &str, body: &Value) {
        self.send("POST", &format!("/_sandbox/{path}"), body);
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let content = match method {
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: [
                ("authorization", "Bearer sandbox"),
                ("content-type", content),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
            body: match body {
                Value::Null => Vec::new(),
                body => body.to_string().into_bytes(),
            },
            ..Request::default()
        };
        let Reply::Answer(answer) = self.sandbox.handle(&request) else {
            panic!("no answer");
        };
        assert!(
            answer.status < 300,
            "{path}: {}",
            String::from_utf8_lossy(&answer.body)
        );
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    /// What the chart's values do.
    pub(super) fn upgrade(&self, values: &Value) {
        self.control(
            "kube/upgrade",
            &json!({ "cluster": "own", "values": values }),
        );
    }

    /// Lets the `nth` call of the cluster meet with a fault, and all after it.
    pub(super) fn fail(&self, nth: u64, times: u64, class: FaultClass) {
        self.sandbox.set_faults(vec![Fault {
            service: Some("kube".to_owned()),
            operation: None,
            nth,
            times,
            class,
        }]);
    }

    /// How often each call was made since the last time.
    pub(super) fn calls(&self) -> Vec<String> {
        let calls = self.sandbox.log().into_iter();
        let calls = calls.map(|call| call.operation).collect();
        self.sandbox.clear_log();
        calls
    }
}

/// The Space of these clusters, control planes and identities.
pub(super) fn space(clusters: &str, planes: &str, identities: &str) -> Space {
    let text = format!(
        "apiVersion: wip/v1alpha1\nkind: Space\nmetadata: {{ name: demo }}\nspec:\n  clusters:\n{clusters}  controlPlanes:\n{planes}  identities:\n{identities}"
    );
    wip_space::parse("space.yaml", text.as_bytes())
        .unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
}

pub(super) const OWN: &str = "    - { name: own, selfHosted: { issuer: \"https://own.example.com\", account: \"111122223333\", region: eu-west-1 } }\n";
pub(super) const EKS: &str =
    "    - { name: own, eks: { account: \"111122223333\", region: eu-west-1, cluster: own } }\n";
pub(super) const AKS: &str = "    - { name: own, aks: { tenant: 0b8c1f52-6a0d-4c6e-8f8e-5a1d4d0f7c21, subscription: 6f1c9c1e-3b0a-4c7e-9a61-2d5f0b7c8e11, resourceGroup: aks, cluster: own } }\n";
pub(super) const GKE: &str =
    "    - { name: own, gke: { project: acme-prod, location: europe-north1, cluster: own } }\n";
pub(super) const PLANES: &str = "    - { group: default, name: ctp1, id: 706c49fa-5bb8-4a7e-9f41-2fc38ef4b065 }\n    - { group: default, name: ctp2, hostNamespace: default-ctp2 }\n";
