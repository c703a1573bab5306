//! Guardrails, targets and circles.

use insta::assert_snapshot;

use super::world::{World, at, brief, ours};
use crate::Plan;

const THREE: &str = r#"{"who":["x","y","z"],"may":["read b"]}"#;
const ONE: &str = r#"{"who":["z"],"may":["read b"]}"#;

fn joined(plan: &Plan) -> String {
    let line = |sign: &str, grant: &crate::Grant| {
        format!(
            "{sign} {} {} {} via {}",
            grant.who,
            grant.verb,
            grant.on,
            grant.via.local_name()
        )
    };
    let grants = plan.grants.iter().map(|grant| line("+", grant));
    let revokes = plan.revokes.iter().map(|grant| line("-", grant));
    grants.chain(revokes).collect::<Vec<_>>().join("\n")
}

#[test]
fn too_many_revokes_are_held_back() {
    let mut world = World::new()
        .want("role a", ONE)
        .made("role a", THREE)
        .want("role b", ONE);
    let plan = world.plan();
    assert_snapshot!(brief(&plan), @r"
    0 Create b Made
    ! a: takes away 2 grants of x, y; the plan takes away 2 in all, 1 is allowed: --allow-revokes 2 lets it
    ");
    assert_snapshot!(joined(&plan), @"+ z read b via b");
    let held = plan.blocked[0].held.clone();
    world.guardrails.allow_revokes = Some(2);
    let plan = world.plan();
    assert_eq!(held, plan.steps[..1], "what would be done stands there");
    assert_snapshot!(brief(&plan), @r"
    0 Update a Made who:Changed who:Changed
    1 Create b Made
    ");
    assert_snapshot!(joined(&plan), @r"
    + z read b via b
    - x read b via a
    - y read b via a
    ");
}

#[test]
fn drift_that_is_taken_out_is_listed_and_does_not_count() {
    let mut world =
        World::new()
            .want("role a", ONE)
            .made("role a", ONE)
            .live("role a", ours("role a"), THREE);
    world.guardrails.max_revokes = 0;
    let plan = world.plan();
    assert_snapshot!(brief(&plan), @"0 Update a Made who:Drifted who:Drifted");
    assert_snapshot!(joined(&plan), @r"
    - x read b via a
    - y read b via a
    ");
}

#[test]
fn a_grant_that_drifted_away_is_given_again() {
    let world = World::new()
        .want("role a", THREE)
        .made("role a", THREE)
        .live("role a", ours("role a"), ONE);
    assert_snapshot!(joined(&world.plan()), @r"
    + x read b via a
    + y read b via a
    ");
}

#[test]
fn a_delete_takes_all_its_grants() {
    let mut world = World::new().made("role a", THREE);
    world.guardrails.max_revokes = 3;
    assert_snapshot!(joined(&world.plan()), @r"
    - x read b via a
    - y read b via a
    - z read b via a
    ");
    world.guardrails.max_revokes = 2;
    assert!(world.plan().is_empty());
}

/// A guardrail that counts what is taken away must not take what it cannot read for nothing.
#[test]
fn what_nobody_can_read_is_blocked_by_name_and_so_is_what_needs_it() {
    let world = World::new()
        .want("role a", ONE)
        .made("role a", r#"{"who":"everybody"}"#)
        .want("role b", ONE)
        .made("role b", ONE)
        .live("role b", ours("role b"), r#"{"who":"everybody"}"#)
        .made("role c", r#"{"who":"everybody"}"#)
        .want("role d", ONE)
        .needing(&["role a"])
        .want("role e", ONE);
    assert_snapshot!(brief(&world.plan()), @r#"
    0 Create e Made
    ! a: who gains and loses what cannot be told: the state's document, which another wip may have written: invalid type: string "everybody", expected a sequence
    ! b: who gains and loses what cannot be told: what is there: invalid type: string "everybody", expected a sequence
    ! c: who gains and loses what cannot be told: the state's document, which another wip may have written: invalid type: string "everybody", expected a sequence
    ! d: waits for t/role:s/a, which is blocked
    "#);
}

#[test]
fn a_target_brings_what_it_needs() {
    let mut world = World::new()
        .want("provider p", "{}")
        .want("role a", "{}")
        .needing(&["provider p"])
        .want("role b", "{}")
        .needing(&["provider p"]);
    world.target = [at("role a")].into();
    assert_snapshot!(brief(&world.plan()), @r"
    0 Create p Made
    1 Create a Made needs {0}
    WIP0301 --target leaves out 1 of the plan: t/role:s/b
    ");
    world.target = [at("role typo")].into();
    assert_snapshot!(brief(&world.plan()), @r"
    ! typo: is neither in the file nor in the state
    WIP0301 --target leaves out 3 of the plan: t/provider:s/p, t/role:s/a, t/role:s/b
    ");
}

#[test]
fn a_circle_is_blocked_and_named() {
    let world = World::new()
        .want("role a", "{}")
        .needing(&["role c"])
        .want("role b", "{}")
        .needing(&["role a"])
        .want("role c", "{}")
        .needing(&["role b"])
        .want("role d", "{}")
        .needing(&["role c"])
        .want("role self", "{}")
        .needing(&["role self"])
        .want("role free", "{}");
    assert_snapshot!(brief(&world.plan()), @r"
    0 Create free Made
    ! a: needs itself, in a circle: t/role:s/a → t/role:s/c → t/role:s/b
    ! b: needs itself, in a circle: t/role:s/a → t/role:s/c → t/role:s/b
    ! c: needs itself, in a circle: t/role:s/a → t/role:s/c → t/role:s/b
    ! d: waits for t/role:s/c, which is blocked
    ! self: needs itself, in a circle: t/role:s/self
    ");
}

#[test]
fn a_delete_waits_for_those_who_turn_away() {
    let mut world = World::new()
        .made("role old", "{}")
        .want("role new", "{}")
        .want("role user", r#"{"x":2}"#)
        .needing(&["role new"])
        .made("role user", r#"{"x":1}"#);
    world.owned("role user").needs = [at("role old")].into();
    assert_snapshot!(brief(&world.plan()), @r"
    0 Create new Made
    1 Update user Made x:Changed needs {0}
    2 Delete old Made needs {1}
    ");
}
