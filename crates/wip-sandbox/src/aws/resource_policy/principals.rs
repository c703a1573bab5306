//! The principals of a resource policy: which are valid, and how the cloud remembers them.
//!
//! A role is remembered by its unique id, not by its name. While the role lives the policy is shown with its ARN; once it is deleted the policy shows the id (`AROA…`), also when another role of that name is made.
//! Source: S3 User Guide, "Principals for bucket policies" (note on deleted identities); IAM User Guide, "AWS JSON policy elements: Principal".
//! Not here: the rest of the document, and IAM's own trust policies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::json::Node;
use crate::aws::iam::roles::{Role, key_in};
use crate::aws::identity::USER;
use crate::db::Db;

/// One principal as a statement names it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Principal<'a> {
    /// `AWS`, `Service`, `Federated` or `CanonicalUser`; `*` alone counts as `AWS`.
    pub(crate) kind: &'a str,
    pub(crate) text: &'a str,
    pub(crate) node: &'a Node,
}

/// The principals of a `Principal` or `NotPrincipal` element; nothing where it has another form.
pub(crate) fn of(element: &Node) -> Option<Vec<Principal<'_>>> {
    if let Some(text) = element.text() {
        return (text == "*").then(|| {
            vec![Principal {
                kind: "AWS",
                text,
                node: element,
            }]
        });
    }
    let mut all = Vec::new();
    for (kind, node) in element.object()? {
        for node in node.items() {
            all.push(Principal {
                kind,
                text: node.text()?,
                node,
            });
        }
    }
    Some(all)
}

/// A role that a policy names, as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoleRef {
    pub(crate) arn: String,
    pub(crate) id: String,
}

/// The roles of a policy by the text that names them.
pub(crate) type RoleRefs = BTreeMap<String, RoleRef>;

/// What a valid principal turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resolved {
    /// A role of the world.
    Role(RoleRef),
    /// Anything else that is valid as it stands.
    Plain,
}

/// Where a policy is put: what decides whether a principal is valid.
#[derive(Clone, Copy)]
pub(crate) struct Realm<'a> {
    pub(crate) db: &'a Db,
    pub(crate) partition: &'a str,
    /// The account of the resource; accounts of which the world has records are known as well.
    pub(crate) account: &'a str,
}

impl Realm<'_> {
    /// What a principal is, or nothing where the cloud would call it invalid.
    ///
    /// A role or user must exist, where its account is one that the world knows (each has the one user); of other accounts nothing is known, and whoever is named is taken as existing.
    pub(crate) fn resolve(&self, principal: &Principal<'_>) -> Option<Resolved> {
        match principal.kind {
            "AWS" => self.resolve_aws(principal.text),
            "Service" => is_service(principal.text).then_some(Resolved::Plain),
            "Federated" => self.is_federated(principal.text).then_some(Resolved::Plain),
            "CanonicalUser" => (principal.text.len() == 64
                && principal.text.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .then_some(Resolved::Plain),
            _ => None,
        }
    }

    fn resolve_aws(&self, text: &str) -> Option<Resolved> {
        if text == "*" || is_account(text) {
            return Some(Resolved::Plain);
        }
        if text.starts_with("AROA") {
            return self.role_with_id(text).map(Resolved::Role);
        }
        let mut parts = text.splitn(6, ':');
        if parts.next()? != "arn" || parts.next()? != self.partition {
            return None;
        }
        let (service, region) = (parts.next()?, parts.next()?);
        let (account, resource) = (parts.next()?, parts.next()?);
        if !region.is_empty() || resource.contains(['*', '?']) {
            return None;
        }
        if (service, account) == ("iam", "cloudfront") {
            return resource.starts_with("user/").then_some(Resolved::Plain);
        }
        if !is_account(account) {
            return None;
        }
        let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
        match (service, kind) {
            ("iam", "root") => name.is_empty().then_some(Resolved::Plain),
            ("iam", "user") => (name == USER || !name.is_empty() && !self.knows(account))
                .then_some(Resolved::Plain),
            ("sts", "federated-user") => (!name.is_empty()).then_some(Resolved::Plain),
            ("iam", "role") => self.resolve_role(account, name, Some(text)),
            ("sts", "assumed-role") => {
                let (role, session) = name.split_once('/')?;
                if session.len() < 2 {
                    return None;
                }
                self.resolve_role(account, role, None)?;
                Some(Resolved::Plain)
            }
            _ => None,
        }
    }

    /// `name` may have a path, which counts only where the whole ARN is given.
    fn resolve_role(&self, account: &str, name: &str, arn: Option<&str>) -> Option<Resolved> {
        let name = name.rsplit('/').next().filter(|name| !name.is_empty())?;
        match role(self.db, account, name) {
            Some(role) if arn.is_none_or(|arn| arn == role.arn) => Some(Resolved::Role(role)),
            _ if self.knows(account) => None,
            _ => Some(Resolved::Plain),
        }
    }

    fn knows(&self, account: &str) -> bool {
        account == self.account || self.db.has_any(&format!("aws/{account}/"))
    }

    fn role_with_id(&self, id: &str) -> Option<RoleRef> {
        self.db
            .scan::<Role>("aws/")
            .map(|(_, role)| RoleRef::from(role))
            .find(|role| role.id == id)
    }

    fn is_federated(&self, text: &str) -> bool {
        let prefix = format!("arn:{}:iam::", self.partition);
        match text
            .strip_prefix(&prefix)
            .and_then(|rest| rest.split_once(':'))
        {
            Some((account, resource)) => {
                is_account(account)
                    && ["saml-provider/", "oidc-provider/"].iter().any(|kind| {
                        resource
                            .strip_prefix(kind)
                            .is_some_and(|name| !name.is_empty())
                    })
            }
            None => is_service(text),
        }
    }
}

/// Whether a text is an account id.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Which services there are is not known here; only the form of a service principal is checked.
fn is_service(text: &str) -> bool {
    let name = text
        .strip_suffix(".amazonaws.com")
        .or_else(|| text.strip_suffix(".amazonaws.com.cn"));
    name.is_some_and(|name| {
        !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
    })
}

fn role(db: &Db, account: &str, name: &str) -> Option<RoleRef> {
    db.get::<Role>(&key_in(account, name)).map(RoleRef::from)
}

impl From<Role> for RoleRef {
    fn from(role: Role) -> Self {
        Self {
            arn: role.arn,
            id: role.id,
        }
    }
}

/// How a remembered role is shown: by its ARN while it lives, else by its id.
pub(crate) fn shown<'a>(db: &Db, role: &'a RoleRef) -> &'a str {
    let name = role.arn.rsplit('/').next().unwrap_or_default();
    let account = role.arn.split(':').nth(4).unwrap_or_default();
    // What a policy shows does not depend on whether the role is visible to IAM's readers yet.
    match db.get_at_once::<Role>(&key_in(account, name)) {
        Some(now) if now.id == role.id => &role.arn,
        _ => &role.id,
    }
}
