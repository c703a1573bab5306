//! `aws/iam-role`: one role with everything on it.
//!
//! A role that wip made is owned whole: trust, policies, attachments, boundary, description, session length. What others
//! put on it is drift, but for what `role.ignore` names, tags, and what denies.

mod listing;
mod managed;
mod read;
mod rights;
mod spec;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use wip_plan::{Address, Edge, Existing, Field, Place};
use wip_provider::{CloudError, Created, Kind, Observed, Question, Scope, Target, Wanted};
use wip_space::Method;

use crate::accounts::place;
use crate::kinds::oidc_provider::{self, OidcProvider};
use crate::trust::Trust;
use crate::{Aws, Facts, pods, words};

pub(crate) use rights::rights;
use spec::{RoleSpec, wanted};
pub(crate) use spec::{provider_arn, role_arn, wanted_trust};

/// The kind.
pub(crate) struct IamRole;

const fn replaces(path: &'static str) -> Field {
    Field {
        path,
        replaces: true,
        sensitive: false,
    }
}

impl Kind for IamRole {
    const NAME: &'static str = "aws/iam-role";
    const SUMMARY: &'static str =
        "An IAM role: whom it admits, what it may do, and everything else on it.";
    const EXISTING: Existing = Existing::Ask;
    const FIELDS: &'static [Field] = &[replaces("name"), replaces("path")];
    type Spec = RoleSpec;
    type Cloud = Aws;

    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<RoleSpec>> {
        let space = scope.space;
        let identities = space.identities.iter();
        let managed =
            identities.filter(|identity| identity.role.existing != wip_space::Existing::Reference);
        let want = managed.map(|identity| Wanted {
            name: identity.name.clone(),
            place: place(&identity.account, ""),
            spec: wanted(space, identity, facts),
            needs: trusted(space, identity),
            links: BTreeSet::new(),
        });
        want.collect()
    }

    fn edges(spec: &RoleSpec) -> Vec<Edge> {
        let mut edges = words::who(&spec.trust);
        let policies = spec.policies.iter().chain(&spec.managed);
        edges.extend(words::may(&spec.partition, policies));
        let attached = spec.attachments.iter().map(|arn| Edge::May {
            verb: "what the policy allows:".to_owned(),
            on: arn.clone(),
        });
        edges.extend(attached);
        edges
    }

    /// Pods act by the method that they were started with: where the trust in it goes and another one comes, they lose their
    /// access until they restart.
    fn interrupts(from: &RoleSpec, to: &RoleSpec) -> Option<String> {
        let arn = |spec: &RoleSpec| (spec.path.clone(), spec.name.clone());
        if arn(from) != arn(to) && from.trust != Trust::default() {
            return Some(format!(
                "the role {old} is deleted and {new} is made: whoever acts as the old one loses its access until its service \
                 account, and every policy of others that names the role, names the new one; \
                 `role: {{ name: {name}, path: {path} }}` keeps it",
                old = from.name,
                new = to.name,
                name = from.name,
                path = from.path,
            ));
        }
        let methods = |trust: &Trust| {
            let irsa = (!trust.web_identity.is_empty()).then_some("irsa");
            let pods = trust.pods.is_some().then_some("podIdentity");
            irsa.into_iter().chain(pods).collect::<BTreeSet<&str>>()
        };
        let (from, to) = (methods(&from.trust), methods(&to.trust));
        let gone = from.iter().next()?;
        (from.is_disjoint(&to) && !to.is_empty()).then(|| {
            format!(
                "the pods that come by {gone} would lose their access before they restart; \
                 `alsoTrust: [{gone}]` keeps it until they have"
            )
        })
    }

    fn outputs(place: &Place, spec: &RoleSpec) -> BTreeMap<String, String> {
        let RoleSpec {
            name,
            path,
            partition,
            ..
        } = spec;
        let arn = format!("arn:{partition}:iam::{}:role{path}{name}", place.account);
        [("roleArn", arn), ("roleName", name.clone())]
            .map(|(key, value)| (key.to_owned(), value))
            .into()
    }

    async fn observe(cloud: &Aws, question: Question<'_, RoleSpec>) -> Observed {
        read::observe(&cloud.clients, question).await
    }

    async fn create(cloud: &Aws, at: &Target<'_>, spec: &RoleSpec) -> Result<Created, CloudError> {
        let client = cloud.clients.at(at.place).await?;
        write::create(&client, at, spec)
            .await
            .map(|()| Created::default())
    }

    async fn update(
        cloud: &Aws,
        at: &Target<'_>,
        from: &RoleSpec,
        to: &RoleSpec,
    ) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        write::update(&client, at, from, to).await
    }

    async fn mark(cloud: &Aws, at: &Target<'_>, live: &RoleSpec) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        write::mark(&client, at, live).await
    }

    async fn unmark(cloud: &Aws, at: &Target<'_>, live: &RoleSpec) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        write::unmark(&client, &live.name).await
    }

    async fn delete(cloud: &Aws, at: &Target<'_>, from: &RoleSpec) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        write::delete(&client, from).await
    }
}

/// What a role's trust names, and AWS wants to be there: OIDC providers, and roles whose target it is.
fn trusted(space: &wip_space::Space, identity: &wip_space::Identity) -> BTreeSet<Address> {
    let chained = pods::chained(space, identity)
        .filter(|other| other.role.existing != wip_space::Existing::Reference);
    let chained = chained.map(|other| Address::new(IamRole::NAME, &space.name, &other.name));
    let chained: BTreeSet<Address> = chained.collect();
    if !identity.trusts(Method::Irsa) {
        return chained;
    }
    let clusters = space
        .clusters
        .iter()
        .filter(|cluster| identity.subjects.contains_key(&cluster.name));
    let name = |cluster| oidc_provider::name(cluster, &identity.account);
    let address = |name: String| Address::new(OidcProvider::NAME, &space.name, &name);
    clusters.map(name).map(address).chain(chained).collect()
}
