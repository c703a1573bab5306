//! What is bound to an id that the cloud makes.

use insta::assert_snapshot;

use super::world::{World, brief, ours};
use crate::{Owner, Relation};

/// `a` is there as it was applied, and `b` with its id in it; `live` says what the file wants of `a`.
fn world(wanted: &str) -> World {
    let mut world = World::new().want("role a", wanted).want("role b", "{}");
    world = world.bound_to(&["role a"]);
    world = world.made("role a", r#"{"path":"/"}"#).made("role b", "{}");
    let a = world.wants[0].address.clone();
    world.owned("role b").needs = [a].into();
    world
}

#[test]
fn what_is_bound_is_made_anew_with_what_it_is_bound_to() {
    let mut world = world(r#"{"path":"/other/"}"#);
    let plan = world.plan();
    assert_snapshot!(brief(&plan), @"
    0 Delete b Made replace (bound to t/role:s/a, which is made anew)
    1 Delete a Made replace needs {0} (`path` cannot be changed in place)
    2 Create a Made replace path:Changed needs {1} (`path` cannot be changed in place)
    3 Create b Made replace needs {0, 2} (bound to t/role:s/a, which is made anew)
    ");
    world.apply(&plan);
    assert_snapshot!(brief(&world.plan()), @"
    = a
    = b
    ");
}

#[test]
fn what_is_bound_to_what_is_gone_is_made_anew() {
    let mut world = world(r#"{"path":"/"}"#);
    let a = world.wants[0].address.clone();
    world.live.remove(&a);
    assert_snapshot!(brief(&world.plan()), @"
    0 Create a Made (was deleted outside wip)
    1 Delete b Made replace (bound to t/role:s/a, which is made anew)
    2 Create b Made replace needs {0, 1} (bound to t/role:s/a, which is made anew)
    ");
}

#[test]
fn a_change_in_place_makes_nothing_anew() {
    assert_snapshot!(brief(&world(r#"{"path":"/","x":1}"#).plan()), @"
    0 Update a Made x:Changed
    = b
    ");
}

#[test]
fn what_was_adopted_is_not_deleted_for_it() {
    let mut world = world(r#"{"path":"/other/"}"#);
    world.owned("role b").relation = Relation::Adopted;
    assert_snapshot!(brief(&world.plan()), @"
    0 Delete a Made replace (`path` cannot be changed in place)
    1 Create a Made replace path:Changed needs {0} (`path` cannot be changed in place)
    ! b: bound to t/role:s/a, which is made anew, and wip deletes only what its state says it made; delete it by hand, and plan again
    ");
}

#[test]
fn an_id_that_the_state_does_not_have_is_written_down() {
    let mut world = World::new().want("role a", "{}").made("role a", "{}");
    let given = [("clientId".to_owned(), "1".to_owned())];
    world.sighting("role a").given = given.into();
    let plan = world.plan();
    assert_snapshot!(brief(&plan), @"0 Adopt a Made (the state does not have the id that it has now)");
    world.apply(&plan);
    assert_snapshot!(brief(&world.plan()), @"= a");
}

#[test]
fn what_was_made_again_by_somebody_else_is_not_ours() {
    let mut world = World::new().want("role a", "{}").made("role a", "{}");
    world.sighting("role a").id = Some("id2".to_owned());
    world.sighting("role a").owner = Owner::Unmarked;
    assert_snapshot!(brief(&world.plan()), @"! a: was deleted and made again outside wip, and is not ours; wip adopt t/role:s/a takes it over");
    world.sighting("role a").owner = ours("role a");
    assert_snapshot!(brief(&world.plan()), @"0 Adopt a Made (the state does not have the id that it has now)");
}

#[test]
fn what_leaves_a_crowd_goes_before_what_joins_it() {
    let world = World::new()
        .want("role b", r#"{"crowd":"x"}"#)
        .want("role d", r#"{"crowd":"y"}"#)
        .made("role a", r#"{"crowd":"z"}"#)
        .made("role c", r#"{"crowd":"x"}"#);
    assert_snapshot!(brief(&world.plan()), @"
    0 Delete a Made
    1 Delete c Made
    2 Create b Made needs {1}
    3 Create d Made
    ");
}
