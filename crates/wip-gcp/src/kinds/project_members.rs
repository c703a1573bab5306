//! `gcp/project-members`: who may what in a whole project, in the project's policy: roles that the file gives there, and secrets by the
//! beginning of their names, with a condition.
//!
//! Source: `cloudresourcemanager.projects.getIamPolicy`, `cloudresourcemanager.projects.setIamPolicy`.

use wip_provider::{Scope, Wanted};

use crate::facts::Facts;
use crate::members::{self, Members, MembersSpec, Of};
use crate::policy::Holder;

/// The kind.
pub(crate) type ProjectMembers = Of<Projects>;

/// The policies that it is about.
pub(crate) struct Projects;

impl Members for Projects {
    const NAME: &'static str = "gcp/project-members";
    const SUMMARY: &'static str = "Members of roles on a whole project: what an identity may do anywhere in it, or where a condition says; other people's members stay as they are.";

    fn holder(resource: &str) -> Holder {
        Holder::Project(resource.to_owned())
    }

    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<MembersSpec>> {
        let name = |holder: &Holder| match holder {
            Holder::Project(id) => Some((id.clone(), id.clone())),
            _ => None,
        };
        members::desire(scope, facts, name, |_, _, _| Ok(()), |_| None)
    }
}
