//! The kinds whose resources are members of an allow policy: what each has in common, over where the policy is.
//!
//! Owns the spec, the look and the writes. Whose a member is, only the state knows: what is there and the state does not know is
//! somebody else's (`beside`), until it is adopted.

mod look;
mod who;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use wip_plan::{Address, Edge, Existing, Field, Place};
use wip_provider::{Class, CloudError, Created, Kind, Observed, Question, Scope, Target, Wanted};

use crate::facts::Facts;
use crate::policy::{self, Holder, Policy};
use crate::roles::Condition;
use crate::{Google, places};

pub(crate) use who::{clusters_are_ready, kubernetes_accounts, principals};

/// Where the policy of a kind is.
pub(crate) trait Members: 'static {
    /// `gcp/bucket-members`.
    const NAME: &'static str;
    /// One sentence: what it is.
    const SUMMARY: &'static str;

    /// What has the policy, by the name that the spec has.
    fn holder(resource: &str) -> Holder;

    /// What the Space wants of it.
    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<MembersSpec>>;

    /// What others need to know of it.
    fn outputs(_spec: &MembersSpec) -> BTreeMap<String, String> {
        BTreeMap::new()
    }
}

/// A kind over a [`Members`].
pub(crate) struct Of<M>(PhantomData<M>);

/// Members of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MembersSpec {
    /// What has the policy: the name of a bucket, `projects/ID/secrets/NAME`, the id of a project, an e-mail.
    pub(crate) resource: String,
    /// What they may, by role.
    pub(crate) roles: BTreeMap<String, Grant>,
}

/// Members of one role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Grant {
    /// When it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) condition: Option<Condition>,
    /// Those that are wip's.
    #[serde(default)]
    pub(crate) members: BTreeSet<String>,
    /// Those that somebody else put there, and that the Space wants as well.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) beside: BTreeSet<String>,
}

impl Grant {
    /// Ours and others'.
    pub(crate) fn all(&self) -> BTreeSet<String> {
        &self.members | &self.beside
    }
}

impl<M: Members> Kind for Of<M> {
    const NAME: &'static str = M::NAME;
    const SUMMARY: &'static str = M::SUMMARY;
    const EXISTING: Existing = Existing::Part;
    const FIELDS: &'static [Field] = &[Field {
        path: "resource",
        replaces: true,
        sensitive: false,
    }];
    type Spec = MembersSpec;
    type Cloud = Google;

    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<MembersSpec>> {
        M::desire(scope, facts)
    }

    fn edges(spec: &MembersSpec) -> Vec<Edge> {
        let who: BTreeSet<Edge> = spec
            .roles
            .values()
            .flat_map(Grant::all)
            .map(|member| who::edge(&member))
            .collect();
        let on = match M::holder(&spec.resource) {
            Holder::Project(id) => format!("{id} (project-wide)"),
            _ => spec.resource.clone(),
        };
        let may = spec.roles.iter().map(|(role, grant)| Edge::May {
            verb: role.clone(),
            on: match &grant.condition {
                None => on.clone(),
                Some(condition) => format!("{on}: {}", condition.title),
            },
        });
        who.into_iter().chain(may).collect()
    }

    fn beside(mut wanted: MembersSpec, live: &MembersSpec) -> MembersSpec {
        for (role, grant) in &mut wanted.roles {
            let there = live.roles.get(role);
            let there = there.filter(|there| there.condition == grant.condition);
            let theirs = there.map(|there| there.beside.clone()).unwrap_or_default();
            let all = grant.all();
            grant.members = &all - &theirs;
            grant.beside = &all & &theirs;
        }
        wanted
    }

    fn outputs(_place: &Place, spec: &MembersSpec) -> BTreeMap<String, String> {
        M::outputs(spec)
    }

    /// A policy is written whole.
    fn serial(_place: &Place, spec: &MembersSpec) -> Option<String> {
        Some(format!("policy of {}", M::holder(&spec.resource).words()))
    }

    async fn observe(cloud: &Google, question: Question<'_, MembersSpec>) -> Observed {
        look::observe::<M>(&cloud.clients, &question).await
    }

    async fn create(
        cloud: &Google,
        at: &Target<'_>,
        spec: &MembersSpec,
    ) -> Result<Created, CloudError> {
        let is_there = |policy: &Policy| {
            let mut roles = spec.roles.iter();
            roles.any(|(role, grant)| {
                let there = policy.members(role, grant.condition.as_ref());
                grant.members.iter().any(|it| there.contains(it.as_str()))
            })
        };
        // What somebody else put there since it was looked at is not ours; what an attempt of our own put there is.
        let first = Cell::new(true);
        let check = |policy: &Policy| match first.replace(false) && is_there(policy) {
            true => {
                let words = "some of the members are there already";
                let call = M::holder(&spec.resource).set_call();
                Err(CloudError::local(Class::Conflict, call, words))
            }
            false => Ok(()),
        };
        modify::<M>(cloud, at, spec, |policy| {
            check(policy)?;
            add(policy, spec);
            Ok(())
        })
        .await?;
        Ok(Created::default())
    }

    async fn update(
        cloud: &Google,
        at: &Target<'_>,
        from: &MembersSpec,
        to: &MembersSpec,
    ) -> Result<(), CloudError> {
        modify::<M>(cloud, at, to, |policy| {
            remove(policy, from, to);
            add(policy, to);
            Ok(())
        })
        .await
    }

    /// There is nowhere to put one.
    async fn mark(
        _cloud: &Google,
        _at: &Target<'_>,
        _live: &MembersSpec,
    ) -> Result<(), CloudError> {
        Ok(())
    }

    async fn unmark(
        _cloud: &Google,
        _at: &Target<'_>,
        _live: &MembersSpec,
    ) -> Result<(), CloudError> {
        Ok(())
    }

    async fn delete(cloud: &Google, at: &Target<'_>, from: &MembersSpec) -> Result<(), CloudError> {
        let holder = M::holder(&from.resource);
        let none = MembersSpec {
            resource: from.resource.clone(),
            roles: BTreeMap::new(),
        };
        let missing = || {
            let words = format!("nothing of it is in the policy of {}", holder.words());
            CloudError::local(Class::Missing, holder.set_call(), words)
        };
        let project = &at.place.account;
        if policy::read(&cloud.clients, &holder, project, false)
            .await?
            .is_none()
        {
            return Err(missing());
        }
        let first = Cell::new(true);
        modify::<M>(cloud, at, from, |policy| {
            let before = policy.clone();
            remove(policy, from, &none);
            match first.replace(false) && *policy == before {
                true => Err(missing()),
                false => Ok(()),
            }
        })
        .await
    }
}

async fn modify<M: Members>(
    cloud: &Google,
    at: &Target<'_>,
    spec: &MembersSpec,
    edit: impl Fn(&mut Policy) -> Result<(), CloudError>,
) -> Result<(), CloudError> {
    let holder = M::holder(&spec.resource);
    policy::modify(&cloud.clients, &holder, &at.place.account, edit).await
}

fn add(policy: &mut Policy, spec: &MembersSpec) {
    for (role, grant) in &spec.roles {
        policy.add(role, grant.condition.as_ref(), &grant.members);
    }
}

/// Takes away of ours what is not to be any more.
fn remove(policy: &mut Policy, from: &MembersSpec, to: &MembersSpec) {
    for (role, grant) in &from.roles {
        let stays = to.roles.get(role);
        let stays = stays.filter(|stays| stays.condition == grant.condition);
        let stays = stays.map(Grant::all).unwrap_or_default();
        policy.remove(role, grant.condition.as_ref(), &(&grant.members - &stays));
    }
}

/// What identities want on the holders of one sort: members of roles, each by its name within the Space.
pub(crate) fn desire(
    scope: &Scope<'_>,
    facts: &Facts,
    name: impl Fn(&Holder) -> Option<(String, String)>,
    ready: impl Fn(&wip_space::GoogleIdentity, &Holder, bool) -> Result<(), String>,
    needs: impl Fn(&Holder) -> Option<Address>,
) -> Vec<Wanted<MembersSpec>> {
    let mut wants = Vec::new();
    for identity in &scope.space.google {
        let members = principals(scope.space, identity, facts);
        for (holder, roles) in crate::roles::asked(identity) {
            let Some((local, resource)) = name(&holder) else {
                continue;
            };
            if matches!(&members, Ok(members) if members.is_empty()) {
                continue;
            }
            let conditional = roles.values().any(Option::is_some);
            let spec = || {
                ready(identity, &holder, conditional)?;
                let members = members.clone()?;
                let mut grants = BTreeMap::new();
                for (role, within) in roles {
                    let condition = match within {
                        None => None,
                        Some(prefixes) => {
                            let number = who::number_of(&holder, facts)?;
                            Some(crate::roles::condition(&holder, &prefixes, number)?)
                        }
                    };
                    let grant = Grant {
                        condition,
                        members: members.clone(),
                        beside: BTreeSet::new(),
                    };
                    grants.insert(role, grant);
                }
                Ok(MembersSpec {
                    resource,
                    roles: grants,
                })
            };
            let account = places::account_address(identity, &scope.space.name);
            wants.push(Wanted {
                name: format!("{}/{local}", identity.name),
                place: places::place(&identity.home),
                spec: spec(),
                needs: account.into_iter().chain(needs(&holder)).collect(),
                links: BTreeSet::new(),
            });
        }
    }
    wants
}
