//! A state that was lost, out of the marks on what is live.
//!
//! Owns what of the clouds belongs into a state; stores nothing, changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use wip_plan::{Address, Cloud, Owned, Owner, Place, Relation, Seen, Sighting, State, Stray, Want};
use wip_provider::{Glance, Look, Sights};
use wip_space::Space;

use crate::survey::wanted;
use crate::{Clouds, EngineError};

/// A lineage that no state has: with it, everybody's marks are another's.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// What bears the Space's mark.
#[derive(Clone, Debug, Default)]
pub struct Marked {
    /// By the lineage that the mark names.
    pub lineages: BTreeMap<String, BTreeSet<Address>>,
    /// What could not be looked at, and why: marks may be there.
    pub unread: Vec<String>,
}

/// A state out of marks.
#[derive(Clone, Debug)]
pub struct Rebuilt {
    /// The state; its serial is 0.
    pub state: State,
    /// What the file wants and is not in it, and why.
    pub without: Vec<(Address, String)>,
    /// What could not be looked at, and why: it may belong into the state.
    pub unread: Vec<String>,
}

/// Looks for the Space's mark on everything that the file wants and on everything that can be
/// listed.
///
/// What bears its mark only in a name that follows from the lineage is not found before the
/// lineage is known.
///
/// # Errors
/// Where a cloud's facts cannot be had.
pub async fn marked(clouds: &Clouds, space: &Space) -> Result<Marked, EngineError> {
    let wants = wanted(clouds, space, NOBODY).await?.wants;
    let sights = look(clouds, space, NOBODY, &wants).await?;
    let mut marked = Marked {
        unread: sights.remarks,
        ..Marked::default()
    };
    for (address, seen) in sights.seen {
        match seen {
            Seen::Present(live) => {
                if let Owner::Marked(mark) = live.owner
                    && mark.space == space.name
                {
                    let lineage = marked.lineages.entry(mark.lineage);
                    lineage.or_default().insert(address);
                }
            }
            Seen::Unreadable(why) => marked.unread.push(format!("{address}: {why}")),
            Seen::Absent => {}
        }
    }
    for stray in sights.strays {
        let lineage = marked.lineages.entry(stray.lineage);
        lineage.or_default().insert(stray.address);
    }
    Ok(marked)
}

/// The state of `lineage`, as its marks tell it.
///
/// Equal to the one that was lost, but for its serial, for everything that bears a mark and is
/// as it was applied. Of what the file does not name any more, what it needs is not known.
///
/// # Errors
/// Where a cloud's facts cannot be had.
pub async fn rebuild(
    clouds: &Clouds,
    space: &Space,
    cloud: Cloud,
    lineage: &str,
) -> Result<Rebuilt, EngineError> {
    let survey = wanted(clouds, space, lineage).await?;
    let mut sights = look(clouds, space, lineage, &survey.wants).await?;
    let mut rebuilt = Rebuilt {
        state: State {
            space: space.name.clone(),
            cloud,
            lineage: lineage.to_owned(),
            serial: 0,
            resources: BTreeMap::new(),
        },
        without: Vec::new(),
        unread: std::mem::take(&mut sights.remarks),
    };
    for want in survey.wants {
        let seen = sights.seen.remove(&want.address);
        if let Some(Seen::Unreadable(why)) = &seen {
            rebuilt.unread.push(format!("{}: {why}", want.address));
            continue;
        }
        match ours(seen, &space.name, lineage, &want.address) {
            Ok((relation, live)) => {
                let owned = owned(want.place, relation, want.needs, live);
                rebuilt.state.resources.insert(want.address, owned);
            }
            Err(why) => rebuilt.without.push((want.address, why)),
        }
    }
    for stray in sights.strays {
        if stray.lineage != lineage || rebuilt.state.resources.contains_key(&stray.address) {
            continue;
        }
        let seen = look_at(clouds, space, lineage, &stray).await?;
        if let Some(Seen::Unreadable(why)) = &seen {
            rebuilt.unread.push(format!("{}: {why}", stray.address));
            continue;
        }
        match ours(seen, &space.name, lineage, &stray.address) {
            Ok((relation, live)) => {
                let owned = owned(stray.place, relation, BTreeSet::new(), live);
                rebuilt.state.resources.insert(stray.address, owned);
            }
            Err(why) => rebuilt.without.push((stray.address, why)),
        }
    }
    Ok(rebuilt)
}

fn owned(place: Place, relation: Relation, needs: BTreeSet<Address>, live: Sighting) -> Owned {
    Owned {
        place,
        relation,
        id: live.id,
        given: live.given,
        needs,
        doc: live.doc,
        doubtful: false,
        begun: BTreeSet::new(),
    }
}

/// What is live, if it bears the mark of this address; else why it does not belong into the state.
fn ours(
    seen: Option<Seen>,
    space: &str,
    lineage: &str,
    address: &Address,
) -> Result<(Relation, Sighting), String> {
    let live = match seen {
        Some(Seen::Present(live)) => live,
        Some(Seen::Absent) => return Err("is not there".to_owned()),
        Some(Seen::Unreadable(why)) => return Err(format!("could not be read: {why}")),
        None => return Err("was not looked at".to_owned()),
    };
    let relation = match &live.owner {
        Owner::Marked(mark) if mark.space != space => {
            Err(format!("belongs to the Space {}", mark.space))
        }
        Owner::Marked(mark) if mark.lineage != lineage => {
            Err(format!("belongs to the lineage {}", mark.lineage))
        }
        Owner::Marked(mark) if mark.address != address.to_string() => {
            Err(format!("is marked as {}", mark.address))
        }
        Owner::Marked(mark) if mark.adopted => Ok(Relation::Adopted),
        Owner::Marked(_) => Ok(Relation::Made),
        Owner::Unmarked | Owner::Unmarkable => Err(
            "bears no mark: what is shared is taken up again by the next apply, the rest by wip adopt"
                .to_owned(),
        ),
    };
    relation.map(|relation| (relation, live))
}

/// One wide look at each kind in each place.
async fn look(
    clouds: &Clouds,
    space: &Space,
    lineage: &str,
    wants: &[Want],
) -> Result<Sights, EngineError> {
    let mut groups: BTreeMap<(&str, &Place), Vec<Glance>> = BTreeMap::new();
    for want in wants {
        let kinds = clouds.of(want.address.kind())?.kinds();
        // Where an account is listed as a whole, kinds are found that the file wants no more.
        for kind in kinds.iter().filter(|_| want.place.region.is_empty()) {
            groups.entry((kind.name, &want.place)).or_default();
        }
        let group = groups.entry((want.address.kind(), &want.place));
        group.or_default().push(Glance {
            address: want.address.clone(),
            wanted: want.doc.as_ref().ok().cloned(),
            owned: None,
            begun: BTreeSet::new(),
            id: None,
            relation: None,
            fresh: false,
        });
    }
    let mut looks = Vec::new();
    for ((kind, place), glances) in &groups {
        looks.push(clouds.of(kind)?.observe(Look {
            space: &space.name,
            lineage,
            kind,
            place,
            glances,
            wide: true,
            listed: false,
        }));
    }
    let mut all = Sights::default();
    for sights in join_all(looks).await {
        all.seen.extend(sights.seen);
        all.strays.extend(sights.strays);
        all.remarks.extend(sights.remarks);
    }
    Ok(all)
}

/// A look at something that the file does not name.
async fn look_at(
    clouds: &Clouds,
    space: &Space,
    lineage: &str,
    stray: &Stray,
) -> Result<Option<Seen>, EngineError> {
    let glances = [Glance {
        address: stray.address.clone(),
        wanted: None,
        owned: None,
        begun: BTreeSet::new(),
        id: Some(stray.name.clone()),
        relation: None,
        fresh: false,
    }];
    let mut sights = clouds
        .of(stray.address.kind())?
        .observe(Look {
            space: &space.name,
            lineage,
            kind: stray.address.kind(),
            place: &stray.place,
            glances: &glances,
            wide: false,
            listed: false,
        })
        .await;
    Ok(sights.seen.remove(&stray.address))
}
