//! How much more an account's IAM holds, and what helps where that is too little.
//!
//! Owns which steps take of it; the counting is the planner's, the numbers are facts.

use wip_plan::{Action, Doc, Room, Step};
use wip_provider::Kind as _;

use crate::facts::{Count, Fact, Facts, Usage};
use crate::kinds::iam_role::IamRole;
use crate::kinds::oidc_provider::OidcProvider;

/// How many OIDC providers an account holds by default, and the quota's code ("IAM and AWS STS quotas", IAM User Guide).
pub(crate) const PROVIDERS: usize = 100;
pub(crate) const PROVIDERS_CODE: &str = "L-858F3967";
/// From here on, in hundredths of the default, providers are counted exactly.
pub(crate) const NEARLY: usize = 80;

/// The ways out, each with the quota's code ("IAM and AWS STS quotas", IAM User Guide).
const MORE_ROLES: &str = "raise the quota L-FE177D64 (Service Quotas, IAM, roles per account), delete roles that nobody uses, \
    or use roles that are there: role.existing: reference";
const MORE_POLICIES: &str = "raise the quota L-E95E4862 (Service Quotas, IAM, customer managed policies per account), \
    delete policies that nobody uses, or role.policies: inline, which needs none";
const MORE_PROVIDERS: &str = "raise the quota L-858F3967 (Service Quotas, IAM, OpenId connect providers per account), \
    delete those of clusters that are gone, or method: podIdentity, which needs none";

/// The rooms of all accounts.
pub(crate) fn rooms(facts: &Facts) -> Vec<Room> {
    let of = |(account, usage): (&String, &Fact<Usage>)| match usage {
        Fact::Known(usage) => [
            (
                &usage.roles,
                room(account, "IAM roles", MORE_ROLES, new_role),
            ),
            (
                &usage.policies,
                room(account, "managed policies", MORE_POLICIES, new_policies),
            ),
            (
                &usage.providers,
                room(account, "OIDC providers", MORE_PROVIDERS, new_provider),
            ),
        ]
        .into_iter()
        .filter_map(|(count, room)| Some(counted(room, count.as_ref()?)))
        .collect(),
        Fact::Unreadable(why) => vec![Room {
            used: Err(why.clone()),
            ..room(account, "roles, policies and providers", "", new_anything)
        }],
    };
    facts.usage.iter().flat_map(of).collect()
}

fn room(account: &str, what: &'static str, ways_out: &str, takes: fn(&Step) -> usize) -> Room {
    Room {
        cloud: "aws".to_owned(),
        account: account.to_owned(),
        what,
        used: Ok(0),
        most: 0,
        ways_out: ways_out.to_owned(),
        takes,
    }
}

fn counted(room: Room, count: &Count) -> Room {
    let Count {
        used,
        most,
        assumed,
    } = count;
    let assumed = assumed.as_ref().map(|why| {
        format!("; {most} is the default of AWS, because the quota could not be read: {why}")
    });
    Room {
        used: Ok(*used),
        most: *most,
        ways_out: room.ways_out.clone() + &assumed.unwrap_or_default(),
        ..room
    }
}

/// One that replaces another comes when that is gone.
fn is_new(step: &Step, kind: &str) -> bool {
    step.action == Action::Create && !step.replace && step.address.kind() == kind
}

fn new_role(step: &Step) -> usize {
    is_new(step, IamRole::NAME).into()
}

fn new_provider(step: &Step) -> usize {
    is_new(step, OidcProvider::NAME).into()
}

fn new_policies(step: &Step) -> usize {
    let writes = matches!(step.action, Action::Create | Action::Update | Action::Adopt);
    if step.address.kind() != IamRole::NAME || !writes {
        return 0;
    }
    let made = |doc: &Option<Doc>| match doc {
        Some(Doc::Map(parts)) => match parts.get("managed") {
            Some(Doc::Map(policies)) => policies.iter().count(),
            _ => 0,
        },
        _ => 0,
    };
    made(&step.after).saturating_sub(made(&step.before))
}

fn new_anything(step: &Step) -> usize {
    new_role(step) + new_policies(step) + new_provider(step)
}
