//! `wip state pull` and `wip state push`: the same state in two places.
//!
//! Owns the rule that a copy goes on from what it overwrites: the same lineage, no lower serial.

use std::cell::Cell;
use std::path::Path;

use wip_plan::State;
use wip_state::{FolderStore, Store};

use super::Copy;
use crate::args::FileOption;
use crate::failure::{Exit, Failure};
use crate::run::{Session, Source};
use crate::signals::Phase;

/// Into a folder.
pub(super) async fn pull(
    session: Session<'_>,
    file: &FileOption,
    to: &Path,
) -> Result<Exit, Failure> {
    let (space, remote, folder) = both(session, file, to).await?;
    copy(session, &space, "state pull", remote.as_ref(), &folder).await
}

/// Out of a folder.
pub(super) async fn push(
    session: Session<'_>,
    file: &FileOption,
    from: &Path,
) -> Result<Exit, Failure> {
    let (space, remote, folder) = both(session, file, from).await?;
    copy(session, &space, "state push", &folder, remote.as_ref()).await
}

async fn both(
    session: Session<'_>,
    file: &FileOption,
    folder: &Path,
) -> Result<(String, Box<dyn Store>, FolderStore), Failure> {
    let space = Source::read(&file.file)?.parse(session.terminal.color)?;
    let store = session.store(&space.name)?;
    let folder = session.folder(folder, &space.name)?;
    if store.location() == folder.location() {
        return Err(Failure::new(
            "WIP0263",
            format!("{} is both ends of the copy", store.location()),
            "name where the state is with --state, for example --state s3://BUCKET/PREFIX",
        ));
    }
    Ok((space.name, store, folder))
}

async fn copy(
    session: Session<'_>,
    space: &str,
    command: &str,
    from: &dyn Store,
    to: &dyn Store,
) -> Result<Exit, Failure> {
    let whose = session.whose(space);
    let phase = Cell::default();
    let work = async {
        let Some(state) = from.stored(&whose).await? else {
            return Err(Failure::new(
                "WIP0264",
                format!(
                    "there is no state at {}; nothing was copied",
                    from.location()
                ),
                "apply first, or check --state",
            ));
        };
        // A journal is about the state beside it, and stays there.
        if from.load(&whose).await?.recovered.is_some() {
            session.terminal.warn(&format!(
                "a run on {} did not finish, or still goes on; the state is copied as it was before that run",
                from.location()
            ));
        }
        let there = to.load(&whose).await?;
        if there.recovered.is_some() {
            return Err(Failure::new(
                "WIP0265",
                format!(
                    "a run on {} did not finish; nothing was copied",
                    to.location()
                ),
                "apply there first: its journal is about the state that would be overwritten",
            ));
        }
        let over = to.stored(&whose).await?;
        if let Some(over) = &over {
            goes_on(&state, over, to)?;
        }
        if over.as_ref() == Some(&state) {
            return Ok((state, false));
        }
        phase.set(Phase::Changing);
        to.put(&state, over.as_ref()).await?;
        Ok((state, true))
    };
    let (state, copied) = session.locked(to, command, 0, &phase, work).await?;
    let (from, to) = (from.location(), to.location());
    let (words, serial) = (
        ["the same already", "copied"][usize::from(copied)],
        state.serial,
    );
    session
        .terminal
        .say(&format!("{words}: serial {serial} · {from} to {to}"));
    if session.terminal.json {
        session.terminal.print_json(&Copy {
            format: "wip-state-copy/1",
            space,
            from: &from,
            to: &to,
            serial,
            copied,
        })?;
    }
    Ok(Exit::Done)
}

/// A copy must not lose what the other end knows.
fn goes_on(state: &State, over: &State, to: &dyn Store) -> Result<(), Failure> {
    let (place, is) = (to.location(), over.serial);
    let refused = |why: String| {
        Err(Failure::new(
            "WIP0266",
            format!("{place} is not overwritten; nothing was copied"),
            "look at both with `wip state list`; keep the one that the clouds are like",
        )
        .with_cause(&why))
    };
    if state.lineage != over.lineage {
        return refused(format!(
            "its lineage is {}, that of the copy would be {}: they are states of two histories",
            over.lineage, state.lineage
        ));
    }
    if state.serial < is {
        return refused(format!(
            "it is at serial {is}, the copy would be at {}: that is older",
            state.serial
        ));
    }
    if state.serial == is && state != over {
        return refused(format!(
            "both are at serial {is} and differ: two runs went on from the same state"
        ));
    }
    Ok(())
}
