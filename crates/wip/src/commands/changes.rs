//! What all commands that change a cloud share: ask, apply with progress, verify, sum up.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use wip_engine::{Apply, Failure as StepFailure, Outcome, Rights, Stop, Survey};
use wip_plan::{
    Action, Address, Blocked, Guardrails, Mode, Owned, Owner, Plan, Seen, State, render,
};
use wip_state::Loaded;

use super::plan::show;
use crate::args::RunOptions;
use crate::failure::{Exit, Failure, hint};
use crate::progress::{Progress, Tally};
use crate::run::Run;
use crate::signals::{Phase, Signals, stopped};
use crate::terminal::one_line;

/// How long to wait until what was changed is visible everywhere: as long as for one call.
const VISIBLE_WITHIN: Duration = Duration::from_secs(120);

/// `wip-apply/1`: what was planned, and what came of it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Applied<'a> {
    #[schemars(extend("const" = "wip-apply/1"))]
    format: &'static str,
    /// As `wip plan --json` prints it.
    plan: &'a Plan,
    /// Absent where nothing was begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Came<'a>>,
    /// Whether looking again found what was applied; absent where nobody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    verified: Option<bool>,
}

/// What came of a plan.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Came<'a> {
    /// How many steps were done.
    done: usize,
    /// Steps that were not, and why.
    failed: Vec<Failed<'a>>,
    /// Not tried, because what they need failed.
    skipped: &'a [Address],
    /// Not begun, because the run was interrupted.
    not_begun: &'a [Address],
    /// The serial of the state that was stored.
    serial: u64,
}

/// A step that failed.
#[derive(Serialize, JsonSchema)]
struct Failed<'a> {
    address: &'a Address,
    reason: String,
}

/// Shows the plan before anybody is asked; with `--json` it is part of the one document that
/// [`end`] prints.
pub(crate) fn present(run: &Run<'_>, plan: &Plan) -> Result<(), Failure> {
    if run.session.terminal.json {
        return Ok(());
    }
    show(run, plan)
}

/// Ends a command that changes clouds: with `--json` it prints the one document.
pub(crate) fn end(
    run: &Run<'_>,
    plan: &Plan,
    outcome: Option<&Outcome>,
    verified: Option<bool>,
    exit: Exit,
) -> Result<Exit, Failure> {
    if outcome.is_none() {
        // An earlier run's state may still be seen by nobody else; [`sum_up`] says it of this one's.
        run.remind_to_commit();
    }
    if run.session.terminal.json {
        run.session.terminal.print_json(&Applied {
            format: "wip-apply/1",
            plan: &render::json(plan, &run.clouds.kinds()),
            outcome: outcome.map(|outcome| Came {
                done: outcome.done,
                failed: outcome
                    .failures
                    .iter()
                    .map(|failure| Failed {
                        address: &failure.address,
                        reason: failure.error.to_string(),
                    })
                    .collect(),
                skipped: &outcome.skipped,
                not_begun: &outcome.left,
                serial: outcome.state.serial,
            }),
            verified,
        })?;
    }
    Ok(exit)
}

/// Asks whether to go on; never without a terminal. Answers whether somebody was asked: while
/// they thought, the cloud may have changed.
///
/// # Errors
/// Where nobody can be asked, or the answer is another one.
pub(crate) async fn confirm(
    run: &Run<'_>,
    options: &RunOptions,
    question: &str,
    expected: &str,
) -> Result<bool, Failure> {
    if options.auto_approve {
        return Ok(false);
    }
    if !run.session.env.can_ask {
        return Err(Failure::new(
            "WIP0240",
            "there is no terminal to ask on; nothing was done",
            "give --auto-approve where the plan was reviewed before",
        ));
    }
    if run.session.terminal.ask(question, expected).await {
        return Ok(true);
    }
    Err(Failure::new(
        "WIP0241",
        "not confirmed; nothing was done",
        "",
    ))
}

/// Applies a plan with progress; the lock is held by the caller.
pub(crate) async fn apply(
    run: &Run<'_>,
    options: &RunOptions,
    plan: &Plan,
    loaded: Loaded,
    recheck: bool,
) -> Result<Outcome, Failure> {
    let progress = Progress::new(run.session.terminal, plan.steps.len());
    let stop = Stop::default();
    let apply = Apply {
        clouds: &run.clouds,
        plan,
        labels: &run.space.labels,
        moved: &run.moved,
        state: loaded.state,
        store: run.store.as_ref(),
        recovered: loaded.recovered.is_some(),
        rights: Rights {
            concurrency: options.parallelism.into(),
            recheck,
        },
        stop: stop.clone(),
    };
    let mut signals = Signals::catch()?;
    run.phase.set(Phase::Changing);
    let work = apply.run(|entry| progress.show(entry));
    tokio::pin!(work);
    let outcome = loop {
        tokio::select! {
            outcome = &mut work => break outcome,
            () = signals.next() => {
                if stop.asked() {
                    return Err(stopped("the journal has what was begun; the same command goes on from there"));
                }
                stop.ask();
                run.session.terminal.say("stopping: calls in flight finish, then the state is saved; once more stops at once");
            }
        }
    };
    run.phase.set(Phase::Verifying);
    progress.end();
    outcome.map_err(|error| cut_short(error.into(), progress.tally(), plan.steps.len()))
}

/// A run that could not keep its state, with what it did in the clouds before.
fn cut_short(mut failure: Failure, tally: Tally, steps: usize) -> Failure {
    if tally.begun == 0 {
        return failure;
    }
    failure.hint = Some(format!(
        "{} of {steps} steps done, {} failed, {} not begun; once the state can be written, the same command goes on from there",
        tally.done,
        tally.failed,
        steps - tally.begun
    ));
    failure.exits(Exit::Partial)
}

/// Looks again until what `applied` has changed is visible, and what it has deleted is not: what is left to do then is
/// really left.
///
/// `gone` is what it has deleted, as the state had it; `after` is the state that came of it.
pub(crate) async fn verify(
    run: &Run<'_>,
    applied: &Plan,
    gone: &BTreeMap<Address, Owned>,
    after: &State,
    guardrails: Guardrails,
) -> Result<Plan, Failure> {
    let started = tokio::time::Instant::now();
    let mut wait = Duration::from_millis(500);
    let changed = addresses_of(applied);
    // What is gone is looked at as if it were still ours; of that, nothing has to become visible.
    let mut looked_at = Cow::Borrowed(after);
    if !gone.is_empty() {
        looked_at.to_mut().resources.extend(gone.clone());
    }
    let fresh = changed
        .iter()
        .filter(|address| !gone.contains_key(*address));
    let fresh = fresh.cloned().collect();
    loop {
        let survey = run.survey(&looked_at, &Mode::Apply, &fresh).await?;
        let lingers = left_of(&survey, &after.lineage, gone.keys());
        let mut plan = run.plan(after, survey, Mode::Apply, guardrails, BTreeSet::new());
        plan.blocked
            .extend(lingers.into_iter().map(|address| Blocked {
                held: Vec::new(),
                address,
                reason: "was deleted, and is still seen".to_owned(),
            }));
        let blocked = plan.blocked.iter().map(|blocked| &blocked.address);
        let settled = !plan
            .steps
            .iter()
            .map(|step| &step.address)
            .chain(blocked)
            .any(|address| changed.contains(address));
        if settled || started.elapsed() > VISIBLE_WITHIN {
            return Ok(plan);
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(10));
    }
}

/// What a plan has something to do with.
pub(crate) fn addresses_of(plan: &Plan) -> BTreeSet<Address> {
    let addresses = plan.steps.iter().map(|step| &step.address);
    addresses.cloned().collect()
}

/// What a plan deletes and does not make anew.
fn deleted(plan: &Plan) -> impl Iterator<Item = &Address> {
    let deletes = plan.steps.iter();
    let deletes = deletes.filter(|step| step.action == Action::Delete && !step.replace);
    deletes.map(|step| &step.address)
}

/// The same, as the state has it.
pub(crate) fn to_go(plan: &Plan, state: &State) -> BTreeMap<Address, Owned> {
    let owned = |address: &Address| Some((address.clone(), state.resources.get(address)?.clone()));
    deleted(plan).filter_map(owned).collect()
}

/// What of `addresses` is still there and ours, or cannot be told.
fn left_of<'a>(
    survey: &Survey,
    lineage: &str,
    addresses: impl Iterator<Item = &'a Address>,
) -> Vec<Address> {
    let left = addresses.filter(|address| match survey.seen.get(*address) {
        Some(Seen::Absent) | None => false,
        Some(Seen::Unreadable(_)) => true,
        Some(Seen::Present(live)) => matches!(&live.owner, Owner::Marked(mark)
            if mark.lineage == lineage && mark.address == address.to_string()),
    });
    left.cloned().collect()
}

/// Looks again until what a destroy deleted is not seen any more; answers what is still there
/// and ours after all that time.
pub(crate) async fn still_there(
    run: &Run<'_>,
    before: &State,
    mode: &Mode,
    plan: &Plan,
) -> Result<Vec<Address>, Failure> {
    let started = tokio::time::Instant::now();
    let mut wait = Duration::from_millis(500);
    let fresh = BTreeSet::new();
    loop {
        let survey = run.survey(before, mode, &fresh).await?;
        let left = left_of(&survey, &before.lineage, deleted(plan));
        if left.is_empty() || started.elapsed() > VISIBLE_WITHIN {
            return Ok(left);
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(10));
    }
}

/// How a run ends that did all that it could.
pub(crate) fn done(plan: &Plan) -> Exit {
    if plan.blocked.is_empty() {
        Exit::Done
    } else {
        Exit::Blocked
    }
}

/// Sums a run up, to standard error, and says how the command ends; `next` is what to do where something is left.
pub(crate) fn sum_up(run: &Run<'_>, outcome: &Outcome, next: &str) -> Exit {
    let terminal = run.session.terminal;
    let list = |what: &str, addresses: &[Address]| {
        for address in addresses {
            terminal.say(&format!("{what:9} {address}"));
        }
    };
    list("skipped", &outcome.skipped);
    list("not begun", &outcome.left);
    let kept = format!("state: {}", run.store.location());
    if outcome.failures.is_empty() && outcome.left.is_empty() {
        terminal.say(&format!("applied: {} done · {kept}", outcome.done));
        run.remind_to_commit();
        return Exit::Done;
    }
    let (failed, skipped) = (outcome.failures.len(), outcome.skipped.len());
    terminal.say(&format!(
        "applied in part: {} done, {failed} failed, {skipped} skipped, {} not begun · {kept}",
        outcome.done,
        outcome.left.len()
    ));
    terminal.say(next);
    run.remind_to_commit();
    // The first cause last: it is what the reader is left with.
    if let Some(StepFailure { address, error }) = outcome.failures.first() {
        terminal.say(&format!(
            "first cause: {address}: {}",
            one_line(&error.to_string())
        ));
        let hint = hint(error);
        if !hint.is_empty() {
            terminal.say(&format!("help: {hint}"));
        }
    }
    if outcome.left.is_empty() {
        Exit::Partial
    } else {
        Exit::Interrupted
    }
}
