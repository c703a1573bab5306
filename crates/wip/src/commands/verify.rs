//! `wip verify`: look at everything and expect nothing to do.

use std::collections::BTreeSet;

use wip_plan::{Mode, render};

use super::plan::show;
use crate::args::VerifyArgs;
use crate::clouds::clusters::{token, verify};
use crate::failure::{Exit, Failure};
use crate::run::{Run, Session, exit_of};

/// Exit code 2 where something is to do or to mend, 4 where something is blocked.
pub(crate) async fn run(session: Session<'_>, args: &VerifyArgs) -> Result<Exit, Failure> {
    let run = Run::open_whole(session, &args.file.file, &args.reach).await?;
    let state = run.load().await?.state;
    wip_engine::check(&run.clouds, &run.space, &state).await?;
    if let Some(subject) = &args.token {
        return token::run(&run, &args.reach, &state, subject).await;
    }
    let survey = run.survey(&state, &Mode::Apply, &BTreeSet::new()).await?;
    let plan = run.plan(
        &state,
        survey,
        Mode::Apply,
        run.guardrails(None),
        BTreeSet::new(),
    );
    let clusters = verify::look_at_all(&run, &args.reach, &state).await?;
    let are_well = clusters.iter().all(verify::Looked::is_well);
    let exit = match exit_of(&plan, true) {
        Exit::Done if !are_well => Exit::Pending,
        exit => exit,
    };
    if session.terminal.json && !clusters.is_empty() {
        let plan = render::json(&plan, &run.clouds.kinds());
        session
            .terminal
            .print_json(&verify::document(&plan, clusters))?;
        return Ok(exit);
    }
    show(&run, &plan)?;
    for cluster in &clusters {
        cluster.show(&run);
    }
    if exit == Exit::Done && !session.terminal.json {
        let words: Vec<String> = clusters.iter().map(verify::Looked::in_words).collect();
        let words = match words.as_slice() {
            [] => String::new(),
            words => format!(", and {} have what they need", words.join(" and ")),
        };
        session
            .terminal
            .print(&format!("verified: the cloud is as the file says{words}"));
    }
    Ok(exit)
}
