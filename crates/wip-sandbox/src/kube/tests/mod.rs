//! Kubernetes: the calls, one example for each refusal, and what the Spaces software makes of them.

use serde_json::{Value, json};

use super::seed::{ControlPlaneSeed, KubeAt, KubeSeed};
use crate::http::{Answer, Reply, Request};
use crate::{AksSeed, AssociationSeed, ClusterSeed, Options, Sandbox, Seed, SubscriptionSeed};

const ID: &str = "706c49fa-5bb8-4a7e-9f41-2fc38ef4b065";
const HOST: &str = "mxp-706c49fa-5bb8-4a7e-9f41-2fc38ef4b065-system";
const ACCOUNT: &str = "111122223333";

struct Stage {
    sandbox: Sandbox,
}

/// What was answered.
struct Said {
    status: u16,
    body: Value,
}

impl Said {
    fn refusal(&self) -> (u16, &str, &str) {
        let text = |name: &str| self.body[name].as_str().unwrap_or_default();
        (self.status, text("reason"), text("message"))
    }

    fn names(&self) -> Vec<&str> {
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
    fn new() -> Self {
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
    fn ask(&self, line: &str, body: Value) -> Said {
        self.ask_as(line, body, "Bearer sandbox", "application/json")
    }

    fn ask_as(&self, line: &str, body: Value, caller: &str, content: &str) -> Said {
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

    fn get(&self, path: &str) -> Said {
        self.ask(&format!("GET {path}"), Value::Null)
    }

    fn merge(&self, path: &str, body: Value) -> Said {
        let line = format!("PATCH {path}");
        self.ask_as(
            &line,
            body,
            "Bearer sandbox",
            "application/merge-patch+json",
        )
    }

    fn control(&self, what: &str, body: &Value) -> u16 {
        said(self.sandbox.handle(&Request {
            method: "POST".to_owned(),
            path: format!("/_sandbox/{what}"),
            body: body.to_string().into_bytes(),
            ..Request::default()
        }))
        .status
    }

    fn upgrade(&self, cluster: &str, values: Value) -> u16 {
        self.control(
            "kube/upgrade",
            &json!({ "cluster": cluster, "values": values }),
        )
    }

    /// The only pod of a workload in the host namespace.
    fn pod(&self, cluster: &str, workload: &str) -> Value {
        let path =
            format!("{cluster}/api/v1/namespaces/{HOST}/pods?labelSelector=app%3D{workload}");
        let pods = self.get(&path).body["items"].clone();
        assert_eq!(pods.as_array().map(Vec::len), Some(1), "{workload}: {pods}");
        pods[0].clone()
    }

    /// A variable of the pod.
    fn variable(&self, cluster: &str, workload: &str, name: &str) -> Option<String> {
        let pod = self.pod(cluster, workload);
        let variables = pod["spec"]["containers"][0]["env"].as_array()?.clone();
        let found = variables.iter().find(|it| it["name"] == name)?;
        found["value"].as_str().map(str::to_owned)
    }
}

#[test]
fn control_planes_are_listed_as_objects_with_their_ids() {
    let stage = Stage::new();
    let list = stage.get("eks/apis/spaces.upbound.io/v1beta1/controlplanes");
    assert_eq!(list.body["kind"], "ControlPlaneList");
    assert_eq!(list.names(), ["ctp1"]);
    let plane = &list.body["items"][0];
    assert_eq!(plane["status"]["controlPlaneID"], ID);
    assert_eq!(plane["status"]["conditions"][0]["status"], "True");
    assert_eq!(plane["apiVersion"], "spaces.upbound.io/v1beta1");
    let of_group = |group: &str| {
        let path = format!("eks/apis/spaces.upbound.io/v1beta1/namespaces/{group}/controlplanes");
        stage.get(&path).names().len()
    };
    // A namespace that is not there has an empty list, as every API server has it.
    assert_eq!(["default", "team-a", "nowhere"].map(of_group), [1, 0, 0]);
    let hosts = "eks/api/v1/namespaces?labelSelector=internal.spaces.upbound.io/controlplane-name";
    assert_eq!(stage.get(hosts).names(), [HOST]);
    let groups = "eks/api/v1/namespaces?labelSelector=spaces.upbound.io/group";
    assert_eq!(stage.get(groups).names(), ["default", "team-a"]);
}

#[test]
fn long_lists_come_in_pages() {
    let stage = Stage::new();
    let path = "eks/api/v1/namespaces?limit=2";
    let first = stage.get(path);
    assert_eq!(first.names(), ["default", HOST]);
    let token = first.body["metadata"]["continue"].as_str().expect("more");
    let rest = stage.get(&format!("{path}&continue={token}"));
    assert_eq!(rest.names(), ["team-a"]);
    assert_eq!(rest.body["metadata"].get("continue"), None);
    let wrong = stage.get(&format!("{path}&continue=%21"));
    assert_eq!(wrong.refusal().0, 400);
}

#[test]
fn each_refusal_is_worded_as_an_api_server_words_it() {
    let stage = Stage::new();
    let planes = "apis/spaces.upbound.io/v1beta1/namespaces/default/controlplanes";
    let nobody = stage.ask_as("GET eks/version", Value::Null, "Bearer other", "");
    assert_eq!(nobody.refusal(), (401, "Unauthorized", "Unauthorized"));
    let no_route = (
        404,
        "NotFound",
        "the server could not find the requested resource",
    );
    for path in [
        "nowhere/version",
        "eks/apis/spaces.upbound.io/v2/controlplanes",
        "eks/api/v1/nodes",
        "eks/openapi/v2",
    ] {
        assert_eq!(stage.get(path).refusal(), no_route, "{path}");
    }
    let gone = stage.get(&format!("eks/{planes}/other"));
    let message = "controlplanes.spaces.upbound.io \"other\" not found";
    assert_eq!(gone.refusal(), (404, "NotFound", message));
    let again = json!({
        "apiVersion": "spaces.upbound.io/v1beta1",
        "kind": "ControlPlane",
        "metadata": { "name": "ctp1" },
        "spec": {},
    });
    let taken = stage.ask(&format!("POST eks/{planes}"), again.clone());
    let message = "controlplanes.spaces.upbound.io \"ctp1\" already exists";
    assert_eq!(taken.refusal(), (409, "AlreadyExists", message));
    let nowhere = stage.ask(
        &format!("POST eks/{}", planes.replace("default", "nope")),
        again,
    );
    let message = "namespaces \"nope\" not found";
    assert_eq!(nowhere.refusal(), (404, "NotFound", message));
    let old = json!({ "metadata": { "resourceVersion": "9" } });
    let late = stage.merge(&format!("eks/{planes}/ctp1"), old);
    assert_eq!((late.refusal().0, late.refusal().1), (409, "Conflict"));
    let odd = stage.ask(&format!("PATCH eks/{planes}/ctp1"), json!({}));
    assert_eq!(odd.refusal().0, 415);
    let rules =
        json!([{ "verbs": ["list"], "resources": ["controlplanes"], "namespaces": ["team-a"] }]);
    assert_eq!(
        stage.control("kube/rights", &json!({ "cluster": "eks", "allow": rules })),
        204
    );
    let everywhere = stage.get("eks/apis/spaces.upbound.io/v1beta1/controlplanes");
    let message = "controlplanes.spaces.upbound.io is forbidden: User \"sandbox\" cannot list resource \"controlplanes\" in API group \"spaces.upbound.io\" at the cluster scope";
    assert_eq!(everywhere.refusal(), (403, "Forbidden", message));
    let other = stage.get(&format!("eks/{planes}"));
    assert!(other.refusal().2.ends_with("in the namespace \"default\""));
    assert_eq!(
        stage
            .get(&format!("eks/{}", planes.replace("default", "team-a")))
            .status,
        200
    );
    let issuer = stage.get("eks/.well-known/openid-configuration");
    let message =
        "forbidden: User \"sandbox\" cannot get path \"/.well-known/openid-configuration\"";
    assert_eq!(issuer.refusal(), (403, "Forbidden", message));
}

#[test]
fn a_control_plane_gets_its_id_and_goes_with_its_namespace() {
    let stage = Stage::new();
    let planes = "eks/apis/spaces.upbound.io/v1beta1/namespaces/team-a/controlplanes";
    let plane = |name: &str, annotations: Value, spec: Value| {
        let made = json!({
            "apiVersion": "spaces.upbound.io/v1beta1",
            "kind": "ControlPlane",
            "metadata": { "name": name, "annotations": annotations },
            "spec": spec,
        });
        let made = stage.ask(&format!("POST {planes}"), made);
        assert_eq!(made.status, 201, "{}", made.body);
        made.body
    };
    let made = plane("two", json!({}), json!({}));
    let id = made["status"]["controlPlaneID"]
        .as_str()
        .expect("an id")
        .to_owned();
    let host = format!("eks/api/v1/namespaces/mxp-{id}-system");
    assert_eq!(stage.get(&host).status, 200);
    let own = json!({ "hostNamespace": { "name": "own-host" } });
    plane("three", json!({}), own);
    assert_eq!(stage.get("eks/api/v1/namespaces/own-host").status, 200);
    let pending = plane("four", json!({ "sandbox/pending": "true" }), json!({}));
    assert_eq!(pending.get("status"), None);
    let ready = stage.merge(
        &format!("{planes}/four"),
        json!({ "metadata": { "annotations": { "sandbox/pending": null } } }),
    );
    assert!(ready.body["status"]["controlPlaneID"].is_string());
    assert_eq!(
        stage
            .ask(&format!("DELETE {planes}/two"), Value::Null)
            .status,
        200
    );
    assert_eq!(stage.get(&host).status, 404);
    plane("five", json!({ "sandbox/terminating": "true" }), json!({}));
    stage.ask(&format!("DELETE {planes}/five"), Value::Null);
    let five = stage.get(&format!("{planes}/five"));
    assert!(five.body["metadata"]["deletionTimestamp"].is_string());
}

#[test]
fn the_values_of_the_chart_reach_service_accounts_and_pods() {
    let stage = Stage::new();
    let account = |name: &str| {
        let path = format!("eks/api/v1/namespaces/{HOST}/serviceaccounts/{name}");
        let body = stage.get(&path).body;
        body["metadata"]["annotations"].clone()
    };
    assert_eq!(account("mxp-controller"), Value::Null);
    let role = json!({ "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/backup" });
    let values = |annotations: &str| {
        json!({
            "billing": { "enabled": true },
            "controlPlanes": {
                "mxpController": { "serviceAccount": { annotations: role } },
                "vector": { "serviceAccount": { "customAnnotations": role }, "persistence": { "enabled": true } },
            },
        })
    };
    assert_eq!(stage.upgrade("eks", values("annotations")), 204);
    assert_eq!(account("mxp-controller"), role);
    assert_eq!(account("vector"), role);
    let sets = format!("eks/apis/apps/v1/namespaces/{HOST}/statefulsets");
    assert_eq!(stage.get(&sets).names(), ["vector"]);
    // The chart has no such key, so that nothing comes of it, and what was there goes.
    assert_eq!(stage.upgrade("eks", values("customAnnotations")), 204);
    assert_eq!(account("mxp-controller"), Value::Null);
    let truth =
        json!({ "controlPlanes": { "vector": { "pod": { "customLabels": { "use": true } } } } });
    assert_eq!(stage.upgrade("eks", truth), 400);
    assert_eq!(stage.upgrade("nowhere", json!({})), 400);
}

#[test]
fn webhooks_inject_into_new_pods_alone() {
    let stage = Stage::new();
    let arn = "arn:aws:iam::111122223333:role/backup";
    let values = json!({ "controlPlanes": { "mxpController": {
        "serviceAccount": { "annotations": { "eks.amazonaws.com/role-arn": arn } },
    } } });
    for cluster in ["eks", "own"] {
        assert_eq!(stage.upgrade(cluster, values.clone()), 204);
        let role = || stage.variable(cluster, "mxp-controller", "AWS_ROLE_ARN");
        assert_eq!(role(), None, "{cluster}: the pod is older");
        restart(&stage, cluster, "mxp-controller");
        assert_eq!(role().as_deref(), Some(arn), "{cluster}");
    }
    // An association takes precedence over the annotation.
    let association = AssociationSeed {
        account: ACCOUNT.to_owned(),
        region: "eu-west-1".to_owned(),
        cluster: "one".to_owned(),
        namespace: HOST.to_owned(),
        service_account: "mxp-controller".to_owned(),
        role_arn: arn.to_owned(),
        owner_arn: None,
    };
    let seed = Seed {
        associations: vec![association],
        ..Seed::default()
    };
    stage.sandbox.seed(&seed).expect("a seed");
    restart(&stage, "eks", "mxp-controller");
    assert_eq!(
        stage.variable("eks", "mxp-controller", "AWS_ROLE_ARN"),
        None
    );
    let uri = stage.variable(
        "eks",
        "mxp-controller",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    );
    assert_eq!(uri.as_deref(), Some("http://169.254.170.23/v1/credentials"));
}

#[test]
fn azure_injects_where_the_pod_has_the_label() {
    let stage = Stage::new();
    let client = "0a7e2c9b-3f3d-4a55-8c6f-2b9d1e4f6a80";
    let account = json!({ "annotations": { "azure.workload.identity/client-id": client } });
    let values = |labels: Value| json!({ "controlPlanes": { "mxpController": { "serviceAccount": account, "pod": { "customLabels": labels } } } });
    stage.upgrade("aks", values(json!({})));
    restart(&stage, "aks", "mxp-controller");
    let variable = |name: &str| stage.variable("aks", "mxp-controller", name);
    assert_eq!(variable("AZURE_CLIENT_ID"), None);
    // A new label changes the template, and with it the pods.
    stage.upgrade(
        "aks",
        values(json!({ "azure.workload.identity/use": "true" })),
    );
    assert_eq!(variable("AZURE_CLIENT_ID").as_deref(), Some(client));
    assert_eq!(variable("AZURE_TENANT_ID").as_deref(), Some("t"));
}

fn restart(stage: &Stage, cluster: &str, workload: &str) {
    let path = format!("{cluster}/apis/apps/v1/namespaces/{HOST}/deployments/{workload}");
    let generation = stage.get(&path).body["metadata"]["generation"].clone();
    let at = json!({ "kubectl.kubernetes.io/restartedAt": format!("after {generation}") });
    let patch = json!({ "spec": { "template": { "metadata": { "annotations": at } } } });
    assert_eq!(stage.merge(&path, patch).status, 200);
}

#[test]
fn a_rollout_takes_a_while() {
    let stage = Stage::new();
    let before = stage.pod("eks", "mxp-controller")["metadata"]["uid"].clone();
    restart(&stage, "eks", "mxp-controller");
    let path = format!("eks/apis/apps/v1/namespaces/{HOST}/deployments/mxp-controller");
    let progress = || {
        let body = stage.get(&path).body;
        let number = |value: &Value| value.as_u64().expect("a number");
        (
            number(&body["metadata"]["generation"]) - number(&body["status"]["observedGeneration"]),
            number(&body["status"]["updatedReplicas"]),
        )
    };
    assert_eq!(
        [progress(), progress(), progress()],
        [(1, 1), (0, 0), (0, 1)]
    );
    assert_ne!(
        stage.pod("eks", "mxp-controller")["metadata"]["uid"],
        before
    );
    let stuck =
        json!({ "cluster": "eks", "namespace": HOST, "name": "mxp-controller", "stuck": true });
    assert_eq!(stage.control("kube/stuck", &stuck), 204);
    restart(&stage, "eks", "mxp-controller");
    assert_eq!([progress(), progress(), progress()], [(1, 1); 3]);
}

#[test]
fn tokens_are_signed_by_the_issuer_for_who_is_asked() {
    let stage = Stage::new();
    let path = format!("POST eks/api/v1/namespaces/{HOST}/serviceaccounts/mxp-controller/token");
    let wish = |audiences: Value, seconds: i64| {
        json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": { "audiences": audiences, "expirationSeconds": seconds },
        })
    };
    let said = stage.ask(&path, wish(json!(["sts.amazonaws.com"]), 600));
    assert_eq!(said.status, 201);
    let token = said.body["status"]["token"].as_str().expect("a token");
    let jwt = crate::aws::tokens::Jwt::read(token).expect("a token");
    let issuer = stage.get("eks/.well-known/openid-configuration").body["issuer"].clone();
    assert_eq!(jwt.claim("iss"), Some(&issuer));
    assert_eq!(jwt.claim("aud"), Some(&json!(["sts.amazonaws.com"])));
    assert_eq!(
        jwt.text("sub"),
        Some(format!("system:serviceaccount:{HOST}:mxp-controller").as_str())
    );
    let keys = stage.get("eks/openid/v1/jwks").body;
    let keys = crate::aws::tokens::PublicKey::of_set(&keys).expect("keys");
    assert!(jwt.is_signed_by(&keys));
    assert_eq!(stage.ask(&path, wish(json!([]), 599)).status, 422);
    let nobody = stage.ask(
        &path.replace("mxp-controller", "nobody"),
        wish(json!([]), 600),
    );
    assert_eq!(
        nobody.refusal(),
        (404, "NotFound", "serviceaccounts \"nobody\" not found")
    );
}

#[test]
fn custom_resources_are_held_to_their_schemas() {
    let stage = Stage::new();
    let path = "POST eks/apis/spaces.upbound.io/v1beta1/namespaces/default/sharedbackupconfigs";
    let config = |storage: Value| {
        json!({
            "apiVersion": "spaces.upbound.io/v1beta1",
            "kind": "SharedBackupConfig",
            "metadata": { "name": "backup" },
            "spec": { "objectStorage": storage },
        })
    };
    let good = json!({
        "provider": "AWS", "bucket": "acme", "config": { "region": "eu-west-1", "any": {} },
        "credentials": { "source": "InjectedIdentity" },
    });
    let strict = format!("{path}?fieldValidation=Strict&dryRun=All");
    assert_eq!(stage.ask(&strict, config(good.clone())).status, 201);
    assert_eq!(
        stage.ask(&path.replace("POST", "GET"), Value::Null).names(),
        [""; 0]
    );
    let mut unknown = good.clone();
    unknown["credentials"]["sauce"] = "x".into();
    let message = "strict decoding error: unknown field \"spec.objectStorage.credentials.sauce\"";
    assert_eq!(
        stage.ask(&strict, config(unknown.clone())).refusal(),
        (400, "BadRequest", message)
    );
    let made = stage.ask(path, config(unknown));
    assert_eq!(
        made.body["spec"]["objectStorage"]["credentials"].get("sauce"),
        None
    );
    for (change, why) in [
        (("provider", json!("aws")), "Unsupported value"),
        (("bucket", json!("")), "at least 1 chars"),
        (("bucket", json!(1)), "must be of type string"),
        (
            ("credentials", json!({ "source": "Secret" })),
            "must be set when source is Secret",
        ),
        (("credentials", json!({})), "Required value"),
    ] {
        let mut bad = good.clone();
        bad[change.0] = change.1;
        let said = stage.ask(&strict, config(bad));
        assert_eq!((said.refusal().0, said.refusal().1), (422, "Invalid"));
        assert!(said.refusal().2.contains(why), "{}", said.refusal().2);
    }
    let store = json!({
        "apiVersion": "spaces.upbound.io/v1alpha1",
        "kind": "SharedSecretStore",
        "metadata": { "name": "store" },
        "spec": { "controlPlaneSelector": { "names": [] }, "namespaceSelector": { "names": ["default"] }, "provider": { "gcpsm": { "projectID": "acme" } } },
    });
    let path = "POST eks/apis/spaces.upbound.io/v1alpha1/namespaces/default/sharedsecretstores";
    let said = stage.ask(path, store);
    assert!(said.refusal().2.contains("either names or a labelSelector"));
}
