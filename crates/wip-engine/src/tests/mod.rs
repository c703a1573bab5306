//! The engine against a cloud in memory: order, failures, lost answers, stops and crashes.

mod bench;
mod world;

use wip_plan::{Action, Relation, Want};
use wip_provider::Class;

use crate::Stop;
use bench::Bench;
use world::{Fault, address, text, want};

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
        .apply(&bench.plan(&chain()).await, 10, Stop::default())
        .await;
    assert_eq!(outcome.done, 4);
    let log = bench.log();
    let at = |name: &str| {
        log.iter()
            .position(|line| line == &format!("create {name}"))
            .unwrap()
    };
    assert!(at("a") < at("b") && at("b") < at("c"), "{log:?}");
    assert_eq!(outcome.state, bench.state().await);
    assert_eq!(outcome.state.serial, 1);
    assert!(bench.plan(&chain()).await.steps.is_empty());
}

#[tokio::test]
async fn no_more_steps_are_under_way_than_allowed() {
    let bench = Bench::new();
    let wants: Vec<Want> = (0..20).map(|n| want(&format!("t{n}"), "1")).collect();
    bench
        .apply(&bench.plan(&wants).await, 3, Stop::default())
        .await;
    assert_eq!(bench.world.most_at_once.get(), 3);
}

#[tokio::test]
async fn steps_that_share_something_do_not_overlap_and_others_do() {
    let bench = Bench::new();
    let names = ["a@one", "b@one", "c@one", "d@two", "e@two", "f", "g", "h"];
    let wants = |doc: &str| names.map(|name| want(name, doc));
    let order = |bench: &Bench, what: &str| -> Vec<String> {
        let log = bench.log();
        let keyed = log.iter().filter(|line| line.ends_with("@one"));
        let made = keyed.filter_map(|line| line.strip_prefix(what));
        made.map(str::to_owned).collect()
    };
    // Makes, changes and deletes: the key comes from what is to be, or from what was.
    for (wants, what) in [
        (wants("1").to_vec(), "create "),
        (wants("2").to_vec(), "update "),
        (Vec::new(), "delete "),
    ] {
        bench.world.most_at_once.set(0);
        let outcome = bench
            .apply(&bench.plan(&wants).await, 10, Stop::default())
            .await;
        assert_eq!(outcome.done, names.len(), "{what}");
        assert_eq!(bench.world.most_at_once.get(), 5, "{what}");
        assert_eq!(order(&bench, what), ["a@one", "b@one", "c@one"], "{what}");
    }
    let most: Vec<isize> = bench.world.keyed.borrow().values().map(|it| it.1).collect();
    assert_eq!(most, [1, 1]);
}

#[tokio::test]
async fn a_failed_step_lets_the_next_one_with_its_key_begin() {
    let bench = Bench::new();
    bench
        .world
        .faults
        .borrow_mut()
        .insert(0, Fault::Refused(Class::Denied));
    let wants = [want("a@one", "1"), want("b@one", "1")];
    let outcome = bench
        .apply(&bench.plan(&wants).await, 10, Stop::default())
        .await;
    assert_eq!(outcome.failures[0].address, address("a@one"));
    assert_eq!((outcome.done, outcome.left.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_step_that_hangs_is_given_up_and_looked_at_by_the_next_run() {
    let bench = Bench::new();
    bench.world.faults.borrow_mut().insert(0, Fault::Hangs);
    let started = tokio::time::Instant::now();
    let outcome = bench
        .apply(&bench.plan(&chain()).await, 10, Stop::default())
        .await;
    assert_eq!(started.elapsed().as_secs(), 300);
    assert_eq!(outcome.failures[0].address, address("a"));
    let words = outcome.failures[0].error.to_string();
    assert!(words.contains("given up after 5 minutes"), "{words}");
    assert_eq!(outcome.skipped, [address("b"), address("c")]);
    // It took effect, and nobody knows: the state says so, and the next run finds it.
    assert!(outcome.state.resources[&address("a")].doubtful);
    let again = bench
        .apply(&bench.plan(&chain()).await, 10, Stop::default())
        .await;
    assert!(again.failures.is_empty());
    assert_eq!(
        bench
            .log()
            .iter()
            .filter(|line| *line == "create a")
            .count(),
        1
    );
    assert!(bench.plan(&chain()).await.steps.is_empty());
}

#[tokio::test]
async fn what_needs_a_failed_step_is_skipped_and_the_rest_is_done() {
    let bench = Bench::new();
    bench
        .world
        .faults
        .borrow_mut()
        .insert(0, Fault::Refused(Class::Denied));
    let outcome = bench
        .apply(&bench.plan(&chain()).await, 1, Stop::default())
        .await;
    assert_eq!(outcome.failures[0].address, address("a"));
    assert_eq!(outcome.skipped, [address("b"), address("c")]);
    assert_eq!(bench.live().keys().collect::<Vec<_>>(), ["d"]);
    assert_eq!(
        bench.state().await.resources.keys().collect::<Vec<_>>(),
        [&address("d")]
    );
}

#[tokio::test]
async fn a_lost_answer_of_a_create_is_settled_by_looking() {
    let bench = Bench::new();
    bench.world.faults.borrow_mut().insert(0, Fault::Lost);
    let outcome = bench
        .apply(&bench.plan(&chain()).await, 1, Stop::default())
        .await;
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
async fn what_can_bear_no_mark_is_ours_where_only_the_answer_was_lost() {
    for (fault, failures) in [(Fault::Lost, 0), (Fault::Half, 1)] {
        let bench = Bench::new();
        bench.world.unmarkable.set(true);
        bench.world.faults.borrow_mut().insert(0, fault);
        let plan = bench.plan(&[want("a", "1")]).await;
        let outcome = bench.apply(&plan, 1, Stop::default()).await;
        assert_eq!(outcome.failures.len(), failures);
        let is_known = outcome.state.resources.contains_key(&address("a"));
        assert_eq!(is_known, failures == 0);
    }
}

#[tokio::test]
async fn half_a_create_is_remembered_as_what_is_there() {
    let bench = Bench::new();
    bench.world.faults.borrow_mut().insert(0, Fault::Half);
    let outcome = bench
        .apply(&bench.plan(&chain()).await, 1, Stop::default())
        .await;
    assert_eq!(outcome.failures.len(), 1);
    assert_eq!(outcome.state.resources[&address("a")].doc, text("half"));
    let again = bench.plan(&chain()).await;
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
    let outcome = bench.apply(&bench.plan(&chain()).await, 10, stop).await;
    assert_eq!(outcome.left.len(), 4);
    assert!(bench.log().is_empty());
    assert!(!bench.folder.path().join("journal.jsonl").exists());
}

#[tokio::test(start_paused = true)]
async fn the_journal_says_so_before_a_call_goes_out() {
    let bench = Bench::new();
    bench.world.faults.borrow_mut().insert(0, Fault::DeadBefore);
    die_or_end(&bench, &[want("a", "1")]).await;
    let state = bench.state().await;
    assert!(state.resources[&address("a")].doubtful);
    assert_eq!(state.resources[&address("a")].relation, Relation::Made);
}

/// Starts an apply and lets the process "end" when every call hangs: nothing is awaited any
/// more, and what the future holds is dropped.
async fn die_or_end(bench: &Bench, wants: &[Want]) {
    let plan = bench.plan(wants).await;
    // Time goes on only when nothing else does, file work included; the process is gone before a step is given up.
    let work = bench.start(&plan, 10, Stop::default());
    let _ = tokio::time::timeout(std::time::Duration::from_secs(200), work).await;
}

/// A first apply makes the chain; the second changes, adds and deletes. Dying at any call of
/// either, before or after it took effect, and applying again ends where no death ends.
#[tokio::test(start_paused = true)]
async fn dying_at_any_call_and_applying_again_ends_in_the_same_world() {
    let changed = [want("a", "2"), want("b<a", "1"), want("e<b", "1")];
    let undisturbed = Bench::new();
    lead(&undisturbed, &chain()).await;
    let first = undisturbed.world.calls.get();
    lead(&undisturbed, &changed).await;
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
                die_or_end(&bench, wants).await;
                lead(&bench, wants).await;
            }
            assert_eq!(bench.live(), undisturbed.live(), "call {number}");
            assert_eq!(
                bench.state().await.resources,
                undisturbed.state().await.resources,
                "call {number}"
            );
            assert!(bench.plan(&changed).await.steps.is_empty(), "call {number}");
        }
    }
}

async fn lead(bench: &Bench, wants: &[Want]) {
    let plan = bench.plan(wants).await;
    let outcome = bench.apply(&plan, 10, Stop::default()).await;
    assert!(outcome.failures.is_empty());
}
