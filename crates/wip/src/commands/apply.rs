//! `wip apply`: show, ask, apply with progress, verify.

use std::collections::BTreeSet;

use wip_plan::{Address, Cloud, Mode, Plan};
use wip_state::Loaded;

use super::changes;
use crate::args::ApplyArgs;
use crate::failure::{Exit, Failure};
use crate::run::{Run, Session, Source, addresses};
use crate::saved;

/// Makes the clouds what the file says, or does exactly a saved plan.
pub(crate) async fn run(session: Session<'_>, args: &ApplyArgs) -> Result<Exit, Failure> {
    let target = addresses(&args.options.target)?;
    let source = Source::read(&args.file)?;
    let (saved, source) = match saved::read(&source)? {
        Some((plan, source)) => (Some(plan), source),
        None => (None, source),
    };
    if let Some(plan) = &saved {
        for_these_clouds(session, plan)?;
        let options = &args.options;
        if !options.target.is_empty()
            || options.allow_revokes.is_some()
            || options.remove_denies
            || options.allow_interruption
        {
            return Err(Failure::new(
                "WIP0234",
                "a saved plan is applied as it is; nothing was done",
                "give --target, --allow-revokes, --allow-interruption and --remove-denies to `wip plan --out`",
            ));
        }
    }
    let run = Run::of_whole(session, source, &args.reach).await?;
    run.remark_context(&args.reach);
    let work = locked(&run, args, saved, target);
    run.locked("apply", args.run.lock_timeout, work).await
}

/// The rest, with the lock held.
async fn locked(
    run: &Run<'_>,
    args: &ApplyArgs,
    saved: Option<Plan>,
    target: BTreeSet<Address>,
) -> Result<Exit, Failure> {
    let terminal = run.session.terminal;
    run.check_upstream(&args.run)?;
    let mut loaded = run.load_to_change().await?;
    wip_engine::check(&run.clouds, &run.space, &loaded.state).await?;
    let guardrails = run.guardrails(Some(&args.options));
    let is_saved = saved.is_some();
    let plan = match saved {
        Some(plan) => {
            let plan = current(run, plan, &loaded)?;
            // Where there is no state yet, the plan has chosen the lineage that all marks will name.
            loaded.state.lineage.clone_from(&plan.lineage);
            plan
        }
        None => {
            let survey = run
                .survey(&loaded.state, &Mode::Apply, &BTreeSet::new())
                .await?;
            run.plan(&loaded.state, survey, Mode::Apply, guardrails, target)
        }
    };
    changes::present(run, &plan)?;

    if !plan.blocked.is_empty() && !args.skip_blocked && args.options.target.is_empty() {
        terminal.say(
            "nothing was done, because something is blocked; --skip-blocked or --target goes around it",
        );
        return changes::end(run, &plan, None, None, Exit::Blocked);
    }
    if plan.steps.is_empty() && loaded.recovered.is_none() {
        return changes::end(run, &plan, None, None, changes::done(&plan));
    }
    let mut asked = false;
    if !plan.steps.is_empty() {
        asked = changes::confirm(run, &args.run, "apply this? (yes)", "yes").await?;
    }

    let gone = changes::to_go(&plan, &loaded.state);
    let outcome = changes::apply(run, &args.run, &plan, loaded, is_saved || asked).await?;
    let next = match is_saved {
        true => "plan again to go on from here: the saved plan is spent",
        false => "apply again to go on from here",
    };
    let exit = changes::sum_up(run, &outcome, next);
    if exit != Exit::Done {
        return changes::end(run, &plan, Some(&outcome), None, exit);
    }
    let left = changes::verify(run, &plan, &gone, &outcome.state, guardrails).await?;
    let exit = verdict(run, &plan, &left, &changes::addresses_of(&plan));
    let verified = Some(exit == changes::done(&plan));
    changes::end(run, &plan, Some(&outcome), verified, exit)
}

/// Before anything is asked of a cloud: a plan for the sandbox is not for real ones.
fn for_these_clouds(session: Session<'_>, plan: &Plan) -> Result<(), Failure> {
    let (is, hint) = match plan.cloud {
        cloud if cloud == session.cloud() => return Ok(()),
        Cloud::Sandbox => ("for the sandbox", "give --sandbox"),
        Cloud::Real => ("for real clouds", "leave --sandbox away"),
    };
    Err(Failure::new(
        "WIP0233",
        format!("the plan is {is}; nothing was done"),
        hint,
    ))
}

/// A saved plan, if the state is the one that it builds on.
fn current(run: &Run<'_>, plan: Plan, loaded: &Loaded) -> Result<Plan, Failure> {
    let state = &loaded.state;
    let why = if plan.space != run.space.name {
        format!(
            "it is of the Space {}, its Space file says {}",
            plan.space, run.space.name
        )
    } else if plan.serial != 0 && plan.lineage != state.lineage {
        format!(
            "it builds on the state of lineage {}, here is one of {}",
            plan.lineage, state.lineage
        )
    } else if plan.serial != state.serial {
        format!(
            "it builds on the state of serial {}, here is serial {}",
            plan.serial, state.serial
        )
    } else if loaded.recovered.is_some() {
        "a run that came after it did not finish".to_owned()
    } else {
        return Ok(plan);
    };
    Err(Failure::new(
        "WIP0232",
        "the plan is stale; nothing was done",
        "plan again",
    )
    .with_cause(&why))
}

/// What verifying found.
fn verdict(run: &Run<'_>, plan: &Plan, left: &Plan, changed: &BTreeSet<Address>) -> Exit {
    let terminal = run.session.terminal;
    let unseen: Vec<_> = left
        .blocked
        .iter()
        .filter(|blocked| changed.contains(&blocked.address))
        .collect();
    for blocked in &unseen {
        terminal.warn(&format!(
            "looked again: {}: {}",
            blocked.address, blocked.reason
        ));
    }
    if !unseen.is_empty() {
        return Exit::Blocked;
    }
    let pending: Vec<String> = left
        .steps
        .iter()
        .filter(|step| changed.contains(&step.address))
        .map(|step| step.address.to_string())
        .collect();
    if !pending.is_empty() {
        terminal.warn(&format!(
            "looked again, and the cloud is not as applied: {}; `wip plan` shows what is left",
            pending.join(", ")
        ));
        return Exit::Pending;
    }
    terminal.say("verified: the cloud is as applied");
    changes::done(plan)
}
