//! `wip destroy`: delete what wip made.

use std::collections::BTreeSet;

use wip_plan::Mode;

use super::changes;
use crate::args::DestroyArgs;
use crate::failure::{Exit, Failure};
use crate::run::{Run, Session};

/// Needs the guardrail `allowDestroy`, or the Space's name typed in.
pub(crate) async fn run(session: Session<'_>, args: &DestroyArgs) -> Result<Exit, Failure> {
    let run = Run::open(session, &args.file.file).await?;
    run.locked("destroy", args.run.lock_timeout, locked(&run, args))
        .await
}

/// The rest, with the lock held.
async fn locked(run: &Run<'_>, args: &DestroyArgs) -> Result<Exit, Failure> {
    let session = run.session;
    run.check_upstream(&args.run)?;
    let loaded = run.load_to_change().await?;
    wip_engine::check(&run.clouds, &run.space, &loaded.state).await?;
    let mode = Mode::Destroy {
        adopted: args.adopted,
    };
    let survey = run.survey(&loaded.state, &mode, &BTreeSet::new()).await?;
    // The plan is shown before the name is typed in, so it is made as if it had been.
    let mut guardrails = run.guardrails(None);
    let allowed = guardrails.allow_destroy;
    guardrails.allow_destroy = allowed || session.env.can_ask;
    let plan = run.plan(
        &loaded.state,
        survey,
        mode.clone(),
        guardrails,
        BTreeSet::new(),
    );
    changes::present(run, &plan)?;

    if !plan.blocked.is_empty() {
        session
            .terminal
            .say("nothing was done, because something is blocked");
        return changes::end(run, &plan, None, None, Exit::Blocked);
    }
    if plan.steps.is_empty() && loaded.recovered.is_none() {
        return changes::end(run, &plan, None, None, Exit::Done);
    }
    let name = &run.space.name;
    if allowed {
        changes::confirm(run, &args.run, "destroy this? (yes)", "yes").await?;
    } else if !session
        .terminal
        .ask(
            &format!("type the Space's name ({name}) to destroy this:"),
            name,
        )
        .await
    {
        return Err(Failure::new(
            "WIP0241",
            "not confirmed; nothing was done",
            "",
        ));
    }
    let before = loaded.state.clone();
    let outcome = changes::apply(run, &args.run, &plan, loaded, !args.run.auto_approve).await?;
    let exit = changes::sum_up(run, &outcome, "destroy again to go on from here");
    if exit != Exit::Done {
        return changes::end(run, &plan, Some(&outcome), None, exit);
    }
    let left = changes::still_there(run, &before, &mode, &plan).await?;
    let gone = left.is_empty();
    let exit = if gone {
        let words = "verified: nothing that wip made and owns is left";
        session.terminal.say(words);
        Exit::Done
    } else {
        let names: Vec<String> = left.iter().map(ToString::to_string).collect();
        session.terminal.warn(&format!(
            "looked again, and something is left: {}",
            names.join(", ")
        ));
        Exit::Pending
    };
    changes::end(run, &plan, Some(&outcome), Some(gone), exit)
}
