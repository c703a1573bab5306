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
use wip_state::{Disk, FolderStore, Store as _, Whose};

use crate::{Azure, Settings};

pub(super) const LINEAGE: &str = "4dbc1f1b-3f1d-4a52-9d6c-0a1b2c3d4e5f";
pub(super) const TENANT: &str = "0b8c1f52-6a0d-4c6e-8f8e-5a1d4d0f7c21";
/// The role Storage Blob Data Reader.
pub(super) const READER: &str = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1";
const SOMEBODY: &str = "3e9a1d70-5b2c-4f18-8c6d-7a40f2e1b953";
pub(super) const SUBSCRIPTION: &str = "6f1c9c1e-3b0a-4c7e-9a61-2d5f0b7c8e11";

/// The Space `prod-we` with these control planes, and all three components.
pub(super) fn file(planes: std::ops::Range<usize>, label: &str, vault: bool) -> Space {
    parse(&text(planes, label, vault))
}

/// The same with applications, which all have one name.
pub(super) fn applications(planes: std::ops::Range<usize>, label: &str, vault: bool) -> Space {
    let application = "application: { displayName: Acme }";
    parse(&signing_in_as(application, planes, label, vault))
}

/// The same, where wip makes the container `usage`; `more` says what else of it.
pub(super) fn making(more: &str, vault: bool) -> Space {
    let usage = "storageAccount: acmeusage, resourceGroup: data, container: usage, create: true";
    let bucket = format!("  buckets:\n    - blobContainer: {{ {usage}{more} }}\n");
    parse(&(text(0..2, "platform", vault) + &bucket))
}

pub(super) fn parse(text: &str) -> Space {
    wip_space::parse("space.yaml", text.as_bytes())
        .unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// What signs in where nothing else is said.
pub(super) const IDENTITY: &str = "identity: { resourceGroup: ids, location: westeurope }";

/// As people write it.
pub(super) fn text(planes: std::ops::Range<usize>, label: &str, vault: bool) -> String {
    signing_in_as(IDENTITY, planes, label, vault)
}

/// The same with this in each identity.
pub(super) fn signing_in_as(
    principal: &str,
    planes: std::ops::Range<usize>,
    label: &str,
    vault: bool,
) -> String {
    let mut text = format!(
        "apiVersion: wip/v1alpha1\nkind: Space\nmetadata: {{ name: prod-we, labels: {{ team: {label} }} }}\nspec:\n  \
         clusters:\n    - name: aks-1\n      aks: {{ tenant: {TENANT}, subscription: {SUBSCRIPTION}, resourceGroup: aks, cluster: aks-1 }}\n  \
         controlPlanes:\n"
    );
    for n in planes {
        writeln!(
            text,
            "    - {{ group: default, name: c{n}, hostNamespace: ns{n:02} }}"
        )
        .expect("text");
    }
    text += "  identities:\n";
    let container = |name: &str| {
        format!(
            "blobContainer: {{ storageAccount: acme{name}, resourceGroup: data, container: {name} }}"
        )
    };
    let mut identities = vec![
        ("backup", container("backups")),
        ("billing", container("usage")),
    ];
    if vault {
        identities.push((
            "sharedSecrets",
            "keyVault: { vault: acme-kv, resourceGroup: data }".to_owned(),
        ));
    }
    for (name, access) in identities {
        writeln!(
            text,
            "    {name}: {{ method: entraWorkloadIdentity, {principal}, access: [{{ {access} }}] }}"
        )
        .expect("text");
    }
    text
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
        let storage = |name: &str, container: &str| json!({ "subscription": SUBSCRIPTION, "resource_group": "data", "name": name, "containers": [container] });
        let mut seed = json!({ "azure": {
            "subscriptions": [{ "id": SUBSCRIPTION, "tenant": TENANT }],
            "resource_groups": [{ "subscription": SUBSCRIPTION, "name": "ids" }],
            "clusters": [{ "subscription": SUBSCRIPTION, "resource_group": "aks", "name": "aks-1" }],
            "storage_accounts": [storage("acmebackups", "backups"), storage("acmeusage", "usage")],
            "vaults": [{ "subscription": SUBSCRIPTION, "resource_group": "data", "name": "acme-kv" }],
        } });
        change(&mut seed["azure"]);
        let seed: Seed = serde_json::from_value(seed).expect("a seed");
        sandbox.seed(&seed).expect("planted");
        Self {
            sandbox: Arc::new(sandbox),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// Gives whoever runs wip a role at a storage account, which its blobs are asked with.
    pub(super) fn may(&self, account: &str, role: &str) {
        let name = "2f6c4d80-7b1e-4a95-8d3c-6e0f9a5b7c41";
        self.assign(name, account, role, crate::client::OPERATOR);
    }

    /// Gives a person a role at a storage account.
    fn assign(&self, name: &str, account: &str, role: &str, person: &str) {
        let scope = format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/data/providers/Microsoft.Storage/storageAccounts/{account}"
        );
        let path = format!(
            "/_azure/arm{scope}/providers/Microsoft.Authorization/roleAssignments/{name}?api-version=2022-04-01"
        );
        let body = json!({ "properties": {
            "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{role}"),
            "principalId": person,
            "principalType": "User",
        } });
        self.somebody("PUT", &path, &body);
    }

    /// Writes to a place under `/_sandbox/`, or calls Azure as somebody else; panics where it is refused.
    pub(super) fn somebody(&self, method: &str, path: &str, body: &Value) {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("http://localhost{path}"))
            .header(
                "authorization",
                format!("Bearer sandbox:{TENANT}:{SOMEBODY}"),
            )
            .header("content-type", "application/json");
        let request = request
            .body(body.to_string().into_bytes())
            .expect("a request");
        match self.sandbox.handle(&Request::from(request)) {
            Reply::Answer(answer) if answer.status < 300 => {}
            other => panic!("{method} {path}: {other:?}"),
        }
    }

    /// Writes a blob, as somebody who has a role for that.
    pub(super) fn put_blob(&self, path: &str) {
        self.blob("PUT", path, 201);
    }

    /// Deletes it.
    pub(super) fn delete_blob(&self, path: &str) {
        self.blob("DELETE", path, 202);
    }

    fn blob(&self, method: &str, path: &str, status: u16) {
        let account = path.split('/').nth(3).expect("an account");
        let name = "8c1e5f37-2a9d-4b60-b4e7-0d6f3c9a1b52";
        let contributor = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
        self.assign(name, account, contributor, SOMEBODY);
        let request = http::Request::builder()
            .method(method)
            .uri(format!("http://localhost{path}"))
            .header(
                "authorization",
                format!("Bearer sandbox:{TENANT}:{SOMEBODY}"),
            )
            .header("x-ms-version", "2021-12-02")
            .header("x-ms-blob-type", "BlockBlob");
        let request = request.body(b"x".to_vec()).expect("a request");
        match self.sandbox.handle(&Request::from(request)) {
            Reply::Answer(answer) if answer.status == status => {}
            other => panic!("{method} {path}: {other:?}"),
        }
    }

    pub(super) fn driver(&self, space: &Space) -> CloudDriver<Azure> {
        let settings = Settings {
            endpoint: Some("http://localhost".to_owned()),
            wire: Some(Arc::new(InMemory(Arc::clone(&self.sandbox)))),
            patience: Patience::default(),
            limits: Limits::default(),
            variable: |_| None,
        };
        CloudDriver::new(Azure::new(settings, space))
    }

    pub(super) fn clouds(&self, space: &Space) -> Clouds {
        Clouds::new(vec![Box::new(self.driver(space))])
    }

    fn store(&self) -> FolderStore {
        FolderStore::new(self.folder.path(), Disk::default())
    }

    pub(super) async fn state(&self) -> State {
        let whose = Whose {
            space: "prod-we".to_owned(),
            cloud: Cloud::Sandbox,
            new_lineage: LINEAGE.to_owned(),
        };
        self.store().load(&whose).await.expect("a state").state
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
            .expect("the tenant");
        let moved = BTreeMap::new();
        let view = View {
            moved: &moved,
            wanting: true,
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
                max_revokes: 1_000,
                allow_interruption: true,
                ..Guardrails::default()
            },
            mode,
            target: BTreeSet::new(),
        })
    }

    pub(super) async fn apply(&self, space: &Space, plan: &Plan) -> Outcome {
        let (clouds, store) = (self.clouds(space), self.store());
        let moved = BTreeMap::new();
        let apply = Apply {
            clouds: &clouds,
            plan,
            labels: &space.labels,
            moved: &moved,
            state: self.state().await,
            store: &store,
            recovered: false,
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
        let plan = self.plan(space).await;
        assert!(plan.blocked.is_empty(), "{:?}", plan.blocked);
        let outcome = self.apply(space, &plan).await;
        assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
        let again = self.plan(space).await;
        assert!(
            again.is_empty() && again.blocked.is_empty(),
            "{:?}",
            again.steps
        );
    }
}

/// The resource id of an identity of the Space.
pub(super) fn identity(name: &str) -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/ids/providers/Microsoft.ManagedIdentity/userAssignedIdentities/prod-we-{name}"
    )
}
