//! `wip verify`: look at everything and expect nothing to do.

use std::collections::BTreeSet;

use wip_plan::Mode;

use super::plan::show;
use crate::args::FileArgs;
use crate::failure::{Exit, Failure};
use crate::run::{Run, Session, exit_of};

/// Exit code 2 where something is to do, 4 where something is blocked.
pub(crate) async fn run(session: Session<'_>, args: &FileArgs) -> Result<Exit, Failure> {
    let run = Run::open(session, &args.file).await?;
    let state = run.load().await?.state;
    wip_engine::check(&run.clouds, &run.space, &state).await?;
    let survey = run.survey(&state, &Mode::Apply, &BTreeSet::new()).await?;
    let plan = run.plan(
        &state,
        survey,
        Mode::Apply,
        run.guardrails(None),
        BTreeSet::new(),
    );
    show(&run, &plan)?;
    let exit = exit_of(&plan, true);
    if exit == Exit::Done && !session.terminal.json {
        session
            .terminal
            .print("verified: the cloud is as the file says");
    }
    Ok(exit)
}
