//! What the statements of a document say about a request.
//!
//! Sources: "IAM JSON policy elements: Action", "NotAction", "Resource" and "NotResource" in the IAM user guide.
//! Not here: how what several documents say comes together (`mod.rs`).

use std::collections::BTreeSet;

use super::certainty::Match;
use super::pattern::{Fuel, Pattern};
use super::principal::{Named, named, not_named};
use super::{Context, Request, condition};
use crate::{Document, Effect, Statement, Version};

/// What a document says about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    /// Whether a Deny may be about it.
    pub(super) denies: bool,
    /// How directly an Allow names who asks; in a document without principals [`Named::Direct`].
    pub(super) allows: Named,
}

impl Said {
    pub(super) const NOTHING: Said = Said {
        denies: false,
        allows: Named::Not,
    };

    pub(super) fn and(self, other: Said) -> Said {
        Said {
            denies: self.denies || other.denies,
            allows: self.allows.max(other.allows),
        }
    }

    pub(super) fn allows(self) -> bool {
        self.allows > Named::Not
    }
}

/// Where a document is attached, which says who its statements are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attached {
    /// To whoever asks: statements name no principals.
    ToIdentity,
    /// To what is asked for: statements name principals.
    ToResource {
        /// Whether who asks has a permissions boundary.
        boundary: bool,
    },
}

/// What is not understood allows nothing, and denies what it may deny.
pub(super) fn said(
    document: &Document,
    attached: Attached,
    request: &Request<'_>,
    fuel: &Fuel,
) -> Said {
    let variables = (document.version == Some(Version::V2012)).then_some(request.context);
    let known = document.statements.iter().map(|statement| {
        let who = who(statement, attached, request);
        let what = what(statement, attached, request, variables, fuel);
        match (statement.effect, what) {
            (Effect::Allow, Match::Yes) => Said {
                denies: false,
                allows: who,
            },
            (Effect::Deny, Match::Yes | Match::Unsure) => Said {
                denies: who > Named::Not,
                allows: Named::Not,
            },
            _ => Said::NOTHING,
        }
    });
    let unknown = document.unknown.iter().map(|statement| Said {
        denies: statement.is_deny(),
        allows: Named::Not,
    });
    known.chain(unknown).fold(Said::NOTHING, Said::and)
}

fn who(statement: &Statement, attached: Attached, request: &Request<'_>) -> Named {
    // A Deny that cannot be understood denies.
    let unsure = match statement.effect {
        Effect::Allow => Named::Not,
        Effect::Deny => Named::Direct,
    };
    let who = request.principal;
    match (attached, &statement.principal, &statement.not_principal) {
        (Attached::ToIdentity, None, None) => Named::Direct,
        (Attached::ToResource { .. }, Some(principals), None) => {
            named(principals, who, statement.effect)
        }
        (Attached::ToResource { boundary }, None, Some(principals)) => {
            not_named(principals, who, statement.effect, boundary)
        }
        _ => unsure,
    }
}

fn what(
    statement: &Statement,
    attached: Attached,
    request: &Request<'_>,
    variables: Option<&Context>,
    fuel: &Fuel,
) -> Match {
    let action = action(statement, request.action, fuel);
    if action == Match::No {
        return Match::No;
    }
    let resource = resource(statement, attached, request.resource, variables, fuel);
    if resource == Match::No {
        return Match::No;
    }
    let condition = condition::holds(&statement.condition, request.context, variables, fuel);
    action.and(resource).and(condition)
}

/// Actions are not case-sensitive.
fn action(statement: &Statement, action: &str, fuel: &Fuel) -> Match {
    let action = action.to_lowercase();
    let any = |patterns: &BTreeSet<String>| {
        Match::any(
            patterns
                .iter()
                .map(|pattern| Pattern::wild(pattern).lowercase().matches(&action, fuel)),
        )
    };
    match (statement.action.is_empty(), statement.not_action.is_empty()) {
        (false, true) => any(&statement.action),
        (true, false) => !any(&statement.not_action),
        _ => Match::Unsure,
    }
}

fn resource(
    statement: &Statement,
    attached: Attached,
    resource: &str,
    variables: Option<&Context>,
    fuel: &Fuel,
) -> Match {
    let one = |text: &String| match Pattern::resource(text, variables) {
        Some(pattern) => pattern.matches(resource, fuel),
        None => Match::No,
    };
    match (
        statement.resource.is_empty(),
        statement.not_resource.is_empty(),
    ) {
        (false, true) => Match::any(statement.resource.iter().map(one)),
        (true, false) => {
            // "If AWS cannot resolve a variable this might cause the entire statement to be invalid."
            let unresolved = statement
                .not_resource
                .iter()
                .any(|text| Pattern::resource(text, variables).is_none());
            let others = !Match::any(statement.not_resource.iter().map(one));
            if unresolved {
                others.and(Match::Unsure)
            } else {
                others
            }
        }
        // Trust policies have no resource: they are about the role that they belong to.
        (true, true) if attached != Attached::ToIdentity => Match::Yes,
        _ => Match::Unsure,
    }
}
