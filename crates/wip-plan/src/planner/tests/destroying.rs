//! Plans that want nothing any more.

use insta::assert_snapshot;

use super::world::{World, at, brief, ours};
use crate::{Mode, Owner, Relation};

fn world() -> World {
    let mut world = World::new()
        .want("provider p", "{}")
        .made("provider p", "{}")
        .want("role a", r#"{"who":["x"],"may":["read b","write b"]}"#)
        .needing(&["provider p"])
        .made("role a", r#"{"who":["x"],"may":["read b","write b"]}"#)
        .want("role adopted", "{}")
        .own("role adopted", Relation::Adopted, "{}")
        .live("role adopted", ours("role adopted"), "{}")
        .want("role absent", "{}")
        .want("role foreign", "{}")
        .live("role foreign", Owner::Unmarked, "{}");
    world.owned("role a").needs = [at("provider p")].into();
    world.mode = Mode::Destroy { adopted: false };
    world.guardrails.allow_destroy = true;
    world
}

#[test]
fn users_go_first_and_what_is_not_ours_stays() {
    let plan = world().plan();
    assert_snapshot!(brief(&plan), @r"
    0 Delete a Made
    1 Delete p Made needs {0}
    2 Forget adopted Adopted mark (was adopted, so it stays)
    ");
    assert_eq!(plan.revokes.len(), 2);
}

#[test]
fn what_something_that_stays_uses_is_left_alone_too() {
    let mut world = world();
    world.owned("role adopted").needs = [at("provider p")].into();
    assert_snapshot!(brief(&world.plan()), @r"
    0 Forget p Made mark (t/role:s/adopted uses it, and stays)
    1 Delete a Made
    2 Forget adopted Adopted mark (was adopted, so it stays)
    ");
}

#[test]
fn what_was_adopted_goes_when_somebody_asks() {
    let mut world = world();
    world.mode = Mode::Destroy { adopted: true };
    assert_snapshot!(brief(&world.plan()), @r"
    0 Delete a Made
    1 Delete p Made needs {0}
    2 Delete adopted Adopted
    ");
}

#[test]
fn what_its_kind_lets_stay_is_forgotten_and_loses_its_mark() {
    let mut world = world()
        .want("role kept", "{}")
        .made("role kept", r#"{"stays":"it holds something"}"#)
        .want("role shared", "{}")
        .own(
            "role shared",
            Relation::Shared,
            r#"{"stays":"it was there"}"#,
        )
        .live(
            "role shared",
            Owner::Unmarked,
            r#"{"stays":"it was there"}"#,
        );
    assert_snapshot!(brief(&world.plan()), @r"
    0 Delete a Made
    1 Delete p Made needs {0}
    2 Forget adopted Adopted mark (was adopted, so it stays)
    3 Forget kept Made mark (it holds something)
    4 Forget shared Shared mark (it was there)
    ");
    // A run that died may have added to it, and nobody marks what is shared.
    world.owned("role shared").doubtful = true;
    assert!(brief(&world.plan()).contains("Forget shared Shared mark (it was there)"));
    world.guardrails.allow_destroy = false;
    assert!(brief(&world.plan()).contains("! kept"));
}

#[test]
fn nothing_goes_while_the_guardrail_stands() {
    let mut world = world();
    world.guardrails.allow_destroy = false;
    assert_snapshot!(brief(&world.plan()), @r"
    ! p: guardrails.allowDestroy is false; set it, or type the Space's name when asked
    ! a: guardrails.allowDestroy is false; set it, or type the Space's name when asked
    ! adopted: guardrails.allowDestroy is false; set it, or type the Space's name when asked
    ");
}

#[test]
fn what_no_state_knows_is_not_destroyed() {
    let world = world().live("role absent", ours("role absent"), "{}");
    assert_snapshot!(brief(&world.plan()), @r"
    0 Delete a Made
    1 Delete p Made needs {0}
    2 Forget adopted Adopted mark (was adopted, so it stays)
    ! absent: bears our mark but neither state nor journal knows it: a run that died made it, or the state is older than it; `wip state pull` gets a newer state, and put back into the file it is taken back
    ");
}

#[test]
fn what_a_blocked_user_uses_stays() {
    let mut world = world();
    world.live.insert(
        at("role a"),
        crate::Seen::Unreadable("access denied".to_owned()),
    );
    assert_snapshot!(brief(&world.plan()), @r"
    0 Forget adopted Adopted mark (was adopted, so it stays)
    ! p: waits for t/role:s/a, which is blocked
    ! a: access denied
    ");
}

#[test]
fn a_target_takes_its_users_along() {
    let mut world = world();
    world.target = [at("provider p")].into();
    assert_snapshot!(brief(&world.plan()), @r"
    0 Delete a Made
    1 Delete p Made needs {0}
    WIP0301 --target leaves out 1 of the plan: t/role:s/adopted
    ");
}
