//! Apply: follows a plan, chooses nothing, and writes down each step before and after it happens.
//!
//! Owns the bounded concurrency of steps, their journal, and what came of them all.
//! Which step may begin is the [`Graph`]'s.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use futures_util::stream::{FuturesUnordered, StreamExt};
use wip_plan::{Address, Plan, State, rename};
use wip_provider::CloudError;
use wip_state::{Entry, Store, fold};

use crate::graph::Graph;
use crate::step::{self, Ended, Setting};
use crate::{Clouds, EngineError};

/// A wish to stop: calls in flight finish, nothing new begins.
#[derive(Clone, Debug, Default)]
pub struct Stop(Rc<Cell<bool>>);

impl Stop {
    /// Asks for the stop.
    pub fn ask(&self) {
        self.0.set(true);
    }

    /// Whether it was asked for.
    pub fn asked(&self) -> bool {
        self.0.get()
    }
}

/// What apply may use.
#[derive(Clone, Copy, Debug)]
pub struct Rights {
    /// How many steps may be under way at once.
    pub concurrency: usize,
    /// Whether each thing is looked at again before it is touched: the plan is another process's.
    pub recheck: bool,
}

/// An apply that is ready to run.
pub struct Apply<'a> {
    /// The clouds.
    pub clouds: &'a Clouds,
    /// What to do.
    pub plan: &'a Plan,
    /// Tags of the Space.
    pub labels: &'a BTreeMap<String, String>,
    /// Renames that the file tells of: from, to.
    pub moved: &'a BTreeMap<Address, Address>,
    /// The state that the plan builds on, with what a run that died left in the journal.
    pub state: State,
    /// Where state and journal are; its lock is held.
    pub store: &'a dyn Store,
    /// Whether a journal of a run that died lies there and is folded into `state`.
    pub recovered: bool,
    /// What it may use.
    pub rights: Rights,
    /// The wish to stop.
    pub stop: Stop,
}

/// What came of an apply.
#[derive(Debug)]
pub struct Outcome {
    /// The state afterwards, as stored.
    pub state: State,
    /// Steps that were done.
    pub done: usize,
    /// Steps that failed, in the order of their ends.
    pub failures: Vec<Failure>,
    /// Steps that were not begun because what they need failed.
    pub skipped: Vec<Address>,
    /// Steps that were not begun because a stop was asked for.
    pub left: Vec<Address>,
}

/// A step that failed.
#[derive(Debug)]
pub struct Failure {
    /// Of what.
    pub address: Address,
    /// Why.
    pub error: CloudError,
}

impl Apply<'_> {
    /// Runs it; `watch` sees each journal entry as it is written.
    ///
    /// # Errors
    /// Where journal or state cannot be written: then nothing new is begun, and what was begun
    /// stands in the journal as far as it could be written.
    pub async fn run(self, mut watch: impl FnMut(&Entry)) -> Result<Outcome, EngineError> {
        let Self {
            plan, store, state, ..
        } = &self;
        let mut outcome = Outcome {
            state: state.clone(),
            done: 0,
            failures: Vec::new(),
            skipped: Vec::new(),
            left: Vec::new(),
        };
        let renamed = renames(state, self.moved);
        if plan.steps.is_empty() && renamed.is_empty() && !self.recovered {
            return Ok(outcome);
        }
        store.begin_journal(state).await?;
        self.append(&renamed, true).await?;
        let mut entries = renamed;
        self.steps(&mut outcome, &mut entries, &mut watch).await?;
        let mut next = fold(state.clone(), &entries);
        store.store(&mut next).await?;
        store.drop_journal().await?;
        outcome.state = next;
        Ok(outcome)
    }

    async fn steps(
        &self,
        outcome: &mut Outcome,
        entries: &mut Vec<Entry>,
        watch: &mut impl FnMut(&Entry),
    ) -> Result<(), EngineError> {
        let setting = Setting {
            clouds: self.clouds,
            space: &self.plan.space,
            lineage: &self.plan.lineage,
            labels: self.labels,
            owned: rename(&self.state, self.moved).resources,
            recheck: self.rights.recheck,
        };
        let mut graph = Graph::new(&self.plan.steps, |step| self.clouds.serial(step));
        let mut running = FuturesUnordered::new();
        // A journal that cannot be written: nothing more may begin, what is under way ends.
        let mut trouble = None;
        loop {
            let free = self.rights.concurrency.max(1) - running.len();
            let batch = if self.stop.asked() || trouble.is_some() {
                Vec::new()
            } else {
                graph.take(free)
            };
            if !batch.is_empty() {
                // One durable write serves all that begin together.
                let begun: Vec<Entry> = batch
                    .iter()
                    .map(|&at| step::begin(&self.plan.steps[at]))
                    .collect();
                if let Err(error) = self.append(&begun, true).await {
                    trouble = Some(error);
                    continue;
                }
                for entry in begun {
                    watch(&entry);
                    entries.push(entry);
                }
                let setting = &setting;
                running.extend(
                    batch.into_iter().map(|at| async move {
                        (at, step::run(setting, &self.plan.steps[at]).await)
                    }),
                );
            }
            let Some((
                at,
                Ended {
                    entries: ended,
                    failure,
                },
            )) = running.next().await
            else {
                break;
            };
            if let Err(error) = self.append(&ended, false).await {
                trouble.get_or_insert(error);
            }
            for entry in ended {
                watch(&entry);
                entries.push(entry);
            }
            let address = &self.plan.steps[at].address;
            match failure {
                None => {
                    outcome.done += 1;
                    graph.done(at);
                }
                Some(error) => {
                    outcome.failures.push(Failure {
                        address: address.clone(),
                        error,
                    });
                    graph.failed(at);
                }
            }
        }
        if let Some(error) = trouble {
            return Err(error);
        }
        let address = |at: &usize| self.plan.steps[*at].address.clone();
        outcome.skipped = graph.skipped().iter().map(address).collect();
        outcome.left = graph.left().iter().map(address).collect();
        Ok(())
    }

    async fn append(&self, entries: &[Entry], durable: bool) -> Result<(), EngineError> {
        Ok(self.store.append(entries, durable).await?)
    }
}

/// What the journal says of addresses that the file renames.
fn renames(state: &State, moved: &BTreeMap<Address, Address>) -> Vec<Entry> {
    let renamed = rename(state, moved).from.into_iter();
    renamed
        .map(|(to, from)| Entry::Moved { from, to })
        .collect()
}
