//! Session policies: what of a role one control plane's association leaves it.
//!
//! Owns which places of the backup buckets are a control plane's own, and which it restores from.
//! The statements themselves are `permissions`'s, so that a session can do exactly what the role can, there.

use std::collections::BTreeMap;

use wip_policy::{Document, SESSION_POLICY_CHARS};
use wip_space::{
    Access, Component, ControlPlane, Identity, RestoreSource, S3Location, Space, Subject,
};

use crate::permissions;
use crate::sizes::thousands;

/// The control planes of a Space, found by where they run.
pub(crate) struct Sessions<'a> {
    space: &'a Space,
    /// By cluster and host namespace.
    planes: BTreeMap<(&'a str, String), &'a ControlPlane>,
}

impl<'a> Sessions<'a> {
    pub(crate) fn of(space: &'a Space) -> Self {
        let planes = space.control_planes.iter();
        let planes = planes.map(|plane| {
            let namespace = plane.host_namespace.name();
            ((plane.cluster.as_str(), namespace), plane)
        });
        Self {
            space,
            planes: planes.collect(),
        }
    }

    /// The policy of the association of a host namespace.
    ///
    /// # Errors
    /// It is longer than AWS takes, or a raw statement of the file is none.
    pub(crate) fn policy(
        &self,
        identity: &Identity,
        cluster: &str,
        namespace: &str,
    ) -> Result<Document, String> {
        let plane = self.planes.get(&(cluster, namespace.to_owned())).copied();
        let plane = plane.ok_or_else(|| {
            format!("no control plane of the file runs in {namespace} on {cluster}")
        })?;
        let narrowed = Identity {
            name: identity.name.clone(),
            component: identity.component,
            method: identity.method,
            also_trust: identity.also_trust.clone(),
            isolation: identity.isolation,
            target_role: identity.target_role.clone(),
            trust: identity.trust,
            // Whom it admits is no matter of its permissions, and there may be thousands.
            subjects: BTreeMap::new(),
            access: identity
                .access
                .iter()
                .map(|access| own(access, plane))
                .collect(),
            restore_from: self.restores(plane),
            account: identity.account.clone(),
            partition: identity.partition.clone(),
            role: identity.role.clone(),
        };
        let statements = permissions::statements(self.space, &narrowed)?;
        let nameless = statements.into_iter().map(|mut statement| {
            statement.sid = None;
            statement
        });
        let document = Document::new(nameless);
        let chars = document.to_json().chars().count();
        match chars <= SESSION_POLICY_CHARS {
            true => Ok(document),
            false => Err(format!(
                "the session policy of {}/{} takes {} characters, and EKS takes {}; \
                 name fewer places under its restoreFrom, split the identity's access over several identities, \
                 or say isolation: shared",
                plane.group,
                plane.name,
                thousands(chars),
                thousands(SESSION_POLICY_CHARS),
            )),
        }
    }

    /// What a control plane restores from: other control planes' own places, and places in buckets.
    fn restores(&self, plane: &ControlPlane) -> Vec<S3Location> {
        let mut places = Vec::new();
        for source in &plane.restore_from {
            match source {
                RestoreSource::S3(place) => places.push(place.clone()),
                RestoreSource::ControlPlane(group, name) => {
                    let sources = self.space.control_planes.iter();
                    let sources =
                        sources.filter(|source| source.group == *group && source.name == *name);
                    places.extend(sources.flat_map(|source| self.backups(source)));
                }
            }
        }
        places
    }

    /// Where the backups of a control plane lie.
    fn backups(&self, plane: &ControlPlane) -> Vec<S3Location> {
        let identities = self.space.identities.iter();
        let serving = identities
            .filter(|identity| identity.component == Component::Backup && admits(identity, plane));
        let access = serving.flat_map(|identity| &identity.access);
        access
            .filter_map(|access| match own(access, plane) {
                Access::S3 { at, .. } => Some(at),
                _ => None,
            })
            .collect()
    }
}

/// An access, of buckets only to the control plane's own place: `<prefix>/<group>/<name>` ("SharedBackupConfig", Upbound
/// documentation).
fn own(access: &Access, plane: &ControlPlane) -> Access {
    match access {
        Access::S3 { at, allow } => Access::S3 {
            at: S3Location {
                prefix: format!("{}{}/{}/", at.prefix, plane.group, plane.name),
                ..at.clone()
            },
            allow: allow.clone(),
        },
        other => other.clone(),
    }
}

fn admits(identity: &Identity, plane: &ControlPlane) -> bool {
    let Some(subjects) = identity.subjects.get(&plane.cluster) else {
        return false;
    };
    let service_account = identity.component.service_account().unwrap_or_default();
    let exact = Subject::Exact {
        namespace: plane.host_namespace.name(),
        service_account: service_account.to_owned(),
    };
    subjects.contains(&exact)
        || subjects
            .iter()
            .any(|subject| matches!(subject, Subject::Pattern { .. }))
}
