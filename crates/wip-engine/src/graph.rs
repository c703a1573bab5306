//! Which step may begin: what it needs is done, and nobody else writes the same thing.
//!
//! Owns what waits, what a failure takes with it, and serial keys.
//! Runs nothing.

use std::collections::{BTreeMap, BTreeSet};

use wip_plan::Step;

/// Which steps wait for what; steps go by their place in the plan.
pub(crate) struct Graph {
    /// Begun by nobody yet, and waiting for no other step.
    ready: BTreeSet<usize>,
    /// Not begun → how many steps it still waits for.
    waiting: BTreeMap<usize, usize>,
    /// Step → those that wait for it.
    dependents: BTreeMap<usize, Vec<usize>>,
    /// Not to be begun, because something that they need failed.
    skipped: BTreeSet<usize>,
    /// Step → what it shares with others that must not overlap with it.
    serial: BTreeMap<usize, String>,
    /// What steps that are under way share with others.
    busy: BTreeSet<String>,
}

impl Graph {
    /// The graph of `steps`; `serial` names what a step writes that others write too.
    pub(crate) fn new(steps: &[Step], serial: impl Fn(&Step) -> Option<String>) -> Self {
        let mut graph = Self {
            ready: BTreeSet::new(),
            waiting: BTreeMap::new(),
            dependents: BTreeMap::new(),
            skipped: BTreeSet::new(),
            serial: BTreeMap::new(),
            busy: BTreeSet::new(),
        };
        for (at, step) in steps.iter().enumerate() {
            if step.needs.is_empty() {
                graph.ready.insert(at);
            } else {
                graph.waiting.insert(at, step.needs.len());
            }
            for &needed in &step.needs {
                graph.dependents.entry(needed).or_default().push(at);
            }
            graph.serial.extend(serial(step).map(|key| (at, key)));
        }
        graph
    }

    /// At most `free` steps that may begin, in the plan's order; of steps with one key the first that is ready.
    pub(crate) fn take(&mut self, free: usize) -> Vec<usize> {
        let mut taken = Vec::new();
        for &at in &self.ready {
            if taken.len() == free {
                break;
            }
            match self.serial.get(&at) {
                Some(key) if !self.busy.insert(key.clone()) => {}
                _ => taken.push(at),
            }
        }
        for at in &taken {
            self.ready.remove(at);
        }
        taken
    }

    /// The step is done.
    pub(crate) fn done(&mut self, at: usize) {
        self.release(at);
        for dependent in self.dependents.remove(&at).unwrap_or_default() {
            if let Some(count) = self.waiting.get_mut(&dependent) {
                *count -= 1;
                if *count == 0 {
                    self.waiting.remove(&dependent);
                    self.ready.insert(dependent);
                }
            }
        }
    }

    /// The step failed, and everything that needs it is skipped.
    pub(crate) fn failed(&mut self, at: usize) {
        self.release(at);
        let mut lost = vec![at];
        while let Some(at) = lost.pop() {
            for dependent in self.dependents.remove(&at).unwrap_or_default() {
                if self.waiting.remove(&dependent).is_some() {
                    self.skipped.insert(dependent);
                    lost.push(dependent);
                }
            }
        }
    }

    fn release(&mut self, at: usize) {
        if let Some(key) = self.serial.get(&at) {
            self.busy.remove(key);
        }
    }

    /// Steps that are not begun because something that they need failed.
    pub(crate) fn skipped(&self) -> &BTreeSet<usize> {
        &self.skipped
    }

    /// Steps that nobody began.
    pub(crate) fn left(&self) -> BTreeSet<usize> {
        self.ready
            .iter()
            .chain(self.waiting.keys())
            .copied()
            .collect()
    }
}
