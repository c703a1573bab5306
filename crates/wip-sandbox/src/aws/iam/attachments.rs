//! Managed policies attached to roles.
//!
//! Source of the fields and errors: the operations of the same names in botocore's model of `iam`.
//! Not here: the policies themselves (`managed_policies.rs`).

use serde::{Deserialize, Serialize};

use super::names::{self, no_such_entity};
use super::pages::{self, Page};
use super::{managed_policies, roles};
use crate::aws::call::{Call, Refusal};
use crate::aws::query::{self, Params, Xml};
use crate::db::Db;
use crate::http::Answer;

/// An attachment as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Attachment {
    /// The role's name.
    pub(super) role: String,
    /// The policy's ARN.
    pub(super) arn: String,
}

impl Attachment {
    /// `<PolicyName>` and `<PolicyArn>`.
    pub(super) fn write(&self, xml: &mut Xml) {
        xml.text(
            "PolicyName",
            self.arn.rsplit('/').next().unwrap_or_default(),
        );
        xml.text("PolicyArn", &self.arn);
    }
}

fn prefix(call: &Call<'_>, role: &str) -> String {
    call.key(&format!("attachment/{}/", role.to_lowercase()))
}

/// The attachments of a role, sorted by ARN.
pub(super) fn of_role(call: &Call<'_>, role: &str) -> std::vec::IntoIter<Attachment> {
    let prefix = prefix(call, role);
    let attachments: Vec<Attachment> = call.db.scan(&prefix).map(|(_, item)| item).collect();
    attachments.into_iter()
}

/// As [`of_role`], for any account.
pub(super) fn all_in(db: &Db, account: &str, role: &str) -> Vec<Attachment> {
    let prefix = format!("aws/{account}/iam/attachment/{}/", role.to_lowercase());
    db.scan(&prefix).map(|(_, item)| item).collect()
}

/// Attaches a policy, with or without a call; nobody looks whether it is there.
pub(super) fn plant(db: &mut Db, account: &str, role: &str, arn: &str) {
    let key = format!("aws/{account}/iam/attachment/{}/{arn}", role.to_lowercase());
    let attachment = Attachment {
        role: role.to_owned(),
        arn: arn.to_owned(),
    };
    db.put(&key, &attachment);
}

/// Whether a role has attachments, visible yet or not.
pub(super) fn has_any(call: &Call<'_>, role: &str) -> bool {
    call.db.has_any(&prefix(call, role))
}

/// Whether a policy is attached to any role, visible yet or not.
pub(super) fn is_attached(call: &Call<'_>, arn: &str) -> bool {
    let end = format!("/{arn}");
    call.db
        .keys(&call.key("attachment/"))
        .any(|key| key.ends_with(&end))
}

/// The attachments of a policy, sorted by role.
pub(super) fn of_policy(call: &Call<'_>, arn: &str) -> Vec<Attachment> {
    let prefix = call.key("attachment/");
    call.db
        .scan::<Attachment>(&prefix)
        .map(|(_, item)| item)
        .filter(|item| item.arn == arn)
        .collect()
}

pub(super) fn attach(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let arn = names::arn(params, "PolicyArn")?;
    let (_, role) = roles::named(call, params)?;
    if !managed_policies::exists(call, arn) {
        return Err(no_such_entity(format!(
            "Policy {arn} does not exist or is not attachable."
        )));
    }
    let key = prefix(call, &role.name) + arn;
    if call.db.get_at_once::<Attachment>(&key).is_some() {
        return Ok(query::done(call));
    }
    let limit = call.quotas().attached_policies;
    if call.db.count(&prefix(call, &role.name)) >= limit as usize {
        return Err(names::quota("PoliciesPerRole", limit));
    }
    call.db.put(
        &key,
        &Attachment {
            role: role.name,
            arn: arn.to_owned(),
        },
    );
    Ok(query::done(call))
}

pub(super) fn detach(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let arn = names::arn(params, "PolicyArn")?;
    let (_, role) = roles::named(call, params)?;
    let key = prefix(call, &role.name) + arn;
    if call.db.get::<Attachment>(&key).is_none() {
        return Err(no_such_entity(format!("Policy {arn} was not found.")));
    }
    call.db.remove(&key);
    Ok(query::done(call))
}

pub(super) fn list(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let path = names::path_prefix(params)?.to_owned();
    let asked = pages::asked(params)?;
    let (_, role) = roles::named(call, params)?;
    let attachments = of_role(call, &role.name)
        .filter(|item| managed_policies::path_of(&item.arn).starts_with(&path))
        .map(|item| (item.arn.clone(), item));
    let page = Page::of(&asked, attachments);
    Ok(query::result(call, |xml| {
        xml.members("AttachedPolicies", &page.items, |xml, item| item.write(xml));
        page.write_end(xml);
    }))
}
