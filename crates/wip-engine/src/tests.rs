//! The engine against a cloud in memory: order, failures, lost answers, stops and crashes.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Waker};

use futures_util::future::{FutureExt, LocalBoxFuture};
use wip_plan::{
    Action, Address, Cloud, Doc, Edge, Existing, Guardrails, Inputs, KindInfo, Mark, Mode, Note,
    Owner, Place, Plan, Relation, Seen, Sighting, State, Want, plan,
};
use wip_provider::{Class, CloudError, Driver, Look, Mismatch, Scope, Sights, Target};
use wip_space::Space;
use wip_state::{Disk, FolderStore};

use crate::{Apply, Clouds, Outcome, Rights, Stop};

/// A cloud in memory: documents by address, and a plan of what goes wrong.
#[derive(Default)]
struct World {
    live: RefCell<BTreeMap<Address, (Doc, Mark)>>,
    calls: Cell<usize>,
    most_at_once: Cell<usize>,
    at_once: Cell<usize>,
    log: RefCell<Vec<String>>,
    /// Call number → what goes wrong.
    faults: RefCell<BTreeMap<usize, Fault>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// Refused, nothing happened.
    Refused(Class),
    /// It happened, and the answer was lost.
    Lost,
    /// Half of it happened, then it was refused.
    Half,
    /// The process is gone before the call.
    DeadBefore,
    /// It happened, and the process is gone.
    DeadAfter,
}

impl World {
    async fn call(
        &self,
        name: &str,
        address: &Address,
        work: impl FnOnce(bool),
    ) -> Result<(), CloudError> {
        let number = self.calls.get();
        self.calls.set(number + 1);
        self.log
            .borrow_mut()
            .push(format!("{name} {}", address.local_name()));
        self.at_once.set(self.at_once.get() + 1);
        self.most_at_once
            .set(self.most_at_once.get().max(self.at_once.get()));
        tokio::task::yield_now().await;
        self.at_once.set(self.at_once.get() - 1);
        let error = |class| Err(CloudError::local(class, name, "as planned"));
        match self.faults.borrow().get(&number).copied() {
            None => {
                work(false);
                Ok(())
            }
            Some(Fault::Refused(class)) => error(class),
            Some(Fault::Lost) => {
                work(false);
                error(Class::Broken)
            }
            Some(Fault::Half) => {
                work(true);
                error(Class::Denied)
            }
            Some(Fault::DeadBefore) => std::future::pending().await,
            Some(Fault::DeadAfter) => {
                work(false);
                std::future::pending().await
            }
        }
    }
}

struct Fake(Rc<World>);

impl Driver for Fake {
    fn cloud(&self) -> &'static str {
        "fake"
    }

    fn kinds(&self) -> Vec<KindInfo> {
        vec![KINDS]
    }

    fn check<'a>(&'a self, _: &'a Space) -> LocalBoxFuture<'a, Result<(), Mismatch>> {
        std::future::ready(Ok(())).boxed_local()
    }

    fn facts<'a>(
        &'a self,
        _: &'a Space,
    ) -> LocalBoxFuture<'a, Result<serde_json::Value, CloudError>> {
        std::future::ready(Ok(serde_json::Value::Null)).boxed_local()
    }

    fn desire(
        &self,
        _: &Scope<'_>,
        _: &serde_json::Value,
    ) -> Result<(Vec<Want>, Vec<Note>), CloudError> {
        Ok((Vec::new(), Vec::new()))
    }

    fn observe<'a>(&'a self, look: Look<'a>) -> LocalBoxFuture<'a, Sights> {
        let live = self.0.live.borrow();
        let seen = look
            .glances
            .iter()
            .map(|glance| {
                let seen = live
                    .get(&glance.address)
                    .map_or(Seen::Absent, |(doc, mark)| {
                        Seen::Present(Sighting {
                            id: None,
                            doc: doc.clone(),
                            owner: Owner::Marked(mark.clone()),
                            objections: Vec::new(),
                        })
                    });
                (glance.address.clone(), seen)
            })
            .collect();
        std::future::ready(Sights {
            seen,
            ..Sights::default()
        })
        .boxed_local()
    }

    fn create<'a>(
        &'a self,
        at: Target<'a>,
        doc: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<Option<String>, CloudError>> {
        async move {
            if self.0.live.borrow().contains_key(at.address) {
                return Err(CloudError::local(Class::Conflict, "create", "it exists"));
            }
            let work = |half| {
                let doc = if half { text("half") } else { doc.clone() };
                self.0
                    .live
                    .borrow_mut()
                    .insert(at.address.clone(), (doc, at.mark.clone()));
            };
            self.0.call("create", at.address, work).await.map(|()| None)
        }
        .boxed_local()
    }

    fn update<'a>(
        &'a self,
        at: Target<'a>,
        _: &'a Doc,
        to: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        async move {
            let work = |_| {
                self.0
                    .live
                    .borrow_mut()
                    .insert(at.address.clone(), (to.clone(), at.mark.clone()));
            };
            self.0.call("update", at.address, work).await
        }
        .boxed_local()
    }

    fn mark<'a>(&'a self, _: Target<'a>, _: &'a Doc) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        std::future::ready(Ok(())).boxed_local()
    }

    fn unmark<'a>(
        &'a self,
        _: Target<'a>,
        _: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        std::future::ready(Ok(())).boxed_local()
    }

    fn delete<'a>(
        &'a self,
        at: Target<'a>,
        _: &'a Doc,
    ) -> LocalBoxFuture<'a, Result<(), CloudError>> {
        async move {
            if !self.0.live.borrow().contains_key(at.address) {
                return Err(CloudError::local(Class::Missing, "delete", "it is gone"));
            }
            let work = |_| {
                self.0.live.borrow_mut().remove(at.address);
            };
            self.0.call("delete", at.address, work).await
        }
        .boxed_local()
    }

    fn outputs(&self, _: &str, _: &Place, _: &Doc) -> BTreeMap<String, String> {
        BTreeMap::new()
    }
}

const KINDS: KindInfo = KindInfo {
    name: "fake/thing",
    summary: "a thing",
    existing: Existing::Ask,
    fields: &[],
    edges: no_edges,
};

fn no_edges(_: &Doc) -> Vec<Edge> {
    Vec::new()
}

fn text(text: &str) -> Doc {
    Doc::Text(text.to_owned())
}

fn address(name: &str) -> Address {
    Address::new("fake/thing", "s", name)
}

/// A want, written `name` or `name<need,need`.
fn want(name: &str, doc: &str) -> Want {
    let (name, needs) = name.split_once('<').unwrap_or((name, ""));
    Want {
        address: address(name),
        place: place(),
        doc: Ok(text(doc)),
        needs: needs
            .split(',')
            .filter(|need| !need.is_empty())
            .map(address)
            .collect(),
    }
}

fn place() -> Place {
    Place {
        cloud: "fake".to_owned(),
        account: "1".to_owned(),
        region: String::new(),
    }
}

/// A run that can be led again and again on one folder and one world.
struct Bench {
    world: Rc<World>,
    clouds: Clouds,
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let world = Rc::new(World::default());
        let clouds = Clouds::new(vec![Box::new(Fake(Rc::clone(&world)))]);
        Self {
            world,
            clouds,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn store(&self) -> Arc<FolderStore> {
        Arc::new(FolderStore::new(self.folder.path(), Disk::default()))
    }

    fn state(&self) -> State {
        self.store()
            .load("s", Cloud::Sandbox, "lineage-1")
            .unwrap()
            .state
    }

    fn plan(&self, wants: &[Want]) -> Plan {
        let state = self.state();
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
                        doc: doc.clone(),
                        owner: Owner::Marked(mark.clone()),
                        objections: Vec::new(),
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
            kinds: &BTreeMap::from([(KINDS.name, KINDS)]),
            moved: &BTreeMap::new(),
            guardrails: Guardrails::default(),
            mode: Mode::Apply,
            target: BTreeSet::new(),
        })
    }

    async fn apply(&self, plan: &Plan, concurrency: usize, stop: Stop) -> Outcome {
        self.start(plan, concurrency, stop).await.unwrap()
    }

    async fn start(
        &self,
        plan: &Plan,
        concurrency: usize,
        stop: Stop,
    ) -> Result<Outcome, crate::EngineError> {
        let store = self.store();
        let loaded = store.load("s", Cloud::Sandbox, "lineage-1").unwrap();
        let apply = Apply {
            clouds: &self.clouds,
            plan,
            labels: &BTreeMap::new(),
            moved: &BTreeMap::new(),
            state: loaded.state,
            store,
            recovered: loaded.recovered.is_some(),
            rights: Rights {
                concurrency,
                recheck: false,
            },
            stop,
        };
        apply.run(|_| {}).await
    }

    fn live(&self) -> BTreeMap<String, Doc> {
        let live = self.world.live.borrow();
        live.iter()
            .map(|(address, (doc, _))| (address.local_name().to_owned(), doc.clone()))
            .collect()
    }

    fn log(&self) -> Vec<String> {
        self.world.log.borrow().clone()
    }
}

fn chain() -> Vec<Want> {
    vec![
        want("a", "1"),
        want("b<a", "1"),
        want("c<b", "1"),
        want("d", "1"),
    ]
}

#[tokio::test]
async fn a_step_waits_for_what_it_needs() {
    let bench = Bench::new();
    let outcome = bench
        .apply(&bench.plan(&chain()), 10, Stop::default())
        .await;
    assert_eq!(outcome.done, 4);
    let log = bench.log();
    let at = |name: &str| {
        log.iter()
            .position(|line| line == &format!("create {name}"))
            .unwrap()
    };
    assert!(at("a") < at("b") && at("b") < at("c"), "{log:?}");
    assert_eq!(outcome.state, bench.state());
    assert_eq!(outcome.state.serial, 1);
    assert!(bench.plan(&chain()).steps.is_empty());
}

#[tokio::test]
async fn no_more_steps_are_under_way_than_allowed() {
    let bench = Bench::new();
    let wants: Vec<Want> = (0..20).map(|n| want(&format!("t{n}"), "1")).collect();
    bench.apply(&bench.plan(&wants), 3, Stop::default()).await;
    assert_eq!(bench.world.most_at_once.get(), 3);
}

#[tokio::test]
async fn what_needs_a_failed_step_is_skipped_and_the_rest_is_done() {
    let bench = Bench::new();
    bench
        .world
        .faults
        .borrow_mut()
        .insert(0, Fault::Refused(Class::Denied));
    let outcome = bench.apply(&bench.plan(&chain()), 1, Stop::default()).await;
    assert_eq!(outcome.failures[0].address, address("a"));
    assert_eq!(outcome.skipped, [address("b"), address("c")]);
    assert_eq!(bench.live().keys().collect::<Vec<_>>(), ["d"]);
    assert_eq!(
        bench.state().resources.keys().collect::<Vec<_>>(),
        [&address("d")]
    );
}

#[tokio::test]
async fn a_lost_answer_of_a_create_is_settled_by_looking() {
    let bench = Bench::new();
    bench.world.faults.borrow_mut().insert(0, Fault::Lost);
    let outcome = bench.apply(&bench.plan(&chain()), 1, Stop::default()).await;
    assert!(outcome.failures.is_empty());
    assert_eq!(outcome.done, 4);
    assert_eq!(
        bench
            .log()
            .iter()
            .filter(|line| *line == "create a")
            .count(),
        1
    );
}

#[tokio::test]
async fn half_a_create_is_remembered_as_what_is_there() {
    let bench = Bench::new();
    bench.world.faults.borrow_mut().insert(0, Fault::Half);
    let outcome = bench.apply(&bench.plan(&chain()), 1, Stop::default()).await;
    assert_eq!(outcome.failures.len(), 1);
    assert_eq!(outcome.state.resources[&address("a")].doc, text("half"));
    let again = bench.plan(&chain());
    let step = again
        .steps
        .iter()
        .find(|step| step.address == address("a"))
        .unwrap();
    assert_eq!(step.action, Action::Update);
}

#[tokio::test]
async fn a_stop_begins_nothing_new_and_saves_the_state() {
    let bench = Bench::new();
    let stop = Stop::default();
    stop.ask();
    let outcome = bench.apply(&bench.plan(&chain()), 10, stop).await;
    assert_eq!(outcome.left.len(), 4);
    assert!(bench.log().is_empty());
    assert!(!bench.store().journal_path().exists());
}

#[test]
fn the_journal_says_so_before_a_call_goes_out() {
    let bench = Bench::new();
    bench.world.faults.borrow_mut().insert(0, Fault::DeadBefore);
    let plan = bench.plan(&[want("a", "1")]);
    die(&bench, &plan);
    let state = bench.state();
    assert!(state.resources[&address("a")].doubtful);
    assert_eq!(state.resources[&address("a")].relation, Relation::Made);
}

/// Starts an apply and lets the process "end" when every call hangs: nothing is awaited any
/// more, and what the future holds is dropped.
fn die(bench: &Bench, plan: &Plan) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let _inside = runtime.enter();
    let mut work = pin!(bench.start(plan, 10, Stop::default()));
    let mut context = Context::from_waker(Waker::noop());
    let mut polls = 0;
    while work.as_mut().poll(&mut context).is_pending() && polls < 500 {
        // File work is done by another thread, which needs a moment.
        std::thread::sleep(std::time::Duration::from_micros(200));
        polls += 1;
    }
}

/// A first apply makes the chain; the second changes, adds and deletes. Dying at any call of
/// either, before or after it took effect, and applying again ends where no death ends.
#[test]
fn dying_at_any_call_and_applying_again_ends_in_the_same_world() {
    let changed = [want("a", "2"), want("b<a", "1"), want("e<b", "1")];
    let undisturbed = Bench::new();
    lead(&undisturbed, &chain());
    let first = undisturbed.world.calls.get();
    lead(&undisturbed, &changed);
    let calls = undisturbed.world.calls.get();
    assert!(
        calls > first + 2,
        "the second apply changes, adds and deletes: {calls}"
    );
    for number in 0..calls {
        for fault in [Fault::DeadBefore, Fault::DeadAfter] {
            let bench = Bench::new();
            bench.world.faults.borrow_mut().insert(number, fault);
            for wants in [&chain()[..], &changed[..]] {
                die_or_end(&bench, wants);
                lead(&bench, wants);
            }
            assert_eq!(bench.live(), undisturbed.live(), "call {number}");
            assert_eq!(
                bench.state().resources,
                undisturbed.state().resources,
                "call {number}"
            );
            assert!(bench.plan(&changed).steps.is_empty(), "call {number}");
        }
    }
}

fn die_or_end(bench: &Bench, wants: &[Want]) {
    let plan = bench.plan(wants);
    die(bench, &plan);
}

fn lead(bench: &Bench, wants: &[Want]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let plan = bench.plan(wants);
    let outcome = runtime.block_on(bench.apply(&plan, 10, Stop::default()));
    assert!(outcome.failures.is_empty());
}
