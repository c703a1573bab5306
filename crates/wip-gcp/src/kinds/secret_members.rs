//! `gcp/secret-members`: who may read what is in a secret, in the secret's own policy.
//!
//! Source: `secretmanager.projects.secrets.getIamPolicy`, `secretmanager.projects.secrets.setIamPolicy`.

use wip_provider::{Scope, Wanted};

use crate::facts::Facts;
use crate::members::{self, Members, MembersSpec, Of};
use crate::policy::Holder;

/// The kind.
pub(crate) type SecretMembers = Of<Secrets>;

/// The policies that it is about.
pub(crate) struct Secrets;

impl Members for Secrets {
    const NAME: &'static str = "gcp/secret-members";
    const SUMMARY: &'static str = "Members of roles on a secret: whether an identity may read what is in it; other people's members stay as they are.";

    fn holder(resource: &str) -> Holder {
        Holder::Secret(resource.to_owned())
    }

    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<MembersSpec>> {
        let name = |holder: &Holder| match holder {
            Holder::Secret(name) => {
                let mut parts = name.split('/').skip(1).step_by(2);
                Some((format!("{}/{}", parts.next()?, parts.next()?), name.clone()))
            }
            _ => None,
        };
        members::desire(scope, facts, name, |_, _, _| Ok(()), |_| None)
    }
}
