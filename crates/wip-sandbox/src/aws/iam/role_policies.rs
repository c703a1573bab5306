//! Inline policies of roles.
//!
//! Source of the fields and errors: the operations of the same names in botocore's model of `iam`.
//! Not here: what a policy may say (`policy_grammar.rs`).

use serde::{Deserialize, Serialize};

use super::document::encoded;
use super::names::{self, no_such_entity};
use super::pages::{self, Page};
use super::{policy_grammar, roles, sizes};
use crate::aws::call::{Call, Refusal};
use crate::aws::query::{self, Params};
use crate::db::Db;
use crate::http::Answer;

/// An inline policy as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RolePolicy {
    pub(super) name: String,
    pub(super) document: String,
}

fn prefix(call: &Call<'_>, role: &str) -> String {
    call.key(&format!("role-policy/{}/", role.to_lowercase()))
}

fn missing(name: &str) -> Refusal {
    no_such_entity(format!("The role policy with name {name} cannot be found."))
}

/// The inline policies of a role, sorted by name.
pub(super) fn of_role(call: &Call<'_>, role: &str) -> std::vec::IntoIter<RolePolicy> {
    let prefix = prefix(call, role);
    let policies: Vec<RolePolicy> = call.db.scan(&prefix).map(|(_, policy)| policy).collect();
    policies.into_iter()
}

/// As [`of_role`], for any account.
pub(super) fn all_in(db: &Db, account: &str, role: &str) -> Vec<RolePolicy> {
    let prefix = format!("aws/{account}/iam/role-policy/{}/", role.to_lowercase());
    db.scan(&prefix).map(|(_, policy)| policy).collect()
}

/// Whether a role has inline policies, visible yet or not.
pub(super) fn has_any(call: &Call<'_>, role: &str) -> bool {
    call.db.has_any(&prefix(call, role))
}

pub(super) fn put(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let name = names::policy_name(params)?;
    let document = names::document(params, "PolicyDocument")?;
    let (_, role) = roles::named(call, params)?;
    policy_grammar::check(document, call.partition)?;
    let others = of_role(call, &role.name).filter(|policy| policy.name != name);
    let total: usize = others.map(|policy| sizes::counted(&policy.document)).sum();
    sizes::check_inline(&role.name, total + sizes::counted(document))?;
    let key = prefix(call, &role.name) + name;
    call.db.put(
        &key,
        &RolePolicy {
            name: name.to_owned(),
            document: document.to_owned(),
        },
    );
    Ok(query::done(call))
}

pub(super) fn get(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let name = names::policy_name(params)?;
    let (_, role) = roles::named(call, params)?;
    let key = prefix(call, &role.name) + name;
    let policy: RolePolicy = call.db.get(&key).ok_or_else(|| missing(name))?;
    Ok(query::result(call, |xml| {
        xml.text("RoleName", &role.name);
        xml.text("PolicyName", &policy.name);
        xml.text("PolicyDocument", &encoded(&policy.document));
    }))
}

pub(super) fn delete(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let name = names::policy_name(params)?;
    let (_, role) = roles::named(call, params)?;
    let key = prefix(call, &role.name) + name;
    call.db
        .get::<RolePolicy>(&key)
        .ok_or_else(|| missing(name))?;
    call.db.remove(&key);
    Ok(query::done(call))
}

pub(super) fn list(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let asked = pages::asked(params)?;
    let (_, role) = roles::named(call, params)?;
    let names = of_role(call, &role.name).map(|policy| (policy.name.clone(), policy.name));
    let page = Page::of(&asked, names);
    Ok(query::result(call, |xml| {
        xml.members("PolicyNames", &page.items, |xml, name| xml.raw_text(name));
        page.write_end(xml);
    }))
}
