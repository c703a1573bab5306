//! Whether a caller may do what it asks, by the policies of the world.
//!
//! `wip-policy` evaluates; which policies and which condition keys there are is decided here.
//!
//! Every account has one user, who may do everything until `/_sandbox/rights` says what.
//! Sessions may do what their role, its boundary and their own policies let them, and nobody in particular may do what the policy of a resource gives everybody.
//! Not here: which action an operation is (`rows`), and the words of a refusal but for the usual ones.

mod context;
mod rows;
#[cfg(test)]
pub(crate) mod stage;
#[cfg(test)]
mod tests;

use wip_policy::{Document, Policies, PolicyKind, Principal, Request as Ask, Verdict};

pub(crate) use rows::{action_of, check, has_row};
pub(crate) use wip_policy::Grant;

use super::call::{Call, Caller, Who};
use super::iam::permissions;
use crate::db::Db;

/// What is asked, beside by whom.
pub(crate) struct Asked<'a> {
    /// As `s3:GetObject`.
    pub(crate) action: &'a str,
    /// The ARN, or `*`.
    pub(crate) resource: &'a str,
    /// Condition keys besides those of every request.
    pub(crate) keys: Vec<(String, Vec<String>)>,
}

impl<'a> Asked<'a> {
    /// Without condition keys of its own.
    pub(crate) fn of(action: &'a str, resource: &'a str) -> Self {
        Self {
            action,
            resource,
            keys: Vec::new(),
        }
    }

    /// With one more condition key.
    #[must_use]
    pub(crate) fn with<V: Into<String>>(
        mut self,
        key: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.keys.push((key.to_owned(), values));
        self
    }
}

/// What stands before a resource.
#[derive(Clone, Copy)]
pub(crate) struct Guard<'a> {
    /// The account of the resource; empty where it is not known, so that nobody is of it.
    pub(crate) owner: &'a str,
    /// Its own policy.
    pub(crate) policy: Option<&'a str>,
    /// What that is needed for.
    pub(crate) grant: Grant,
}

impl<'a> Guard<'a> {
    /// A resource without a policy of its own.
    pub(crate) fn none(owner: &'a str) -> Self {
        Self {
            owner,
            policy: None,
            grant: Grant::Either,
        }
    }
}

/// What comes of it.
pub(crate) fn decide(call: &Call<'_>, asked: &Asked<'_>, guard: Guard<'_>) -> Verdict {
    decide_for(call.db, &call.caller, &call.region, asked, guard)
}

/// As [`decide`], without a call.
pub(crate) fn decide_for(
    db: &Db,
    caller: &Caller,
    region: &str,
    asked: &Asked<'_>,
    guard: Guard<'_>,
) -> Verdict {
    let held = Held::of(db, caller);
    let mut context = context::of(caller, region, guard.owner, &held.tags);
    for (key, values) in &asked.keys {
        context.set(key, values.iter().map(String::as_str));
    }
    let principal = principal(caller);
    let ask = Ask {
        action: asked.action,
        resource: asked.resource,
        principal: &principal,
        context: &context,
    };
    held.evaluate(&ask, guard)
}

/// As [`decide_for`], for a principal that has no policies: a service, or whom a provider vouches for.
pub(crate) fn trusts(
    trust: &str,
    principal: &Principal,
    context: &wip_policy::Context,
    (actions, role): (&[&str], &str),
) -> Verdict {
    let ask = Ask {
        action: "",
        resource: role,
        principal,
        context,
    };
    match Document::parse(trust) {
        Ok(document) => wip_policy::evaluate_all(
            actions,
            &ask,
            &Policies {
                resource: Some(&document),
                grant: Grant::Resource,
                ..Policies::default()
            },
        ),
        Err(_) => NOT_UNDERSTOOD,
    }
}

/// What comes of a policy that cannot be read.
const NOT_UNDERSTOOD: Verdict = Verdict::DeniedExplicitly {
    by: PolicyKind::Resource,
};

/// The keys that every request has, for calls that evaluate a trust policy.
pub(crate) fn request_keys(call: &Call<'_>, owner: &str) -> wip_policy::Context {
    context::of(&call.caller, &call.region, owner, &[])
}

/// What a caller brings along.
struct Held {
    identity: Vec<String>,
    boundary: Option<String>,
    session: Option<Vec<String>>,
    /// Tags of the principal, the later instead of the earlier of the same key.
    tags: Vec<(String, String)>,
}

const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// Where the rights of an account's user are kept, if they are not all.
pub(crate) fn rights_key(account: &str) -> String {
    format!("sandbox/rights/{account}")
}

impl Held {
    fn of(db: &Db, caller: &Caller) -> Self {
        let mut held = Self {
            identity: Vec::new(),
            boundary: None,
            session: None,
            tags: Vec::new(),
        };
        match &caller.who {
            Who::Nobody => {}
            Who::User => {
                let rights = db.get::<String>(&rights_key(&caller.account));
                held.identity = vec![rights.unwrap_or_else(|| EVERYTHING.to_owned())];
            }
            Who::Session(session) => {
                // The sessions of a role that is gone may do nothing.
                if let Some(role) = permissions::of_role(db, &session.role, session.role_id()) {
                    held.identity = role.identity;
                    held.boundary = role.boundary;
                    held.tags = role.tags;
                }
                held.session.clone_from(&session.policies);
                held.tags.extend(session.tags.clone());
            }
        }
        held
    }

    fn evaluate(&self, ask: &Ask<'_>, guard: Guard<'_>) -> Verdict {
        let read = |texts: &[String]| -> Result<Vec<Document>, _> {
            texts.iter().map(|text| Document::parse(text)).collect()
        };
        let one = |text: Option<&str>| text.map(Document::parse).transpose();
        let (Ok(identity), Ok(boundary), Ok(session), Ok(resource)) = (
            read(&self.identity),
            one(self.boundary.as_deref()),
            self.session.as_deref().map(read).transpose(),
            one(guard.policy),
        ) else {
            return NOT_UNDERSTOOD;
        };
        wip_policy::evaluate(
            ask,
            &Policies {
                identity: identity.iter().collect(),
                boundary: boundary.as_ref(),
                session: session.as_ref().map(|policies| policies.iter().collect()),
                resource: resource.as_ref(),
                owner: guard.owner,
                grant: guard.grant,
            },
        )
    }
}

fn principal(caller: &Caller) -> Principal {
    let account = caller.account.clone();
    match &caller.who {
        Who::Nobody => Principal::Anonymous,
        Who::User => Principal::User {
            account,
            arn: caller.arn.clone(),
            id: caller.user_id.clone(),
        },
        Who::Session(session) => Principal::Session {
            account,
            role: session.role.clone(),
            role_id: session.role_id().to_owned(),
            arn: caller.arn.clone(),
        },
    }
}

/// What a caller that may not hears.
///
/// Source: "Troubleshoot access denied error messages" in the IAM user guide.
pub(crate) fn words(caller: &Caller, asked: &Asked<'_>, verdict: Verdict) -> String {
    let Asked {
        action, resource, ..
    } = asked;
    let why = match verdict {
        Verdict::DeniedImplicitly { lacking } => {
            format!("because no {} allows the {action} action", lacking.name())
        }
        denied => denied.to_string(),
    };
    format!(
        "User: {} is not authorized to perform: {action} on resource: {resource} {why}",
        caller.arn
    )
}
