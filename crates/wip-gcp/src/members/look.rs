//! The look at policies: one read of each, whoever asks about it.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use wip_plan::{Note, Owner};
use wip_provider::{
    Ask, Bound, Class, CloudError, Found, Lane, Observed, Question, Spotted, retry,
};

use super::{Grant, Members, MembersSpec};
use crate::client::Clients;
use crate::notes;
use crate::policy::{self, Holder, MOST, Policy};

/// An ask, read.
struct Asked<'a> {
    ask: &'a Ask<'a, MembersSpec>,
    wanted: Option<MembersSpec>,
    owned: Option<MembersSpec>,
    begun: Vec<MembersSpec>,
}

impl<'a> Asked<'a> {
    fn of(ask: &'a Ask<'a, MembersSpec>) -> Result<Self, CloudError> {
        Ok(Self {
            ask,
            wanted: ask.wanted()?,
            owned: ask.owned()?,
            begun: ask.begun()?,
        })
    }

    /// What is ours is looked at where it is.
    fn resource(&self) -> Option<&str> {
        let specs = [&self.owned, &self.wanted].into_iter().flatten();
        let mut specs = specs.chain(&self.begun);
        specs.next().map(|spec| spec.resource.as_str())
    }

    /// What is wanted where this is looked at.
    fn wanted_here(&self) -> Option<&MembersSpec> {
        let wanted = self.wanted.as_ref();
        wanted.filter(|wanted| Some(wanted.resource.as_str()) == self.resource())
    }

    /// What wip made, or was about to make.
    fn ours(&self) -> impl Iterator<Item = &MembersSpec> {
        let resource = self.resource();
        let ours = self.owned.iter().chain(&self.begun);
        ours.filter(move |spec| Some(spec.resource.as_str()) == resource)
    }

    fn roles(&self) -> BTreeSet<&String> {
        let specs = self.wanted_here().into_iter().chain(self.ours());
        specs.flat_map(|spec| spec.roles.keys()).collect()
    }

    /// What is there of it; `None` for nothing.
    fn live(&self, policy: &Policy) -> Option<MembersSpec> {
        let mut roles = BTreeMap::new();
        for role in self.roles() {
            let wanted = self.wanted_here().and_then(|spec| spec.roles.get(role));
            let ours: Vec<&Grant> = self.ours().filter_map(|it| it.roles.get(role)).collect();
            let made: BTreeSet<String> = ours.iter().flat_map(|it| it.members.clone()).collect();
            // Where ours is under the condition that it had, it is there; else it is to be where it is wanted.
            let conditions = ours.iter().copied().chain(wanted).map(|it| &it.condition);
            let asked = |condition: &Option<_>| {
                let wanted = wanted.filter(|wanted| wanted.condition == *condition);
                wanted.map(Grant::all).unwrap_or_default()
            };
            // What is left of a deleted one stays in a policy, and is to go as well, unless its namesake is to come back.
            let under = |condition: &Option<_>| -> BTreeSet<String> {
                let there = policy.members(role, Option::as_ref(condition));
                let asked = asked(condition);
                let is_left = |it: &String| there.iter().any(|other| policy::is_left_of(other, it));
                let is_there = |it: &&String| {
                    there.contains(it.as_str()) || (!asked.contains(*it) && is_left(it))
                };
                made.iter().filter(is_there).cloned().collect()
            };
            let condition = conditions
                .clone()
                .find(|condition| !under(condition).is_empty())
                .or(wanted.map(|it| &it.condition))
                .or(conditions.clone().next())
                .cloned()
                .flatten();
            let there = policy.members(role, condition.as_ref());
            let there: BTreeSet<String> = there.into_iter().map(str::to_owned).collect();
            let grant = Grant {
                members: under(&condition),
                beside: &(&there & &asked(&condition)) - &made,
                condition,
            };
            if wanted.is_some() || !grant.all().is_empty() {
                roles.insert(role.clone(), grant);
            }
        }
        let resource = self.resource()?.to_owned();
        let is_there = roles.values().any(|grant| !grant.all().is_empty());
        // Where all of it was others', what they took away is no loss of ours.
        let was_others = self.wanted_here().is_some()
            && self.owned.as_ref().is_some_and(|owned| {
                let mut grants = owned.roles.values();
                grants.all(|grant| grant.members.is_empty())
            });
        (is_there || was_others).then_some(MembersSpec { resource, roles })
    }

    /// The appearances that are wanted and not there.
    fn missing(&self, policy: &Policy) -> usize {
        let roles = self.wanted_here().into_iter().flat_map(|it| &it.roles);
        roles
            .map(|(role, grant)| {
                let there = policy.members(role, grant.condition.as_ref());
                let all = grant.all();
                let missing = all.iter().filter(|it| !there.contains(it.as_str()));
                missing.count()
            })
            .sum()
    }

    /// The appearances of ours that are there and not wanted.
    fn leaving(&self, policy: &Policy) -> usize {
        let live = self.live(policy);
        let roles = live.iter().flat_map(|spec| &spec.roles);
        roles
            .map(|(role, grant)| {
                let wanted = self.wanted_here().and_then(|spec| spec.roles.get(role));
                let wanted = wanted.filter(|wanted| wanted.condition == grant.condition);
                let wanted = wanted.map(Grant::all).unwrap_or_default();
                (&grant.members - &wanted).len()
            })
            .sum()
    }
}

/// Looks at what is asked, one policy after another.
pub(super) async fn observe<M: Members>(
    clients: &Clients,
    question: &Question<'_, MembersSpec>,
) -> Observed {
    let mut observed = Observed::default();
    let mut groups: BTreeMap<Holder, Vec<Asked<'_>>> = BTreeMap::new();
    for ask in question.asks {
        match Asked::of(ask) {
            Err(error) => observed.seen.push(ask.answer(Err(error))),
            Ok(asked) => match asked.resource() {
                None => observed.seen.push(ask.answer(Ok(None))),
                Some(resource) => {
                    let group = groups.entry(M::holder(resource)).or_default();
                    group.push(asked);
                }
            },
        }
    }
    let project = &question.place.account;
    let looks = groups.iter().map(|(holder, asked)| async move {
        let policy = read(clients, holder, project, asked).await;
        (holder, asked, policy)
    });
    for (holder, asked, policy) in join_all(looks).await {
        let full = policy.as_ref().ok().and_then(Option::as_ref);
        let full = full.and_then(|policy| full_of(holder, policy, asked));
        if let Some((used, _)) = full.as_ref().filter(|(used, _)| *used <= MOST) {
            let address = asked.first().map(|asked| asked.ask.address.clone());
            observed
                .notes
                .push(notes::nearly_full(holder, *used, address));
        }
        for it in asked {
            let found = found(holder, it, &policy, full.as_ref());
            if let (Ok(Some(policy)), Ok(Some(live))) = (&policy, &found) {
                observed
                    .notes
                    .extend(strangers(clients, holder, it, policy, &live.spec));
            }
            observed.seen.push(it.ask.answer(found));
        }
    }
    observed
}

/// The policy; where something of it was written a moment ago, as soon as that is to be seen.
async fn read(
    clients: &Clients,
    holder: &Holder,
    project: &str,
    asked: &[Asked<'_>],
) -> Result<Option<Policy>, CloudError> {
    let fresh = |it: &&Asked<'_>| it.ask.fresh && it.wanted_here().is_some();
    if !asked.iter().any(|it| fresh(&it)) {
        return policy::read(clients, holder, project, false).await;
    }
    let lane = Lane::new(Bound {
        in_flight: 1,
        rate: None,
    });
    let patience = clients.patience();
    let seen = retry(holder.get_call(), &patience, &lane, || async {
        let policy = policy::read(clients, holder, project, true).await?;
        let is_behind = |policy: &Policy| {
            let mut fresh = asked.iter().filter(fresh);
            fresh.any(|it| it.missing(policy) > 0)
        };
        match policy.as_ref().is_some_and(is_behind) {
            true => {
                let words = "what was written is not to be seen";
                Err(CloudError::local(Class::NotYet, holder.get_call(), words))
            }
            false => Ok(policy),
        }
    });
    match seen.await {
        Err(error) if error.class == Class::NotYet => {
            policy::read(clients, holder, project, false).await
        }
        seen => seen,
    }
}

fn found(
    holder: &Holder,
    asked: &Asked<'_>,
    policy: &Result<Option<Policy>, CloudError>,
    full: Option<&(usize, String)>,
) -> Found<MembersSpec> {
    let policy = match policy {
        Err(error) => return Err(error.clone()),
        Ok(None) => {
            // Where it is to be made first, there is nothing yet.
            let is_wanted = asked.wanted_here().is_some() && asked.owned.is_none();
            return match holder {
                Holder::Secret(_) if is_wanted => {
                    let words = format!("there is no {}: make it first", holder.words());
                    Err(CloudError::local(Class::Missing, holder.get_call(), words))
                }
                _ => Ok(None),
            };
        }
        Ok(Some(policy)) => policy,
    };
    if let Some((used, why)) = full
        && *used > MOST
        && asked.missing(policy) > 0
    {
        return Err(CloudError::local(
            Class::Final,
            holder.get_call(),
            why.clone(),
        ));
    }
    Ok(asked.live(policy).map(|spec| Spotted {
        id: None,
        given: BTreeMap::new(),
        spec,
        owner: Owner::Unmarkable,
        objections: Vec::new(),
        remarks: Vec::new(),
    }))
}

/// How few may be left before it is worth saying.
const LEFT: usize = 50;

/// How many principals a policy is to have, where that is nearly too many, and why more are too many.
fn full_of(holder: &Holder, policy: &Policy, asked: &[Asked<'_>]) -> Option<(usize, String)> {
    let missing: usize = asked.iter().map(|it| it.missing(policy)).sum();
    let leaving: usize = asked.iter().map(|it| it.leaving(policy)).sum();
    let used = policy.count() + missing - leaving;
    (used + LEFT > MOST).then(|| {
        let why = format!(
            "the policy of {} would have {used} principals, and {MOST} is the most that IAM takes; use a service account \
             (`method: gkeServiceAccount`), or another {} for some control planes",
            holder.words(),
            match holder {
                Holder::Bucket(_) => "bucket",
                Holder::Secret(_) => "secret",
                Holder::Project(_) => "project",
                Holder::Account(_) => "service account",
            }
        );
        (used, why)
    })
}

/// What ours has besides, and who acts besides as a service account that is the Space's: nothing of it is wip's.
fn strangers(
    clients: &Clients,
    holder: &Holder,
    asked: &Asked<'_>,
    policy: &Policy,
    live: &MembersSpec,
) -> Vec<Note> {
    let Some(wanted) = asked.wanted_here() else {
        return Vec::new();
    };
    let ours: BTreeSet<String> = wanted.roles.values().flat_map(Grant::all).collect();
    let mut notes = Vec::new();
    for binding in policy.bindings() {
        let known = live.roles.get(binding.role);
        let known = known.filter(|grant| {
            policy
                .members(binding.role, grant.condition.as_ref())
                .is_superset(&binding.members)
        });
        let mine = known.map(Grant::all).unwrap_or_default();
        for member in &binding.members {
            if mine.contains(*member) || member.starts_with("deleted:") {
                continue;
            }
            let condition = binding.condition;
            let note = match holder {
                _ if ours.contains(*member) => Some(notes::more(
                    holder,
                    asked.ask.address,
                    member,
                    binding.role,
                    condition,
                )),
                Holder::Account(email)
                    if notes::acts(binding.role) && !clients.refers_to(email) =>
                {
                    Some(notes::stranger(
                        holder,
                        asked.ask.address,
                        member,
                        binding.role,
                    ))
                }
                _ => None,
            };
            notes.extend(note);
        }
    }
    notes
}
