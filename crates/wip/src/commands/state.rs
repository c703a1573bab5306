//! `wip state`: look at the state, change what it says, copy it, make it anew, unlock it.

mod copy;
mod documents;
mod rebuild;

use std::cell::Cell;

use wip_plan::{Address, State, render};
use wip_state::{Entry, Loaded, Store, fold};

use crate::args::{FileOption, StateCommand};
use crate::failure::{Exit, Failure};
use crate::run::{Session, Source, addresses};
use crate::signals::Phase;

pub(super) use documents::{Change, Copy, List, Rebuild, Show, Unlock};

/// Asks no cloud.
pub(crate) async fn run(session: Session<'_>, command: &StateCommand) -> Result<Exit, Failure> {
    match command {
        StateCommand::List { file } => list(session, file).await,
        StateCommand::Show { address, file } => show(session, file, &one(address)?).await,
        StateCommand::Mv { from, to, file } => {
            let (from, to) = (one(from)?, one(to)?);
            change(session, file, "state mv", |state| rename(state, &from, &to)).await
        }
        StateCommand::Forget { address, file } => {
            let address = one(address)?;
            change(session, file, "state forget", |state| {
                owned(state, &address)?;
                Ok(vec![Entry::Forgotten { address }])
            })
            .await
        }
        StateCommand::Pull { to, file } => copy::pull(session, file, to).await,
        StateCommand::Push { from, file } => copy::push(session, file, from).await,
        StateCommand::Rebuild { lineage, file } => {
            rebuild::run(session, file, lineage.as_deref()).await
        }
        StateCommand::Unlock { id, file } => unlock(session, file, id).await,
    }
}

async fn list(session: Session<'_>, file: &FileOption) -> Result<Exit, Failure> {
    let state = open(session, file).await?.1.state;
    if session.terminal.json {
        session.terminal.print_json(&List {
            format: "wip-state-list/1",
            space: &state.space,
            lineage: &state.lineage,
            serial: state.serial,
            resources: &state.resources,
        })?;
    } else {
        for address in state.resources.keys() {
            session.terminal.print(&address.to_string());
        }
    }
    Ok(Exit::Done)
}

async fn show(session: Session<'_>, file: &FileOption, address: &Address) -> Result<Exit, Failure> {
    let state = open(session, file).await?.1.state;
    let owned = owned(&state, address)?;
    if session.terminal.json {
        session.terminal.print_json(&Show {
            format: "wip-state-show/1",
            address,
            resource: owned,
        })?;
    } else {
        let relation = format!("{:?}", owned.relation).to_lowercase();
        session.terminal.print(&format!(
            "{address}\n  {relation}, in {}\n{}",
            owned.place,
            render::document(&owned.doc, crate::clouds::fields(address.kind()))
        ));
    }
    Ok(Exit::Done)
}

fn rename(state: &State, from: &Address, to: &Address) -> Result<Vec<Entry>, Failure> {
    owned(state, from)?;
    if from.kind() != to.kind() || from.space() != to.space() {
        return Err(Failure::new(
            "WIP0261",
            "an address can only be renamed within its kind and Space",
            "",
        ));
    }
    if state.resources.contains_key(to) {
        let hint = "strike it from the state first: wip state forget";
        return Err(Failure::new(
            "WIP0262",
            format!("the state has {to} already"),
            hint,
        ));
    }
    Ok(vec![Entry::Moved {
        from: from.clone(),
        to: to.clone(),
    }])
}

/// Changes the state under its lock, through the journal as every change.
async fn change(
    session: Session<'_>,
    file: &FileOption,
    command: &str,
    entries: impl FnOnce(&State) -> Result<Vec<Entry>, Failure>,
) -> Result<Exit, Failure> {
    let (store, _) = open(session, file).await?;
    let store = store.as_ref();
    let phase = Cell::default();
    let work = async {
        let state = open(session, file).await?.1.state;
        let entries = entries(&state)?;
        phase.set(Phase::Changing);
        store.begin_journal(&state).await?;
        store.append(&entries, true).await?;
        let mut next = fold(state, &entries);
        store.store(&mut next).await?;
        store.drop_journal().await?;
        Ok(next)
    };
    let changed = session.locked(store, command, 0, &phase, work).await?;
    let location = store.location();
    session.terminal.say(&format!("state: {location}"));
    if session.terminal.json {
        session.terminal.print_json(&Change {
            format: "wip-state-change/1",
            space: &changed.space,
            location: &location,
            serial: changed.serial,
        })?;
    }
    Ok(Exit::Done)
}

/// Takes away a lock that nobody holds any more.
async fn unlock(session: Session<'_>, file: &FileOption, id: &str) -> Result<Exit, Failure> {
    let space = Source::read(&file.file)?.parse(session.terminal.color)?;
    let store = session.store(&space.name)?;
    let was = store.unlock(id, &session.env.host).await?;
    session.terminal.say(&match &was {
        Some(holder) => format!(
            "unlocked; it was held by `{}` on {}",
            holder.command, holder.host
        ),
        None => "unlocked; the name of who held it was not written to its end".to_owned(),
    });
    if session.terminal.json {
        session.terminal.print_json(&Unlock {
            format: "wip-state-unlock/1",
            space: &space.name,
            command: was.as_ref().map(|holder| holder.command.as_str()),
            host: was.as_ref().map(|holder| holder.host.as_str()),
        })?;
    }
    Ok(Exit::Done)
}

async fn open(
    session: Session<'_>,
    file: &FileOption,
) -> Result<(Box<dyn Store>, Loaded), Failure> {
    let space = Source::read(&file.file)?.parse(session.terminal.color)?;
    let store = session.store(&space.name)?;
    let loaded = store.load(&session.whose(&space.name)).await?;
    Ok((store, loaded))
}

fn owned<'a>(state: &'a State, address: &Address) -> Result<&'a wip_plan::Owned, Failure> {
    state.resources.get(address).ok_or_else(|| {
        Failure::new(
            "WIP0260",
            format!("{address} is not in the state"),
            "wip state list prints what is",
        )
    })
}

fn one(text: &str) -> Result<Address, Failure> {
    let mut parsed = addresses(&[text.to_owned()])?;
    parsed
        .pop_first()
        .ok_or_else(|| Failure::new("WIP0004", "an argument is wrong", ""))
}
