//! The survey: what is wanted, and what is there.
//!
//! Owns which addresses are looked at; decides nothing about them.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use wip_plan::{Address, Note, Owned, Place, Room, Seen, State, Stray, Want, rename};
use wip_provider::{CloudError, Driver, Glance, Look, Scope, Sights};
use wip_space::Space;

use crate::{Clouds, EngineError};

/// What is wanted, and what is there.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// What the file asks for; nothing, where nothing is to be wanted any more.
    pub wants: Vec<Want>,
    /// What was seen of every address of wants and state.
    pub seen: BTreeMap<Address, Seen>,
    /// What bears our mark and nobody asked about.
    pub strays: Vec<Stray>,
    /// What the reader should know.
    pub notes: Vec<Note>,
    /// How much more the accounts hold.
    pub rooms: Vec<Room>,
    /// How many were taken from the state unread.
    pub unread: usize,
}

/// Asks every cloud who the caller is, before anything else is asked: in the accounts of the file, and in those of the state.
///
/// # Errors
/// Where an account is another than the file names, or no credentials are to be had.
pub async fn check(clouds: &Clouds, space: &Space, state: &State) -> Result<(), EngineError> {
    let owned = |driver: &dyn Driver| -> BTreeSet<String> {
        let places = state.resources.values().map(|owned| &owned.place);
        let ours = places.filter(|place| place.cloud == driver.cloud());
        ours.map(|place| place.account.clone()).collect()
    };
    let checks = clouds.all().map(async |driver| {
        let owned = owned(driver);
        driver.check(space, &owned).await
    });
    let checks = join_all(checks).await;
    let checked: Result<(), _> = checks.into_iter().collect();
    checked.map_err(|mismatch| EngineError::Mismatch(Box::new(mismatch)))
}

/// How to look.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Renames that the file tells of: from, to.
    pub moved: &'a BTreeMap<Address, Address>,
    /// Whether anything is wanted at all.
    pub wanting: bool,
    /// Addresses that were changed a moment ago: what is not visible yet is waited for.
    pub fresh: &'a BTreeSet<Address>,
    /// Take from the state what a listing shows to be the same one, where reading each costs a call.
    pub listed: bool,
}

/// Reads the facts, computes what is wanted and looks at all of it and at all that the state
/// holds.
///
/// # Errors
/// Where a cloud's facts cannot be had, or nothing compiled in knows a cloud of the state.
pub async fn survey(
    clouds: &Clouds,
    space: &Space,
    state: &State,
    view: View<'_>,
) -> Result<Survey, EngineError> {
    let mut survey = match view.wanting {
        true => wanted(clouds, space, &state.lineage).await?,
        false => Survey::default(),
    };
    let owned = rename(state, view.moved).resources;
    let groups = group(&survey.wants, &owned, view.fresh);
    let mut looks = Vec::new();
    for ((kind, place), glances) in &groups {
        let driver = clouds.of(kind)?;
        looks.push(driver.observe(Look {
            space: &space.name,
            lineage: &state.lineage,
            kind,
            place,
            glances,
            wide: false,
            listed: view.listed,
        }));
    }
    for Sights {
        seen,
        strays,
        remarks,
        notes,
        unread,
    } in join_all(looks).await
    {
        survey.seen.extend(seen);
        survey.strays.extend(strays);
        survey.unread += unread;
        survey.notes.extend(notes);
        survey.notes.extend(remarks.into_iter().map(|text| Note {
            code: "WIP0303".to_owned(),
            address: None,
            text,
            of_change: false,
        }));
    }
    if survey.unread > 0 {
        survey.notes.push(Note {
            code: "WIP0304".to_owned(),
            address: None,
            text: format!(
                "not read: {}; a listing shows that they are the same ones, and the state says what they are",
                survey.unread
            ),
            of_change: false,
        });
    }
    // A resource that moved to another place is looked at in both and is found in one.
    survey.strays.retain(|stray| {
        stray.lineage == state.lineage && !survey.seen.contains_key(&stray.address)
    });
    Ok(survey)
}

/// Reads the facts and computes what is wanted; nothing is looked at.
pub(crate) async fn wanted(
    clouds: &Clouds,
    space: &Space,
    lineage: &str,
) -> Result<Survey, EngineError> {
    let mut survey = Survey::default();
    let scope = Scope { space, lineage };
    let facts = join_all(clouds.all().map(|driver| driver.facts(space))).await;
    for (driver, facts) in clouds.all().zip(facts) {
        let facts = facts.map_err(unreadable)?;
        let (wants, notes) = driver.desire(&scope, &facts).map_err(unreadable)?;
        survey.wants.extend(wants);
        survey.notes.extend(notes);
        survey
            .rooms
            .extend(driver.rooms(&facts).map_err(unreadable)?);
    }
    Ok(survey)
}

fn unreadable(error: CloudError) -> EngineError {
    EngineError::Facts(Box::new(error))
}

type Groups = BTreeMap<(String, Place), Vec<Glance>>;

/// What to look at, by kind and place: one look each.
fn group(wants: &[Want], owned: &BTreeMap<Address, Owned>, fresh: &BTreeSet<Address>) -> Groups {
    let mut groups = Groups::new();
    let wanted: BTreeMap<&Address, &Want> =
        wants.iter().map(|want| (&want.address, want)).collect();
    let addresses: BTreeSet<&Address> = wanted.keys().copied().chain(owned.keys()).collect();
    for address in addresses {
        let want = wanted.get(address);
        let own = owned.get(address);
        // What is ours is looked at where it is, even if the file has moved it elsewhere.
        let Some(place) = own.map(|own| &own.place).or(want.map(|want| &want.place)) else {
            continue;
        };
        groups
            .entry((address.kind().to_owned(), place.clone()))
            .or_default()
            .push(Glance {
                address: address.clone(),
                wanted: want.and_then(|want| want.doc.as_ref().ok().cloned()),
                owned: own.map(|own| own.doc.clone()),
                begun: own.map(|own| own.begun.clone()).unwrap_or_default(),
                id: own.and_then(|own| own.id.clone()),
                relation: own.map(|own| own.relation),
                fresh: fresh.contains(address),
            });
    }
    groups
}
