//! The order of steps, and what a blocked address holds up.
//!
//! Owns needs and their circles; decides nothing about one address alone.

use std::collections::{BTreeMap, BTreeSet};

use super::decision::Decision;
use crate::{Action, Address, Doc, KindInfo, Owned, Step, Want};

/// What needs what.
#[derive(Debug)]
pub(super) struct Links<'a> {
    /// What each wanted address needs.
    needs: BTreeMap<&'a Address, &'a BTreeSet<Address>>,
    /// Who uses each address, as far as the state knows.
    users: BTreeMap<&'a Address, BTreeSet<&'a Address>>,
    kinds: &'a BTreeMap<&'static str, KindInfo>,
}

impl<'a> Links<'a> {
    pub(super) fn new(
        wants: impl Iterator<Item = &'a Want>,
        owned: &'a BTreeMap<Address, Owned>,
        kinds: &'a BTreeMap<&'static str, KindInfo>,
    ) -> Self {
        let mut users: BTreeMap<&Address, BTreeSet<&Address>> = BTreeMap::new();
        for (user, resource) in owned {
            for used in &resource.needs {
                users.entry(used).or_default().insert(user);
            }
        }
        Self {
            needs: wants.map(|want| (&want.address, &want.needs)).collect(),
            users,
            kinds,
        }
    }

    /// What the resource of a step takes up one of few places in.
    fn crowd(&self, step: &Step, doc: Option<&Doc>) -> Option<String> {
        let info = self.kinds.get(step.address.kind())?;
        (info.crowd)(&step.place, doc?)
    }

    /// What `address` needs, as it is wanted.
    pub(super) fn needs(&self, address: &Address) -> impl Iterator<Item = &'a Address> {
        self.needs.get(address).copied().into_iter().flatten()
    }

    /// Who uses `address`, as the state stores it.
    pub(super) fn users(&self, address: &Address) -> impl Iterator<Item = &'a Address> {
        self.users.get(address).into_iter().flatten().copied()
    }

    /// What must be settled before `steps` of `address` may run.
    pub(super) fn waits_for(&self, address: &Address, steps: &[Step]) -> Vec<&'a Address> {
        if steps.iter().any(makes) {
            self.needs(address).collect()
        } else if steps.iter().any(|step| step.action == Action::Delete) {
            self.users(address).collect()
        } else {
            Vec::new()
        }
    }
}

/// Whether the step makes a call that leaves something behind.
fn makes(step: &Step) -> bool {
    match step.action {
        Action::Create | Action::Update => true,
        Action::Adopt => step.mark || !step.edits.is_empty(),
        Action::Delete | Action::Forget => false,
    }
}

/// Blocks whatever waits for something that is blocked, and names the root.
pub(super) fn spread(decisions: &mut BTreeMap<Address, Decision>, links: &Links<'_>) {
    let mut roots: BTreeMap<Address, Address> = decisions
        .iter()
        .filter(|(_, decision)| decision.is_blocked())
        .map(|(address, _)| (address.clone(), address.clone()))
        .collect();
    loop {
        let held: Vec<(Address, Address)> = decisions
            .iter()
            .filter_map(|(address, decision)| {
                let Decision::Steps(steps) = decision else {
                    return None;
                };
                let waits_for = links.waits_for(address, steps);
                let root = waits_for.into_iter().find_map(|other| roots.get(other))?;
                Some((address.clone(), root.clone()))
            })
            .collect();
        if held.is_empty() {
            return;
        }
        for (address, root) in held {
            let reason = format!("waits for {root}, which is blocked");
            decisions.insert(address.clone(), Decision::Blocked(reason));
            roots.insert(address, root);
        }
    }
}

/// The steps of `decisions`, each behind what it needs; ties go by address.
///
/// # Errors
/// The addresses of a circle, in the order in which they need each other.
pub(super) fn sort(
    decisions: &BTreeMap<Address, Decision>,
    links: &Links<'_>,
) -> Result<Vec<Step>, Vec<Address>> {
    let steps: Vec<&Step> = decisions
        .values()
        .filter_map(|decision| match decision {
            Decision::Steps(steps) => Some(steps),
            _ => None,
        })
        .flatten()
        .collect();
    let needs = needs(&steps, links);

    let mut waiting: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    for (step, needs) in needs.iter().enumerate() {
        for &need in needs {
            needed_by[need].push(step);
        }
    }
    let mut ready: BTreeSet<usize> = (0..steps.len()).filter(|&i| waiting[i] == 0).collect();
    let mut place = BTreeMap::new();
    let mut order = Vec::new();
    while let Some(next) = ready.pop_first() {
        place.insert(next, order.len());
        order.push(next);
        for &user in &needed_by[next] {
            waiting[user] -= 1;
            if waiting[user] == 0 {
                ready.insert(user);
            }
        }
    }
    if let Some(start) = (0..steps.len()).find(|i| !place.contains_key(i)) {
        return Err(circle(start, &needs, &place)
            .into_iter()
            .map(|step| steps[step].address.clone())
            .collect());
    }
    Ok(order
        .into_iter()
        .map(|step| Step {
            needs: needs[step].iter().map(|need| place[need]).collect(),
            ..steps[step].clone()
        })
        .collect())
}

/// What each step needs, as indices.
fn needs(steps: &[&Step], links: &Links<'_>) -> Vec<BTreeSet<usize>> {
    let indices = |wanted: fn(&Step) -> bool| -> BTreeMap<&Address, usize> {
        let steps = steps.iter().enumerate();
        steps
            .filter(|(_, step)| wanted(step))
            .map(|(i, step)| (&step.address, i))
            .collect()
    };
    let deleting = indices(|step| step.action == Action::Delete);
    let making = indices(|step| !matches!(step.action, Action::Delete | Action::Forget));

    let of_delete = |address: &Address| -> BTreeSet<usize> {
        let stops_using = |user: &Address| {
            let goes = deleting.get(user).copied();
            let still_wants = links.needs(user).any(|need| need == address);
            let turns_away = making.get(user).copied().filter(|&i| {
                !still_wants && matches!(steps[i].action, Action::Update | Action::Adopt)
            });
            [goes, turns_away].into_iter().flatten()
        };
        links.users(address).flat_map(stops_using).collect()
    };
    let of_make = |step: &Step| -> BTreeSet<usize> {
        let own_delete = deleting.get(&step.address).filter(|_| step.replace);
        links
            .needs(&step.address)
            .filter_map(|need| making.get(need))
            .chain(own_delete)
            .copied()
            .collect()
    };
    let mut leaving: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (i, step) in steps.iter().enumerate() {
        if step.action == Action::Delete
            && let Some(crowd) = links.crowd(step, step.before.as_ref())
        {
            leaving.entry(crowd).or_default().insert(i);
        }
    }
    let of_create = |step: &Step| -> BTreeSet<usize> {
        let crowd = links.crowd(step, step.after.as_ref());
        let room = crowd.and_then(|crowd| leaving.get(&crowd));
        of_make(step)
            .into_iter()
            .chain(room.into_iter().flatten().copied())
            .collect()
    };
    steps
        .iter()
        .map(|step| match step.action {
            Action::Delete => of_delete(&step.address),
            Action::Create => of_create(step),
            _ if makes(step) => of_make(step),
            Action::Forget | Action::Update | Action::Adopt => BTreeSet::new(),
        })
        .collect()
}

/// A circle among the steps without a place, found by following needs from `start`.
fn circle(start: usize, needs: &[BTreeSet<usize>], place: &BTreeMap<usize, usize>) -> Vec<usize> {
    let mut path = vec![start];
    let mut at = start;
    // A step without a place needs another without a place, so this ends in a circle.
    while let Some(&next) = needs[at].iter().find(|need| !place.contains_key(need)) {
        if let Some(from) = path.iter().position(|&step| step == next) {
            return path.split_off(from);
        }
        path.push(next);
        at = next;
    }
    path
}
