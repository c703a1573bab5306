//! What an account holds only so many of.

use insta::assert_snapshot;

use super::world::{World, brief};
use crate::testing::place;
use crate::{Action, Room, Step};

const DOC: &str = r#"{"who":["x"],"may":["read b"]}"#;

fn new_role(step: &Step) -> usize {
    (step.action == Action::Create && !step.replace && step.address.kind() == "t/role").into()
}

fn room(used: Result<usize, &str>, most: usize) -> Room {
    let place = place();
    Room {
        cloud: place.cloud,
        account: place.account,
        what: "roles",
        used: used.map_err(str::to_owned),
        most,
        ways_out: "ask for more".to_owned(),
        takes: new_role,
    }
}

/// Two roles to make, one that is there, and a provider, which is not counted here.
fn world(room: Room) -> World {
    let mut world = World::new()
        .want("provider p", r#"{"url":"u"}"#)
        .want("role a", DOC)
        .needing(&["provider p"])
        .want("role b", DOC)
        .want("role there", DOC)
        .made("role there", DOC);
    world.rooms = vec![room];
    world
}

#[test]
fn what_fits_is_made_and_what_is_nearly_full_is_said() {
    assert_snapshot!(brief(&world(room(Ok(3), 10)).plan()), @"
        0 Create p Made
        1 Create a Made needs {0}
        2 Create b Made
        = there
        ");
    assert_snapshot!(brief(&world(room(Ok(6), 10)).plan()), @"
        0 Create p Made
        1 Create a Made needs {0}
        2 Create b Made
        = there
        WIP0306 8 of 10 roles of account 111122223333 will be used; ask for more
        ");
    assert_snapshot!(brief(&world(room(Ok(8), 10)).plan()), @"
        0 Create p Made
        1 Create a Made needs {0}
        2 Create b Made
        = there
        WIP0306 10 of 10 roles of account 111122223333 will be used; ask for more
        ");
}

#[test]
fn what_does_not_fit_is_blocked_before_anything_is_made() {
    assert_snapshot!(brief(&world(room(Ok(9), 10)).plan()), @"
        0 Create p Made
        = there
        ! a: 11 of 10 roles of account 111122223333 would be used; ask for more
        ! b: 11 of 10 roles of account 111122223333 would be used; ask for more
        ");
    // What makes nothing new goes on, however full it is.
    let mut full = World::new()
        .want("role a", DOC)
        .made("role a", r#"{"who":["y"],"may":["read b"]}"#);
    full.rooms = vec![room(Ok(11), 10)];
    assert_snapshot!(brief(&full.plan()), @"0 Update a Made who:Changed who:Changed");
}

#[test]
fn what_cannot_be_counted_is_made() {
    assert_snapshot!(brief(&world(room(Err("denied"), 0)).plan()), @"
        0 Create p Made
        1 Create a Made needs {0}
        2 Create b Made
        = there
        WIP0306 whether 2 more roles fit account 111122223333 was not checked: denied
        ");
}

#[test]
fn another_account_has_a_room_of_its_own() {
    let elsewhere = Room {
        account: "another".to_owned(),
        ..room(Ok(10), 10)
    };
    assert_snapshot!(brief(&world(elsewhere).plan()), @"
        0 Create p Made
        1 Create a Made needs {0}
        2 Create b Made
        = there
        ");
    let elsewhere = Room {
        cloud: "another".to_owned(),
        ..room(Ok(10), 10)
    };
    assert_snapshot!(brief(&world(elsewhere).plan()), @"
        0 Create p Made
        1 Create a Made needs {0}
        2 Create b Made
        = there
        ");
}
