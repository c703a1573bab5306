//! Sixteen writers at once against one bucket: `race URL SERVER [ROUNDS]`.
//!
//! Owns the proof that a server keeps the conditions that the stores build on: in each round one
//! writer gets the lock, and in each round one of those that loaded the same state stores what it
//! made of it. Ends with 1 and the reason where that does not hold.
//! An example and no program of the crate: it is built with the tests and shipped with nothing.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what was proved, or why not, is this program's output"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use futures_util::future::{join_all, try_join_all};
use wip_plan::{Action, Address, Cloud, Doc, Owned, Place, Relation, State};
use wip_remote::open;
use wip_state::{Entry, Holder, Loaded, Lock, StateError, Store, Whose, fold};

const WRITERS: usize = 16;
const ROUNDS: u64 = 200;
/// In every so many rounds the winner also keeps a journal.
const JOURNAL: u64 = 10;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What happened in all rounds of one kind.
#[derive(Default)]
struct Count {
    won: u64,
    lost: u64,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", words(&*error));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(server)) = (arguments.next(), arguments.next()) else {
        return Err("usage: race URL SERVER [ROUNDS]".into());
    };
    let rounds = arguments.next().map_or(Ok(ROUNDS), |text| text.parse())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(race(&url, &server, rounds))
}

async fn race(url: &str, server: &str, rounds: u64) -> Result<()> {
    let stores: Vec<_> = (0..WRITERS)
        .map(|_| open(url, "race", |name| std::env::var(name).ok()))
        .collect::<std::result::Result<_, _>>()?;
    let start = Instant::now();
    let mut locks = Count::default();
    for round in 1..=rounds {
        lock_round(&stores, round, &mut locks).await?;
    }
    let between = start.elapsed();
    let mut swaps = Count::default();
    for round in 1..=rounds {
        swap_round(&stores, round, &mut swaps).await?;
    }
    let end = start.elapsed();

    let loaded = stores[0].load(&whose()).await?;
    let Loaded {
        state,
        recovered: None,
        leftover: false,
    } = loaded
    else {
        return Err("a journal was left behind".into());
    };
    let wins = locks.won + swaps.won;
    let updates = updates(&state);
    if state.serial != wins || u64::try_from(updates) != Ok(wins) {
        let serial = state.serial;
        return Err(format!("{wins} wins, but serial {serial} and {updates} updates").into());
    }
    let others = WRITERS as u64 - 1;
    if (locks.lost, swaps.lost) != (others * rounds, others * rounds) {
        return Err(format!("{} and {} were refused", locks.lost, swaps.lost).into());
    }
    println!(
        "{server}: {WRITERS} writers at once, {rounds} rounds each for the lock ({:.1} s) and for the state ({:.1} s): \
         one winner a round, {} times locked, {} times changed; serial {} = {wins} wins = {updates} updates, none lost",
        between.as_secs_f64(),
        (end - between).as_secs_f64(),
        locks.lost,
        swaps.lost,
        state.serial,
    );
    Ok(())
}

/// All try to take the lock; who gets it raises the state and lets go.
async fn lock_round(stores: &[Box<dyn Store>], round: u64, count: &mut Count) -> Result<()> {
    let holders: Vec<_> = (0..stores.len())
        .map(|writer| Holder {
            id: format!("{round}-{writer}"),
            host: format!("writer-{writer}"),
            pid: 1,
            since: format!("round {round}"),
            command: "race".to_owned(),
        })
        .collect();
    let taking = stores.iter().zip(&holders);
    let taken = join_all(taking.map(|(store, holder)| store.lock(holder))).await;
    let mut winner: Option<(usize, Box<dyn Lock>)> = None;
    let mut told = BTreeSet::new();
    for (writer, taken) in taken.into_iter().enumerate() {
        match taken {
            Ok(lock) => match &winner {
                None => winner = Some((writer, lock)),
                Some((other, _)) => {
                    return Err(format!("round {round}: {other} and {writer} have the lock").into());
                }
            },
            Err(StateError::Locked {
                holder: Some(holder),
                ..
            }) => {
                told.insert(holder.id);
                count.lost += 1;
            }
            Err(error) => return Err(format!("round {round}, {writer}: {}", words(&error)).into()),
        }
    }
    let Some((writer, lock)) = winner else {
        return Err(format!("round {round}: nobody has the lock").into());
    };
    let id = &holders[writer].id;
    if told.iter().any(|other| other != id) {
        return Err(format!("round {round}: {id} has the lock, others were told {told:?}").into());
    }
    let store = &stores[writer];
    let before = store.load(&whose()).await?.state;
    let entry = raise(&before, writer);
    if round.is_multiple_of(JOURNAL) {
        journalled(&**store, &before, entry.clone()).await?;
    }
    let mut next = fold(before, &[entry]);
    store.store(&mut next).await?;
    if round.is_multiple_of(JOURNAL) {
        store.drop_journal().await?;
    }
    lock.release().await?;
    count.won += 1;
    Ok(())
}

/// Keeps a journal as a run does, and reads it as the run after a dead one would.
async fn journalled(store: &dyn Store, before: &State, entry: Entry) -> Result<()> {
    store.begin_journal(before).await?;
    let Entry::Made { address, owned } = &entry else {
        return Err("no outcome".into());
    };
    let begin = Entry::Begin {
        address: address.clone(),
        action: Action::Create,
        place: owned.place.clone(),
        relation: owned.relation,
        id: None,
        needs: BTreeSet::new(),
        doc: Some(owned.doc.clone()),
    };
    let entries = [begin, entry];
    store.append(&entries[..1], true).await?;
    store.append(&entries[1..], true).await?;
    let found = store.load(&whose()).await?;
    if found.state != fold(before.clone(), &entries) || found.recovered.is_none() {
        return Err("the journal is not what was written".into());
    }
    Ok(())
}

/// All load the same state, and store what each makes of it, without a lock.
async fn swap_round(stores: &[Box<dyn Store>], round: u64, count: &mut Count) -> Result<()> {
    let whose = whose();
    let loaded = try_join_all(stores.iter().map(|store| store.load(&whose))).await?;
    let storing = stores.iter().zip(loaded).enumerate();
    let storing = storing.map(|(writer, (store, loaded))| async move {
        let entry = raise(&loaded.state, writer);
        let mut next = fold(loaded.state, &[entry]);
        store.store(&mut next).await
    });
    let mut won = 0;
    for (writer, stored) in join_all(storing).await.into_iter().enumerate() {
        match stored {
            Ok(()) => won += 1,
            Err(StateError::Changed { .. }) => count.lost += 1,
            Err(error) => return Err(format!("round {round}, {writer}: {}", words(&error)).into()),
        }
    }
    if won != 1 {
        return Err(format!("round {round}: {won} stored the same state").into());
    }
    count.won += 1;
    Ok(())
}

fn counter() -> Address {
    Address::new("race/counter", "race", "all")
}

/// One more update, by `writer`.
fn raise(state: &State, writer: usize) -> Entry {
    let fields = [
        ("by", Doc::Int(i64::try_from(writer).unwrap_or_default())),
        ("updates", Doc::Int(updates(state) + 1)),
    ];
    Entry::Made {
        address: counter(),
        owned: Owned {
            place: Place {
                cloud: "race".to_owned(),
                account: String::new(),
                region: String::new(),
            },
            relation: Relation::Made,
            id: None,
            given: BTreeMap::new(),
            needs: BTreeSet::new(),
            doc: Doc::Map(fields.into_iter().collect()),
            doubtful: false,
            begun: BTreeSet::new(),
        },
    }
}

/// How many updates the state knows of.
fn updates(state: &State) -> i64 {
    match state.resources.get(&counter()).map(|owned| &owned.doc) {
        Some(Doc::Map(fields)) => match fields.get("updates") {
            Some(Doc::Int(updates)) => *updates,
            _ => 0,
        },
        _ => 0,
    }
}

fn whose() -> Whose {
    Whose {
        space: "race".to_owned(),
        cloud: Cloud::Sandbox,
        new_lineage: "9d1c2f52-3c8e-4a4e-8a0e-0d7a35f0a9d3".to_owned(),
    }
}

/// An error with its causes.
fn words(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        words = format!("{words}: {next}");
        cause = next.source();
    }
    words
}
