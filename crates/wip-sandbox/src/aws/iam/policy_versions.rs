//! Versions of managed policies: at most five, one of them in force.
//!
//! Source of the fields and errors: the operations of the same names in botocore's model of `iam`; "Versioning IAM policies" in the IAM user guide.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::document::encoded;
use super::managed_policies::{self, Policy};
use super::names::{self, no_such_entity};
use super::pages::{self, Page};
use super::{of_aws, policy_grammar, sizes};
use crate::aws::call::{Call, Refusal, now};
use crate::aws::query::{self, Params, Xml};
use crate::db::Db;
use crate::http::Answer;

const MOST: usize = 5;

/// A version as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) number: u32,
    pub(super) document: String,
    pub(super) created_at: Timestamp,
}

impl Version {
    fn write(&self, xml: &mut Xml, default: u32) {
        xml.text("VersionId", &format!("v{}", self.number));
        xml.text(
            "IsDefaultVersion",
            if self.number == default {
                "true"
            } else {
                "false"
            },
        );
        xml.text("CreateDate", &self.created_at.to_string());
    }

    fn write_with_document(&self, xml: &mut Xml, default: u32) {
        xml.text("Document", &encoded(&self.document));
        self.write(xml, default);
    }
}

fn prefix(account: &str, policy: &Policy) -> String {
    let name = policy.name.to_lowercase();
    format!("aws/{account}/iam/policy-version/{name}/")
}

pub(super) fn key(account: &str, policy: &Policy, number: u32) -> String {
    format!("{}{number:010}", prefix(account, policy))
}

/// The versions of a policy, the oldest first.
pub(super) fn of(call: &Call<'_>, policy: &Policy) -> Vec<Version> {
    let prefix = prefix(call.account(), policy);
    call.db.scan(&prefix).map(|(_, version)| version).collect()
}

/// Keeps a version.
pub(super) fn put(call: &mut Call<'_>, policy: &Policy, number: u32, document: &str) -> Version {
    let account = call.account().to_owned();
    put_in(call.db, &account, policy, number, document)
}

/// Keeps a version in an account, with or without a call.
pub(super) fn put_in(
    db: &mut Db,
    account: &str,
    policy: &Policy,
    number: u32,
    document: &str,
) -> Version {
    let version = Version {
        number,
        document: document.to_owned(),
        created_at: now(db),
    };
    db.put(&key(account, policy, number), &version);
    version
}

/// Removes all versions of a policy.
pub(super) fn remove_all(call: &mut Call<'_>, policy: &Policy) {
    let prefix = prefix(call.account(), policy);
    call.db.remove_all(&prefix);
}

/// `<PolicyVersionList>` of the account's details.
pub(super) fn write_all(xml: &mut Xml, versions: &[Version], default: u32) {
    xml.members("PolicyVersionList", versions, |xml, version| {
        version.write_with_document(xml, default);
    });
}

/// The number in `VersionId`.
fn number(params: &Params) -> Result<u32, Refusal> {
    let text = names::required(params, "VersionId")?;
    let digits = text.strip_prefix('v').unwrap_or_default();
    let number = digits
        .parse()
        .ok()
        .filter(|_| !digits.starts_with(['0', '+']));
    number.ok_or_else(|| {
        names::constraint(
            "versionId",
            r"Member must satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?",
        )
    })
}

fn of_aws_version(name: &str, number: u32) -> Version {
    Version {
        number,
        document: of_aws::document(name).to_owned(),
        created_at: Timestamp::UNIX_EPOCH,
    }
}

fn missing(arn: &str, number: u32) -> Refusal {
    no_such_entity(format!(
        "Policy {arn} version v{number} does not exist or is not attachable."
    ))
}

pub(super) fn get(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let number = number(params)?;
    let arn = managed_policies::policy_arn(call, params)?;
    let (version, default) = match managed_policies::of_customer(call, arn) {
        Some(policy) => (
            call.db
                .get::<Version>(&key(call.account(), &policy, number)),
            policy.default_version,
        ),
        None if let Some(name) = managed_policies::of_aws(call, arn) => {
            let version = of_aws_version(name, number);
            (Some(version).filter(|_| number == 1), 1)
        }
        None => return Err(managed_policies::missing(arn)),
    };
    let version = version.ok_or_else(|| missing(arn, number))?;
    Ok(query::result(call, |xml| {
        xml.element("PolicyVersion", |xml| {
            version.write_with_document(xml, default)
        });
    }))
}

pub(super) fn create(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let document = names::document(params, "PolicyDocument")?;
    let default = names::flag(params, "SetAsDefault")?;
    let (key, mut policy) = managed_policies::named(call, params)?;
    policy_grammar::check(document, call.partition)?;
    sizes::check_managed(document)?;
    if of(call, &policy).len() >= MOST {
        let message = format!(
            "A managed policy can have up to {MOST} versions. Before you create a new version, you must delete an existing version."
        );
        return Err(Refusal::new(409, "LimitExceeded", message));
    }
    policy.last_version += 1;
    let version = put(call, &policy, policy.last_version, document);
    if default {
        policy.default_version = version.number;
    }
    policy.updated_at = version.created_at;
    call.db.put(&key, &policy);
    Ok(query::result(call, |xml| {
        xml.element("PolicyVersion", |xml| {
            version.write(xml, policy.default_version)
        });
    }))
}

pub(super) fn delete(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let number = number(params)?;
    let (_, policy) = managed_policies::named(call, params)?;
    let key = key(call.account(), &policy, number);
    if call.db.get::<Version>(&key).is_none() {
        return Err(missing(&policy.arn, number));
    }
    if number == policy.default_version {
        return Err(Refusal::new(
            409,
            "DeleteConflict",
            "Cannot delete the default version of a policy.",
        ));
    }
    call.db.remove(&key);
    Ok(query::done(call))
}

/// `ListPolicyVersions` leaves the documents out.
pub(super) fn list(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let asked = pages::asked(params)?;
    let arn = managed_policies::policy_arn(call, params)?;
    let (mut versions, default) = match managed_policies::of_customer(call, arn) {
        Some(policy) => (of(call, &policy), policy.default_version),
        None if let Some(name) = managed_policies::of_aws(call, arn) => {
            (vec![of_aws_version(name, 1)], 1)
        }
        None => return Err(managed_policies::missing(arn)),
    };
    versions.reverse();
    let keyed = versions
        .into_iter()
        .map(|version| (format!("{:010}", u32::MAX - version.number), version));
    let page = Page::of(&asked, keyed);
    Ok(query::result(call, |xml| {
        xml.members("Versions", &page.items, |xml, version| {
            version.write(xml, default)
        });
        page.write_end(xml);
    }))
}
