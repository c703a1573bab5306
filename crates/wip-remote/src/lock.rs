//! The lock in a bucket: an object that is made where there is none, and that names its holder.
//!
//! Owns who may make it and who may remove it.
//! No lock is ever taken over because it is old.

use std::rc::Rc;

use wip_state::{Answer, Holder, Lock, StateError};

use crate::objects::{Object, Version};
use crate::place::{Doing, Place};
use crate::steady::Written;

const NAME: &str = "lock";
/// How often a lock is tried for that was let go of just when it was looked at.
const TRIES: usize = 5;

const TAKE: Doing = Doing {
    what: "take the lock",
    consequence: "nothing was done",
    doubt: "nothing else was done, and the lock may stand there: the next run says its id, and `wip state unlock` takes it away",
};
const RELEASE: Doing = Doing::new(
    "let go of the lock",
    "all else is done; `wip state unlock` with its id takes it away",
);
const LOOK: Doing = Doing::new("read the lock", "nothing was done");
const UNLOCK: Doing = Doing::new("unlock", "nothing was unlocked");

/// The lock, held.
struct Held {
    place: Rc<Place>,
    id: String,
}

/// Takes the lock, or says who holds it.
pub(crate) async fn take(place: &Rc<Place>, holder: &Holder) -> Result<Box<dyn Lock>, StateError> {
    let mut name =
        serde_json::to_vec(holder).map_err(|error| StateError::Unwritable(error.into()))?;
    name.push(b'\n');
    let mut by = None;
    for _ in 0..TRIES {
        if let Written::Done(_) = place.create(NAME, &name, TAKE).await? {
            return Ok(Box::new(Held {
                place: Rc::clone(place),
                id: holder.id.clone(),
            }));
        }
        // Gone again: whoever held it has ended.
        if let Some(object) = place.get(NAME, LOOK).await? {
            // An object is there whole or not at all: what cannot be read now never can.
            let Some(holder) = read(&object) else {
                return Err(StateError::ForeignLock {
                    path: place.path(NAME),
                });
            };
            by = Some(Box::new(holder));
            break;
        }
    }
    Err(StateError::Locked {
        path: place.path(NAME),
        holder: by,
    })
}

/// Takes away the lock `id` of a run that died.
pub(crate) async fn unlock(
    place: &Place,
    id: &str,
    host: &str,
) -> Result<Option<Holder>, StateError> {
    let path = || place.path(NAME);
    let Some(object) = place.get(NAME, UNLOCK).await? else {
        return Err(StateError::NotLocked { path: path() });
    };
    let Some(holder) = read(&object) else {
        return Err(StateError::ForeignLock { path: path() });
    };
    if holder.id != id {
        return Err(StateError::OtherLock {
            path: path(),
            wanted: id.to_owned(),
            holder: Box::new(holder),
        });
    }
    if holder.lives_on(host) {
        return Err(StateError::HolderLives {
            holder: Box::new(holder),
        });
    }
    remove(place, &object.version, UNLOCK).await?;
    Ok(Some(holder))
}

/// Removes the lock that was read as `version`; whoever made another since keeps that.
async fn remove(place: &Place, version: &Version, doing: Doing) -> Result<(), StateError> {
    match place.delete(NAME, Some(version), doing).await? {
        true => Ok(()),
        false => Err(lost(place).await?),
    }
}

/// That somebody else has, or had, the lock.
async fn lost(place: &Place) -> Result<StateError, StateError> {
    let now = place.get(NAME, LOOK).await?;
    Ok(StateError::LockLost {
        path: place.path(NAME),
        holder: now.as_ref().and_then(read).map(Box::new),
    })
}

fn read(object: &Object) -> Option<Holder> {
    serde_json::from_slice(&object.bytes).ok()
}

impl Lock for Held {
    fn release(self: Box<Self>) -> Answer<'static, ()> {
        Box::pin(async move {
            let place = &*self.place;
            match place.get(NAME, RELEASE).await? {
                Some(object) if read(&object).is_some_and(|holder| holder.id == self.id) => {
                    remove(place, &object.version, RELEASE).await
                }
                _ => Err(lost(place).await?),
            }
        })
    }
}
