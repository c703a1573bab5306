//! What is decided about one address.

use std::collections::BTreeSet;

use insta::assert_snapshot;

use super::world::{World, another_space, at, brief, mark_of, ours};
use crate::{Existing, Owner, Relation, Seen, Stray};

#[test]
fn what_is_not_there_is_made() {
    let plan = World::new().want("role a", r#"{"x":1}"#).plan();
    assert_snapshot!(brief(&plan), @"0 Create a Made");
    assert_eq!(plan.steps[0].before, None);
    assert!(plan.steps[0].after.is_some());
}

#[test]
fn what_a_dead_run_made_is_taken_back() {
    let world = World::new().want("role a", r#"{"x":1}"#);
    let plan = world.live("role a", ours("role a"), r#"{"x":2}"#).plan();
    assert_snapshot!(brief(&plan), @"0 Adopt a Made x:Changed (bears our mark, and the state does not know it: taken back)");
}

#[test]
fn what_another_owns_is_blocked_and_named() {
    let world = World::new().want("role a", "{}");
    let by = |owner: Owner| brief(&world.clone().live("role a", owner, "{}").plan());
    assert_snapshot!(by(mark_of("them", "t/role:s/a")), @"! a: another state of this Space owns it (lineage them); get that state, or take the tags wip-space, wip-lineage and wip-address off it");
    assert_snapshot!(by(mark_of("us", "t/role:s/b")), @"! a: it is marked as t/role:s/b of this Space; if the file renames it, say so: moved: [{ from: t/role:s/b, to: t/role:s/a }]");
    assert_snapshot!(by(another_space("a")), @"! a: it belongs to the Space `other`");
    assert_snapshot!(by(Owner::Unmarked), @"! a: exists and is not ours; wip adopt t/role:s/a takes it over");
    assert_snapshot!(by(Owner::Unmarkable), @"! a: exists and is not ours; wip adopt t/role:s/a takes it over");
}

#[test]
fn the_same_holds_for_what_the_state_knows() {
    let world = World::new()
        .want("role a", "{}")
        .own("role a", Relation::Made, "{}");
    let by = |owner: Owner| brief(&world.clone().live("role a", owner, "{}").plan());
    assert_snapshot!(by(mark_of("them", "t/role:s/a")), @"! a: another state of this Space owns it (lineage them); get that state, or take the tags wip-space, wip-lineage and wip-address off it");
    assert_snapshot!(by(another_space("a")), @"! a: it belongs to the Space `other`");
    assert_snapshot!(by(Owner::Unmarkable), @"= a");
    assert_snapshot!(by(Owner::Unmarked), @"0 Update a Made mark (its mark was taken off)");
}

#[test]
fn what_no_mark_and_no_id_tells_of_is_left_alone() {
    let mut world = World::new()
        .want("role a", r#"{"x":1}"#)
        .own("role a", Relation::Made, "{}")
        .live("role a", Owner::Unmarked, "{}");
    world.sighting("role a").id = None;
    assert_snapshot!(brief(&world.plan()), @"! a: bears no mark of wip's any more: its mark was taken off, or somebody made it again; wip adopt t/role:s/a takes it over");
    world.wants.clear();
    world.guardrails.max_revokes = 9;
    assert_snapshot!(brief(&world.plan()), @"! a: bears no mark of wip's any more: its mark was taken off, or somebody made it again; wip state forget t/role:s/a leaves it alone; put back into the file, wip adopt takes it over");
}

#[test]
fn what_is_shared_is_used_and_added_to() {
    let world = World::new().want("provider p", r#"{"for":["us"]}"#);
    let with =
        |owner: Owner, doc: &str| brief(&world.clone().live("provider p", owner, doc).plan());
    assert_snapshot!(with(Owner::Unmarked, r#"{"for":["us","them"]}"#), @"0 Adopt p Shared");
    assert_snapshot!(with(Owner::Unmarked, r#"{"for":["them"]}"#), @"0 Update p Shared for:Changed");
    assert_snapshot!(with(another_space("p"), r#"{"for":["us"]}"#), @"0 Adopt p Shared");
    assert_snapshot!(with(mark_of("them", "t/provider:s/p"), r#"{"for":["us"]}"#), @"! p: another state of this Space owns it (lineage them); get that state, or take the tags wip-space, wip-lineage and wip-address off it");
}

#[test]
fn edits_are_three_way() {
    let mut world = World::new()
        .want("role a", r#"{"changed":2,"both":3,"drift":1}"#)
        .own(
            "role a",
            Relation::Made,
            r#"{"changed":1,"both":1,"drift":1}"#,
        )
        .live(
            "role a",
            ours("role a"),
            r#"{"changed":1,"both":2,"drift":2}"#,
        );
    assert_snapshot!(brief(&world.plan()), @"0 Update a Made both:ChangedAndDrifted changed:Changed drift:Drifted");
    let plan = world.plan();
    world.apply(&plan);
    assert_snapshot!(brief(&world.plan()), @"= a");
}

#[test]
fn only_the_state_can_be_behind() {
    let mut world = World::new()
        .want("role a", r#"{"x":2}"#)
        .own("role a", Relation::Adopted, r#"{"x":1}"#)
        .live("role a", ours("role a"), r#"{"x":2}"#);
    assert_snapshot!(brief(&world.plan()), @"0 Adopt a Adopted (already so; only the state is behind)");
    world.owned("role a").doc = crate::testing::json(r#"{"x":2}"#);
    assert_snapshot!(brief(&world.plan()), @"= a");
    world.owned("role a").doubtful = true;
    assert_snapshot!(brief(&world.plan()), @"0 Adopt a Adopted (begun by a run that died, and found done)");
}

#[test]
fn what_somebody_made_again_is_not_ours() {
    let mut world = World::new().want("role a", "{}").made("role a", "{}");
    world.sighting("role a").id = Some("id2".to_owned());
    assert_snapshot!(brief(&world.plan()), @"0 Adopt a Made (the state does not have the id that it has now)");
    world.sighting("role a").owner = Owner::Unmarked;
    assert_snapshot!(brief(&world.plan()), @"! a: was deleted and made again outside wip, and is not ours; wip adopt t/role:s/a takes it over");
    world.wants.clear();
    assert_snapshot!(brief(&world.plan()), @"0 Forget a Made (was deleted and made again outside wip)");
}

#[test]
fn an_objection_is_not_gone_around_unasked() {
    let mut world = World::new()
        .want("role a", r#"{"x":1}"#)
        .made("role a", r#"{"x":1}"#)
        .live("role a", ours("role a"), r#"{"x":2}"#);
    world.sighting("role a").objections = vec!["`q` denies everything".to_owned()];
    assert_snapshot!(brief(&world.plan()), @"! a: `q` denies everything; only --remove-denies goes around it");
    world.guardrails.remove_denies = true;
    assert_snapshot!(brief(&world.plan()), @"0 Update a Made x:Drifted");
}

#[test]
fn a_change_that_interrupts_waits_to_be_allowed() {
    let from = r#"{"method":"a"}"#;
    let mut world = World::new()
        .want("role a", r#"{"method":"b"}"#)
        .own("role a", Relation::Made, from)
        .live("role a", ours("role a"), from);
    assert_snapshot!(brief(&world.plan()), @"! a: they would lose their access; only --allow-interruption goes around it");
    world.guardrails.allow_interruption = true;
    assert_snapshot!(brief(&world.plan()), @"0 Update a Made method:Changed");
    let same = World::new().want("role a", r#"{"method":"a","x":1}"#);
    let same = same.own("role a", Relation::Made, from);
    let plan = same.live("role a", ours("role a"), from).plan();
    assert_snapshot!(brief(&plan), @"0 Update a Made x:Changed");
}

#[test]
fn what_a_kind_says_of_a_change_is_a_note_of_the_plan() {
    let notes = |wanted: &str, live: &str| {
        let world = World::new()
            .want("role a", wanted)
            .own("role a", Relation::Made, live);
        let plan = world.live("role a", ours("role a"), live).plan();
        let notes = plan.notes.into_iter();
        notes
            .map(|note| (note.code, note.address.map(|address| address.to_string())))
            .collect::<Vec<_>>()
    };
    let (with, without) = (r#"{"keys":"k"}"#, "{}");
    let said = [("WIP0999".to_owned(), Some("t/role:s/a".to_owned()))];
    assert_eq!(notes(without, with), said);
    assert_eq!(notes(with, without), []);
    assert_eq!(notes(with, with), []);
}

#[test]
fn an_end_that_strands_waits_to_be_allowed() {
    let (role, way) = (r#"{"who":["x"],"may":["read b"]}"#, r#"{"way":"w"}"#);
    let mut world = World::new()
        .want("role a", role)
        .made("role a", role)
        .made("role w", way);
    world.owned("role w").needs = BTreeSet::from([at("role a")]);
    assert_snapshot!(brief(&world.plan()), @"
        = a
        ! w: they come by another way; only --allow-interruption goes around it
        ");
    world.guardrails.allow_interruption = true;
    assert_snapshot!(brief(&world.plan()), @"
        0 Delete w Made
        = a
        ");
    // Nobody is left who could come by another way.
    world.guardrails.allow_interruption = false;
    world.wants.clear();
    world.guardrails.max_revokes = 9;
    assert_snapshot!(brief(&world.plan()), @"
        0 Delete w Made
        1 Delete a Made needs {0}
        ");
}

#[test]
fn what_was_deleted_outside_is_made_again() {
    let mut world = World::new()
        .want("role a", "{}")
        .own("role a", Relation::Adopted, "{}");
    assert_snapshot!(brief(&world.plan()), @"0 Create a Made (was deleted outside wip)");
    world.owned("role a").doubtful = true;
    assert_snapshot!(brief(&world.plan()), @"0 Create a Made");
}

#[test]
fn a_doubtful_entry_owns_nothing_without_a_mark() {
    let mut world = World::new()
        .want("role a", "{}")
        .own("role a", Relation::Made, "{}")
        .live("role a", Owner::Unmarked, "{}");
    world.owned("role a").doubtful = true;
    assert_snapshot!(brief(&world.plan()), @"! a: exists and is not ours; wip adopt t/role:s/a takes it over");
    world.wants.clear();
    assert_snapshot!(brief(&world.plan()), @"0 Forget a Made (begun by a run that died, and what is there bears no mark of ours)");
}

#[test]
fn what_can_bear_no_mark_is_ours_where_it_is_what_a_dead_run_was_about() {
    let left = |live: &str| {
        let mut world = World::new()
            .own("role a", Relation::Made, "{\"x\": \"1\"}")
            .live("role a", Owner::Unmarkable, live);
        world.owned("role a").doubtful = true;
        world
    };
    assert_snapshot!(brief(&left("{\"x\": \"1\"}").plan()), @"0 Delete a Made");
    assert_snapshot!(brief(&left("{\"x\": \"2\"}").plan()), @"0 Forget a Made (begun by a run that died, and what is there bears no mark of ours)");
    let wanted = left("{\"x\": \"1\"}").want("role a", "{\"x\": \"1\"}");
    assert_snapshot!(brief(&wanted.plan()), @"0 Adopt a Made (begun by a run that died, and found done)");
}

#[test]
fn what_is_no_longer_wanted_goes_as_its_relation_says() {
    let world = |relation, owner| {
        World::new()
            .own("role a", relation, "{}")
            .live("role a", owner, "{}")
    };
    assert_snapshot!(brief(&world(Relation::Made, ours("role a")).plan()), @"0 Delete a Made");
    assert_snapshot!(brief(&world(Relation::Made, Owner::Unmarkable).plan()), @"0 Delete a Made");
    assert_snapshot!(brief(&world(Relation::Adopted, ours("role a")).plan()), @"0 Forget a Adopted mark (was adopted, so it stays)");
    assert_snapshot!(brief(&world(Relation::Shared, another_space("a")).plan()), @"0 Delete a Shared");
    assert_snapshot!(brief(&world(Relation::Made, another_space("a")).plan()), @"0 Forget a Made (it belongs to the Space `other`)");
    assert_snapshot!(brief(&world(Relation::Made, mark_of("them", "t/role:s/a")).plan()), @"0 Forget a Made (another state of this Space owns it (lineage them); get that state, or take the tags wip-space, wip-lineage and wip-address off it)");
    assert_snapshot!(brief(&World::new().own("role a", Relation::Made, "{}").plan()), @"0 Forget a Made (already gone)");
}

#[test]
fn what_cannot_be_known_is_blocked_with_all_that_needs_it() {
    let mut world = World::new()
        .unable("provider p", "the issuer could not be read")
        .want("role a", "{}")
        .needing(&["provider p"])
        .want("role b", "{}")
        .needing(&["role a"])
        .want("role c", "{}");
    assert_snapshot!(brief(&world.plan()), @r"
    0 Create c Made
    ! p: the issuer could not be read
    ! a: waits for t/provider:s/p, which is blocked
    ! b: waits for t/provider:s/p, which is blocked
    ");
    world
        .live
        .insert(at("role c"), Seen::Unreadable("denied".to_owned()));
    assert_snapshot!(brief(&world.plan()), @r"
    ! p: the issuer could not be read
    ! a: waits for t/provider:s/p, which is blocked
    ! b: waits for t/provider:s/p, which is blocked
    ! c: denied
    ");
}

#[test]
fn what_is_as_it_should_be_waits_for_nothing() {
    let mut world = World::new()
        .unable("provider p", "unknown")
        .want("role a", "{}")
        .needing(&["provider p"])
        .made("role a", "{}");
    world.owned("role a").needs = [at("provider p")].into();
    assert_snapshot!(brief(&world.plan()), @r"
    = a
    ! p: unknown
    ");
}

#[test]
fn a_stray_is_listed_and_never_deleted() {
    let mut world = World::new();
    world.strays.push(Stray {
        address: at("role lost"),
        lineage: "us".to_owned(),
        place: crate::testing::place(),
        name: "s-lost".to_owned(),
    });
    assert_snapshot!(brief(&world.plan()), @"! lost: `s-lost` bears our mark but neither state nor journal knows it: a run that died made it, or the state is older than it; `wip state pull` gets a newer state, and put back into the file it is taken back");
}

#[test]
fn a_replacement_is_a_delete_and_a_create() {
    let world = World::new()
        .want("role a", r#"{"path":"/x/","who":["a"]}"#)
        .own("role a", Relation::Made, r#"{"path":"/","who":["a"]}"#)
        .live("role a", ours("role a"), r#"{"path":"/","who":["a"]}"#)
        .want("role user", r#"{"x":2}"#)
        .needing(&["role a"])
        .made("role user", r#"{"x":1}"#);
    let plan = world.plan();
    assert_snapshot!(brief(&plan), @r"
    0 Delete a Made replace (`path` cannot be changed in place)
    1 Create a Made replace path:Changed needs {0} (`path` cannot be changed in place)
    2 Update user Made x:Changed needs {1}
    ");
    assert_eq!(plan.counts().replace, 1);
    assert_eq!(plan.counts().create + plan.counts().delete, 0);
}

#[test]
fn what_was_adopted_is_not_replaced() {
    let world = World::new()
        .want("role a", r#"{"path":"/x/"}"#)
        .own("role a", Relation::Adopted, r#"{"path":"/"}"#)
        .live("role a", ours("role a"), r#"{"path":"/"}"#);
    assert_snapshot!(brief(&world.plan()), @"! a: a change of `path` means to delete it and make it anew, and wip deletes only what its state says it made; write into the file what is there, or delete it by hand");
}

#[test]
fn of_what_is_shared_only_our_part_is_replaced() {
    let world = World::new()
        .want("role a", r#"{"path":"/x/"}"#)
        .own("role a", Relation::Shared, r#"{"path":"/"}"#)
        .live("role a", Owner::Unmarked, r#"{"path":"/"}"#);
    assert_snapshot!(brief(&world.plan()), @r"
    0 Delete a Shared replace (`path` cannot be changed in place)
    1 Create a Made replace path:Changed needs {0} (`path` cannot be changed in place)
    ");
}

#[test]
fn what_lives_elsewhere_is_not_left_behind() {
    let mut world = World::new().want("role a", "{}").made("role a", "{}");
    world.wants[0].place.account = "444455556666".to_owned();
    assert_snapshot!(brief(&world.plan()), @"! a: it lives in aws 111122223333 and is wanted in aws 444455556666; take it out of the file, apply, and put it in again");
}

#[test]
fn what_nobody_looked_at_and_what_is_unknown_is_blocked() {
    let mut world = World::new().want("role a", "{}");
    world.kinds.clear();
    assert_snapshot!(brief(&world.plan()), @"! a: this wip knows no kind `t/role`");
}

#[test]
fn what_is_wanted_twice_is_blocked_unless_it_is_the_same() {
    let world = World::new().want("role a", "{}").want("role a", "{}");
    assert_snapshot!(brief(&world.plan()), @"0 Create a Made");
    let world = world.want("role a", r#"{"x":1}"#);
    assert_snapshot!(brief(&world.plan()), @"! a: is wanted twice, in two ways");
}

#[test]
fn a_shared_kind_keeps_the_parts_of_others_even_when_we_made_it() {
    let mut world = World::new()
        .want("provider p", r#"{"for":["us"]}"#)
        .made("provider p", r#"{"for":["us"]}"#)
        .live("provider p", ours("provider p"), r#"{"for":["them","us"]}"#);
    assert_snapshot!(brief(&world.plan()), @"= p");
    let provider = world.kinds.get_mut("t/provider").expect("the kind");
    provider.existing = Existing::Ask;
    assert_snapshot!(brief(&world.plan()), @"0 Update p Made for:Drifted");
}
