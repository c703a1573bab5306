//! Laws that hold of every policy, and hostile ones.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::{Effect, Principals, Statement};

/// Statements that have a chance of being about the requests below.
fn statement(with_principal: bool) -> impl Strategy<Value = Statement> {
    let pick = |of: &'static [&'static str]| proptest::sample::select(of);
    let who = prop_oneof![
        Just(Principals::Anyone),
        pick(&[
            "111122223333",
            "arn:aws:iam::111122223333:user/anna",
            "arn:aws:iam::111122223333:role/team/worker",
            "arn:aws:sts::111122223333:assumed-role/worker/s1",
            "777788889999",
        ])
        .prop_map(|name| Principals::aws([name.to_owned()])),
    ];
    let what = (
        pick(&["*", "s3:*", "s3:GetObject", "s3:PutObject", "ec2:*"]),
        any::<bool>(),
        pick(&[
            "*",
            "arn:aws:s3:::b/*",
            "arn:aws:s3:::c/*",
            "arn:aws:s3:::b/${aws:username}",
        ]),
        any::<bool>(),
    );
    let when = proptest::option::of((
        pick(&[
            "StringEquals",
            "StringNotEquals",
            "ForAllValues:StringLike",
            "ForAnyValue:StringNotLike",
            "StringEqualsIfExists",
            "NumericEquals",
            "Null",
            "Nonsense",
        ]),
        pick(&["k", "absent", "aws:username"]),
        pick(&["v", "w", "anna", "true", "*"]),
    ));
    (any::<bool>(), who, what, when).prop_map(move |(allow, who, what, when)| {
        let effect = if allow { Effect::Allow } else { Effect::Deny };
        let (action, not_action, resource, not_resource) = what;
        let mut statement = Statement::new(effect);
        let actions = if not_action {
            &mut statement.not_action
        } else {
            &mut statement.action
        };
        actions.insert(action.to_owned());
        let resources = if not_resource {
            &mut statement.not_resource
        } else {
            &mut statement.resource
        };
        resources.insert(resource.to_owned());
        if with_principal {
            statement = statement.with_principal(who);
        }
        match when {
            Some((operator, key, value)) => statement.when(operator, key, [value]),
            None => statement,
        }
    })
}

fn policy(with_principal: bool) -> impl Strategy<Value = Document> {
    vec(statement(with_principal), 0..4).prop_map(Document::new)
}

#[derive(Debug, Clone)]
struct World {
    who: Principal,
    owner: &'static str,
    grant: Grant,
    identity: Document,
    boundary: Option<Document>,
    session: Option<Document>,
    resource: Option<Document>,
}

impl World {
    fn verdict(&self) -> Verdict {
        let context = Context::of(&self.who).with("k", ["v"]);
        let request = Request {
            action: "s3:GetObject",
            resource: "arn:aws:s3:::b/anna",
            principal: &self.who,
            context: &context,
        };
        let policies = Policies {
            identity: vec![&self.identity],
            boundary: self.boundary.as_ref(),
            session: self.session.as_ref().map(|document| vec![document]),
            resource: self.resource.as_ref(),
            owner: self.owner,
            grant: self.grant,
        };
        evaluate(&request, &policies)
    }

    /// The same world with one more statement in one of its policies, if it has that one.
    fn and(&self, place: usize, statement: Statement) -> Option<World> {
        let mut world = self.clone();
        let document = match place {
            0 => Some(&mut world.identity),
            1 => world.boundary.as_mut(),
            2 => world.session.as_mut(),
            _ => world.resource.as_mut(),
        };
        document?.statements.push(statement);
        Some(world)
    }
}

fn world() -> impl Strategy<Value = World> {
    let who = prop_oneof![
        Just(Who::Anna),
        Just(Who::Worker),
        Just(Who::Root),
        Just(Who::Nobody)
    ];
    let policies = (
        policy(false),
        proptest::option::of(policy(false)),
        proptest::option::of(policy(false)),
        proptest::option::of(policy(true)),
    );
    let place = (any::<bool>(), any::<bool>());
    (who, place, policies).prop_map(|(who, (same, either), policies)| {
        let (identity, boundary, session, resource) = policies;
        World {
            who: principal(who),
            owner: if same { A } else { B },
            grant: if either {
                Grant::Either
            } else {
                Grant::Resource
            },
            identity,
            boundary,
            session,
            resource,
        }
    })
}

fn everything(effect: Effect, place: usize) -> Statement {
    let statement = Statement {
        action: ["*".to_owned()].into(),
        resource: ["*".to_owned()].into(),
        ..Statement::new(effect)
    };
    if place == 3 {
        statement.with_principal(Principals::Anyone)
    } else {
        statement
    }
}

proptest! {
    #[test]
    fn an_allow_more_takes_nothing_away(world in world(), place in 0..4_usize, more in statement(true)) {
        let mut more = Statement { effect: Effect::Allow, ..more };
        if place < 3 {
            more.principal = None;
        }
        if let Some(after) = world.and(place, more)
            && world.verdict().is_allowed()
        {
            prop_assert!(after.verdict().is_allowed());
        }
    }

    #[test]
    fn a_deny_more_gives_nothing(world in world(), place in 0..4_usize, more in statement(true)) {
        let mut more = Statement { effect: Effect::Deny, ..more };
        if place < 3 {
            more.principal = None;
        }
        if let Some(after) = world.and(place, more)
            && after.verdict().is_allowed()
        {
            prop_assert!(world.verdict().is_allowed());
        }
    }

    #[test]
    fn a_deny_wins(world in world(), place in 0..4_usize) {
        if let Some(after) = world.and(place, everything(Effect::Deny, place)) {
            let denied = matches!(after.verdict(), Verdict::DeniedExplicitly { .. });
            prop_assert!(denied);
        }
    }

    #[test]
    fn boundaries_and_session_policies_give_nothing(world in world()) {
        let without = World { boundary: None, session: None, ..world.clone() };
        if world.verdict().is_allowed() {
            prop_assert!(without.verdict().is_allowed());
        }
    }

    #[test]
    fn another_account_gives_no_more_than_ones_own(world in world()) {
        let away = World { owner: B, ..world.clone() };
        let home = World { owner: A, grant: Grant::Either, ..world };
        if away.verdict().is_allowed() {
            prop_assert!(home.verdict().is_allowed());
        }
    }

    #[test]
    fn the_order_of_statements_is_no_matter(world in world()) {
        let mut turned = world.clone();
        turned.identity.statements.reverse();
        if let Some(resource) = &mut turned.resource {
            resource.statements.reverse();
        }
        prop_assert_eq!(turned.verdict(), world.verdict());
    }

    #[test]
    fn any_policy_has_a_verdict(document in crate::tests::strategies::document(), key in ".*") {
        let who = principal(Who::Worker);
        let context = Context::of(&who).with(&key, [key.as_str()]);
        let request = Request { action: "a:B", resource: &key, principal: &who, context: &context };
        let policies = Policies {
            identity: vec![&document],
            resource: Some(&document),
            owner: A,
            ..Policies::default()
        };
        evaluate(&request, &policies);
    }
}

/// A matcher that tries one star after the other would not end.
#[test]
fn hostile_patterns_end_and_allow_nothing() {
    let stars = "*a".repeat(8_000);
    let hostile = format!(
        r#"{{"Effect":"Allow","Action":"*","Resource":["arn:aws:s3:::{stars}b","x{stars}b"],"Condition":{{"StringLike":{{"k":["{stars}","{stars}c"]}}}}}}"#
    );
    let who = principal(Who::Anna);
    let long = "a".repeat(100_000);
    let context = Context::of(&who).with("k", [long.as_str()]);
    let resource = format!("arn:aws:s3:::{long}");
    let request = Request {
        action: "s3:GetObject",
        resource: &resource,
        principal: &who,
        context: &context,
    };
    let document = document(&hostile);
    let policies = Policies {
        identity: vec![&document],
        owner: A,
        ..Policies::default()
    };
    assert_eq!(
        words(evaluate(&request, &policies)),
        "identity does not allow"
    );
}

#[test]
fn more_matching_than_there_is_patience_for_denies() {
    let stars = "*a".repeat(8_000);
    let deny = format!(r#"{{"Effect":"Deny","Action":"*","Resource":"{stars}b"}}"#);
    let allow = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    let who = principal(Who::Anna);
    let context = Context::of(&who);
    let resource = "a".repeat(100_000);
    let request = Request {
        action: "s3:GetObject",
        resource: &resource,
        principal: &who,
        context: &context,
    };
    let document = document(&format!("{allow},{deny}"));
    let policies = Policies {
        identity: vec![&document],
        owner: A,
        ..Policies::default()
    };
    assert_eq!(words(evaluate(&request, &policies)), "identity denies");
}
