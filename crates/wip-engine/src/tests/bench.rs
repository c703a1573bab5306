//! A run that can be led again and again on one folder and one world.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use wip_plan::{
    Address, Cloud, Doc, Guardrails, Inputs, Mode, Owner, Plan, Seen, Sighting, State, Want, plan,
};
use wip_state::{Disk, FolderStore, Store as _, Whose};

use super::world::{Fake, KINDS, World};
use crate::{Apply, Clouds, Outcome, Rights, Stop};

/// A run that can be led again and again on one folder and one world.
pub(super) struct Bench {
    pub(super) world: Rc<World>,
    pub(super) clouds: Clouds,
    pub(super) folder: tempfile::TempDir,
}

impl Bench {
    pub(super) fn new() -> Self {
        let world = Rc::new(World::default());
        let clouds = Clouds::new(vec![Box::new(Fake(Rc::clone(&world)))]);
        Self {
            world,
            clouds,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(super) fn store(&self) -> FolderStore {
        FolderStore::new(self.folder.path(), Disk::default())
    }

    pub(super) fn whose() -> Whose {
        Whose {
            space: "s".to_owned(),
            cloud: Cloud::Sandbox,
            new_lineage: "lineage-1".to_owned(),
        }
    }

    pub(super) async fn state(&self) -> State {
        self.store().load(&Self::whose()).await.unwrap().state
    }

    pub(super) async fn plan(&self, wants: &[Want]) -> Plan {
        let state = self.state().await;
        let addresses: BTreeSet<Address> = wants
            .iter()
            .map(|want| want.address.clone())
            .chain(state.resources.keys().cloned())
            .collect();
        let live = self.world.live.borrow();
        let seen = addresses
            .into_iter()
            .map(|address| {
                let seen = live.get(&address).map_or(Seen::Absent, |(doc, mark)| {
                    Seen::Present(Sighting {
                        id: None,
                        given: BTreeMap::new(),
                        doc: doc.clone(),
                        owner: Owner::Marked(mark.clone()),
                        objections: Vec::new(),
                        remarks: Vec::new(),
                    })
                });
                (address, seen)
            })
            .collect();
        plan(Inputs {
            space: "s",
            cloud: Cloud::Sandbox,
            state: &state,
            wants: wants.to_vec(),
            seen,
            strays: Vec::new(),
            notes: Vec::new(),
            rooms: Vec::new(),
            kinds: &BTreeMap::from([(KINDS.name, KINDS)]),
            moved: &BTreeMap::new(),
            guardrails: Guardrails::default(),
            mode: Mode::Apply,
            target: BTreeSet::new(),
        })
    }

    pub(super) async fn apply(&self, plan: &Plan, concurrency: usize, stop: Stop) -> Outcome {
        self.start(plan, concurrency, stop).await.unwrap()
    }

    pub(super) async fn start(
        &self,
        plan: &Plan,
        concurrency: usize,
        stop: Stop,
    ) -> Result<Outcome, crate::EngineError> {
        let store = self.store();
        let loaded = store.load(&Self::whose()).await.unwrap();
        let apply = Apply {
            clouds: &self.clouds,
            plan,
            labels: &BTreeMap::new(),
            moved: &BTreeMap::new(),
            state: loaded.state,
            store: &store,
            recovered: loaded.recovered.is_some(),
            rights: Rights {
                concurrency,
                recheck: false,
            },
            stop,
        };
        apply.run(|_| {}).await
    }

    pub(super) fn live(&self) -> BTreeMap<String, Doc> {
        let live = self.world.live.borrow();
        live.iter()
            .map(|(address, (doc, _))| (address.local_name().to_owned(), doc.clone()))
            .collect()
    }

    pub(super) fn log(&self) -> Vec<String> {
        self.world.log.borrow().clone()
    }
}
