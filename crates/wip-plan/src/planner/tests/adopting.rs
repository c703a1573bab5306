//! Plans that only take over.

use std::collections::BTreeSet;

use insta::assert_snapshot;

use super::world::{World, another_space, at, brief, ours};
use crate::{AdoptWhat, Mode, Owner, Relation};

fn these(names: &[&str]) -> Mode {
    Mode::Adopt(AdoptWhat::These(
        names.iter().map(|name| at(name)).collect(),
    ))
}

fn world() -> World {
    World::new()
        .want("role a", r#"{"x":1}"#)
        .live("role a", Owner::Unmarked, r#"{"x":2}"#)
        .want("role b", "{}")
        .live("role b", Owner::Unmarkable, "{}")
        .want("role mine", r#"{"x":2}"#)
        .made("role mine", r#"{"x":1}"#)
        .want("role new", "{}")
        .want("role theirs", "{}")
        .live("role theirs", another_space("x"), "{}")
        .own("role gone", Relation::Made, "{}")
}

#[test]
fn what_is_asked_for_is_taken_over_and_nothing_else() {
    let mut world = world();
    world.mode = these(&["role a"]);
    assert_snapshot!(brief(&world.plan()), @"0 Adopt a Adopted mark x:Changed");
    world.mode = Mode::Adopt(AdoptWhat::All);
    assert_snapshot!(brief(&world.plan()), @r"
    0 Adopt a Adopted mark x:Changed
    1 Adopt b Adopted
    ! theirs: it belongs to the Space `other`
    ");
}

#[test]
fn what_cannot_be_taken_over_says_why() {
    let mut world = world();
    world.mode = these(&["role mine", "role new", "role gone", "role nowhere"]);
    assert_snapshot!(brief(&world.plan()), @r"
    ! gone: is not in the file
    ! new: is not there yet; wip apply makes it
    ! nowhere: is not in the file
    WIP0302 is ours already
    ");
}

#[test]
fn an_adoption_is_done_once() {
    let mut world = world();
    world.mode = these(&["role a"]);
    let plan = world.plan();
    world.apply(&plan);
    assert!(world.plan().is_empty());
    world.mode = Mode::Apply;
    world.wants.retain(|want| want.address == at("role a"));
    world.state.resources.remove(&at("role mine"));
    world.state.resources.remove(&at("role gone"));
    assert_snapshot!(brief(&world.plan()), @"= a");
}

#[test]
fn what_was_made_again_can_be_taken_over() {
    let mut world = World::new().want("role a", "{}").made("role a", "{}");
    world.sighting("role a").id = Some("id2".to_owned());
    world.sighting("role a").owner = Owner::Unmarked;
    world.mode = these(&["role a"]);
    assert_snapshot!(brief(&world.plan()), @"0 Adopt a Adopted mark");
}

#[test]
fn an_objection_holds_an_adoption_too() {
    let mut world = world();
    world.sighting("role a").objections = vec!["`q` denies".to_owned()];
    world.mode = these(&["role a"]);
    assert_snapshot!(brief(&world.plan()), @"! a: `q` denies; only --remove-denies goes around it");
}

#[test]
fn a_target_narrows_an_adoption() {
    let mut world = world();
    world.mode = Mode::Adopt(AdoptWhat::All);
    world.target = BTreeSet::from([at("role b")]);
    assert_snapshot!(brief(&world.plan()), @r"
    0 Adopt b Adopted
    WIP0301 --target leaves out 2 of the plan: t/role:s/a, t/role:s/theirs
    ");
}

#[test]
fn what_a_dead_run_made_comes_back_as_made() {
    let mut world = World::new()
        .want("role a", "{}")
        .live("role a", ours("role a"), "{}");
    world.mode = Mode::Adopt(AdoptWhat::All);
    assert_snapshot!(brief(&world.plan()), @"0 Adopt a Made (bears our mark, and the state does not know it: taken back)");
}
