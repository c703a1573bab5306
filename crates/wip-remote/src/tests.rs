//! The contract of all stores, against a bucket in memory that breaks where it is told to.
//!
//! What these tests share: small values, and one run of apply as the engine does it.

mod contract;
mod doubts;
mod kills;
mod locking;
mod memory;
mod races;

use std::collections::{BTreeMap, BTreeSet};

use wip_plan::{Action, Address, Cloud, Doc, Owned, Place as At, Relation, State};
use wip_state::{Entry, Holder, StateError, Store, Whose, fold};

use crate::location::Location;
use crate::place::Place;
use crate::steady::Steady;
use crate::store::BucketStore;
use memory::Memory;

const LINEAGE: &str = "5f0c7a4e-8f0e-4b51-9c7b-1c8f5d0a2b11";
const FOLDER: &str = "a/prod";

/// A store of its own process on `memory`.
fn store(memory: &Memory) -> BucketStore {
    BucketStore::new(Place {
        location: Location::parse("s3://acme-state/a", "prod").expect("a location"),
        objects: Steady::new(Box::new(memory.clone())),
    })
}

fn whose() -> Whose {
    Whose {
        space: "prod".to_owned(),
        cloud: Cloud::Real,
        new_lineage: LINEAGE.to_owned(),
    }
}

fn holder(id: &str) -> Holder {
    Holder {
        id: id.to_owned(),
        host: "runner-7".to_owned(),
        pid: 4711,
        since: "2026-01-02T03:04:05Z".to_owned(),
        command: "wip apply space.yaml".to_owned(),
    }
}

fn address(name: &str) -> Address {
    Address::new("aws/iam-role", "prod", name)
}

fn at() -> At {
    At {
        cloud: "aws".to_owned(),
        account: "111122223333".to_owned(),
        region: String::new(),
    }
}

fn doc(text: &str) -> Doc {
    let path = ("path".to_owned(), Doc::Text(text.to_owned()));
    Doc::Map([path].into_iter().collect())
}

fn owned(text: &str) -> Owned {
    Owned {
        place: at(),
        relation: Relation::Made,
        id: None,
        given: BTreeMap::new(),
        needs: BTreeSet::new(),
        doc: doc(text),
        doubtful: false,
        begun: BTreeSet::new(),
    }
}

fn first() -> State {
    State {
        space: "prod".to_owned(),
        cloud: Cloud::Real,
        lineage: LINEAGE.to_owned(),
        serial: 0,
        resources: BTreeMap::new(),
    }
}

fn begin(name: &str, action: Action) -> Entry {
    Entry::Begin {
        address: address(name),
        action,
        place: at(),
        relation: Relation::Made,
        id: None,
        needs: BTreeSet::new(),
        doc: (action != Action::Delete).then(|| doc("wanted")),
    }
}

fn made(name: &str, text: &str) -> Entry {
    Entry::Made {
        address: address(name),
        owned: owned(text),
    }
}

fn gone(name: &str) -> Entry {
    Entry::Gone {
        address: address(name),
    }
}

/// The groups of entries of two runs, each group as it is appended.
fn script() -> [Vec<Vec<Entry>>; 2] {
    let failed = |name: &str, certain| Entry::Failed {
        address: address(name),
        reason: "Throttling".to_owned(),
        certain,
    };
    [
        vec![
            vec![begin("a", Action::Create), begin("b", Action::Create)],
            vec![made("b", "1")],
            vec![failed("a", false)],
            vec![begin("c", Action::Create)],
            vec![made("c", "1"), made("a", "1")],
        ],
        vec![
            vec![begin("a", Action::Update), begin("b", Action::Delete)],
            vec![gone("b")],
            vec![failed("a", true)],
            vec![begin("b", Action::Create)],
        ],
    ]
}

/// What a run was told, up to where it stopped.
#[derive(Debug, Default)]
struct Told {
    /// The state that the run builds on.
    before: Option<State>,
    /// What it began or learned, as far as it came.
    entries: Vec<Entry>,
    /// How many of those were said to be durable.
    durable: usize,
    /// It was said that the new state is stored.
    stored: bool,
}

/// One run of apply, in the order of the engine.
async fn run(
    store: &dyn Store,
    groups: &[Vec<Entry>],
    told: &mut Told,
) -> Result<State, StateError> {
    *told = Told::default();
    let lock = store.lock(&holder("run")).await?;
    let before = store.load(&whose()).await?.state;
    told.before = Some(before.clone());
    store.begin_journal(&before).await?;
    for group in groups {
        let durable = matches!(group[0], Entry::Begin { .. });
        told.entries.extend(group.clone());
        store.append(group, durable).await?;
        if durable {
            told.durable = told.entries.len();
        }
    }
    let mut next = fold(before, &told.entries);
    store.store(&mut next).await?;
    told.stored = true;
    store.drop_journal().await?;
    lock.release().await?;
    Ok(next)
}

/// Both runs, one after the other.
async fn runs(store: &dyn Store, told: &mut Told) -> Result<State, StateError> {
    let [first, second] = script();
    run(store, &first, told).await?;
    run(store, &second, told).await
}

/// The states that may be found after a run that came as far as `told`.
fn possible(told: &Told, last: &State) -> Vec<State> {
    let Some(before) = &told.before else {
        return vec![last.clone()];
    };
    let parts = told.durable..=told.entries.len();
    let parts = parts.map(|end| fold(before.clone(), &told.entries[..end]));
    let mut next = fold(before.clone(), &told.entries);
    next.serial += 1;
    match told.stored {
        true => vec![next],
        false => parts.chain([next]).collect(),
    }
}

fn words<T>(result: Result<T, StateError>) -> String {
    match result {
        Ok(_) => panic!("this was to fail"),
        Err(error) => error.to_string(),
    }
}
