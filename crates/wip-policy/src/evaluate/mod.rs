//! Whether a request is allowed by the policies that are about it, as AWS decides.
//!
//! Sources: "Policy evaluation logic" with "Policy evaluation for requests within a single account" and "Cross-account
//! policy evaluation logic" in the IAM user guide; "Key policies in AWS KMS" in the KMS developer guide.
//!
//! What is not understood (an operator that nobody knows, a date that is none, a statement with a member of the
//! future, more matching than there is patience for) allows nothing, and denies what it may deny.
//!
//! Not here: policies of organizations and of VPC endpoints, grants of KMS, access control lists of S3; which
//! condition keys a request has.

mod certainty;
mod condition;
mod context;
mod operator;
mod pattern;
mod principal;
mod statement;

use std::fmt;

pub use context::Context;
pub use principal::Principal;

use crate::Document;
use pattern::Fuel;
use principal::Named;
use statement::{Attached, Said, said};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Action, as `s3:GetObject`.
    pub action: &'a str,
    /// ARN of what it is done to; `*` where the action is about nothing in particular.
    pub resource: &'a str,
    /// Who asks.
    pub principal: &'a Principal,
    /// Condition keys; [`Context::of`] has those that follow from the principal.
    pub context: &'a Context,
}

/// The policies that are about a request.
#[derive(Debug, Clone, Default)]
pub struct Policies<'a> {
    /// Identity-based policies of the user or the role.
    pub identity: Vec<&'a Document>,
    /// Permissions boundary of the user or the role.
    pub boundary: Option<&'a Document>,
    /// Policies that were passed for the session; `None` where none were.
    pub session: Option<Vec<&'a Document>>,
    /// Policy of what the request is about.
    pub resource: Option<&'a Document>,
    /// Account of what the request is about, 12 digits.
    pub owner: &'a str,
    /// What the policy of the resource is needed for.
    pub grant: Grant,
}

/// What an Allow has to come from, within one account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Grant {
    /// From the identity or from the resource; most services.
    #[default]
    Either,
    /// From the resource, which may pass on to the identity by naming the account: key policies of KMS, and trust
    /// policies of roles.
    Resource,
}

/// What comes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is done.
    Allowed,
    /// It is not, because a statement says so.
    DeniedExplicitly {
        /// Where one such statement stands.
        by: PolicyKind,
    },
    /// It is not, because nothing says that it is.
    DeniedImplicitly {
        /// Where an Allow is missing.
        lacking: PolicyKind,
    },
}

/// Kinds of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// Attached to a user or a role.
    Identity,
    /// Permissions boundary.
    Boundary,
    /// Passed for a session.
    Session,
    /// Attached to what the request is about.
    Resource,
}

impl Verdict {
    /// Whether it is done.
    pub fn is_allowed(self) -> bool {
        self == Verdict::Allowed
    }
}

impl PolicyKind {
    /// The words that AWS has for it in messages
    /// (IAM user guide, "Troubleshoot access denied error messages").
    pub fn name(self) -> &'static str {
        match self {
            PolicyKind::Identity => "identity-based policy",
            PolicyKind::Boundary => "permissions boundary",
            PolicyKind::Session => "session policy",
            PolicyKind::Resource => "resource-based policy",
        }
    }
}

/// As AWS ends its messages: `with an explicit deny in a session policy`.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let an = |kind: PolicyKind| match kind {
            PolicyKind::Identity => "an",
            _ => "a",
        };
        match self {
            Verdict::Allowed => f.write_str("allowed"),
            Verdict::DeniedExplicitly { by } => {
                write!(f, "with an explicit deny in {} {}", an(*by), by.name())
            }
            Verdict::DeniedImplicitly { lacking } => {
                write!(f, "because no {} allows it", lacking.name())
            }
        }
    }
}

/// What AWS says to a request under these policies.
///
/// The cost is bounded: a pattern costs at most its length times that of what it is compared with, and all patterns
/// together a fixed number of steps, after which nothing is certain and so nothing is allowed.
pub fn evaluate(request: &Request<'_>, policies: &Policies<'_>) -> Verdict {
    let fuel = Fuel::default();
    let to_identity = |documents: &[&Document]| {
        documents.iter().fold(Said::NOTHING, |all, document| {
            all.and(said(document, Attached::ToIdentity, request, &fuel))
        })
    };
    let at_resource = Attached::ToResource {
        boundary: policies.boundary.is_some(),
    };
    let heard = Heard {
        identity: to_identity(&policies.identity),
        boundary: policies.boundary.map(|document| to_identity(&[document])),
        session: policies.session.as_deref().map(to_identity),
        resource: policies.resource.map_or(Said::NOTHING, |document| {
            said(document, at_resource, request, &fuel)
        }),
    };
    match heard.denial() {
        Some(by) => Verdict::DeniedExplicitly { by },
        None => match heard.missing(request.principal, policies) {
            Some(lacking) => Verdict::DeniedImplicitly { lacking },
            None => Verdict::Allowed,
        },
    }
}

/// As [`evaluate`] for several actions that one call needs; the first that is not allowed decides.
pub fn evaluate_all(actions: &[&str], request: &Request<'_>, policies: &Policies<'_>) -> Verdict {
    actions
        .iter()
        .map(|action| evaluate(&Request { action, ..*request }, policies))
        .find(|verdict| !verdict.is_allowed())
        .unwrap_or(Verdict::Allowed)
}

/// What each kind of policy says.
struct Heard {
    identity: Said,
    boundary: Option<Said>,
    session: Option<Said>,
    resource: Said,
}

impl Heard {
    fn denial(&self) -> Option<PolicyKind> {
        let denies = |said: Option<Said>| said.is_some_and(|said| said.denies);
        if self.identity.denies {
            Some(PolicyKind::Identity)
        } else if self.resource.denies {
            Some(PolicyKind::Resource)
        } else if denies(self.boundary) {
            Some(PolicyKind::Boundary)
        } else if denies(self.session) {
            Some(PolicyKind::Session)
        } else {
            None
        }
    }

    /// The policy that would have to allow and does not.
    fn missing(&self, who: &Principal, policies: &Policies<'_>) -> Option<PolicyKind> {
        let named = self.resource.allows;
        let by_resource = (named == Named::Not).then_some(PolicyKind::Resource);
        if !who.is_entity() {
            return by_resource;
        }
        if who.account() != Some(policies.owner) {
            // Both accounts must allow, each for itself.
            return by_resource.or_else(|| self.missing_at_identity(who));
        }
        match (named, policies.grant) {
            (Named::Direct, _) => None,
            (Named::Role, _) => self.missing_limits(),
            (Named::Account, _) | (Named::Not, Grant::Either) => self.missing_at_identity(who),
            (Named::Not, Grant::Resource) => by_resource,
        }
    }

    fn missing_at_identity(&self, who: &Principal) -> Option<PolicyKind> {
        let is_root = matches!(who, Principal::Root { .. });
        if !is_root && !self.identity.allows() {
            return Some(PolicyKind::Identity);
        }
        self.missing_limits()
    }

    fn missing_limits(&self) -> Option<PolicyKind> {
        let limits = |said: Option<Said>| said.is_some_and(|said| !said.allows());
        if limits(self.boundary) {
            Some(PolicyKind::Boundary)
        } else if limits(self.session) {
            Some(PolicyKind::Session)
        } else {
            None
        }
    }
}
