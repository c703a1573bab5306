//! Renames: `moved` is not a delete.

use insta::assert_snapshot;

use super::world::{World, at, brief, ours};

fn moved(mut world: World, renames: &[(&str, &str)]) -> World {
    world.moved = renames
        .iter()
        .map(|(from, to)| (at(from), at(to)))
        .collect();
    world
}

#[test]
fn a_rename_rewrites_state_and_mark() {
    let mut world = moved(
        World::new()
            .want("role new", "{}")
            .made("role old", "{}")
            .live("role new", ours("role old"), "{}"),
        &[("role old", "role new")],
    );
    world.live.remove(&at("role old"));
    let plan = world.plan();
    assert_snapshot!(brief(&plan), @"0 Update new Made mark from old (its mark names the address that it had before)");
    world.apply(&plan);
    assert_snapshot!(brief(&world.plan()), @"= new");
}

#[test]
fn a_rename_of_what_bears_no_mark_rewrites_the_state() {
    let mut world = moved(
        World::new()
            .want("role new", "{}")
            .made("role old", "{}")
            .live("role new", crate::Owner::Unmarkable, "{}"),
        &[("role old", "role new")],
    );
    world.live.remove(&at("role old"));
    assert_snapshot!(brief(&world.plan()), @"0 Adopt new Made from old (renamed; only the state is behind)");
}

#[test]
fn a_rename_that_a_dead_run_began_is_finished() {
    let world = moved(
        World::new()
            .want("role new", "{}")
            .live("role new", ours("role oldest"), "{}"),
        &[("role oldest", "role old"), ("role old", "role new")],
    );
    assert_snapshot!(brief(&world.plan()), @"0 Adopt new Made mark (bears our mark, and the state does not know it: taken back)");
}

#[test]
fn a_rename_onto_something_is_blocked() {
    let world = moved(
        World::new()
            .want("role new", "{}")
            .made("role old", "{}")
            .made("role new", "{}"),
        &[("role old", "role new")],
    );
    assert_snapshot!(brief(&world.plan()), @r"
    ! new: `moved` renames t/role:s/old to t/role:s/new, but the state holds something else at t/role:s/new; strike one of them from the state, or rename to another address
    ! old: `moved` renames t/role:s/old to t/role:s/new, but the state holds something else at t/role:s/new; strike one of them from the state, or rename to another address
    ");
}

#[test]
fn renames_in_a_circle_are_blocked() {
    let world = moved(
        World::new().made("role a", "{}"),
        &[("role a", "role b"), ("role b", "role a")],
    );
    assert_snapshot!(brief(&world.plan()), @"! a: `moved` goes in a circle here");
}

#[test]
fn what_names_a_renamed_address_names_the_new_one() {
    let mut world = moved(
        World::new()
            .want("role new", "{}")
            .made("role old", "{}")
            .live("role new", ours("role new"), "{}")
            .want("role user", "{}")
            .needing(&["role new"])
            .made("role user", "{}"),
        &[("role old", "role new")],
    );
    world.owned("role user").needs = [at("role old")].into();
    world.live.remove(&at("role old"));
    assert_snapshot!(brief(&world.plan()), @r"
    0 Adopt new Made from old (renamed; only the state is behind)
    = user
    ");
}

#[test]
fn a_rename_the_wrong_way_round_deletes_nothing() {
    let world = moved(
        World::new().want("role new", "{}").made("role old", "{}"),
        &[("role new", "role old")],
    );
    assert_snapshot!(brief(&world.plan()), @r"
    ! new: `moved` renames t/role:s/new to t/role:s/old, but the file still has t/role:s/new; take out one of them
    ! old: `moved` renames t/role:s/new to t/role:s/old, but the file still has t/role:s/new; take out one of them
    ");
}
