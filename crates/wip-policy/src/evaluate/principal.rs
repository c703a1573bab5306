//! Who asks, and whether a statement is about them.
//!
//! Sources: "AWS JSON policy elements: Principal" and "NotPrincipal" in the IAM user guide.
//! Not here: what follows from how somebody is named (`mod.rs`).

use std::collections::BTreeSet;

use crate::{Effect, PrincipalType, Principals};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Nobody who is known.
    Anonymous,
    /// The root user of an account.
    Root {
        /// Account, 12 digits.
        account: String,
        /// `arn:aws:iam::ACCOUNT:root`.
        arn: String,
    },
    /// An IAM user.
    User {
        /// Account, 12 digits.
        account: String,
        /// `arn:aws:iam::ACCOUNT:user/PATH/NAME`.
        arn: String,
        /// Unique id, `AIDA…`.
        id: String,
    },
    /// A session of a role.
    Session {
        /// Account of the role, 12 digits.
        account: String,
        /// `arn:aws:iam::ACCOUNT:role/PATH/NAME`.
        role: String,
        /// Unique id of the role, `AROA…`.
        role_id: String,
        /// `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`.
        arn: String,
    },
    /// A service of AWS, as `pods.eks.amazonaws.com`.
    Service {
        /// Its name.
        name: String,
    },
    /// Somebody whom an identity provider vouches for.
    Federated {
        /// ARN of the provider.
        provider: String,
    },
}

impl Principal {
    /// The account whose policies count for the principal; `None` where there is none.
    pub fn account(&self) -> Option<&str> {
        match self {
            Principal::Root { account, .. }
            | Principal::User { account, .. }
            | Principal::Session { account, .. } => Some(account),
            Principal::Anonymous | Principal::Service { .. } | Principal::Federated { .. } => None,
        }
    }

    /// Whether it has permissions of its own, which identity-based policies give.
    pub(super) fn is_entity(&self) -> bool {
        self.account().is_some()
    }
}

/// How directly a policy names somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Named {
    /// Not at all.
    Not,
    /// By the account, which passes on to its identity-based policies.
    Account,
    /// By the role, so that boundary and session policies of it still limit.
    Role,
    /// As what makes the request, or as everybody.
    Direct,
}

/// How a `Principal` element names somebody.
///
/// Where it cannot be said (a canonical user; `*` for a service or a provider), a Deny is about them and an Allow is
/// not.
pub(super) fn named(principals: &Principals, who: &Principal, effect: Effect) -> Named {
    let unsure = match effect {
        Effect::Allow => Named::Not,
        Effect::Deny => Named::Direct,
    };
    match principals {
        Principals::Anyone if everybody_includes(who) => Named::Direct,
        Principals::Anyone => unsure,
        Principals::Of(kinds) => kinds
            .iter()
            .map(|(kind, names)| match kind {
                PrincipalType::CanonicalUser => unsure,
                PrincipalType::Aws if names.contains("*") && !everybody_includes(who) => unsure,
                _ => of_kind(*kind, names, who),
            })
            .max()
            .unwrap_or(Named::Not),
    }
}

/// Whether `*` surely means them: "all principals, including anonymous".
fn everybody_includes(who: &Principal) -> bool {
    !matches!(who, Principal::Service { .. } | Principal::Federated { .. })
}

fn of_kind(kind: PrincipalType, names: &BTreeSet<String>, who: &Principal) -> Named {
    let has = |name: &str| !name.is_empty() && names.contains(name);
    match (kind, who) {
        (PrincipalType::Service, Principal::Service { name }) if has(name) => Named::Direct,
        (PrincipalType::Federated, Principal::Federated { provider }) if has(provider) => {
            Named::Direct
        }
        (PrincipalType::Aws, _) if has("*") => Named::Direct,
        (PrincipalType::Aws, Principal::Root { account, arn }) if has(arn) || has(account) => {
            Named::Direct
        }
        (PrincipalType::Aws, Principal::User { arn, id, .. }) if has(arn) || has(id) => {
            Named::Direct
        }
        (PrincipalType::Aws, Principal::Session { arn, .. }) if has(arn) => Named::Direct,
        (PrincipalType::Aws, Principal::Session { role, role_id, .. })
            if has(role) || has(role_id) =>
        {
            Named::Role
        }
        (PrincipalType::Aws, _) if names_account(names, who) => Named::Account,
        _ => Named::Not,
    }
}

fn names_account(names: &BTreeSet<String>, who: &Principal) -> bool {
    who.account().is_some_and(|account| {
        let root = format!(":iam::{account}:root");
        names
            .iter()
            .any(|name| name == account || name.starts_with("arn:") && name.ends_with(&root))
    })
}

/// How a `NotPrincipal` element is about somebody: [`Named::Direct`] where it is.
///
/// An Allow is about whoever is named in no way.
/// A Deny spares only those of whom everything is named: the account, the role, and the session or user, because
/// AWS may look at each; and it spares nobody who has a permissions boundary
/// ("Permissions boundaries for IAM entities").
pub(super) fn not_named(
    principals: &Principals,
    who: &Principal,
    effect: Effect,
    has_boundary: bool,
) -> Named {
    let is_about = match effect {
        Effect::Allow => named(principals, who, Effect::Deny) == Named::Not,
        Effect::Deny => has_boundary || !names_all_of(principals, who),
    };
    if is_about { Named::Direct } else { Named::Not }
}

fn names_all_of(principals: &Principals, who: &Principal) -> bool {
    let Principals::Of(kinds) = principals else {
        return everybody_includes(who);
    };
    let none = BTreeSet::new();
    let names = kinds.get(&PrincipalType::Aws).unwrap_or(&none);
    if names.contains("*") {
        return everybody_includes(who);
    }
    match who {
        Principal::Anonymous => false,
        Principal::Root { .. } => names_account(names, who),
        Principal::User { arn, id, .. } => {
            names_account(names, who) && (names.contains(arn) || names.contains(id))
        }
        Principal::Session {
            role, role_id, arn, ..
        } => {
            names_account(names, who)
                && names.contains(arn)
                && (names.contains(role) || names.contains(role_id))
        }
        Principal::Service { .. } | Principal::Federated { .. } => {
            named(principals, who, Effect::Allow) == Named::Direct
        }
    }
}
