//! What the control planes of backup identities restore from.

use std::collections::BTreeSet;

use super::access;
use super::identity::{Found, Scope};
use crate::model::{Component, RestoreSource, S3Location};

/// What the control planes of backup identities restore from, beyond their own places.
pub(crate) fn add_restores(all: &mut [Found], scope: &Scope<'_>) {
    let backups: Vec<(usize, Vec<S3Location>)> = all
        .iter()
        .enumerate()
        .filter(|(_, found)| found.identity.component == Component::Backup)
        .map(|(index, found)| (index, access::places(&found.identity)))
        .collect();
    for (index, own) in &backups {
        let mut sources: BTreeSet<S3Location> = BTreeSet::new();
        for plane in &scope.planes.known {
            let plane = &plane.value;
            let key = (
                plane.cluster.clone(),
                plane.group.clone(),
                plane.name.clone(),
            );
            if !all[*index].planes.contains(&key) {
                continue;
            }
            for source in &plane.restore_from {
                match source {
                    RestoreSource::S3(place) => {
                        let identity = &all[*index].identity;
                        sources.insert(scope.storage.with_account(place, &identity.account));
                    }
                    RestoreSource::ControlPlane(group, name) => {
                        let serving = backups.iter().filter(|(other, _)| {
                            all[*other]
                                .planes
                                .iter()
                                .any(|(_, g, n)| g == group && n == name)
                        });
                        sources.extend(serving.flat_map(|(_, places)| places.iter().cloned()));
                    }
                }
            }
        }
        let sources = sources.into_iter().filter(|place| !own.contains(place));
        all[*index].identity.restore_from = sources.collect();
    }
}
