//! Version 3 of the state file: version 2, with what the cloud made of a resource and others need, and with what runs that died had begun.
//!
//! Owns the two fields more. It is written only where a resource has such a thing, so that an older wip goes on reading
//! the states of Spaces that have none.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wip_plan::{Address, Doc, Owned, Relation, State};

use super::v1::{self, Fields, Where};

/// The fields of a resource, in the order in which they are written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Resource {
    place: Where,
    relation: Relation,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    given: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    doubtful: bool,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    begun: BTreeSet<Doc>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    needs: BTreeSet<Address>,
    doc: Doc,
}

/// Whether `state` holds what only this version can say.
pub(super) fn is_needed(state: &State) -> bool {
    state
        .resources
        .values()
        .any(|owned| !owned.given.is_empty() || !owned.begun.is_empty())
}

/// The text of `state` without its digest.
pub(super) fn body(state: &State) -> Result<String, serde_yaml::Error> {
    v1::write_as::<Resource>(state, 3)
}

impl Fields for Resource {
    fn of(owned: &Owned) -> Self {
        // Taken apart in full, so that a new field cannot be left out by oversight.
        let Owned {
            place,
            relation,
            id,
            given,
            needs,
            doc,
            doubtful,
            begun,
        } = owned.clone();
        Self {
            place: place.into(),
            relation,
            id,
            given,
            doubtful,
            begun,
            needs,
            doc,
        }
    }
}

impl From<Resource> for Owned {
    fn from(resource: Resource) -> Self {
        Self {
            place: resource.place.into(),
            relation: resource.relation,
            id: resource.id,
            given: resource.given,
            needs: resource.needs,
            doc: resource.doc,
            doubtful: resource.doubtful,
            begun: resource.begun,
        }
    }
}
