//! Laws that hold in every world.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::world::{World, another_space, at, mark_of, ours, owned, sighting};
use crate::grants::grants;
use crate::testing::{doc, members, place, role};
use crate::{
    Action, Address, Doc, Grant, Mode, Owned, Owner, Plan, Relation, Seen, Sighting, Want,
};

const NAMES: [&str; 6] = [
    "members m",
    "provider p",
    "role a",
    "role b",
    "role c",
    "role d",
];

/// Addresses among all, or among those before `name` where circles are to be avoided.
fn needs(name: &'static str, circles: bool) -> impl Strategy<Value = BTreeSet<Address>> {
    let others: Vec<&str> = NAMES
        .into_iter()
        .filter(|other| circles || *other < name)
        .collect();
    let len = others.len();
    prop::sample::subsequence(others, 0..=len.min(2))
        .prop_map(|names| names.into_iter().map(at).collect())
}

fn relation() -> impl Strategy<Value = Relation> {
    prop::sample::select(vec![
        Relation::Made,
        Relation::Made,
        Relation::Adopted,
        Relation::Shared,
    ])
}

fn owner(name: &'static str) -> impl Strategy<Value = Owner> {
    if name.starts_with("members") {
        return prop::sample::select(vec![Owner::Unmarkable]);
    }
    prop::sample::select(vec![
        ours(name),
        ours(name),
        ours(name),
        ours(name),
        Owner::Unmarked,
        Owner::Unmarkable,
        mark_of("them", &at(name).to_string()),
        mark_of("us", "t/role:s/other"),
        another_space(name),
    ])
}

fn id() -> impl Strategy<Value = Option<String>> {
    prop::sample::select(vec![
        Some("id1".to_owned()),
        Some("id1".to_owned()),
        Some("id2".to_owned()),
        None,
    ])
}

/// What is wanted, or what is stored or live.
fn spec(name: &'static str, wanted: bool) -> BoxedStrategy<Doc> {
    match name.split_once(' ') {
        Some(("role", _)) => role().boxed(),
        Some(("members", _)) => members(!wanted).boxed(),
        _ => doc().boxed(),
    }
}

type Corner = (Option<Want>, Option<Owned>, Option<Seen>);

/// One address, wanted, owned and live in any way; often as it was applied.
fn corner(name: &'static str, circles: bool) -> impl Strategy<Value = Corner> {
    let docs = (
        spec(name, true),
        spec(name, false),
        spec(name, false),
        any::<u8>(),
    );
    let want = prop::option::weighted(0.7, (needs(name, circles), prop::bool::weighted(0.05)));
    let own = prop::option::weighted(
        0.6,
        (
            relation(),
            id(),
            needs(name, circles),
            prop::bool::weighted(0.1),
        ),
    );
    let live = prop::option::weighted(
        0.7,
        (
            owner(name),
            id(),
            prop::bool::weighted(0.05),
            prop::bool::weighted(0.05),
        ),
    );
    (docs, want, own, live).prop_map(move |((wanted, stored, seen, same), want, own, live)| {
        let stored = if same & 1 == 0 {
            wanted.clone()
        } else {
            stored
        };
        let seen = if same & 2 == 0 { stored.clone() } else { seen };
        let want = want.map(|(needs, unable)| Want {
            address: at(name),
            place: place(),
            doc: if unable {
                Err("unable".to_owned())
            } else {
                Ok(wanted)
            },
            links: needs
                .iter()
                .filter(|need| need.local_name() == "a")
                .cloned()
                .collect(),
            needs,
        });
        let own = own.map(|(relation, id, needs, doubtful)| Owned {
            id,
            needs,
            doubtful,
            ..owned(relation, stored)
        });
        let live = live.map(|(owner, id, objects, unreadable)| {
            if unreadable {
                return Seen::Unreadable("denied".to_owned());
            }
            let objections = Vec::from_iter(objects.then(|| "a Deny".to_owned()));
            Seen::Present(Sighting {
                id,
                objections,
                remarks: Vec::new(),
                ..sighting(owner, seen)
            })
        });
        (want, own, live)
    })
}

fn mode() -> impl Strategy<Value = Mode> {
    prop::sample::select(vec![
        Mode::Apply,
        Mode::Apply,
        Mode::Apply,
        Mode::Destroy { adopted: false },
        Mode::Destroy { adopted: true },
        Mode::Adopt(crate::AdoptWhat::All),
    ])
}

fn world(circles: bool) -> impl Strategy<Value = World> {
    let corners: Vec<_> = NAMES
        .into_iter()
        .map(|name| corner(name, circles))
        .collect();
    let brakes = (0..4u32, any::<bool>(), any::<bool>());
    let rename = prop::bool::weighted(0.2);
    (corners, mode(), brakes, rename).prop_map(|(corners, mode, brakes, rename)| {
        let mut world = World::new();
        for (name, (want, own, live)) in NAMES.into_iter().zip(corners) {
            world.wants.extend(want);
            world.state.resources.extend(own.map(|own| (at(name), own)));
            world.live.extend(live.map(|live| (at(name), live)));
        }
        world.mode = mode;
        if rename {
            world.moved = BTreeMap::from([(at("role c"), at("role d"))]);
        }
        let (max_revokes, allow_destroy, remove_denies) = brakes;
        world.guardrails.max_revokes = max_revokes * 2;
        world.guardrails.allow_destroy = allow_destroy;
        world.guardrails.remove_denies = remove_denies;
        world
    })
}

/// All grants that the live documents of `addresses` mean.
fn live_grants(world: &World, addresses: &BTreeSet<Address>) -> BTreeSet<Grant> {
    addresses
        .iter()
        .filter_map(|address| match world.live.get(address) {
            Some(Seen::Present(live)) => {
                let info = world.kinds.get(address.kind())?;
                grants(info, address, &live.doc).ok()
            }
            _ => None,
        })
        .flatten()
        .collect()
}

fn position(plan: &Plan, address: &Address, actions: &[Action]) -> Option<usize> {
    plan.steps
        .iter()
        .position(|step| step.address == *address && actions.contains(&step.action))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_apply_nothing_is_to_be_done(mut world in world(false)) {
        let first = world.plan();
        world.apply(&first);
        let second = world.plan();
        if first.blocked.is_empty() {
            prop_assert_eq!(&second.steps, &[]);
            prop_assert_eq!(&second.blocked, &[]);
        }
        // What was blocked is no reason to do anything twice.
        let done: BTreeSet<_> = first.steps.iter().map(|step| &step.address).collect();
        for step in &second.steps {
            prop_assert!(!done.contains(&step.address), "{step:?} again");
        }
    }

    #[test]
    fn nothing_that_is_not_ours_is_deleted(world in world(true)) {
        let plan = world.plan();
        let state = crate::rename(&world.state, &world.moved).resources;
        for step in plan.steps.iter().filter(|step| step.action == Action::Delete) {
            let owned = &state[&step.address];
            prop_assert_eq!(owned.relation, step.relation);
            let adopted_too = world.mode == Mode::Destroy { adopted: true };
            prop_assert!(owned.relation != Relation::Adopted || adopted_too);
            let Some(Seen::Present(live)) = world.live.get(&step.address) else {
                return Err(TestCaseError::fail("what is not there is deleted"));
            };
            if step.relation == Relation::Shared {
                continue;
            }
            match &live.owner {
                Owner::Marked(mark) => {
                    prop_assert_eq!((&*mark.space, &*mark.lineage), ("s", "us"));
                    prop_assert_eq!(&mark.address, &step.address.to_string());
                }
                Owner::Unmarked => {
                    prop_assert!(!owned.doubtful);
                    prop_assert!(owned.id.is_some() && owned.id == live.id);
                }
                // The look shows as such members what a run of ours meant.
                Owner::Unmarkable if step.address.kind() == "t/members" => {}
                Owner::Unmarkable => {
                    prop_assert!(!owned.doubtful || owned.doc == live.doc);
                    prop_assert!(owned.id.is_none() || live.id.is_none() || owned.id == live.id);
                }
            }
        }
    }

    #[test]
    fn steps_come_after_what_they_need(world in world(true)) {
        let plan = world.plan();
        let state = crate::rename(&world.state, &world.moved).resources;
        let wants: BTreeMap<_, _> = world.wants.iter().map(|want| (&want.address, want)).collect();
        for (i, step) in plan.steps.iter().enumerate() {
            prop_assert!(step.needs.iter().all(|need| *need < i));
            match step.action {
                Action::Delete => {
                    for (user, _) in state.iter().filter(|(_, o)| o.needs.contains(&step.address)) {
                        if let Some(goes) = position(&plan, user, &[Action::Delete]) {
                            prop_assert!(goes < i || *user == step.address);
                        }
                        let turns = position(&plan, user, &[Action::Update]);
                        let still = wants.get(user).is_some_and(|w| w.needs.contains(&step.address));
                        prop_assert!(still || turns.is_none_or(|turns| turns < i));
                    }
                }
                Action::Create | Action::Update => {
                    let needs = wants.get(&step.address).map(|want| &want.needs);
                    for need in needs.into_iter().flatten() {
                        let made = position(&plan, need, &[Action::Create, Action::Update]);
                        prop_assert!(made.is_none_or(|made| made < i));
                    }
                    let own = position(&plan, &step.address, &[Action::Delete]);
                    prop_assert!(own.is_none_or(|own| own < i && step.needs.contains(&own)));
                }
                Action::Adopt | Action::Forget => {}
            }
        }
    }

    #[test]
    fn nothing_is_made_on_something_blocked(world in world(true)) {
        let plan = world.plan();
        let blocked: BTreeSet<_> = plan.blocked.iter().map(|blocked| &blocked.address).collect();
        for step in &plan.steps {
            prop_assert!(!blocked.contains(&step.address));
            prop_assert!(!plan.unchanged.contains(&step.address));
            let want = world.wants.iter().find(|want| want.address == step.address);
            if matches!(step.action, Action::Create | Action::Update) {
                let mut needs = want.into_iter().flat_map(|want| &want.needs);
                prop_assert!(needs.all(|need| !blocked.contains(need)));
            }
        }
    }

    #[test]
    fn a_plan_is_deterministic_and_survives_json(world in world(true)) {
        let plan = world.plan();
        let mut turned = world.clone();
        turned.wants.reverse();
        prop_assert_eq!(&turned.plan(), &plan);
        let json = serde_json::to_string(&plan).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Plan>(&json).expect("a plan"), plan);
    }

    #[test]
    fn grants_and_revokes_are_what_changes(mut world in world(false)) {
        let plan = world.plan();
        let touched: BTreeSet<Address> = plan
            .steps
            .iter()
            .filter(|step| step.action != Action::Forget)
            // What is left of something shared is its kind's business.
            .filter(|step| (step.action, step.relation) != (Action::Delete, Relation::Shared))
            .map(|step| step.address.clone())
            .collect();
        let before = live_grants(&world, &touched);
        world.apply(&plan);
        let after = live_grants(&world, &touched);
        let of = |grants: &[Grant]| -> BTreeSet<Grant> {
            grants.iter().filter(|grant| touched.contains(&grant.via)).cloned().collect()
        };
        prop_assert_eq!(of(&plan.grants), &after - &before);
        prop_assert_eq!(of(&plan.revokes), &before - &after);
    }

    #[test]
    fn no_more_of_ours_is_revoked_than_allowed(mut world in world(true)) {
        world.mode = Mode::Apply;
        let plan = world.plan();
        let state = crate::rename(&world.state, &world.moved).resources;
        let ours = plan.revokes.iter().filter(|grant| {
            let owned = state.get(&grant.via);
            owned.is_some_and(|o| grants(&world.kinds[grant.via.kind()], &grant.via, &o.doc).is_ok_and(|ours| ours.contains(grant)))
        });
        prop_assert!(ours.count() <= world.guardrails.max_revokes as usize);
    }

    #[test]
    fn a_target_plans_a_part_of_the_whole(world in world(true), target in needs("role d", true)) {
        let whole: BTreeSet<_> = world.plan().steps.into_iter().map(|step| step.address).collect();
        let mut part = world.clone();
        part.target = target;
        // Fewer revokes may pass the guardrail that held the whole back.
        part.guardrails.max_revokes = 100;
        let mut free = world;
        free.guardrails.max_revokes = 100;
        let free = free.plan();
        // A circle blocks what is in it and what waits for it; a part need not contain all of that circle.
        let is_circular = free.blocked.iter().any(|blocked| blocked.reason.contains("in a circle"));
        let held = free.blocked.into_iter().filter(|_| is_circular).map(|blocked| blocked.address);
        let held: BTreeSet<_> = held.collect();
        let all: BTreeSet<_> = free.steps.into_iter().map(|step| step.address).collect();
        prop_assert!(whole.is_subset(&all));
        for step in part.plan().steps {
            prop_assert!(all.contains(&step.address) || held.contains(&step.address));
        }
    }
}
