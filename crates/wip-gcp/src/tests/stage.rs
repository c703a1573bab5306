//! A sandbox in memory, and a run of the engine on it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};
use wip_conformance::InMemory;
use wip_engine::{Apply, Clouds, Outcome, Rights, Stop, View, survey};
use wip_plan::{Cloud, Guardrails, Inputs, Mode, Plan, State, plan};
use wip_provider::{CloudDriver, Limits, Patience};
use wip_sandbox::{Options, Reply, Request, Sandbox, Seed};
use wip_space::Space;
use wip_state::{Disk, FolderStore, Loaded, Store as _, Whose};

use crate::{Google, Settings};

pub(super) const LINEAGE: &str = "4dbc1f1b-3f1d-4a52-9d6c-0a1b2c3d4e5f";
pub(super) const PROJECT: &str = "acme-prod";
pub(super) const NUMBER: u64 = 731_209_007_075;

pub(super) fn parse(text: &str) -> Space {
    wip_space::parse("space.yaml", text.as_bytes())
        .unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The Space `prod-no` with these control planes and these identities, a line each.
pub(super) fn text(planes: std::ops::Range<usize>, identities: &[&str]) -> String {
    let mut text = format!(
        "apiVersion: wip/v1alpha1\nkind: Space\nmetadata: {{ name: prod-no, labels: {{ team: platform }} }}\nspec:\n  clusters:\n    \
         - {{ name: gke-1, gke: {{ project: {PROJECT}, projectNumber: {NUMBER}, location: europe-north1, cluster: gke-1 }} }}\n  \
         controlPlanes:\n"
    );
    for n in planes {
        writeln!(
            text,
            "    - {{ group: default, name: c{n}, hostNamespace: ns{n:03} }}"
        )
        .expect("text");
    }
    text += "  identities:\n";
    for identity in identities {
        writeln!(text, "    {identity}").expect("text");
    }
    text
}

pub(super) const BACKUP: &str =
    "backup: { method: gkePrincipal, access: [{ gcsBucket: { bucket: acme-backups } }] }";
pub(super) const BILLING: &str = "billing: { method: gkeServiceAccount, serviceAccount: { project: acme-prod, id: acme-billing }, access: [{ gcsBucket: { bucket: acme-billing } }] }";
pub(super) const SECRETS: &str = "sharedSecrets: { method: gkePrincipal, access: [{ secretManager: { project: acme-prod, secrets: [db] } }] }";

/// The Space `prod-no` with these control planes and all three components.
pub(super) fn file(planes: std::ops::Range<usize>) -> Space {
    parse(&text(planes, &[BACKUP, BILLING, SECRETS]))
}

/// The member that a service account of a control plane is.
pub(super) fn principal(namespace: &str, account: &str) -> String {
    format!(
        "principal://iam.googleapis.com/projects/{NUMBER}/locations/global/workloadIdentityPools/{PROJECT}.svc.id.goog/subject/ns/{namespace}/sa/{account}"
    )
}

/// A sandbox, and a folder for the state.
pub(super) struct Stage {
    pub(super) sandbox: Arc<Sandbox>,
    folder: tempfile::TempDir,
}

impl Stage {
    /// One with what the Space takes for granted.
    pub(super) fn new() -> Self {
        Self::with(&|_| {})
    }

    /// One of which something is otherwise.
    pub(super) fn with(change: &dyn Fn(&mut Value)) -> Self {
        let sandbox = Sandbox::in_memory(Options::default());
        let mut seed = json!({ "google": {
            "projects": [{ "id": PROJECT, "number": NUMBER }],
            "clusters": [{ "project": PROJECT, "location": "europe-north1", "name": "gke-1" }],
            "buckets": [
                { "project": PROJECT, "name": "acme-backups" },
                { "project": PROJECT, "name": "acme-billing" },
            ],
            "secrets": [{ "project": PROJECT, "name": "db", "value": "s3cret" }],
        } });
        change(&mut seed["google"]);
        let seed: Seed = serde_json::from_value(seed).expect("a seed");
        sandbox.seed(&seed).expect("planted");
        Self {
            sandbox: Arc::new(sandbox),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// Calls a service of Google as somebody else; panics where it is refused.
    pub(super) fn somebody(&self, what: &str, body: &Value) -> Value {
        let (method, path) = what.split_once(' ').expect("a method");
        let request = http::Request::builder()
            .method(method)
            .uri(format!("http://localhost/_gcp/{path}"))
            .header("authorization", "Bearer sandbox:somebody@example.com");
        let body = match body.is_null() {
            true => Vec::new(),
            false => body.to_string().into_bytes(),
        };
        let request = request.body(body).expect("a request");
        match self.sandbox.handle(&Request::from(request)) {
            Reply::Answer(answer) if answer.status < 300 => {
                serde_json::from_slice(&answer.body).unwrap_or_default()
            }
            other => panic!("{what}: {other:?}"),
        }
    }

    /// The policy of a bucket, with everything.
    pub(super) fn bucket_policy(&self, name: &str) -> Value {
        let path = format!("GET storage/storage/v1/b/{name}/iam?optionsRequestedPolicyVersion=3");
        self.somebody(&path, &Value::Null)
    }

    /// The members of a role in a policy, under no condition.
    pub(super) fn members(policy: &Value, role: &str) -> BTreeSet<String> {
        let bindings = policy["bindings"].as_array().into_iter().flatten();
        let own = bindings.filter(|it| it["role"] == role && it.get("condition").is_none());
        own.flat_map(|it| it["members"].as_array().expect("members"))
            .map(|it| it.as_str().expect("a member").to_owned())
            .collect()
    }

    pub(super) fn settings(&self) -> Settings {
        Settings {
            endpoint: Some("http://localhost".to_owned()),
            wire: Some(Arc::new(InMemory(Arc::clone(&self.sandbox)))),
            patience: Patience::default(),
            limits: Limits::default(),
            variable: |_| None,
        }
    }

    pub(super) fn driver(&self, space: &Space) -> CloudDriver<Google> {
        CloudDriver::new(Google::new(self.settings(), space))
    }

    pub(super) fn clouds(&self, space: &Space) -> Clouds {
        Clouds::new(vec![Box::new(self.driver(space))])
    }

    pub(super) fn store(&self) -> FolderStore {
        FolderStore::new(self.folder.path(), Disk::default())
    }

    pub(super) async fn state(&self) -> State {
        self.loaded().await.state
    }

    async fn loaded(&self) -> Loaded {
        let whose = Whose {
            space: "prod-no".to_owned(),
            cloud: Cloud::Sandbox,
            new_lineage: LINEAGE.to_owned(),
        };
        self.store().load(&whose).await.expect("a state")
    }

    /// Who are we, what is there, and what is to be done.
    pub(super) async fn plan(&self, space: &Space) -> Plan {
        self.plan_to(space, Mode::Apply).await
    }

    /// The same, to do something else than apply.
    pub(super) async fn plan_to(&self, space: &Space, mode: Mode) -> Plan {
        let clouds = self.clouds(space);
        let state = self.state().await;
        wip_engine::check(&clouds, space, &state)
            .await
            .expect("the projects");
        let moved = BTreeMap::new();
        let view = View {
            moved: &moved,
            wanting: !matches!(mode, Mode::Destroy { .. }),
            fresh: &BTreeSet::new(),
            listed: false,
        };
        let survey = survey(&clouds, space, &state, view)
            .await
            .expect("a survey");
        plan(Inputs {
            space: &space.name,
            cloud: Cloud::Sandbox,
            state: &state,
            wants: survey.wants,
            seen: survey.seen,
            strays: survey.strays,
            notes: survey.notes,
            rooms: survey.rooms,
            kinds: &clouds.kinds(),
            moved: &moved,
            guardrails: Guardrails {
                max_revokes: 10_000,
                allow_interruption: true,
                allow_destroy: true,
                ..Guardrails::default()
            },
            mode,
            target: BTreeSet::new(),
        })
    }

    pub(super) async fn apply(&self, space: &Space, plan: &Plan) -> Outcome {
        let (clouds, store) = (self.clouds(space), self.store());
        let moved = BTreeMap::new();
        let loaded = self.loaded().await;
        let apply = Apply {
            clouds: &clouds,
            plan,
            labels: &space.labels,
            moved: &moved,
            recovered: loaded.recovered.is_some(),
            state: loaded.state,
            store: &store,
            rights: Rights {
                concurrency: 10,
                recheck: true,
            },
            stop: Stop::default(),
        };
        apply.run(|_| {}).await.expect("a run")
    }

    /// Plans, applies, and finds nothing to do then.
    pub(super) async fn bring(&self, space: &Space) {
        self.bring_to(space, Mode::Apply).await;
        let again = self.plan(space).await;
        assert!(
            again.is_empty() && again.blocked.is_empty(),
            "{:?}",
            again.steps
        );
    }

    /// Plans something and does it.
    pub(super) async fn bring_to(&self, space: &Space, mode: Mode) {
        let plan = self.plan_to(space, mode).await;
        assert!(plan.blocked.is_empty(), "{:?}", plan.blocked);
        let outcome = self.apply(space, &plan).await;
        assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    }
}
