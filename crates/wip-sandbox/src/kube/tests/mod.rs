//! Kubernetes: the calls, one example for each refusal, and what the Spaces software makes of them.

mod hostile;
mod objects;
mod spaces;

use serde_json::{Value, json};

use super::seed::{ControlPlaneSeed, KubeAt, KubeSeed};
use crate::http::{Answer, Reply, Request};
use crate::{AksSeed, ClusterSeed, Options, Sandbox, Seed, SubscriptionSeed};

pub(super) const ID: &str = "706c49fa-5bb8-4a7e-9f41-2fc38ef4b065";
pub(super) const HOST: &str = "mxp-706c49fa-5bb8-4a7e-9f41-2fc38ef4b065-system";
pub(super) const ACCOUNT: &str = "111122223333";

pub(super) struct Stage {
    pub(super) sandbox: Sandbox,
}

/// What was answered.
pub(super) struct Said {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Said {
    pub(super) fn refusal(&self) -> (u16, &str, &str) {
        let text = |name: &str| self.body[name].as_str().unwrap_or_default();
        (self.status, text("reason"), text("message"))
    }

    pub(super) fn names(&self) -> Vec<&str> {
        let items = self.body["items"].as_array().expect("a list");
        items
            .iter()
            .map(|item| item["metadata"]["name"].as_str().expect("a name"))
            .collect()
    }
}

fn said(reply: Reply) -> Said {
    let Reply::Answer(Answer { status, body, .. }) = reply else {
        panic!("no answer: {reply:?}");
    };
    Said {
        status,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    }
}

impl Stage {
    /// A cluster of EKS, one of AKS and one that is at no cloud, each with one control plane.
    pub(super) fn new() -> Self {
        let sandbox = Sandbox::in_memory(Options::default());
        let plane = ControlPlaneSeed {
            group: "default".to_owned(),
            name: "ctp1".to_owned(),
            id: Some(ID.to_owned()),
            host_namespace: None,
        };
        let cluster = |name: &str, at: KubeAt| KubeSeed {
            name: name.to_owned(),
            at,
            groups: vec!["team-a".to_owned()],
            control_planes: vec![plane.clone()],
        };
        let text = str::to_owned;
        let mut seed = Seed {
            clusters: vec![ClusterSeed {
                account: text(ACCOUNT),
                region: text("eu-west-1"),
                name: text("one"),
                issuer: None,
                addons: Vec::new(),
            }],
            kubernetes: vec![
                cluster(
                    "eks",
                    KubeAt::Eks {
                        account: text(ACCOUNT),
                        region: text("eu-west-1"),
                        cluster: text("one"),
                    },
                ),
                cluster(
                    "aks",
                    KubeAt::Aks {
                        subscription: text("s"),
                        resource_group: text("g"),
                        cluster: text("one"),
                    },
                ),
                cluster(
                    "own",
                    KubeAt::Issuer {
                        url: text("https://own.example.com"),
                    },
                ),
            ],
            ..Seed::default()
        };
        seed.azure.subscriptions.push(SubscriptionSeed {
            id: text("s"),
            tenant: text("t"),
            name: None,
        });
        seed.azure.clusters.push(AksSeed {
            subscription: text("s"),
            resource_group: text("g"),
            name: text("one"),
            location: None,
            issuer: None,
            oidc_issuer: true,
            workload_identity: true,
        });
        sandbox.seed(&seed).expect("a seed");
        Self { sandbox }
    }

    /// Asks a cluster, as `GET eks/api/v1/pods`.
    pub(super) fn ask(&self, line: &str, body: Value) -> Said {
        self.ask_as(line, body, "Bearer sandbox", "application/json")
    }

    pub(super) fn ask_as(&self, line: &str, body: Value, caller: &str, content: &str) -> Said {
        let (method, path) = line.split_once(' ').expect("a method and a path");
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let body = match body {
            Value::Null => Vec::new(),
            body => body.to_string().into_bytes(),
        };
        said(
            self.sandbox.handle(&Request {
                method: method.to_owned(),
                path: format!("/_kube/{path}"),
                query: query.to_owned(),
                headers: [("authorization", caller), ("content-type", content)]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into(),
                body,
            }),
        )
    }

    pub(super) fn get(&self, path: &str) -> Said {
        self.ask(&format!("GET {path}"), Value::Null)
    }

    pub(super) fn merge(&self, path: &str, body: Value) -> Said {
        let line = format!("PATCH {path}");
        self.ask_as(
            &line,
            body,
            "Bearer sandbox",
            "application/merge-patch+json",
        )
    }

    pub(super) fn control(&self, what: &str, body: &Value) -> u16 {
        said(self.sandbox.handle(&Request {
            method: "POST".to_owned(),
            path: format!("/_sandbox/{what}"),
            body: body.to_string().into_bytes(),
            ..Request::default()
        }))
        .status
    }

    pub(super) fn upgrade(&self, cluster: &str, values: Value) -> u16 {
        self.control(
            "kube/upgrade",
            &json!({ "cluster": cluster, "values": values }),
        )
    }

    /// The only pod of a workload in the host namespace.
    pub(super) fn pod(&self, cluster: &str, workload: &str) -> Value {
        let path =
            format!("{cluster}/api/v1/namespaces/{HOST}/pods?labelSelector=app%3D{workload}");
        let pods = self.get(&path).body["items"].clone();
        assert_eq!(pods.as_array().map(Vec::len), Some(1), "{workload}: {pods}");
        pods[0].clone()
    }

    /// A variable of the pod.
    pub(super) fn variable(&self, cluster: &str, workload: &str, name: &str) -> Option<String> {
        let pod = self.pod(cluster, workload);
        let variables = pod["spec"]["containers"][0]["env"].as_array()?.clone();
        let found = variables.iter().find(|it| it["name"] == name)?;
        found["value"].as_str().map(str::to_owned)
    }
}
