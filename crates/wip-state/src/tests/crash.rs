//! Two runs that stop at every effect, one by one, whole and half-way.
//!
//! After each stop: what was told to be durable is there, nothing is there that was not
//! told, and the next run goes through.

use std::fs;

use tempfile::tempdir;
use wip_plan::{Action, Cloud, State};

use super::{LINEAGE, begin, failed, gone, holder, made, moved, whose};
use crate::{Disk, Effect, Entry, FolderStore, Point, StateError, fold};

/// What a run believes.
#[derive(Default)]
struct Told {
    /// States whose storing was begun, in order, the empty first one included.
    states: Vec<State>,
    /// How many of them were said to be stored.
    stored: usize,
    /// What the journal of the last run was given, in order.
    entries: Vec<Entry>,
    /// How many of those were said to be written.
    written: usize,
    /// How many of those were said to be durable.
    durable: usize,
    /// The journal's length when that was said.
    durable_bytes: u64,
}

fn script() -> [Vec<Vec<Entry>>; 2] {
    [
        vec![
            vec![
                begin("a", Action::Create, Some("1")),
                begin("b", Action::Create, Some("1")),
            ],
            vec![made("b", "1")],
            vec![failed("a", false)],
            vec![begin("c", Action::Adopt, Some("1"))],
            vec![made("c", "1"), made("a", "1")],
        ],
        vec![
            vec![moved("c", "d")],
            vec![
                begin("a", Action::Update, Some("2")),
                begin("b", Action::Delete, None),
            ],
            vec![gone("b")],
            vec![failed("a", true)],
            vec![begin("b", Action::Create, Some("2"))],
        ],
    ]
}

/// One run of apply, as the engine does it.
fn run(store: &FolderStore, groups: &[Vec<Entry>], told: &mut Told) -> Result<(), StateError> {
    let _guard = store.lock(&holder("run"))?;
    let before = store.load(&whose("prod", Cloud::Real, LINEAGE))?.state;
    told.entries.clear();
    (told.written, told.durable, told.durable_bytes) = (0, 0, 0);
    store.begin_journal(&before)?;
    for group in groups {
        let durable = matches!(group[0], Entry::Begin { .. } | Entry::Moved { .. });
        told.entries.extend(group.clone());
        store.append(group, durable)?;
        told.written = told.entries.len();
        if durable {
            told.durable = told.written;
            told.durable_bytes = fs::metadata(store.journal_path())
                .expect("the journal")
                .len();
        }
    }
    let mut next = fold(before, &told.entries);
    let will_be = State {
        serial: next.serial + 1,
        ..next.clone()
    };
    told.states.push(will_be);
    store.store(&mut next)?;
    told.stored = told.states.len();
    store.drop_journal()
}

/// Runs both, until the disk stops.
fn runs(store: &FolderStore) -> (Told, Result<(), StateError>) {
    let mut told = Told {
        states: vec![super::state(0, [])],
        stored: 1,
        ..Told::default()
    };
    let ended = script()
        .iter()
        .try_for_each(|groups| run(store, groups, &mut told));
    (told, ended)
}

/// The states that may be found: one that was stored, or was being stored, or the last stored
/// one with a part of the journal that has at least what was `safe`.
fn possible(told: &Told, safe: usize) -> Vec<State> {
    let last = &told.states[told.stored - 1];
    let mut possible = Vec::new();
    let storing = told.states.len() > told.stored;
    // Once a run has stored, its entries are in that state, all of them.
    let ended = told.states.len() > 1 && told.stored == told.states.len() && told.is_stored();
    if !ended {
        let parts = safe..=told.entries.len();
        possible.extend(parts.map(|end| fold(last.clone(), &told.entries[..end])));
    } else {
        possible.push(last.clone());
    }
    if storing {
        possible.extend(told.states.last().cloned());
    }
    possible
}

impl Told {
    /// Whether the entries are those of the run that stored last.
    fn is_stored(&self) -> bool {
        let [.., before, last] = &self.states[..] else {
            return false;
        };
        let serial = last.serial;
        *last
            == State {
                serial,
                ..fold(before.clone(), &self.entries)
            }
    }
}

fn points(effects: usize) -> impl Iterator<Item = Point> {
    (1..=effects).flat_map(|effect| [false, true].map(|torn| Point { effect, torn }))
}

#[test]
fn a_run_that_stops_anywhere_leaves_what_was_durable_and_invents_nothing() {
    let whole = tempdir().expect("a folder");
    let disk = Disk::default();
    let (told, ended) = runs(&FolderStore::new(whole.path().join("prod"), disk.clone()));
    ended.expect("both runs");
    assert_eq!(told.stored, 3);
    let effects = disk.effects().len();
    assert!(effects > 30, "{effects}");

    for point in points(effects) {
        let dir = tempdir().expect("a folder");
        let folder = dir.path().join("prod");
        let (told, ended) = runs(&FolderStore::new(&folder, Disk::failing(point)));
        let store = FolderStore::new(&folder, Disk::default());
        let loaded = store
            .load(&whose("prod", Cloud::Real, LINEAGE))
            .expect("loaded");
        let possible = possible(&told, told.written);
        assert!(possible.contains(&loaded.state), "{point:?}: {loaded:#?}");

        // The disk is whole again: the next run goes through and says so.
        let mut again = Told {
            states: vec![loaded.state.clone()],
            stored: 1,
            ..Told::default()
        };
        run(&store, &[vec![made("z", "9")]], &mut again)
            .unwrap_or_else(|error| panic!("{point:?}: {error}"));
        let after = store
            .load(&whose("prod", Cloud::Real, LINEAGE))
            .expect("loaded");
        assert_eq!(
            (&after.state, after.recovered, after.leftover),
            (&again.states[1], None, false)
        );
        assert_eq!(after.state.serial, loaded.state.serial + 1);
        // Unlocking comes last, and its failure is nobody's.
        assert!(ended.is_err() || point.effect >= effects - 1, "{point:?}");
    }
}

#[test]
fn a_machine_that_stops_keeps_what_was_durable() {
    let whole = tempdir().expect("a folder");
    let disk = Disk::default();
    runs(&FolderStore::new(whole.path().join("prod"), disk.clone()))
        .1
        .expect("both runs");
    for point in points(disk.effects().len()) {
        let dir = tempdir().expect("a folder");
        let folder = dir.path().join("prod");
        let disk = Disk::failing(point);
        let (told, _) = runs(&FolderStore::new(&folder, disk.clone()));
        let store = FolderStore::new(&folder, Disk::default());
        let Ok(journal) = fs::read(store.journal_path()) else {
            continue;
        };
        let length = journal.len() as u64;
        // What was not synced may be there in any part, or not at all.
        let done = &disk.effects()[..point.effect - 1];
        let last = |effect| done.iter().rposition(|done| *done == effect);
        let synced = last(Effect::SyncJournal) > last(Effect::AppendJournal);
        let kept = if synced {
            length
        } else {
            told.durable_bytes.min(length)
        };
        for cut in (kept..=length).step_by(7).chain([length]) {
            fs::write(store.journal_path(), &journal[..cut as usize]).expect("a write");
            let state = store
                .load(&whose("prod", Cloud::Real, LINEAGE))
                .expect("loaded")
                .state;
            let possible = possible(&told, told.durable);
            assert!(
                possible.contains(&state),
                "{point:?} cut at {cut}: {state:#?}"
            );
        }
    }
}

#[test]
fn a_write_that_failed_half_way_does_not_spoil_the_next() {
    let dir = tempdir().expect("a folder");
    let store = FolderStore::new(dir.path(), Disk::default());
    let first = super::state(0, []);
    store.begin_journal(&first).expect("begun");
    store
        .append(&[begin("a", Action::Create, Some("1"))], true)
        .expect("written");
    let full = FolderStore::new(
        dir.path(),
        Disk::failing(Point {
            effect: 1,
            torn: true,
        }),
    );
    let error = full.append(&[made("a", "1")], false).expect_err("to fail");
    assert!(
        error.to_string().contains("what became of these steps"),
        "{error}"
    );
    store.append(&[made("a", "2")], false).expect("written");
    let loaded = store
        .load(&whose("prod", Cloud::Real, LINEAGE))
        .expect("loaded");
    let entries = [begin("a", Action::Create, Some("1")), made("a", "2")];
    assert_eq!(loaded.state, fold(first, &entries));
    assert!(!loaded.recovered.expect("a recovery").torn);
}
