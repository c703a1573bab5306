//! Policies that belong to a resource (bucket and key policies): reading, remembering, showing, and whom a new key policy would lock out.
//!
//! Not here: what each service refuses (`s3::policy_check`, `kms::policy_check`), and what a policy allows (`access`): for the lock-out check a statement with a condition lets nobody in and keeps nobody out.

pub(crate) mod json;
pub(crate) mod principals;

use serde::{Deserialize, Serialize};

use self::json::Node;
use self::principals::{Principal, Realm, Resolved, RoleRefs};
use crate::aws::call::Caller;
use crate::db::Db;

/// A policy as it is stored: its text, byte for byte, and the roles that it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stored {
    text: String,
    #[serde(default)]
    roles: RoleRefs,
}

impl Stored {
    /// Remembers a policy, whose principals were found valid before.
    pub(crate) fn new(realm: Realm<'_>, text: &str) -> Self {
        let mut roles = RoleRefs::new();
        if let Some(document) = Node::parse(text) {
            for principal in all_principals(&document) {
                if let Some(Resolved::Role(role)) = realm.resolve(&principal) {
                    roles.insert(principal.text.to_owned(), role);
                }
            }
        }
        Self {
            text: text.to_owned(),
            roles,
        }
    }

    /// The policy as the cloud shows it now: as it was stored, but with the unique id where a role is gone.
    pub(crate) fn shown(&self, db: &Db) -> String {
        let Some(document) = Node::parse(&self.text) else {
            return self.text.clone();
        };
        let mut changes: Vec<_> = all_principals(&document)
            .into_iter()
            .filter(|principal| principal.kind == "AWS")
            .filter_map(|principal| {
                let now = principals::shown(db, self.roles.get(principal.text)?);
                (now != principal.text).then(|| (principal.node.at.clone(), format!("\"{now}\"")))
            })
            .collect();
        changes.sort_by_key(|(at, _)| at.start);
        let mut text = self.text.clone();
        for (at, now) in changes.into_iter().rev() {
            text.replace_range(at, &now);
        }
        text
    }
}

/// The statements of a policy document.
pub(crate) fn statements(document: &Node) -> &[Node] {
    document
        .get("Statement")
        .map(Node::items)
        .unwrap_or_default()
}

fn all_principals(document: &Node) -> Vec<Principal<'_>> {
    statements(document)
        .iter()
        .flat_map(|statement| [statement.get("Principal"), statement.get("NotPrincipal")])
        .flatten()
        .filter_map(principals::of)
        .flatten()
        .collect()
}

/// Whether a document lets the caller do that: a statement allows it and none denies it.
///
/// The caller's account (`…:root` or its id) stands for the caller: the sandbox's callers are administrators of their account.
pub(crate) fn allows(document: &Node, caller: &Caller, action: &str, resource: &str) -> bool {
    let mut allowed = false;
    for statement in statements(document) {
        let applies = statement
            .get("Condition")
            .is_none_or(|node| node.object().is_some_and(<[_]>::is_empty))
            && names_caller(statement, caller)
            && listed(statement, "Action", |pattern| {
                glob_ignoring_case(pattern, action)
            })
            && listed(statement, "Resource", |pattern| glob(pattern, resource));
        match statement.get("Effect").and_then(Node::text) {
            Some("Allow") if applies => allowed = true,
            Some("Deny") if applies => return false,
            _ => {}
        }
    }
    allowed
}

fn names_caller(statement: &Node, caller: &Caller) -> bool {
    let names = |element: &Node| {
        principals::of(element)
            .unwrap_or_default()
            .iter()
            .any(|principal| principal.kind == "AWS" && names(principal.text, caller))
    };
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(element), _) => names(element),
        (None, Some(element)) => !names(element),
        (None, None) => false,
    }
}

fn names(principal: &str, caller: &Caller) -> bool {
    if principal == "*" || principal == caller.account || principal == caller.arn {
        return true;
    }
    let mut parts = principal.splitn(6, ':').skip(4);
    let (account, resource) = (parts.next(), parts.next().unwrap_or_default());
    if account != Some(caller.account.as_str()) {
        return false;
    }
    // A role's ARN stands for its sessions, whose ARN has the role's name without its path.
    let session = caller
        .arn
        .split_once(":assumed-role/")
        .and_then(|(_, rest)| rest.split('/').next());
    let role = resource
        .strip_prefix("role/")
        .and_then(|name| name.rsplit('/').next());
    resource == "root" || (role.is_some() && role == session)
}

/// Whether an element or its `Not…` form matches; where there is neither, the statement has no effect.
fn listed(statement: &Node, element: &str, matches: impl Fn(&str) -> bool) -> bool {
    let any = |node: &Node| node.texts().unwrap_or_default().into_iter().any(&matches);
    match (
        statement.get(element),
        statement.get(&format!("Not{element}")),
    ) {
        (Some(node), _) => any(node),
        (None, Some(node)) => !any(node),
        (None, None) => false,
    }
}

/// Whether a text matches a pattern with `*` and `?`.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut back) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                back = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match back {
                Some((star, seen)) => {
                    p = star + 1;
                    t = seen + 1;
                    back = Some((star, seen + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// As [`glob`], for names whose case does not matter, as actions.
pub(crate) fn glob_ignoring_case(pattern: &str, text: &str) -> bool {
    glob(&pattern.to_lowercase(), &text.to_lowercase())
}
