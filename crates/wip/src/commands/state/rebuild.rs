//! `wip state rebuild`: a lost state, from the marks on what is live.

use wip_engine::Rebuilt;

use super::Rebuild;
use crate::args::FileOption;
use crate::failure::{Exit, Failure};
use crate::run::{Run, Session};
use crate::signals::Phase;

/// Stores it where no state is; reads the clouds, and changes nothing in them.
pub(super) async fn run(
    session: Session<'_>,
    file: &FileOption,
    lineage: Option<&str>,
) -> Result<Exit, Failure> {
    let run = Run::open(session, &file.file).await?;
    let rebuilt = run
        .locked("state rebuild", 0, locked(&run, lineage))
        .await?;
    let (state, location) = (&rebuilt.state, run.store.location());
    if session.terminal.json {
        let relations = state.resources.iter();
        session.terminal.print_json(&Rebuild {
            format: "wip-state-rebuild/1",
            space: &state.space,
            location: &location,
            lineage: &state.lineage,
            resources: relations
                .map(|(address, owned)| (address, owned.relation))
                .collect(),
            without: rebuilt
                .without
                .iter()
                .map(|(address, why)| (address, why.as_str()))
                .collect(),
        })?;
    } else {
        for (address, owned) in &state.resources {
            let relation = format!("{:?}", owned.relation).to_lowercase();
            session.terminal.print(&format!("{relation:9} {address}"));
        }
    }
    for (address, why) in &rebuilt.without {
        session
            .terminal
            .warn(&format!("not in the state: {address} {why}"));
    }
    session.terminal.say(&format!(
        "rebuilt: {} resources of the lineage {} · state: {}",
        state.resources.len(),
        state.lineage,
        location
    ));
    run.remind_to_commit();
    Ok(Exit::Done)
}

async fn locked(run: &Run<'_>, lineage: Option<&str>) -> Result<Rebuilt, Failure> {
    let whose = run.session.whose(&run.space.name);
    let there = run.store.load(&whose).await?;
    if there.state.serial > 0 || there.recovered.is_some() {
        return Err(Failure::new(
            "WIP0267",
            format!(
                "there is a state at {}; nothing was done",
                run.store.location()
            ),
            "a state that is there is brought up to date by wip apply; move it away first if it is not the right one",
        ));
    }
    wip_engine::check(&run.clouds, &run.space, &there.state).await?;
    let lineage = match lineage {
        Some(lineage) if uuid::Uuid::parse_str(lineage).is_ok() => lineage.to_owned(),
        Some(lineage) => {
            return Err(Failure::new(
                "WIP0004",
                format!("--lineage {lineage} is no UUID; nothing was done"),
                "a lineage stands in every state and in the tag wip-lineage",
            ));
        }
        None => only_lineage(run).await?,
    };
    let cloud = run.session.cloud();
    let mut rebuilt = wip_engine::rebuild(&run.clouds, &run.space, cloud, &lineage).await?;
    refuse_unread(&rebuilt.unread)?;
    if rebuilt.state.resources.is_empty() {
        return Err(nothing(run, &format!("of the lineage {lineage} ")));
    }
    run.phase.set(Phase::Changing);
    run.store.store(&mut rebuilt.state).await?;
    Ok(rebuilt)
}

/// What is in no state is nobody's: a state that may lack something is not stored.
fn refuse_unread(unread: &[String]) -> Result<(), Failure> {
    if unread.is_empty() {
        return Ok(());
    }
    let failure = Failure::new(
        "WIP0259",
        "not everything that may bear a mark could be looked at; nothing was stored",
        "a state without what is there would leave it behind for ever; use credentials that may list and read all of it",
    );
    Err(unread
        .iter()
        .fold(failure, |failure, why| failure.with_cause(why)))
}

fn nothing(run: &Run<'_>, which: &str) -> Failure {
    let heading = format!(
        "nothing bears the mark {which}of the Space {}; nothing was done",
        run.space.name
    );
    let hint = "if nothing was ever applied, apply; if only statements in policies were, give --lineage (an old copy of the state says it)";
    Failure::new("WIP0268", heading, hint)
}

/// The one lineage whose marks are found.
async fn only_lineage(run: &Run<'_>) -> Result<String, Failure> {
    let marked = wip_engine::marked(&run.clouds, &run.space).await?;
    refuse_unread(&marked.unread)?;
    let mut lineages = marked.lineages.iter();
    let Some((lineage, _)) = lineages.next() else {
        return Err(nothing(run, ""));
    };
    if lineages.next().is_none() {
        return Ok(lineage.clone());
    }
    let mut failure = Failure::new(
        "WIP0269",
        "marks of several lineages are found; nothing was done",
        "say whose state was lost: --lineage UUID",
    );
    for (lineage, addresses) in &marked.lineages {
        let names: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        failure = failure.with_cause(&format!("{lineage}: {}", names.join(", ")));
    }
    Err(failure)
}
