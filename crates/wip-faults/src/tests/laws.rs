//! Laws of random histories: Spaces that change, calls that break, and others who change what wip made.
//!
//! However a history goes, applying the last Space file once more, undisturbed, leads where applying it alone would have
//! led; then there is nothing to do, and a destroy leaves nothing of ours and all of the others'.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::RngSeed;
use wip_sandbox::{Reply, Request};

use super::spaces::{METHODS, Plan, foreign};
use crate::world::{Sum, Treatment, World};
use crate::{CLASSES, Call, Class};

const APPLY: &[&str] = &[
    "apply",
    "--auto-approve",
    "--allow-revokes=999",
    "--allow-interruption",
];
const LOOK: &[&str] = &["plan", "--detailed-exitcode"];
const DESTROY: &[&str] = &["destroy", "--auto-approve"];

/// One thing that happens.
#[derive(Clone, Debug)]
enum Event {
    /// The Space file is written and applied, and a call breaks.
    Apply(Plan, Option<(Class, Call)>),
    /// Somebody changes a role that wip made.
    Somebody(&'static str, String),
}

/// What somebody does to a role, but for its name.
const DEEDS: [&str; 4] = [
    "Action=PutRolePolicy&PolicyName=backdoor&PolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22*%22%2C%22Resource%22%3A%22*%22%7D%5D%7D",
    "Action=DeleteRolePolicy&PolicyName=wip",
    "Action=UpdateRole&Description=Mine&MaxSessionDuration=4000",
    "Action=AttachRolePolicy&PolicyArn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FAdministratorAccess",
];

/// Operations that change something, so that a history has many of them.
const CALLS: [(&str, &str); 17] = [
    ("eks", "CreatePodIdentityAssociation"),
    ("eks", "UpdatePodIdentityAssociation"),
    ("eks", "DeletePodIdentityAssociation"),
    ("iam", "CreateRole"),
    ("iam", "PutRolePolicy"),
    ("iam", "CreatePolicy"),
    ("iam", "AttachRolePolicy"),
    ("iam", "CreateOpenIDConnectProvider"),
    ("iam", "UpdateAssumeRolePolicy"),
    ("iam", "TagRole"),
    ("iam", "DeleteRolePolicy"),
    ("iam", "DetachRolePolicy"),
    ("iam", "DeletePolicy"),
    ("iam", "DeleteRole"),
    ("s3", "PutBucketPolicy"),
    ("iam", "GetRole"),
    ("s3", "GetBucketPolicy"),
];

fn plan() -> impl Strategy<Value = Plan> {
    (
        subsequence(vec!["backup", "billing", "reports"], 0..=3),
        subsequence(vec!["ctp1", "ctp2", "ctp3"], 1..=3),
        select(vec!["one/", "two/"]),
        select(METHODS.to_vec()),
        any::<[bool; 2]>(),
    )
        .prop_map(
            |(identities, planes, prefix, method, [managed, policy])| Plan {
                identities,
                planes,
                prefix,
                method,
                managed,
                policy,
            },
        )
}

fn fault() -> impl Strategy<Value = (Class, Call)> {
    (select(CLASSES.to_vec()), select(CALLS.to_vec()), 1..4_u64).prop_map(
        |(class, (service, operation), nth)| {
            let call = Call {
                service: service.to_owned(),
                operation: operation.to_owned(),
                nth,
            };
            (class, call)
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    let role = select(vec!["backup", "billing", "reports"]).prop_map(|name| format!("laws-{name}"));
    prop_oneof![
        4 => (plan(), proptest::option::weighted(0.8, fault())).prop_map(|(plan, fault)| Event::Apply(plan, fault)),
        1 => (select(DEEDS.to_vec()), role).prop_map(|(deed, role)| Event::Somebody(deed, role)),
    ]
}

/// A call of an administrator; whether it is refused does not matter.
fn somebody(world: &World, form: &str) {
    let scope = "111122223333/20250101/us-east-1/iam/aws4_request";
    let signature = "0".repeat(64);
    let headers = [
        (
            "authorization",
            format!(
                "AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={signature}"
            ),
        ),
        ("x-amz-date", "20250101T000000Z".to_owned()),
    ];
    let reply = world.sandbox.handle(&Request {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
        body: format!("{form}&Version=2010-05-08").into_bytes(),
        ..Request::default()
    });
    assert!(matches!(reply, Reply::Answer(_)), "{reply:?}");
}

/// Runs a command undisturbed; all that it said where it does not end with 0.
fn done(world: &World, space: &str, words: &[&str]) -> Result<Sum, TestCaseError> {
    let ended = world
        .run(space, words, Treatment::default())
        .expect("a run");
    prop_assert_eq!(ended.code, Some(0), "{:?}:\n{}", words, ended.said);
    Ok(world.sum().expect("a sum").without_ids())
}

fn same(wanted: &Sum, found: &Sum, said: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(wanted.difference(found), None, "{}", said);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, rng_seed: RngSeed::Fixed(20_261_128), ..ProptestConfig::default() })]

    #[test]
    fn every_history_ends_as_its_last_file_says(events in prop::collection::vec(event(), 1..5), last in plan()) {
        let world = World::new(&foreign()).expect("a world");
        // What the file takes for granted is there from the start.
        done(&world, &Plan::whole().yaml(), &["plan"])?;
        let nothing = world.sum().expect("a sum").without_ids();
        let alone = World::at(&world.snapshot().expect("a snapshot")).expect("a world");
        let mut said = String::new();
        for event in events {
            match event {
                Event::Apply(plan, fault) => {
                    let how = fault.as_ref().map_or_else(Treatment::default, |(class, call)| {
                        Treatment::of(*class, call, None)
                    });
                    let ended = world.run(&plan.yaml(), APPLY, how).expect("a run");
                    said.push_str(&ended.said);
                    prop_assert!(matches!(ended.code, None | Some(0..=4)), "{}", said);
                }
                Event::Somebody(deed, role) => somebody(&world, &format!("{deed}&RoleName={role}")),
            }
        }
        let yaml = last.yaml();
        let found = done(&world, &yaml, APPLY)?;
        done(&world, &yaml, LOOK)?;
        same(&done(&alone, &yaml, APPLY)?, &found, &said)?;
        same(&nothing, &done(&world, &yaml, DESTROY)?, &said)?;
    }
}
