//! Parts of what others write too, which bear no mark.

use insta::assert_snapshot;

use super::world::{World, at, brief};
use crate::{Action, AdoptWhat, Mode, Owner, Relation};

const BOTH: &str = r#"{"members":["a","b"],"beside":[]}"#;

/// `a` and `b` are wanted, and somebody put `a` there.
fn world() -> World {
    World::new().want("members m", BOTH).live(
        "members m",
        Owner::Unmarkable,
        r#"{"members":[],"beside":["a"]}"#,
    )
}

#[test]
fn what_is_there_stays_theirs_and_the_rest_is_added() {
    let mut world = world();
    let plan = world.plan();
    assert_snapshot!(brief(&plan), @"0 Update m Made members:Changed");
    assert_eq!(plan.grants.len(), 1);
    world.apply(&plan);
    assert_snapshot!(brief(&world.plan()), @"= m");
    // Nobody wants it any more: only ours is there to go.
    world.wants.clear();
    world.sighting("members m").doc = crate::testing::json(r#"{"members":["b"],"beside":[]}"#);
    let plan = world.plan();
    assert_snapshot!(brief(&plan), @"0 Delete m Made");
    assert_eq!(plan.revokes.len(), 1);
}

#[test]
fn where_all_is_there_only_the_state_is_written() {
    let mut world = world();
    world.sighting("members m").doc = crate::testing::json(r#"{"members":[],"beside":["a","b"]}"#);
    let plan = world.plan();
    assert_snapshot!(brief(&plan), @"0 Adopt m Made");
    assert!(plan.grants.is_empty());
    world.apply(&plan);
    assert_snapshot!(brief(&world.plan()), @"= m");
}

#[test]
fn what_is_adopted_is_ours() {
    let mut world = world();
    let plan = world.plan();
    world.apply(&plan);
    world.mode = Mode::Adopt(AdoptWhat::These([at("members m")].into()));
    let plan = world.plan();
    assert_snapshot!(brief(&plan), @"0 Update m Made beside:Changed members:Changed");
    assert!(plan.grants.is_empty() && plan.revokes.is_empty());
    world.apply(&plan);
    assert_snapshot!(brief(&world.plan()), @"WIP0302 is ours already");
    world.mode = Mode::Apply;
    assert_snapshot!(brief(&world.plan()), @"= m");
}

#[test]
fn what_was_never_ours_can_be_adopted_at_once() {
    let mut world = world();
    world.mode = Mode::Adopt(AdoptWhat::All);
    assert_snapshot!(brief(&world.plan()), @"0 Adopt m Made beside:Changed members:Changed members:Changed");
}

#[test]
fn what_a_run_that_died_was_about_is_deleted() {
    let mut world = world();
    world.wants.clear();
    world = world.own("members m", Relation::Made, BOTH);
    world.owned("members m").doubtful = true;
    world.owned("members m").id = None;
    world.sighting("members m").doc = crate::testing::json(r#"{"members":["a"],"beside":[]}"#);
    let plan = world.plan();
    assert_eq!(plan.steps[0].action, Action::Delete);
}
