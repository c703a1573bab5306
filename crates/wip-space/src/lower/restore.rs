//! What the control planes of backup identities restore from.

use std::collections::BTreeSet;

use super::access;
use super::identity::{Found, Meant, Scope};
use crate::model::{
    AzureAccess, Component, Container, EntraIdentity, GcsLocation, GoogleAccess, GoogleIdentity,
    RestoreSource, S3Location,
};

/// What the control planes of backup identities restore from, beyond their own places.
pub(crate) fn add_restores(all: &mut [Found], scope: &Scope<'_>) {
    add_containers(all, scope);
    add_gcs(all, scope);
    let backups: Vec<(usize, Vec<S3Location>)> = all
        .iter()
        .enumerate()
        .filter_map(|(index, found)| match &found.identity {
            Meant::Aws(identity) if identity.component == Component::Backup => {
                Some((index, access::places(identity)))
            }
            _ => None,
        })
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
                        if let Meant::Aws(identity) = &all[*index].identity {
                            sources.insert(scope.storage.with_account(place, &identity.account));
                        }
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
        let sources = sources.collect();
        if let Meant::Aws(identity) = &mut all[*index].identity {
            identity.restore_from = sources;
        }
    }
}

/// The same on Azure and Google Cloud: the places of the control planes that those of an identity restore from.
fn add_places<P: Ord + Clone>(
    all: &mut [Found],
    scope: &Scope<'_>,
    places: impl Fn(&Meant) -> Option<BTreeSet<P>>,
    set: impl Fn(&mut Meant, BTreeSet<P>),
) {
    let backups: Vec<(usize, BTreeSet<P>)> = all
        .iter()
        .enumerate()
        .filter(|(_, found)| found.identity.component() == Component::Backup)
        .filter_map(|(index, found)| Some((index, places(&found.identity)?)))
        .collect();
    for (index, own) in &backups {
        let serves = |found: &Found, cluster: Option<&str>, group: &str, name: &str| {
            let mut planes = found.planes.iter();
            planes.any(|(c, g, n)| {
                cluster.is_none_or(|cluster| c == cluster) && g == group && n == name
            })
        };
        let planes = scope.planes.known.iter().map(|plane| &plane.value);
        let planes = planes.filter(|plane| {
            serves(
                &all[*index],
                Some(&plane.cluster),
                &plane.group,
                &plane.name,
            )
        });
        let mut sources = BTreeSet::new();
        for source in planes.flat_map(|plane| &plane.restore_from) {
            if let RestoreSource::ControlPlane(group, name) = source {
                let serving = backups.iter();
                let serving = serving.filter(|(other, _)| serves(&all[*other], None, group, name));
                sources.extend(serving.flat_map(|(_, places)| places.iter().cloned()));
            }
        }
        let sources = sources.difference(own).cloned().collect();
        set(&mut all[*index].identity, sources);
    }
}

fn add_containers(all: &mut [Found], scope: &Scope<'_>) {
    let places = |identity: &Meant| match identity {
        Meant::Entra(identity) => Some(containers(identity)),
        Meant::Aws(_) | Meant::Google(_) => None,
    };
    add_places(all, scope, places, |identity, sources| {
        if let Meant::Entra(identity) = identity {
            identity.restore_from = sources;
        }
    });
}

fn add_gcs(all: &mut [Found], scope: &Scope<'_>) {
    let places = |identity: &Meant| match identity {
        Meant::Google(identity) => Some(gcs(identity)),
        Meant::Aws(_) | Meant::Entra(_) => None,
    };
    add_places(all, scope, places, |identity, sources| {
        if let Meant::Google(identity) = identity {
            identity.restore_from = sources;
        }
    });
}

fn containers(identity: &EntraIdentity) -> BTreeSet<Container> {
    let containers = identity.access.iter().filter_map(|access| match access {
        AzureAccess::BlobContainer { at, .. } => Some(at.clone()),
        AzureAccess::KeyVault(_) | AzureAccess::Role { .. } => None,
    });
    containers.collect()
}

fn gcs(identity: &GoogleIdentity) -> BTreeSet<GcsLocation> {
    let places = identity.access.iter().filter_map(|access| match access {
        GoogleAccess::Bucket { at, .. } => Some(at.clone()),
        GoogleAccess::Secrets { .. } | GoogleAccess::Role { .. } => None,
    });
    places.collect()
}
