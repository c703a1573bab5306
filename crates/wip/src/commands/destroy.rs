//! `wip destroy`: delete what wip made.

use std::collections::BTreeSet;

use wip_plan::Mode;

use super::{changes, plan::show};
use crate::args::DestroyArgs;
use crate::failure::{Exit, Failure};
use crate::run::{Run, Session};

/// Needs the guardrail `allowDestroy`, or the Space's name typed in.
pub(crate) async fn run(session: Session<'_>, args: &DestroyArgs) -> Result<Exit, Failure> {
    let run = Run::open(session, &args.file.file).await?;
    let lock = run.lock("destroy", args.run.lock_timeout).await?;
    let loaded = run.load_to_change(&lock)?;
    wip_engine::check(&run.clouds, &run.space).await?;
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
    show(&run, &plan)?;

    if !plan.blocked.is_empty() {
        session
            .terminal
            .say("nothing was done, because something is blocked");
        return Ok(Exit::Blocked);
    }
    if plan.steps.is_empty() && loaded.recovered.is_none() {
        return Ok(Exit::Done);
    }
    let name = &run.space.name;
    if allowed {
        changes::confirm(&run, &args.run, "destroy this? (yes)", "yes")?;
    } else if !session.terminal.ask(
        &format!("type the Space's name ({name}) to destroy this:"),
        name,
    ) {
        return Err(Failure::new(
            "WIP0241",
            "not confirmed; nothing was done",
            "",
        ));
    }
    let outcome = changes::apply(&run, &args.run, &plan, loaded, false).await?;
    let exit = changes::sum_up(&run, &outcome);
    if exit != Exit::Done {
        return Ok(exit);
    }
    let changed = BTreeSet::new();
    let left = changes::verify(&run, &outcome.state, &mode, guardrails, &changed).await?;
    if left.steps.is_empty() {
        session
            .terminal
            .say("verified: nothing that wip made is left");
        Ok(Exit::Done)
    } else {
        session
            .terminal
            .warn("looked again, and something is left; `wip plan --destroy` shows it");
        Ok(Exit::Pending)
    }
}
