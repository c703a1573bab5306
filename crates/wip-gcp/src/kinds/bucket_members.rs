//! `gcp/bucket-members`: who may what with the objects of a bucket, in the bucket's own policy.
//!
//! Source: `storage.buckets.getIamPolicy`, `storage.buckets.setIamPolicy`; "Uniform bucket-level access".

use wip_plan::Address;
use wip_provider::{Scope, Wanted};
use wip_space::{GoogleIdentity, GooglePrincipal, Space};

use crate::facts::{Facts, known};
use crate::members::{self, Members, MembersSpec, Of};
use crate::places;
use crate::policy::Holder;

/// The kind.
pub(crate) type BucketMembers = Of<Buckets>;

/// The policies that it is about.
pub(crate) struct Buckets;

impl Members for Buckets {
    const NAME: &'static str = "gcp/bucket-members";
    const SUMMARY: &'static str = "Members of roles on a bucket: what an identity may do with its objects; other people's members stay as they are.";

    fn holder(resource: &str) -> Holder {
        Holder::Bucket(resource.to_owned())
    }

    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<MembersSpec>> {
        let name = |holder: &Holder| match holder {
            Holder::Bucket(name) => Some((name.clone(), name.clone())),
            _ => None,
        };
        let ready = |identity: &GoogleIdentity, holder: &Holder, conditional: bool| {
            is_ready(scope.space, facts, identity, holder, conditional)
        };
        let needs = |holder: &Holder| match holder {
            Holder::Bucket(name) if places::is_made(scope.space, name) => {
                Some(Address::new("gcp/bucket", &scope.space.name, name))
            }
            _ => None,
        };
        members::desire(scope, facts, name, ready, needs)
    }
}

/// Whether the bucket takes such members.
fn is_ready(
    space: &Space,
    facts: &Facts,
    identity: &GoogleIdentity,
    holder: &Holder,
    conditional: bool,
) -> Result<(), String> {
    let Holder::Bucket(name) = holder else {
        return Ok(());
    };
    let uniform = known(facts.buckets.get(name))?;
    let needs = match (&identity.principal, conditional) {
        (GooglePrincipal::Direct, _) => "principals of GKE need",
        (_, true) => "a prefix needs",
        (_, false) => return exists(space, name, uniform).map(drop),
    };
    match exists(space, name, uniform)? {
        true => Ok(()),
        false => Err(format!(
            "{needs} uniform bucket-level access, and it is off at the bucket {name}; turn it on (access control lists of objects \
             do not count any more then): gcloud storage buckets update gs://{name} --uniform-bucket-level-access"
        )),
    }
}

/// Whether access to it is uniform; that of one that wip makes will be.
fn exists(space: &Space, name: &str, uniform: Option<bool>) -> Result<bool, String> {
    match uniform {
        Some(uniform) => Ok(uniform),
        None if places::is_made(space, name) => Ok(true),
        None => Err(format!(
            "there is no bucket {name}: make it first, or let wip: `buckets: [{{ gcsBucket: {{ bucket: {name}, location: EU, create: true }} }}]`"
        )),
    }
}
